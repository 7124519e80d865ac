"""Sessions of the operator: signed in by the key of the settings, in the memory of the server process."""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renown.web.middleware.rate_limit import Allowance, RateLimiter, normalize_address
from renown.web.pages.account.rate_limit import TooManyRequestsError
from renown.web.pages.account.session import check_origin, is_secure, read_form
from renown.web.state import get_app_state

ADMIN_PATH = "/admin"
IDLE_SECONDS, MAX_SECONDS = 3_600, 12 * 3_600
"""A session ends after this time without a request, and at the latest after this time."""
ATTEMPTS = Allowance(1, 20)
"""Attempts to sign in per IP address."""
_MAX_SESSIONS = 20
_COOKIE = "renown-operator"

OperatorAction = Callable[[Request, Mapping[str, str]], Response]


@dataclass
class _OperatorSession:
    began_at: float
    used_at: float


class OperatorSessions:
    """The sessions of the operator; they end with the server process."""

    def __init__(self) -> None:
        self._sessions: dict[str, _OperatorSession] = {}
        """By the digest of their secret, oldest first."""
        self._attempts = RateLimiter()

    def sign_in(self, presented_key: str, key: str, *, address: str, now: float) -> str | None:
        """
        Begin a session if the key is right; return the secret of its cookie, else None.

        Raises
        ------
        TooManyRequestsError
            If the address tried too often.
        """
        decision = self._attempts.count_request(normalize_address(address), ATTEMPTS, now)
        if decision.exceeded:
            raise TooManyRequestsError(decision.retry_after)
        # Digests have the same length, so that the time tells nothing about that of the key.
        if not hmac.compare_digest(_digest(presented_key), _digest(key)):
            return None
        for digest in list(self._sessions)[: 1 - _MAX_SESSIONS]:
            self._sessions.pop(digest, None)
        secret = secrets.token_urlsafe(32)
        self._sessions[_digest(secret)] = _OperatorSession(now, now)
        return secret

    def is_signed_in(self, secret: str, *, now: float) -> bool:
        """Tell whether a secret is that of a session, which is used by that."""
        session = self._sessions.get(_digest(secret))
        if session is None:
            return False
        if now - session.used_at > IDLE_SECONDS or now - session.began_at > MAX_SECONDS:
            self.sign_out(secret)
            return False
        session.used_at = now
        return True

    def sign_out(self, secret: str) -> None:
        """End a session."""
        self._sessions.pop(_digest(secret), None)


def get_sessions(request: Request) -> OperatorSessions:
    """Return the sessions of the server."""
    sessions: OperatorSessions = request.app.state.operator_sessions
    return sessions


def get_secret(request: Request) -> str:
    """Return the secret of the session cookie; empty without one."""
    return request.cookies.get(_cookie_name(request), "")


def get_form_token(request: Request) -> str:
    """Return the CSRF token of the session's forms, derived from its secret."""
    return hmac.digest(get_secret(request).encode(), b"operator forms", "sha256").hex()


def is_operator(request: Request) -> bool:
    """
    Tell whether the operator sent a request.

    Raises
    ------
    HTTPException
        404, if the settings have no key: then there are no such pages.
    """
    state = get_app_state(request)
    if not state.operator.key:
        raise HTTPException(404)
    return get_sessions(request).is_signed_in(get_secret(request), now=state.now().timestamp())


def operator_page(show: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Wrap a page that only the operator sees; others are led to sign in."""

    @wraps(show)
    def show_to_operator(request: Request) -> Response:
        return show(request) if is_operator(request) else RedirectResponse(ADMIN_PATH, 303)

    return show_to_operator


def operator_form(action: OperatorAction, *, needs_session: bool = True) -> Callable[[Request], Awaitable[Response]]:
    """
    Build a route that accepts a form only from pages of this site, and of the operator's session (CSRF protection).

    Only the form that signs in needs no session.
    """

    @wraps(action)
    async def handle_form(request: Request) -> Response:
        check_origin(request)
        fields = await read_form(request)

        def run_action() -> Response:
            if not is_operator(request) and needs_session:
                raise HTTPException(403, "You are not signed in any more. Sign in at /admin and send the form again.")
            presented_token = fields.get("token", "").encode("utf-8", "replace")
            if needs_session and not hmac.compare_digest(get_form_token(request).encode(), presented_token):
                raise HTTPException(403, "This form has expired. Open the page again and send it from there.")
            return action(request, fields)

        return await run_in_threadpool(run_action)

    return handle_form


def set_operator_cookie(request: Request, response: Response, secret: str) -> Response:
    """Set the session cookie; without a secret, delete it."""
    response.set_cookie(
        _cookie_name(request),
        secret,
        max_age=MAX_SECONDS if secret else 0,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="strict",
    )
    return response


def _cookie_name(request: Request) -> str:
    return f"__Host-{_COOKIE}" if is_secure(request) else _COOKIE


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
