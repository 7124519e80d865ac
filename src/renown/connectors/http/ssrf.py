"""SSRF protection: connect to public addresses only, and only to the address that was checked."""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any

import httpcore2

from renown.errors import HostNotFoundError, NetworkRefusedError

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The last 32 bits are an IPv4 address (RFC 6052, 2.1)."""
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
"""6to4 embeds any IPv4 address; deprecated (RFC 7526)."""


@dataclass(frozen=True)
class Transport:
    """DNS and TCP below the SSRF checks; tests replace them."""

    resolve: Callable[[str, int], Sequence[str]]
    """Resolves a host and port to addresses; raises ``OSError``."""
    backend: httpcore2.NetworkBackend
    """Connects to an address."""


def resolve(host: str, port: int) -> list[str]:
    """Resolve a host to its addresses with the operating system's resolver."""
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


INTERNET = Transport(resolve, httpcore2.SyncBackend())


def is_public(address: str) -> bool:
    """
    Tell whether an address is on the public internet: not private, loopback, link-local or reserved.

    References
    ----------
    IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890).

    Examples
    --------
    >>> [is_public(address) for address in ("1.1.1.1", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")]
    [True, False, False, False]
    """
    ip_address = ipaddress.ip_address(address)
    if isinstance(ip_address, ipaddress.IPv6Address):
        if ip_address in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip_address) & 0xFFFF_FFFF)))
        if ip_address in _SIX_TO_FOUR or ip_address.is_site_local:
            return False
    return ip_address.is_global and not (
        ip_address.is_multicast or ip_address.is_reserved or ip_address.is_link_local or ip_address.is_unspecified
    )


class SsrfGuardBackend(httpcore2.NetworkBackend):
    """
    Network backend against SSRF: connects to public addresses, and to one private server if allowed.

    A name is resolved once per connection, all its addresses are checked, and the connection is made to a checked
    address: DNS rebinding has no effect. TLS still verifies the host's name.

    Parameters
    ----------
    server_address : tuple of (str, int)
        Host and port of the API server.
    time_left : callable
        Returns the seconds left for connecting and reading: a deadline also for servers that drip single bytes.
    transport : Transport
    allow_private : bool
        Whether the API server may have a private address.
    """

    def __init__(
        self,
        server_address: tuple[str, int],
        time_left: Callable[[], float],
        transport: Transport,
        *,
        allow_private: bool,
    ) -> None:
        self._server_address, self._allow_private = server_address, allow_private
        self._time_left = time_left
        self._transport = transport

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of a host that answers, after checking all of them."""
        failure: Exception = httpcore2.ConnectError("no address")
        for address in self._resolve_checked(host, port):
            try:
                stream = self._transport.backend.connect_tcp(
                    address, port, _cap_timeout(timeout, self._time_left), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream, self._time_left)
        raise failure

    def _resolve_checked(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._transport.resolve(host, port)
        except (UnicodeError, OSError) as error:
            if isinstance(error, OSError) and error.errno not in {socket.EAI_NONAME, socket.EAI_NODATA}:
                raise httpcore2.ConnectError(str(error)) from error
            raise HostNotFoundError(
                f"host not found: {host!r}; the name may be wrong, or this machine may have no connection"
            ) from None
        private = [address for address in addresses if not is_public(address)]
        if private and not (self._allow_private and (host, port) == self._server_address):
            raise NetworkRefusedError(
                f"{host!r} resolves to {private[0]}, which is not a public address; {self._advice(host, port)}"
            )
        return addresses

    def _advice(self, host: str, port: int) -> str:
        if (host, port) != self._server_address:
            return "links and redirects to it are not followed"
        return "if that server is your own, write its server and private = true under [networks.NAME] in the settings"


class _DeadlineStream(httpcore2.NetworkStream):
    """A stream with a deadline: no read or write outlasts the request budget."""

    def __init__(self, stream: httpcore2.NetworkStream, time_left: Callable[[], float]) -> None:
        self._stream = stream
        self._time_left = time_left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _cap_timeout(timeout, self._time_left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _cap_timeout(timeout, self._time_left))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _cap_timeout(timeout, self._time_left))
        return _DeadlineStream(stream, self._time_left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _cap_timeout(timeout: float | None, time_left: Callable[[], float]) -> float:
    seconds = time_left()
    if seconds <= 0:
        raise httpcore2.ReadTimeout("no time is left")
    return seconds if timeout is None else min(timeout, seconds)
