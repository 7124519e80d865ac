"""Exchange: one request and its answer, or the error that says why there is none."""

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any

import httpcore2
import httpx2
import msgspec

from renown.connectors.http import headers, servers
from renown.connectors.http.masks import named, shown
from renown.connectors.http.servers import Server
from renown.errors import NetworkBusy, NetworkRefused

BUSY = frozenset({429, 500, 502, 503, 504})
"""Statuses after which the same request may be answered later (RFC 9110, 15.6; RFC 6585, 4)."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
MOST_BYTES = 10_000_000

_JSON = re.compile(r"application/([\w.-]+\+)?json", re.IGNORECASE)

Means = Mapping[int | str, type[NetworkRefused]]
"""What a status, or a network's own code, means: the error to raise for it."""


@dataclass(frozen=True)
class Answer:
    """One page."""

    body: Any
    """JSON, in the shape that was asked for."""
    links: Mapping[str, str]
    """Relation (``next``, ``prev``) to URL, of the Link header."""
    headers: Mapping[str, str]
    """Names in any case."""


@dataclass(frozen=True)
class Exchange:
    """All that a request needs besides its URL."""

    server: Server
    pool: httpcore2.ConnectionPool
    clock: Callable[[], float]
    """Seconds since 1970."""
    agent: str
    timeout: float
    """Seconds without a byte."""
    most_bytes: int
    """Of one answer, packed or not."""


@dataclass(frozen=True)
class _Received:
    status: int
    headers: httpx2.Headers
    body: bytes
    """Empty where the status says all."""

    @property
    def text(self) -> str:
        """The whole body for messages: a token may stand anywhere in it."""
        return self.body.decode("utf-8", "replace")


def ask(
    exchange: Exchange, url: httpx2.URL, *, shape: Any, means: Means, seen: Callable[[Mapping[str, str]], None]
) -> Answer:
    """
    Ask once for what a URL leads to.

    Parameters
    ----------
    exchange : Exchange
    url : httpx2.URL
        One that may be asked.
    shape : type
    means : mapping of int or str to type
    seen : callable
        Is given the headers of whatever the server answers.

    Raises
    ------
    NetworkBusy
        If it may be answered later.
    NetworkRefused
        If it will not be, or may not be asked.
    """
    for _ in range(MOST_REDIRECTS + 1):
        received = _fetch(exchange, url)
        if servers.origin(url) == servers.origin(exchange.server.url()):
            seen(received.headers)
        if received.status not in REDIRECTS:
            break
        url = servers.led(exchange.server, url, received.headers.get("location", ""))
    else:
        msg = f"{url.host} leads on and on: more than {MOST_REDIRECTS} redirects; is its address right?"
        raise NetworkRefused(msg, status=received.status)
    if received.status in BUSY:
        raise _busy(exchange, url, received)
    if not 200 <= received.status < 300:  # noqa: PLR2004 - "successful", RFC 9110, 15.3
        raise _refused(exchange, url, received, means)
    body = _decoded(exchange, url, received, shape)
    return Answer(body, headers.links(received.headers.get("link", ""), url), received.headers)


def _fetch(exchange: Exchange, url: httpx2.URL) -> _Received:
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), exchange.timeout)
    failure: Exception
    try:
        with exchange.pool.stream(
            "GET", target, headers=_head(exchange, url), extensions={"timeout": timeouts}
        ) as response:
            head = httpx2.Headers(response.headers)
            says_all = response.status in BUSY or response.status in REDIRECTS
            body = b"" if says_all else _body(exchange, url, response, head)
            return _Received(response.status, head, body)
    except (
        httpcore2.TimeoutException,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpx2.DecodingError,
    ) as error:
        failure = _failure(exchange, url, error)
    # Outside: what the other side said, our token perhaps, is not to hang on to it.
    raise failure


def _head(exchange: Exchange, url: httpx2.URL) -> list[tuple[bytes, bytes]]:
    said = {"Host": url.netloc.decode("ascii"), "User-Agent": exchange.agent}
    said |= {"Accept": "application/json", "Accept-Encoding": "gzip"}
    server = exchange.server
    if server.token and servers.origin(url) == servers.origin(server.url()):
        said["Authorization"] = f"Bearer {server.token}"
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in said.items()]


