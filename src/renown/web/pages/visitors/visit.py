"""Visitors: who is signed in, by a cookie that scripts cannot read, and forms that no other site can send."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renown.errors import BadInput
from renown.store import Session
from renown.store.sessions import LONGEST
from renown.web.site import Site, is_text, site_of

_COOKIE = "renown"
_HOST = "__Host-"
"""Beginning of a cookie's name that no other host, and no page without TLS, can set (RFC 6265bis, 4.1.3.2)."""
_FORM = 16_384
"""Bytes of a form; ours have a name, an invitation or two."""
_FIELDS = 20
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page."""

    secret: str
    """Of their cookie; empty where they have none that is good."""
    session: Session | None

    @property
    def form_token(self) -> str:
        """What their forms send, which no other site knows; it goes with the secret."""
        return hmac.digest(self.secret.encode(), b"forms", "sha256").hex() if self.session else ""


Work = Callable[[Request, Visitor, Mapping[str, str]], Response]


def visitor_of(request: Request) -> Visitor:
    """Return who sent a request."""
    site = site_of(request)
    secret = request.cookies.get(_name(site), "")
    session = site.desk.home.sessions.find(secret, at=site.now()) if secret else None
    return Visitor(secret if session else "", session)


def form(work: Work) -> Callable[[Request], Awaitable[Response]]:
    """
    Return a route that takes a form of this site's own pages, and no other's.

    A browser says where a form comes from, which no page can change; a session's forms have its token, too. Networks
    and files are asked in a thread.
    """

    async def sent(request: Request) -> Response:
        _check_origin(request)
        fields = await _fields(request)

        def done() -> Response:
            visitor = visitor_of(request)
            if visitor.session and not hmac.compare_digest(
                visitor.form_token.encode(), fields.get("token", "").encode("utf-8", "replace")
            ):
                raise HTTPException(403, "This form is of an older page. Open the page again, and send it from there.")
            return work(request, visitor, fields)

        return await run_in_threadpool(done)

    return sent


def let_in(request: Request, response: Response, secret: str) -> Response:
    """Give a visitor the cookie of their session."""
    site = site_of(request)
    response.set_cookie(
        _name(site),
        secret,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=_is_secure(site),
        httponly=True,
        samesite="lax",
    )
    return response


def let_out(request: Request, response: Response) -> Response:
    """Take a visitor's cookie away."""
    site = site_of(request)
    response.delete_cookie(_name(site), path="/", secure=_is_secure(site), httponly=True, samesite="lax")
    return response


class Private:
    """Keeps answers out of every cache: they are of one visitor."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say so in the answer's head."""

        async def with_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"cache-control", b"no-store"), (b"vary", b"Cookie")]
            await send(message)

        await self._app(scope, receive, with_head)


def _name(site: Site) -> str:
    return f"{_HOST}{_COOKIE}" if _is_secure(site) else _COOKIE


def _is_secure(site: Site) -> bool:
    return site.told.url.startswith("https:")


def _check_origin(request: Request) -> None:
    """
    Refuse what another site's page sent.

    References
    ----------
    W3C Fetch Metadata, 2.4: ``Sec-Fetch-Site``; Fetch, 3.1: ``Origin``, which is `null` for who hides where they are
    from, and so says nothing where the first is there.
    """
    where, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if where is not None:
        ours = where == "same-origin"
    elif origin is not None:
        ours = _origin(origin) in _origins(request)
    else:
        ours = True  # no browser: it has nobody's cookie but its own
    if not ours:
        raise HTTPException(403, "This form was sent by another site. Open the page here, and send it from there.")


def _origins(request: Request) -> set[tuple[str, str, int | None] | None]:
    """Return where our pages are: as the settings say, or as the browser was led here."""
    told = site_of(request).told.url
    return {_origin(told or f"{request.url.scheme}://{request.headers.get('host', '')}")} - {None}


def _origin(text: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form, the first of each name."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _FORM:
                msg = f"the form is longer than {_FORM} bytes; write less"
                raise BadInput(msg)
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except (ValueError, ClientDisconnect):
        msg = "what was sent is no form of this page; open the page again"
        raise BadInput(msg) from None
    fields = dict(reversed(pairs))
    if not all(is_text(value) for value in fields.values()):
        msg = "what was sent holds characters that no text has; write it again"
        raise BadInput(msg)
    return fields
