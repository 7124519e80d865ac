"""The page of a person's own API keys: create, list and revoke them, and the webhooks of their programs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from renown.connectors.http.webhook import format_secret
from renown.errors import InvalidInputError, RenownError
from renown.store import EVENTS, ApiKey, ApplicationWebhook, Delivery, Person
from renown.web.errors import error_status
from renown.web.pages.account.me import ACCOUNT_PATH, find_signed_in_person, redirect_after_form
from renown.web.pages.account.session import PageVisitor, get_visitor
from renown.web.pages.account.sign_in import require_page_owner
from renown.web.pages.templates import render
from renown.web.state import AppState, get_app_state, get_site_url
from renown.web.webhook_addresses import check_webhook_address

Fields = Mapping[str, str]
KEYS_PATH = f"{ACCOUNT_PATH}/keys"


@dataclass(frozen=True)
class _WebhookRow:
    """A webhook on the page."""

    webhook: ApplicationWebhook
    secret: str
    """In the form of the libraries that check signatures."""
    failed: list[Delivery]
    """Dead letters."""


def show_keys(request: Request) -> Response:
    """Show the keys of the visitor; whoever is not signed in is led to sign in first."""
    visitor = get_visitor(request)
    person = find_signed_in_person(get_app_state(request), visitor.session)
    if person is None or not person.has_consented:
        return redirect_after_form()
    return _render_keys(request, visitor)


def _show_key_errors(action: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap a form action of the page of keys: show its errors there."""

    def run_action(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
        person = require_page_owner(get_app_state(request), visitor, "create API keys")
        try:
            return action(request, visitor, person, fields)
        except RenownError as error:
            status = error_status(error)
            if status is None:
                raise
            return _render_keys(request, visitor, status=status, problem=error.public_message)

    return run_action


@_show_key_errors
def create(request: Request, visitor: PageVisitor, person: Person, fields: Fields) -> Response:
    """Create a key with the limits of the settings, and show it once."""
    state = get_app_state(request)
    settings, keys = state.settings, state.api_keys.list_of(person)
    if len(keys) >= settings.keys_per_person:
        raise InvalidInputError(
            f"you have {len(keys)} API keys; revoke one first" if keys else "this site gives no keys"
        )
    secret = state.api_keys.create(
        fields.get("name", "").strip(),
        per_second=settings.key_per_second,
        per_day=settings.key_per_day,
        at=state.now(),
        owner=person,
    )
    # No redirect: the key is in this answer only.
    return _render_keys(request, visitor, secret=secret)


@_show_key_errors
def revoke(request: Request, _visitor: PageVisitor, person: Person, fields: Fields) -> Response:
    """Revoke a key of the visitor."""
    get_app_state(request).api_keys.revoke_own(person, fields.get("key", ""))
    return redirect_after_form(KEYS_PATH)


@_show_key_errors
def add_webhook(request: Request, _visitor: PageVisitor, person: Person, fields: Fields) -> Response:
    """Add a webhook to a key of the visitor."""
    state = get_app_state(request)
    address = fields.get("address", "").strip()
    check_webhook_address(state, address)
    key = _find_key(state, person, fields.get("key", ""))
    events = [event for event in EVENTS if fields.get(event)]
    state.actions.stores.webhooks.add(key, address, events, at=state.now())
    return redirect_after_form(KEYS_PATH)


@_show_key_errors
def remove_webhook(request: Request, _visitor: PageVisitor, person: Person, fields: Fields) -> Response:
    """Remove a webhook of the visitor."""
    state = get_app_state(request)
    for webhook in _list_webhooks(state, person):
        if str(webhook.webhook_id) == fields.get("webhook"):
            state.actions.stores.webhooks.remove(webhook)
    return redirect_after_form(KEYS_PATH)


@_show_key_errors
def redeliver(request: Request, _visitor: PageVisitor, person: Person, fields: Fields) -> Response:
    """Queue the dead letters of a webhook of the visitor again."""
    state = get_app_state(request)
    deliveries = state.actions.stores.deliveries
    for webhook in _list_webhooks(state, person):
        if str(webhook.webhook_id) == fields.get("webhook"):
            for letter in deliveries.list_failed_of(webhook):
                deliveries.redeliver(letter, at=state.now())
    return redirect_after_form(KEYS_PATH)


def _find_key(state: AppState, person: Person, digest: str) -> ApiKey:
    key = next((row for row in state.api_keys.list_of(person) if row.digest == digest), None)
    if key is None:
        raise InvalidInputError("this key does not exist any more; choose another")
    return key


def _list_webhooks(state: AppState, person: Person) -> list[ApplicationWebhook]:
    digests = [key.digest for key in state.api_keys.list_of(person)]
    return [webhook for digest in digests for webhook in state.actions.stores.webhooks.list_of(digest)]


def _render_keys(
    request: Request, visitor: PageVisitor, *, status: int = 200, problem: str = "", secret: str = ""
) -> Response:
    state = get_app_state(request)
    person = find_signed_in_person(state, visitor.session)
    assert person is not None  # noqa: S101 - callers checked it
    stores = state.actions.stores
    return render(
        request,
        "account_keys.html",
        status=status,
        problem=problem,
        secret=secret,
        token=visitor.form_token,
        settings=state.settings,
        site_url=get_site_url(request),
        keys=state.api_keys.list_of(person),
        webhooks=[
            _WebhookRow(webhook, format_secret(webhook.secret), stores.deliveries.list_failed_of(webhook))
            for webhook in _list_webhooks(state, person)
        ],
        events=EVENTS,
    )
