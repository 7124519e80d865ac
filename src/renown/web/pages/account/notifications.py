"""Forms to subscribe to notifications by mail or webhook, and to end a subscription."""

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown.errors import InvalidInputError, MailError
from renown.store import MAIL, WEBHOOK
from renown.web.pages.account.me import redirect_after_form
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.account.sign_in import require_page_owner
from renown.web.state import AppState, get_app_state
from renown.web.webhook_addresses import check_webhook_address

Fields = Mapping[str, str]

_MAIL_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,253}")
_HOURS = {str(hour): hour for hour in range(24)}
_POINTS = {"0.1": 0.1, "0.5": 0.5, "1": 1.0, "3": 3.0}
"""Smallest moves that people can choose."""


def subscribe(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Subscribe the visitor; a mail address gets a mail that asks for confirmation."""
    state = get_app_state(request)
    person = require_page_owner(state, visitor, "subscribe")
    channel, address = fields.get("channel", ""), fields.get("address", "").strip()
    if channel == MAIL:
        request.app.state.action_limits.count_mail(person.key, state.now().timestamp())
    subscription = state.actions.stores.subscriptions.add(
        person.key,
        channel=channel,
        address=_check_address(state, channel, address),
        at=state.now(),
        min_points=_POINTS.get(fields.get("points", ""), 1.0),
        is_weekly=fields.get("rhythm") == "weekly",
        quiet_hours=(_HOURS.get(fields.get("quiet_from", ""), 0), _HOURS.get(fields.get("quiet_until", ""), 0)),
    )
    if channel == MAIL and subscription.confirmed_at is None:
        try:
            state.actions.send_confirmation(subscription, person.name)
        except MailError as error:
            raise InvalidInputError(f"no mail could be sent to {address!r}: {error}") from error
    return redirect_after_form("/me#notifications")


def unsubscribe(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """End a subscription of the visitor."""
    state = get_app_state(request)
    person = require_page_owner(state, visitor, "subscribe")
    for subscription in state.actions.stores.subscriptions.list_of(person.key):
        if str(subscription.subscription_id) == fields.get("subscription"):
            state.actions.stores.subscriptions.remove(subscription)
    return redirect_after_form("/me#notifications")


def _check_address(state: AppState, channel: str, address: str) -> str:
    if channel == MAIL and state.can_send_mail:
        if not _MAIL_ADDRESS.fullmatch(address) or not address.isprintable():
            raise InvalidInputError(f"{address[:100]!r} is not a mail address; write it as ada@example.org")
        return address
    if channel == WEBHOOK:
        return check_webhook_address(state, address)
    raise InvalidInputError(
        "choose mail or webhook" if state.can_send_mail else "this site sends no mail; use a webhook"
    )
