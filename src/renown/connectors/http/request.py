"""
Send one HTTP request and decode its JSON response; parse pagination links, Retry-After and rate limit headers.

A request without a usable response raises the error that says why, and whether a retry may succeed.
"""

import math
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import Any

import httpcore2
import httpx2
import msgspec

from renown.connectors.decode import DecodedJson, decode_json
from renown.connectors.http import urls
from renown.connectors.http.redact import redact, redact_url
from renown.connectors.http.urls import Server
from renown.errors import NetworkRefusedError, NetworkUnavailableError

MAX_WAIT_SECONDS = 86_400.0
"""Seconds; longer waits are cut to this. The longest rate limit window of all networks, X's, is a day."""
_EPOCH_THRESHOLD = 1_000_000_000
"""Epoch second (2001); a smaller reset value is relative to now, as in draft-ietf-httpapi-ratelimit-headers-02."""

_NUMBER = re.compile(r"\d{1,18}(\.\d{0,9})?", re.ASCII)
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_PARAMETER = re.compile(rf';\s*([^\s=;,"<>]+)\s*(?:=\s*(?:{_QUOTED}|([^\s;,"<>]*)))?')
_LINK = re.compile(rf"<([^<>]*)>((?:\s*{_PARAMETER.pattern})*)")

RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
"""Statuses after which a retry may succeed (RFC 9110, 15.6; RFC 6585, 4)."""
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_EMPTY_STATUSES = frozenset({202, 204, 205})
"""Statuses of a complete response without content (RFC 9110, 15.3)."""
MAX_REDIRECTS = 5
MAX_BYTES = 10_000_000

_JSON = re.compile(r"application/([\w.-]+\+)?json", re.IGNORECASE)

ErrorTypes = Mapping[int | str, type[NetworkRefusedError]]
"""Status, or a network's own error code, to the error to raise for it."""


@dataclass(frozen=True)
class HttpResult:
    """The response to one request: a page."""

    body: Any
    """Decoded JSON, of the response type requested."""
    links: Mapping[str, str]
    """Relation (``next``, ``prev``) to URL, from the Link header, for pagination."""
    headers: Mapping[str, str]
    """Response headers; names are case-insensitive."""
    dropped: tuple[str, ...] = ()
    """Unreadable elements of lists, which `body` lacks: where and why."""


@dataclass(frozen=True, kw_only=True)
class HttpContext:
    """What every request of a client needs besides its URL."""

    server: Server
    pool: httpcore2.ConnectionPool
    clock: Callable[[], float]
    """Seconds since 1970."""
    user_agent: str
    timeout: float
    """Timeout in seconds without a byte."""
    max_bytes: int
    """Maximum size of one response, compressed or not."""


def parse_links(header: str, url: httpx2.URL) -> dict[str, str]:
    """
    Parse a Link header into relation and URL, for pagination.

    Parameters
    ----------
    header : str
        Its value; empty if there is none.
    url : httpx2.URL
        URL of the page; links are relative to it.

    References
    ----------
    RFC 8288, 3: a link may have several relations; of two links with one relation the first counts; a link with an
    `anchor` belongs to another page.

    Examples
    --------
    >>> parse_links('</p?max_id=7>; rel="next", <https://a.example/p>; rel=prev', httpx2.URL("https://a.example/p"))
    {'next': 'https://a.example/p?max_id=7', 'prev': 'https://a.example/p'}
    """
    links: dict[str, str] = {}
    for target, parameter_text, *_ in _LINK.findall(header):
        parameters = {
            name.lower(): quoted_value or plain_value
            for name, quoted_value, plain_value in reversed(_PARAMETER.findall(parameter_text))
        }
        if "anchor" not in parameters:
            for relation in parameters.get("rel", "").lower().split():
                links.setdefault(relation, _join_url(url, target))
    return {relation: link_url for relation, link_url in links.items() if link_url}


def parse_retry_after(headers: Mapping[str, str], local_now: float) -> float | None:
    """
    Parse Retry-After into seconds to wait, 0 to `MAX_WAIT_SECONDS`; None without a valid one.

    Parameters
    ----------
    headers : mapping of str to str
    local_now : float
        Now by the local clock, in seconds since 1970; the response's `Date` takes precedence.

    References
    ----------
    RFC 9110, 10.2.3: a number of seconds or a date.
    """
    text = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(text):
        return _clamp_wait(float(text))
    at = _parse_http_date(text)
    return None if at is None else _clamp_wait(at - _server_now(headers, local_now))