def _body(exchange: Exchange, url: httpx2.URL, response: httpcore2.Response, head: httpx2.Headers) -> bytes:
    """Return an unpacked body; neither what is sent nor what it unpacks to may be too large."""
    sent = _limited(exchange, url, response.iter_stream())
    unpacked = httpx2.Response(response.status, headers=head, content=sent).iter_bytes()
    return b"".join(_limited(exchange, url, unpacked))


def _limited(exchange: Exchange, url: httpx2.URL, chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > exchange.most_bytes:
            where = named(url, exchange.server.token)
            msg = f"{where} is larger than {exchange.most_bytes:,} bytes, the most that is read; ask for smaller pages"
            raise NetworkRefused(msg)
        yield chunk


def _failure(exchange: Exchange, url: httpx2.URL, error: Exception) -> NetworkBusy | NetworkRefused:
    where, text = named(url, exchange.server.token), shown(str(error), exchange.server.token)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args):
        return NetworkRefused(f"{url.host} does not prove that it is {url.host}: {text}; is something in between?")
    if isinstance(error, httpcore2.TimeoutException):
        return NetworkBusy(f"{where} took more than {exchange.timeout:g} s to answer; try again later")
    if isinstance(error, httpcore2.NetworkError):
        return NetworkBusy(f"no connection to {url.host}, or lost at {where}: {text}; try again later")
    return NetworkBusy(f"{where} was not answered whole: {text}; try again later")


def _busy(exchange: Exchange, url: httpx2.URL, received: _Received) -> NetworkBusy:
    now, head = exchange.clock(), received.headers
    wait = headers.retry_after(head, now)
    if wait is None:
        wait = headers.until_reset(head, now)
    msg = f"{named(url, exchange.server.token)} was answered {_status(received.status)}; try again later"
    return NetworkBusy(msg, status=received.status, wait=wait or 0.0)


def _refused(exchange: Exchange, url: httpx2.URL, received: _Received, means: Means) -> NetworkRefused:
    code, text = _said(received)
    kind = means.get(code or "") or means.get(received.status) or NetworkRefused
    advice = "is the token right, and is it allowed that?" if received.status in {401, 403} else "is it there?"
    where, what = named(url, exchange.server.token), shown(text, exchange.server.token)
    msg = f"{where} was answered {_status(received.status)}: {what}; {advice}"
    return kind(msg, status=received.status, code=code and shown(code, exchange.server.token)[1:-1])


def _said(received: _Received) -> tuple[str | None, str]:
    """Return the code and the text of an error's body: `error`, and `message` or `error_description`."""
    try:
        body = msgspec.json.decode(received.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("error"), str):
        return None, received.text
    words = (body.get(name) for name in ("error", "message", "error_description"))
    return body["error"], ": ".join(word for word in words if isinstance(word, str))


def _decoded(exchange: Exchange, url: httpx2.URL, received: _Received, shape: Any) -> Any:
    where, token = named(url, exchange.server.token), exchange.server.token
    kind = received.headers.get("content-type", "").partition(";")[0].strip()
    if received.body and not _JSON.fullmatch(kind):
        what = f"{shown(kind, token)}, not JSON: {shown(received.text, token)}"
        msg = f"{where} was answered with {what}; is it the right address, is something in between?"
        raise NetworkRefused(msg, status=received.status)
    failure: Exception
    try:
        return msgspec.json.decode(received.body, type=shape)
    except msgspec.ValidationError as error:
        what = shown(str(error), token)
        failure = NetworkRefused(f"{where} was answered in another shape: {what}; has the network changed its API?")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        if "truncated" in str(error):
            failure = NetworkBusy(f"{where} was answered with JSON that ends early; try again later")
        else:
            what = shown(received.text, token)
            failure = NetworkRefused(f"{where} was answered with JSON that is none: {what}; is it the right address?")
    raise failure


def _status(status: int) -> str:
    return f"{status} {responses.get(status, '')}".strip()
