"""Addresses: which of them may be connected to, and connections to no other than one that was checked."""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any

import httpcore2

from renown.errors import NetworkRefused

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The last 32 bits are an IPv4 address (RFC 6052, 2.1)."""
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
"""Leads into whatever IPv4 address it holds; deprecated (RFC 7526)."""


@dataclass(frozen=True)
class Network:
    """What lies below the checks; tests lead it elsewhere."""

    resolve: Callable[[str, int], Sequence[str]]
    """Host and port to addresses; raises ``OSError``."""
    wire: httpcore2.NetworkBackend
    """Connects to an address."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the operating system finds them."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


INTERNET = Network(resolve, httpcore2.SyncBackend())


def public(address: str) -> bool:
    """
    Tell whether an address is one of the open internet.

    References
    ----------
    IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890).

    Examples
    --------
    >>> public("1.1.1.1"), public("10.0.0.1"), public("::ffff:127.0.0.1"), public("64:ff9b::7f00:1")
    (True, False, False, False)
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
        if ip in _SIX_TO_FOUR or ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_link_local or ip.is_unspecified)


class Checked(httpcore2.NetworkBackend):
    """
    Connects to public addresses, and to those of one server of one's own.

    A name is resolved once for a connection, all its addresses are checked, and the connection is made to a checked
    address: a name that means another address a moment later changes nothing. Names in TLS stay the host's.

    Parameters
    ----------
    own : tuple of (str, int)
        Host and port of the server that is asked.
    own_private : bool
        Whether that one may be private.
    left : callable
        Returns the seconds that connecting and reading may take, however slowly bytes drip.
    network : Network
    """

    def __init__(self, own: tuple[str, int], left: Callable[[], float], network: Network, *, own_private: bool) -> None:
        self._own, self._own_private = own, own_private
        self._left = left
        self._network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of a host that answers, after all were checked."""
        failure: Exception = httpcore2.ConnectError("no address")
        for address in self._addresses(host, port):
            try:
                stream = self._network.wire.connect_tcp(
                    address, port, _within(timeout, self._left), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Timed(stream, self._left)
        raise failure

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._network.resolve(host, port)
        except (UnicodeError, OSError) as error:
            if isinstance(error, OSError) and error.errno not in {socket.EAI_NONAME, socket.EAI_NODATA}:
                raise httpcore2.ConnectError(str(error)) from error
            msg = f"there is no host {host!r}; check its name"
            raise NetworkRefused(msg) from None
        private = [address for address in addresses if not public(address)]
        if private and not (self._own_private and (host, port) == self._own):
            msg = f"{host!r} is at {private[0]}, which is no public address; {self._advice(host, port)}"
            raise NetworkRefused(msg)
        return addresses

    def _advice(self, host: str, port: int) -> str:
        if (host, port) != self._own:
            return "what leads there is not followed"
        return "if that server is your own, name it and write private = true below [networks.NAME] of the settings"


class _Timed(httpcore2.NetworkStream):
    """A stream that ends in time."""

    def __init__(self, stream: httpcore2.NetworkStream, left: Callable[[], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _within(timeout, self._left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _within(timeout, self._left))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _within(timeout, self._left))
        return _Timed(stream, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _within(timeout: float | None, left: Callable[[], float]) -> float:
    seconds = left()
    if seconds <= 0:
        msg = "no time is left"
        raise httpcore2.ReadTimeout(msg)
    return seconds if timeout is None else min(timeout, seconds)