def parse_rate_limit_reset(headers: Mapping[str, str], local_now: float) -> float | None:
    """
    Parse the rate limit headers into seconds until the reset, 0 to `MAX_WAIT_SECONDS`; None while requests are left.

    Parameters
    ----------
    headers : mapping of str to str
    local_now : float
        Now by the local clock, in seconds since 1970; the response's `Date` takes precedence.

    References
    ----------
    Mastodon, "Rate limits", Headers: `X-RateLimit-Reset` is ISO 8601. Bluesky's servers (atproto,
    ``packages/xrpc-server/src/rate-limiter.ts``): `RateLimit-Reset` is in seconds since 1970.
    """
    for prefix in ("x-ratelimit", "ratelimit"):
        remaining = headers.get(f"{prefix}-remaining", "").strip()
        if _NUMBER.fullmatch(remaining) and float(remaining) < 1:
            now = _server_now(headers, local_now)
            at = _parse_reset(headers.get(f"{prefix}-reset", "").strip(), now)
            if at is not None:
                return _clamp_wait(at - now)
    return None


def fetch_json(
    context: HttpContext,
    url: httpx2.URL,
    *,
    response_type: Any,
    error_types: ErrorTypes,
    on_headers: Callable[[Mapping[str, str]], None],
) -> HttpResult:
    """
    Fetch JSON from a URL once, without retry; follow redirects.

    Parameters
    ----------
    context : HttpContext
    url : httpx2.URL
        A URL that `resolve_link` allowed.
    response_type : type
    error_types : mapping of int or str to type
    on_headers : callable
        Called with the headers of every response of the API server, for its rate limit.

    Raises
    ------
    NetworkUnavailableError
        If a retry may succeed.
    NetworkRefusedError
        If the request, or a redirect, is refused.
    """
    for _ in range(MAX_REDIRECTS + 1):
        response = _send_request(context, url)
        if urls.origin(url) == urls.origin(context.server.url()):
            on_headers(response.headers)
        if response.status not in REDIRECT_STATUSES:
            break
        url = urls.resolve_link(context.server, url, response.headers.get("location", ""))
    else:
        raise NetworkRefusedError(
            f"{url.host} sent more than {MAX_REDIRECTS} redirects; is its address right?", status=response.status
        )
    if response.status in RETRY_STATUSES:
        raise _unavailable_error(context, url, response)
    if not 200 <= response.status < 300:  # noqa: PLR2004 - "successful", RFC 9110, 15.3
        raise _refusal_error(context, url, response, error_types)
    decoded = _decode_json(context, url, response, response_type)
    links = parse_links(response.headers.get("link", ""), url)
    return HttpResult(decoded.value, links, response.headers, decoded.dropped)


def _server_now(headers: Mapping[str, str], local_now: float) -> float:
    """Return now by the server's clock: its dates are compared with its own `Date`."""
    server_date = _parse_http_date(headers.get("date", ""))
    return local_now if server_date is None else server_date


def _parse_reset(text: str, now: float) -> float | None:
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if number >= _EPOCH_THRESHOLD else now + number
    try:
        return _to_epoch(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _parse_http_date(text: str) -> float | None:
    try:
        return _to_epoch(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError):
        return None


def _to_epoch(at: datetime) -> float:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _clamp_wait(seconds: float) -> float:
    return min(max(math.ceil(seconds), 0.0), MAX_WAIT_SECONDS)


def _join_url(url: httpx2.URL, target: str) -> str:
    try:
        return str(url.join(target))
    except httpx2.InvalidURL:
        return ""


@dataclass(frozen=True)
class _RawResponse:
    status: int
    headers: httpx2.Headers
    body: bytes
    """Empty if the status alone decides."""

    @property
    def text(self) -> str:
        """The whole body, for error messages; redact it first, it may contain the token."""
        return self.body.decode("utf-8", "replace")


def _send_request(context: HttpContext, url: httpx2.URL) -> _RawResponse:
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), context.timeout)
    failure: Exception
    try:
        with context.pool.stream(
            "GET", target, headers=_request_headers(context, url), extensions={"timeout": timeouts}
        ) as response:
            response_headers = httpx2.Headers(response.headers)
            skip_body = response.status in RETRY_STATUSES or response.status in REDIRECT_STATUSES
            body = b"" if skip_body else _read_body(context, url, response, response_headers)
            return _RawResponse(response.status, response_headers, body)
    except (
        httpcore2.TimeoutException,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpx2.DecodingError,
    ) as error:
        failure = _connection_error(context, url, error)
    # Raised outside the except block: the original error may quote the token, and would stay attached as context.
    raise failure


def _request_headers(context: HttpContext, url: httpx2.URL) -> list[tuple[bytes, bytes]]:
    request_headers = {"Host": url.netloc.decode("ascii"), "User-Agent": context.user_agent}
    request_headers |= {"Accept": "application/json", "Accept-Encoding": "gzip"}
    server = context.server
    if server.token and urls.origin(url) == urls.origin(server.url()):
        request_headers["Authorization"] = f"Bearer {server.token}"
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in request_headers.items()]


