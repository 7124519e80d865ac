"""The guard: who asks, whether they may, and the headers that every answer has."""

from collections.abc import Callable
from urllib.parse import unquote_plus

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renown.store import Key, Keys
from renown.store.keys import digest
from renown.web.limits import Allowance, Limits, Taken, address_of
from renown.web.refusals import KLOUT_CODES, is_klout, klout_refused, refused

LONGEST = 4_096
"""Bytes of path and query together."""
TRUSTED_SECONDS = 5.0
"""For so long a key that was found is not looked up again: one that is revoked may be answered as long."""
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""What an answer of an API may load, were it shown: nothing."""
Said = Callable[[str, int, str], Response]
"""Writes a refusal for who asked for a path: status and message."""


class _Door:
    """Keys that were found, which need not be looked up for every request."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._found: dict[str, tuple[Key, float]] = {}

    def knows(self, mark: str) -> bool:
        """Return whether the key of this digest was found before."""
        return mark in self._found

    def find(self, mark: str, now: float) -> Key | None:
        """Return what the key of this digest allows, None where it is none of ours."""
        key, at = self._found.get(mark, (None, 0.0))
        if key and 0 <= now - at < TRUSTED_SECONDS:
            return key
        self._found.pop(mark, None)
        key = self._keys.find(mark)
        if key:
            self._found[mark] = (key, now)
        return key


class Gate:
    """
    Says whether a request is allowed, counted by key, else by address; the guards of one server share it.

    Parameters
    ----------
    keys : Keys
    anybody : Allowance
        Of an address without a key.
    clock : callable
        Returns seconds since 1970-01-01 00:00 UTC.
    """

    def __init__(self, keys: Keys, anybody: Allowance, clock: Callable[[], float]) -> None:
        self._door = _Door(keys)
        self._anybody = anybody
        self._clock = clock
        self._limits = Limits()

    def judged(self, scope: Scope, say: Said) -> tuple[Response | None, Taken | None]:
        """Return why a request is refused, None where it is not, and what became of its count."""
        path = scope["path"]
        if len(scope.get("raw_path") or path) + len(scope["query_string"]) > LONGEST:
            return say(path, 414, f"the request is longer than {LONGEST} bytes; ask for less at once"), None
        secret, now = _secret(scope), self._clock()
        mark = None if secret is None else digest(secret)
        if mark is None or not self._door.knows(mark):
            # Guesses at keys are counted beside requests without one: a flood of either shuts no key out that is known.
            host = scope["client"][0] if scope.get("client") else ""
            caller = address_of(host) if mark is None else f"guesses of {address_of(host)}"
            taken = self._limits.take(caller, self._anybody, now)
            if taken.over:
                return _over(path, taken, say), taken
            if mark is None:
                return (_unknown_key(path, say) if is_klout(path) else None), taken
        key = self._door.find(mark, now)
        if key is None:
            return _unknown_key(path, say), None
        taken = self._limits.take(key.digest, Allowance(key.per_second, key.per_day), now)
        return (_over(path, taken, say) if taken.over else None), taken


class Guard:
    """
    Lets through what the gate allows, and gives every answer the headers that keep it safe.

    Parameters
    ----------
    app : ASGIApp
    gate : Gate
    policy : str
        Content-Security-Policy of its answers.
    say : callable
        Writes its refusals.
    referrer : str
        Referrer-Policy of its answers.
    """

    def __init__(
        self, app: ASGIApp, gate: Gate, policy: str = API_POLICY, say: Said | None = None, referrer: str = "no-referrer"
    ) -> None:
        self._app = app
        self._gate = gate
        self._say = say or _answer
        self._safe = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", referrer.encode()),
            (b"content-security-policy", policy.encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal, taken = self._gate.judged(scope, self._say)
        # Klout's clients knew no limits but the refusal.
        told = taken.headers() if taken and (refusal or not is_klout(scope["path"])) else {}
        headers = self._safe + [(name.lower().encode(), value.encode()) for name, value in told.items()]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await (refusal or self._app)(scope, receive, with_headers)


def _secret(scope: Scope) -> str | None:
    """Return the key of a request: in a header, or in the query of Klout's routes alone."""
    if is_klout(scope["path"]):
        # Reading the whole query takes ten times as long, and this is asked of every request.
        given = [part[4:] for part in scope["query_string"].split(b"&") if part.startswith(b"key=")]
        return unquote_plus(given[0].decode("latin-1")) if given else None
    headers = Headers(scope=scope)
    kind, _, token = headers.get("authorization", "").partition(" ")
    return headers.get("x-api-key") or (token.strip() if kind.lower() == "bearer" else None) or None


def _answer(path: str, status: int, message: str) -> Response:
    return klout_refused(path, status, message) if is_klout(path) else refused(status, message)


def _unknown_key(path: str, say: Said) -> Response:
    if is_klout(path):
        said = "Invalid or unprovided API key. All calls must have a key."
        return klout_refused(path, 403, said, {"X-Mashery-Error-Code": KLOUT_CODES["key"]})
    return say(
        path, 401, "the key is none of this server's; ask who runs it for one (`renown key create`), or send none"
    )


def _over(path: str, taken: Taken, say: Said) -> Response:
    limit = taken.allowance.per_day if taken.over == "day" else taken.allowance.per_second
    said = f"{limit} requests a {taken.over} are allowed; ask again in {taken.wait} s"
    if is_klout(path):
        return klout_refused(path, 403, said, {"X-Mashery-Error-Code": KLOUT_CODES[taken.over]})
    return say(path, 429, said)
