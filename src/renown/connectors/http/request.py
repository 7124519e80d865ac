"""Send one HTTP request: with the headers of the API and the token, within limits of time and size."""

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpcore2
import httpx2

from renown.connectors.http import urls
from renown.connectors.http.api import ApiSpec
from renown.connectors.http.redact import redact, redact_url
from renown.connectors.http.urls import Server
from renown.errors import NetworkRefusedError, NetworkUnavailableError

RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
"""Statuses after which a retry may succeed (RFC 9110, 15.6; RFC 6585, 4)."""
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5
MAX_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """A request to send."""

    url: httpx2.URL
    """A URL that `resolve_link` allowed."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of this request alone."""
    content: bytes = b""

    def __repr__(self) -> str:
        """Show the host only: headers and content may hold secrets."""
        return f"<HttpRequest {self.method} {self.url.host}>"


@dataclass(frozen=True, kw_only=True)
class HttpContext:
    """What every request of a client needs besides its URL."""

    server: Server
    api: ApiSpec
    pool: httpcore2.ConnectionPool
    clock: Callable[[], float]
    """Seconds since 1970."""
    user_agent: str
    timeout: float
    """Timeout in seconds without a byte."""
    max_bytes: int
    """Maximum size of one response, compressed or not."""

    def is_own_origin(self, url: httpx2.URL) -> bool:
        """Tell whether a URL has the origin of the API server, which alone gets the token."""
        return urls.origin(url) == urls.origin(self.server.url())

    def redact(self, text: str) -> str:
        """Redact untrusted text for a message."""
        return redact(text, self.server.token)

    def redact_url(self, url: httpx2.URL) -> str:
        """Redact a URL for a message."""
        return redact_url(url, self.server.token)


@dataclass(frozen=True, kw_only=True)
class RawResponse:
    """A response before it is decoded."""

    url: httpx2.URL
    """URL after redirects."""
    status: int
    headers: httpx2.Headers
    body: bytes
    """Empty if the status alone decides."""

    @property
    def text(self) -> str:
        """The whole body, for error messages; redact it first, it may contain the token."""
        return self.body.decode("utf-8", "replace")


def send_request(
    context: HttpContext,
    request: HttpRequest,
    *,
    has_error_body: Callable[[int], bool],
    on_headers: Callable[[Mapping[str, str]], None],
) -> RawResponse:
    """
    Send a request once, without retry; follow redirects.

    Parameters
    ----------
    context : HttpContext
    request : HttpRequest
    has_error_body : callable
        Status after which a retry may succeed to whether the body is read nevertheless.
    on_headers : callable
        Called with the headers of every response of the API server, for its rate limit.

    Raises
    ------
    NetworkUnavailableError
        If a retry may succeed.
    NetworkRefusedError
        If a redirect is refused, or the response is too large.
    """
    url = request.url
    for _ in range(MAX_REDIRECTS + 1):
        response = _send_once(context, request, url, has_error_body)
        if context.is_own_origin(url):
            on_headers(response.headers)
        if response.status not in REDIRECT_STATUSES:
            return response
        if request.method != "GET":
            raise NetworkRefusedError(
                f"{url.host} redirects a {request.method}, which is not followed; is its address right?",
                status=response.status,
            )
        url = urls.resolve_link(context.server, url, response.headers.get("location", ""))
    raise NetworkRefusedError(
        f"{url.host} sent more than {MAX_REDIRECTS} redirects; is its address right?", status=response.status
    )


def _send_once(
    context: HttpContext, request: HttpRequest, url: httpx2.URL, has_error_body: Callable[[int], bool]
) -> RawResponse:
    sent_url, api = url, context.api
    if context.server.token and api.auth_param and context.is_own_origin(url):
        # Only for sending: no message has this URL.
        sent_url = url.copy_merge_params({api.auth_param: context.server.token})
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=sent_url.raw_path)
    options: dict[str, Any] = {
        "headers": _request_headers(context, request, url),
        "content": request.content or None,
        "extensions": {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), context.timeout)},
    }
    failure: Exception
    try:
        with context.pool.stream(request.method, target, **options) as response:
            response_headers, status = httpx2.Headers(response.headers), response.status
            skip_body = status in REDIRECT_STATUSES or (status in RETRY_STATUSES and not has_error_body(status))
            body = b"" if skip_body else _read_body(context, url, response, response_headers)
            return RawResponse(url=url, status=status, headers=response_headers, body=body)
    except (
        httpcore2.TimeoutException,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpx2.DecodingError,
    ) as error:
        failure = _connection_error(context, url, error)
    # Raised outside the except block: the original error may quote the token, and would stay attached as context.
    raise failure


def _request_headers(context: HttpContext, request: HttpRequest, url: httpx2.URL) -> list[tuple[bytes, bytes]]:
    server, api = context.server, context.api
    request_headers = httpx2.Headers({"Host": url.netloc.decode("ascii"), "User-Agent": context.user_agent})
    request_headers.update({"Accept": "application/json", "Accept-Encoding": "gzip"})
    if context.is_own_origin(url):
        request_headers.update(dict(api.headers))
        if server.token and api.auth_header:
            request_headers[api.auth_header] = f"{api.auth_prefix}{server.token}"
    request_headers.update(dict(request.headers))
    if request.method != "GET":
        request_headers["Content-Length"] = str(len(request.content))
    return list(request_headers.raw)


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
            raise NetworkRefusedError(
                f"{context.redact_url(url)} is larger than {context.max_bytes:,} bytes, the limit of a response; "
                "request smaller pages"
            )
        yield chunk


def _connection_error(
    context: HttpContext, url: httpx2.URL, error: Exception
) -> NetworkUnavailableError | NetworkRefusedError:
    redacted_url, text = context.redact_url(url), context.redact(str(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args):
        return NetworkRefusedError(f"{url.host} has no valid TLS certificate: {text}; is a proxy in between?")
    if isinstance(error, httpcore2.TimeoutException):
        return NetworkUnavailableError(f"{redacted_url} timed out after {context.timeout:g} s; try again later")
    if isinstance(error, httpcore2.NetworkError):
        return NetworkUnavailableError(f"connection to {url.host} failed at {redacted_url}: {text}; try again later")
    return NetworkUnavailableError(f"{redacted_url} sent an incomplete or invalid response: {text}; try again later")
