"""Authentication middleware: API keys, rate limits and security headers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_plus

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renown.errors import RenownError
from renown.store import ApiKey, ApiKeyStore
from renown.store.secret_hash import hash_secret
from renown.text import plural
from renown.web.concurrency import CALLER
from renown.web.errors import KLOUT_CODES, error_response, is_klout, klout_error_response
from renown.web.middleware.rate_limit import Allowance, RateLimitDecision, RateLimiter, normalize_address

MAX_URL_BYTES = 8_000
"""Maximum bytes of path and query together: what clients may rely on (RFC 9110, 4.1)."""
USE_INTERVAL = timedelta(minutes=5)
"""Precision of the last use of a key: each record is a write."""
KEY_CACHE_SECONDS = 5.0
"""Lifetime of a cached API key; a revoked key is accepted for at most as long."""
API_CSP = "default-src 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of API responses: nothing may be loaded."""
ErrorRenderer = Callable[[str, int, str], Response]
"""Renders an error response from path, status and message."""


class _ApiKeyCache:
    """Cache of API keys, to avoid a database lookup per request."""

    def __init__(self, keys: ApiKeyStore) -> None:
        self._keys = keys
        self._cached_keys: dict[str, tuple[ApiKey, float]] = {}
        self._recorder = ThreadPoolExecutor(1, "key-use")

    def has_key(self, key_digest: str) -> bool:
        """Return whether a key with this digest was found before."""
        return key_digest in self._cached_keys

    def find(self, key_digest: str, now: float) -> ApiKey | None:
        """Return the API key with this digest; None if there is none."""
        key, cached_at = self._cached_keys.get(key_digest, (None, 0.0))
        if key and 0 <= now - cached_at < KEY_CACHE_SECONDS:
            return key
        self._cached_keys.pop(key_digest, None)
        key = self._keys.find(key_digest)
        if key:
            self._cached_keys[key_digest] = (key, now)
            at = datetime.fromtimestamp(now, UTC)
            if key.used_at is None or at - key.used_at >= USE_INTERVAL:
                # In a thread: while a day is published, a write may wait for seconds.
                self._recorder.submit(self._record_use, key_digest, at)
        return key

    def _record_use(self, key_digest: str, at: datetime) -> None:
        # The disk may be full, or the database unavailable: requests are answered all the same.
        with suppress(RenownError):
            self._keys.record_use(key_digest, at=at)


