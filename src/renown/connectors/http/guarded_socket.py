"""Open WebSockets to servers that others name: with the SSRF protection, limits and User-Agent of the HTTP client."""

import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import httpcore2
import httpx2
from websockets.uri import WebSocketURI

from renown.connectors.http.ssrf import SsrfGuardBackend, Transport
from renown.connectors.http.urls import has_valid_port
from renown.connectors.http.websocket import READ_TIMEOUT, ConnectionLostError, WebSocket
from renown.errors import InvalidInputError, NetworkRefusedError, NetworkUnavailableError

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}
_CONNECT_TIMEOUT = 10.0
"""Timeout in seconds for the connection."""


@dataclass(frozen=True, kw_only=True)
class SocketPolicy:
    """Where WebSockets may be opened to, and how."""

    transport: Transport
    time_left: Callable[[], float]
    """Returns the seconds left for connecting and reading."""
    allow_private: bool
    """Whether the server may have a private address."""
    max_bytes: int
    """Maximum size of one message."""
    user_agent: str


def socket_url(url: str) -> str:
    """
    Return the URL of a server's WebSocket, normalized.

    Raises
    ------
    InvalidInputError
        If it is not the URL of a WebSocket without a password, or would be unencrypted outside of this machine.

    Examples
    --------
    >>> socket_url("https://Relay.example/"), socket_url("ws://127.0.0.1:6969")
    ('wss://relay.example', 'ws://127.0.0.1:6969')
    """
    try:
        parsed = httpx2.URL(url.strip())
    except httpx2.InvalidURL:
        parsed = httpx2.URL()
    scheme = _SCHEMES.get(parsed.scheme, "")
    if not scheme or not parsed.host or parsed.userinfo or parsed.fragment or not has_valid_port(parsed):
        raise InvalidInputError(
            f"{url[:80]!r} is not the address of a WebSocket without a password; write wss://HOST, or wss://HOST/PATH"
        )
    if scheme == "ws" and not is_loopback(parsed.host):
        raise InvalidInputError(f"{url[:80]!r} is not encrypted, which is allowed on this machine only; write wss://")
    return str(parsed.copy_with(scheme=scheme)).rstrip("/")


def base_url(url: str) -> str:
    """
    Return the base URL of the HTTP server at the address of a WebSocket; any other text as it is.

    Examples
    --------
    >>> base_url("wss://relay.example"), base_url("ws://127.0.0.1:6969")
    ('https://relay.example', 'http://127.0.0.1:6969')
    """
    scheme, separator, address = url.partition("://")
    return f"{_HTTP_SCHEMES.get(scheme.lower(), scheme)}{separator}{address}"


def is_loopback(host: str) -> bool:
    """
    Tell whether a host is this machine by its name.

    Examples
    --------
    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "localhost.example")]
    [True, True, True, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def open_guarded_socket(url: str, policy: SocketPolicy) -> WebSocket:
    """
    Open a WebSocket to an address that was checked.

    Parameters
    ----------
    url : str
        As `socket_url` returns it.
    policy : SocketPolicy

    Raises
    ------
    NetworkRefusedError
        If the server has a private address, or no valid certificate.
    NetworkUnavailableError
        If it does not answer, or speaks no WebSocket.
    """
    host = httpx2.URL(url).host

    def connect(uri: WebSocketURI) -> _GuardedStream:
        return _GuardedStream(_connect(uri, policy))

    try:
        return WebSocket(url, connect=connect, max_bytes=policy.max_bytes, headers={"User-Agent": policy.user_agent})
    except ConnectionLostError as error:
        raise NetworkUnavailableError(f"no WebSocket to {host}: {error}; try again later") from None


def _connect(uri: WebSocketURI, policy: SocketPolicy) -> httpcore2.NetworkStream:
    backend = SsrfGuardBackend(
        (uri.host, uri.port), policy.time_left, policy.transport, allow_private=policy.allow_private
    )
    try:
        stream = backend.connect_tcp(uri.host, uri.port, _CONNECT_TIMEOUT)
        if uri.secure:
            stream = stream.start_tls(ssl.create_default_context(), uri.host, _CONNECT_TIMEOUT)
    except (httpcore2.TimeoutException, httpcore2.NetworkError) as error:
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args):
            raise NetworkRefusedError(f"{uri.host} has no valid TLS certificate; is a proxy in between?") from None
        raise ConnectionLostError(str(error) or type(error).__name__) from error
    return stream


class _GuardedStream:
    """Gives a stream of the HTTP client the methods of a socket."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def recv(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size, READ_TIMEOUT)
        except httpcore2.TimeoutException as error:
            raise TimeoutError from error
        except httpcore2.NetworkError as error:
            raise OSError(str(error)) from error

    def sendall(self, data: bytes, /) -> None:
        try:
            self._stream.write(data, _CONNECT_TIMEOUT)
        except (httpcore2.TimeoutException, httpcore2.NetworkError) as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        self._stream.close()