def _read_body(
    context: HttpContext, url: httpx2.URL, response: httpcore2.Response, response_headers: httpx2.Headers
) -> bytes:
    """Read and decompress a body; the size limit holds before and after decompression."""
    compressed = _limit_size(context, url, response.iter_stream())
    decompressed = httpx2.Response(response.status, headers=response_headers, content=compressed).iter_bytes()
    return b"".join(_limit_size(context, url, decompressed))


def _limit_size(context: HttpContext, url: httpx2.URL, chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > context.max_bytes:
            redacted_url = redact_url(url, context.server.token)
            raise NetworkRefusedError(
                f"{redacted_url} is larger than {context.max_bytes:,} bytes, the limit of a response; "
                "request smaller pages"
            )
        yield chunk


def _connection_error(
    context: HttpContext, url: httpx2.URL, error: Exception
) -> NetworkUnavailableError | NetworkRefusedError:
    redacted_url, text = redact_url(url, context.server.token), redact(str(error), context.server.token)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args):
        return NetworkRefusedError(f"{url.host} has no valid TLS certificate: {text}; is a proxy in between?")
    if isinstance(error, httpcore2.TimeoutException):
        return NetworkUnavailableError(f"{redacted_url} timed out after {context.timeout:g} s; try again later")
    if isinstance(error, httpcore2.NetworkError):
        return NetworkUnavailableError(f"connection to {url.host} failed at {redacted_url}: {text}; try again later")
    return NetworkUnavailableError(f"{redacted_url} sent an incomplete or invalid response: {text}; try again later")


def _unavailable_error(context: HttpContext, url: httpx2.URL, response: _RawResponse) -> NetworkUnavailableError:
    now, response_headers = context.clock(), response.headers
    wait = parse_retry_after(response_headers, now)
    if wait is None:
        wait = parse_rate_limit_reset(response_headers, now)
    return NetworkUnavailableError(
        f"{redact_url(url, context.server.token)} answered {_status_text(response.status)}; try again later",
        status=response.status,
        wait=wait or 0.0,
    )


def _refusal_error(
    context: HttpContext, url: httpx2.URL, response: _RawResponse, error_types: ErrorTypes
) -> NetworkRefusedError:
    code, text = _parse_error_body(response)
    error_type = error_types.get(code or "") or error_types.get(response.status) or NetworkRefusedError
    advice = "check the token and what it permits" if response.status in {401, 403} else "check that it exists"
    redacted_url, detail = redact_url(url, context.server.token), redact(text, context.server.token)
    return error_type(
        f"{redacted_url} answered {_status_text(response.status)}: {detail}; {advice}",
        status=response.status,
        code=code and redact(code, context.server.token)[1:-1],
    )


def _parse_error_body(response: _RawResponse) -> tuple[str | None, str]:
    """Return the error code and text of an error response: `error`, and `message` or `error_description`."""
    try:
        body = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("error"), str):
        return None, response.text
    parts = (body.get(name) for name in ("error", "message", "error_description"))
    return body["error"], ": ".join(part for part in parts if isinstance(part, str))


def _decode_json(context: HttpContext, url: httpx2.URL, response: _RawResponse, response_type: Any) -> DecodedJson:
    redacted_url, token = redact_url(url, context.server.token), context.server.token
    content_type = response.headers.get("content-type", "").partition(";")[0].strip()
    if response.body and not _JSON.fullmatch(content_type):
        detail = f"{redact(content_type, token)}, not JSON: {redact(response.text, token)}"
        raise NetworkRefusedError(
            f"{redacted_url} answered with {detail}; is the address right, or is a proxy or login page in between?",
            status=response.status,
        )
    if not response.body and response.status in _EMPTY_STATUSES:
        raise NetworkRefusedError(
            f"{redacted_url} answered {_status_text(response.status)} without content; try again later",
            status=response.status,
        )
    failure: Exception
    try:
        return decode_json(response.body, response_type)
    except msgspec.ValidationError as error:
        detail = redact(str(error), token)
        failure = NetworkRefusedError(
            f"{redacted_url} answered with an unexpected JSON schema: {detail}; has the API changed?",
            status=response.status,
        )
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        if "truncated" in str(error):
            failure = NetworkUnavailableError(f"{redacted_url} answered with truncated JSON; try again later")
        else:
            detail = redact(response.text, token)
            failure = NetworkRefusedError(
                f"{redacted_url} answered with invalid JSON: {detail}; is the address right?", status=response.status
            )
    raise failure


def _status_text(status: int) -> str:
    return f"{status} {responses.get(status, '')}".strip()
