"""The operator's pages and their forms."""

import logging
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from renown.errors import InvalidInputError
from renown.web.health import check_health
from renown.web.pages.account.session import NoStoreMiddleware
from renown.web.pages.admin import lists
from renown.web.pages.admin.session import (
    ADMIN_PATH,
    get_form_token,
    get_secret,
    get_sessions,
    is_operator,
    operator_form,
    operator_page,
    set_operator_cookie,
)
from renown.web.pages.admin.units import DiskUse, measure_disk
from renown.web.pages.templates import render
from renown.web.state import get_app_state

_log = logging.getLogger("renown.operator")
_DISK_SECONDS = 300
"""Time for which the measured sizes are shown again."""
_MAX_TEXT = 300
_PERSON_KEY = re.compile(r"-[0-9]{1,10}")

Fields = Mapping[str, str]


def show_overview(request: Request) -> Response:
    """Show the state of the site; whoever is not signed in gets the form to do so."""
    if not is_operator(request):
        return _render_sign_in(request)
    state = get_app_state(request)
    period = int(state.now().timestamp()) // _DISK_SECONDS
    return _render(
        request,
        "admin_overview.html",
        health=check_health(state),
        disk=_measure_disk(state.lake.root.parent, period),
        page=lists.list_runs(state, _page_number(request)),
    )


@operator_page
def show_people(request: Request) -> Response:
    """List people and their claims, or search them."""
    text = request.query_params.get("q", "").strip()[:_MAX_TEXT]
    page = lists.list_people(get_app_state(request), _page_number(request), text)
    return _render(request, "admin_people.html", page=page, text=text)


@operator_page
def show_groups(request: Request) -> Response:
    """List groups."""
    return _render(request, "admin_groups.html", page=lists.list_groups(get_app_state(request), _page_number(request)))


@operator_page
def show_keys(request: Request) -> Response:
    """List API keys."""
    keys = get_app_state(request).api_keys.all()
    page = lists.paginate(lambda limit, offset: keys[offset : offset + limit], _page_number(request))
    return _render(request, "admin_keys.html", page=page)


@operator_page
def show_accounts(request: Request) -> Response:
    """List the accounts that could not be read."""
    page = lists.list_failing_accounts(get_app_state(request), _page_number(request))
    return _render(request, "admin_accounts.html", page=page)


@operator_page
def show_dead_letters(request: Request) -> Response:
    """List the notifications that were given up."""
    page = lists.list_dead_letters(get_app_state(request), _page_number(request))
    return _render(request, "admin_dead_letters.html", page=page)


@operator_page
def redirect_to_list(request: Request) -> Response:
    """Redirect from the URL of a form, which stays in the address bar after an error, to the page with the form."""
    return RedirectResponse(request.url.path.rpartition("/")[0], 303)


def sign_in(request: Request, fields: Fields) -> Response:
    """Begin a session with the key of the settings."""
    state = get_app_state(request)
    address = request.client.host if request.client else ""
    secret = get_sessions(request).sign_in(
        fields.get("key", ""), state.operator.key, address=address, now=state.now().timestamp()
    )
    if secret is None:
        _log.warning("somebody tried to sign in as the operator with a wrong key")
        return _render_sign_in(
            request, status=403, problem="This key is wrong. It is the setting operator.key of this site."
        )
    _log.warning("the operator signed in")
    return set_operator_cookie(request, RedirectResponse(ADMIN_PATH, 303), secret)


def sign_out(request: Request, fields: Fields) -> Response:  # noqa: ARG001 - same signature for all forms
    """End the session."""
    get_sessions(request).sign_out(get_secret(request))
    return set_operator_cookie(request, RedirectResponse(ADMIN_PATH, 303), "")


def withdraw_claim(request: Request, fields: Fields) -> Response:
    """Take an account off a person who claimed it."""
    state, key = get_app_state(request), fields.get("person", "")
    person = state.people.by_key(int(key)) if _PERSON_KEY.fullmatch(key) else None
    account = fields.get("network", ""), fields.get("account", "")
    if person is None or account not in person.accounts:
        raise InvalidInputError("there is no such claim any more; open the list again")
    state.people.remove_claim(person, *account)
    # The log must not name people.
    _log.warning("the operator withdrew a claim of person %d", person.person_id)
    return RedirectResponse(f"{ADMIN_PATH}/people?{urlencode({'q': person.name})}", 303)


def revoke_key(request: Request, fields: Fields) -> Response:
    """Revoke an API key."""
    get_app_state(request).api_keys.revoke(fields.get("name", ""))
    _log.warning("the operator revoked an API key")
    return RedirectResponse(f"{ADMIN_PATH}/keys", 303)


def admin_routes(auth_middleware: Sequence[Middleware]) -> list[Route]:
    """Build the routes of the operator's pages; responses are neither cached nor compressed."""
    middleware = [*auth_middleware, Middleware(NoStoreMiddleware)]
    views = {
        "": show_overview,
        "/people": show_people,
        "/groups": show_groups,
        "/keys": show_keys,
        "/accounts": show_accounts,
        "/dead-letters": show_dead_letters,
    }
    forms = {
        "/sign-in": operator_form(sign_in, needs_session=False),
        "/sign-out": operator_form(sign_out),
        "/people/withdraw": operator_form(withdraw_claim),
        "/keys/revoke": operator_form(revoke_key),
    }
    return [
        *(Route(f"{ADMIN_PATH}{below}", view, middleware=middleware) for below, view in views.items()),
        *(
            Route(f"{ADMIN_PATH}{below}", form, methods=["POST"], middleware=middleware)
            for below, form in forms.items()
        ),
        *(Route(f"{ADMIN_PATH}{below}", redirect_to_list, middleware=middleware) for below in forms),
    ]


def _page_number(request: Request) -> int:
    return lists.parse_page(request.query_params.get("page"))


def _render(request: Request, template: str, **context: Any) -> Response:
    return render(request, template, token=get_form_token(request), **context)


def _render_sign_in(request: Request, *, status: int = 200, problem: str = "") -> Response:
    return render(request, "admin_sign_in.html", status=status, problem=problem)


@lru_cache(maxsize=2)
def _measure_disk(home: Path, _: int) -> DiskUse:
    """Measure the disk, once in each period."""
    return measure_disk(home)