class AccessControl:
    """
    Decide whether a request is allowed, with rate limits per API key or IP address.

    All `AuthMiddleware` of a server share one instance.

    Parameters
    ----------
    keys : ApiKeyStore
    anonymous_allowance : Allowance
        Rate limit of an IP address without an API key.
    clock : callable
        Returns seconds since 1970-01-01 00:00 UTC.
    """

    def __init__(self, keys: ApiKeyStore, anonymous_allowance: Allowance, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._key_cache = _ApiKeyCache(keys)
        self._anonymous_allowance = anonymous_allowance
        self._clock = clock
        self._rate_limiter = RateLimiter()

    def multiply(self, factor: int) -> "AccessControl":
        """Return one whose callers without a key may send so many times the requests, counted by itself."""
        allowance = self._anonymous_allowance
        return AccessControl(
            self._keys,
            Allowance(allowance.per_second * factor, allowance.per_day * factor),
            self._clock,
        )

    def check_request(
        self, scope: Scope, render_error: ErrorRenderer
    ) -> tuple[Response | None, RateLimitDecision | None]:
        """Return an error response if the request is rejected, else None; and the rate limit decision."""
        path = scope["path"]
        if len(scope.get("raw_path") or path) + len(scope["query_string"]) > MAX_URL_BYTES:
            return render_error(
                path, 414, f"path and query are longer than {MAX_URL_BYTES} bytes; send a shorter request"
            ), None
        secret, now = read_api_key(scope), self._clock()
        key_digest = None if secret is None else hash_secret(secret)
        if key_digest is None or not self._key_cache.has_key(key_digest):
            # Invalid keys are counted apart from anonymous requests: neither kind of flood locks out a valid key.
            host = scope["client"][0] if scope.get("client") else ""
            caller = normalize_address(host) if key_digest is None else f"guesses of {normalize_address(host)}"
            decision = self._rate_limiter.count_request(caller, self._anonymous_allowance, now)
            if decision.exceeded:
                return _rate_limited_response(path, decision, render_error), decision
            if key_digest is None:
                return (_invalid_key_response(path, render_error) if is_klout(path) else None), decision
        key = self._key_cache.find(key_digest, now)
        if key is None:
            return _invalid_key_response(path, render_error), None
        decision = self._rate_limiter.count_request(key.digest, Allowance(key.per_second, key.per_day), now)
        return (_rate_limited_response(path, decision, render_error) if decision.exceeded else None), decision


class AuthMiddleware:
    """
    Reject requests that access control does not allow, and add security headers to every response.

    Parameters
    ----------
    app : ASGIApp
    access_control : AccessControl
    policy : str
        Content-Security-Policy of the responses.
    render_error : callable
        Renders error responses.
    referrer : str
        Referrer-Policy of the responses.
    """

    def __init__(
        self,
        app: ASGIApp,
        access_control: AccessControl,
        policy: str = API_CSP,
        render_error: ErrorRenderer | None = None,
        referrer: str = "no-referrer",
    ) -> None:
        self._app = app
        self._access_control = access_control
        self._render_error = render_error or _render_api_error
        self._security_headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", referrer.encode()),
            (b"content-security-policy", policy.encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or respond with an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rejection, decision = self._access_control.check_request(scope, self._render_error)
        # Klout's API had no rate limit headers on successful responses.
        rate_limit_headers = decision.headers() if decision and (rejection or not is_klout(scope["path"])) else {}
        headers = self._security_headers + [
            (name.lower().encode(), value.encode()) for name, value in rate_limit_headers.items()
        ]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        previous_caller = CALLER.set(decision.caller if decision else "")
        try:
            await (rejection or self._app)(scope, receive, send_with_headers)
        finally:
            CALLER.reset(previous_caller)


def read_api_key(scope: Scope) -> str | None:
    """Return the API key of a request: from a header, or on Klout's routes from the query."""
    if is_klout(scope["path"]):
        # Parsing the whole query takes ten times as long, and this runs on every request.
        values = [part[4:] for part in scope["query_string"].split(b"&") if part.startswith(b"key=")]
        return unquote_plus(values[0].decode("latin-1")) if values else None
    headers = Headers(scope=scope)
    kind, _, token = headers.get("authorization", "").partition(" ")
    return headers.get("x-api-key") or (token.strip() if kind.lower() == "bearer" else None) or None


def _render_api_error(path: str, status: int, message: str) -> Response:
    return klout_error_response(path, status, message) if is_klout(path) else error_response(status, message)


def _invalid_key_response(path: str, render_error: ErrorRenderer) -> Response:
    if is_klout(path):
        message = "Invalid or unprovided API key. All calls must have a key."
        return klout_error_response(path, 403, message, {"X-Mashery-Error-Code": KLOUT_CODES["key"]})
    return render_error(
        path, 401, "the API key is invalid; create one at /me/keys, ask the operator for one, or send none"
    )


def _rate_limited_response(path: str, decision: RateLimitDecision, render_error: ErrorRenderer) -> Response:
    limit = decision.allowance.per_day if decision.exceeded == "day" else decision.allowance.per_second
    message = (
        f"rate limit of {plural(limit, 'request')} per {decision.exceeded} exceeded; retry in {decision.retry_after} s"
    )
    if is_klout(path):
        return klout_error_response(path, 403, message, {"X-Mashery-Error-Code": KLOUT_CODES[decision.exceeded]})
    return render_error(path, 429, message)
