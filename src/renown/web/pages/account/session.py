"""Session cookies (HttpOnly) and CSRF protection of forms."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renown.errors import InvalidInputError
from renown.store import Session
from renown.store.sessions import MAX_LIFETIME
from renown.web.people import is_storable_text
from renown.web.state import get_app_state, get_site_url

_COOKIE_NAME = "renown"
_HOST_PREFIX = "__Host-"
"""Cookie name prefix: browsers accept it only from this host and over TLS (RFC 6265bis, 4.1.3.2)."""
_MAX_FORM_BYTES = 16_384
"""Maximum bytes of a form."""
_MAX_FORM_FIELDS = 20
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class PageVisitor:
    """The sender of a request, with their session if they have one."""

    secret: str
    """Secret of their session cookie; empty without a valid session."""
    session: Session | None

    @property
    def form_token(self) -> str:
        """CSRF token of their forms, derived from the session secret."""
        return hmac.digest(self.secret.encode(), b"forms", "sha256").hex() if self.session else ""


FormAction = Callable[[Request, PageVisitor, Mapping[str, str]], Response]


def get_visitor(request: Request) -> PageVisitor:
    """Return the visitor who sent a request, by the session cookie."""
    state = get_app_state(request)
    secret = request.cookies.get(_session_cookie_name(request), "")
    session = state.actions.stores.sessions.find(secret, at=state.now()) if secret else None
    return PageVisitor(secret if session else "", session)


def form_route(action: FormAction) -> Callable[[Request], Awaitable[Response]]:
    """
    Build a route that accepts a form only from pages of this site (CSRF protection).

    Both the origin that the browser reports and, within a session, the CSRF token must match. The action runs in a
    thread, because it may block on networks or files.
    """

    async def handle_form(request: Request) -> Response:
        check_origin(request)
        fields = await read_form(request)

        def run_action() -> Response:
            visitor = get_visitor(request)
            if visitor.session and not hmac.compare_digest(
                visitor.form_token.encode(), fields.get("token", "").encode("utf-8", "replace")
            ):
                raise HTTPException(403, "This form has expired. Open the page again and send it from there.")
            return action(request, visitor, fields)

        return await run_in_threadpool(run_action)

    return handle_form


def set_session_cookie(request: Request, response: Response, secret: str) -> Response:
    """Set the session cookie."""
    response.set_cookie(
        _session_cookie_name(request),
        secret,
        max_age=int(MAX_LIFETIME.total_seconds()),
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return response


def delete_session_cookie(request: Request, response: Response) -> Response:
    """Delete the session cookie."""
    response.delete_cookie(
        _session_cookie_name(request), path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )
    return response


class NoStoreMiddleware:
    """Middleware that forbids caching of responses with personal content (Cache-Control: no-store)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"cache-control", b"no-store"), (b"vary", b"Cookie")]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _session_cookie_name(request: Request) -> str:
    return f"{_HOST_PREFIX}{_COOKIE_NAME}" if is_secure(request) else _COOKIE_NAME


def is_secure(request: Request) -> bool:
    """Return whether the visitor's connection is encrypted, so that cookies can be bound to it."""
    return get_site_url(request).startswith("https:")


def check_origin(request: Request) -> None:
    """
    Reject forms that another site's page sent (CSRF).

    References
    ----------
    W3C Fetch Metadata, 2.4: ``Sec-Fetch-Site``; Fetch, 3.1: ``Origin``. `Origin` is only a fallback, as it can be
    `null` on a page of this site, too, depending on its referrer policy.
    """
    fetch_site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if fetch_site is not None:
        is_same_origin = fetch_site == "same-origin"
    elif origin is not None:
        own_origin = _parse_origin(get_site_url(request))
        is_same_origin = own_origin is not None and _parse_origin(origin) == own_origin
    else:
        is_same_origin = True  # not a browser, so it cannot send somebody else's cookie
    if not is_same_origin:
        raise HTTPException(403, "This form was sent from another site. Open the page here and send it from there.")


def _parse_origin(text: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(text)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


async def read_form(request: Request) -> dict[str, str]:
    """Read the fields of a form, the first of each name."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_FORM_BYTES:
                raise InvalidInputError(f"the form is longer than {_MAX_FORM_BYTES} bytes; enter less text")
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FORM_FIELDS
        )
    except (ValueError, ClientDisconnect):
        raise InvalidInputError("the request is not a valid form; open the page again") from None
    fields = dict(reversed(pairs))
    if not all(is_storable_text(value) for value in fields.values()):
        raise InvalidInputError("the form contains invalid characters (NUL or lone surrogates); enter the text again")
    return fields
