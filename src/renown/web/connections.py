"""
Limit connections: how many there are, how many per address, and how long a request may take to arrive.

uvicorn limits neither: it waits for headers and bodies without end, and its own limit of connections refuses visitors
in place of closing idle connections.
"""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from renown.web.middleware.rate_limit import normalize_address

MAX_HEADER_BYTES = 65_536
"""Maximum bytes of a request's headers and URL together."""
WRITE_SECONDS = 30.0
"""Seconds that a client may take to read a part of a response before it is disconnected."""
RETRY_AFTER_SECONDS = 5
"""Value of Retry-After, in seconds, if a connection is refused."""

_REFUSAL = (
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: {0}\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: {1}\r\nConnection: close\r\n\r\n{2}"
)
_REFUSAL_TEXT = "too many connections; close some, or retry in 5 s\n"
_EMPTY_RESPONSE = "HTTP/1.1 {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """Limits of the connections of a server."""

    total: int
    per_address: int
    request_seconds: float
    """Seconds until a request, headers and body, must have arrived."""
    proxies: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network] = ()
    """Networks of trusted proxies, which have no limit per address."""

    def is_proxy(self, host: str) -> bool:
        """Return whether a host is a trusted proxy."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.proxies)


class ConnectionRegistry:
    """
    The open connections of a server.

    Parameters
    ----------
    limits : ConnectionLimits
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._addresses: dict[LimitedHttpProtocol, str] = {}
        self._counts: Counter[str] = Counter()
        self._waiting: dict[LimitedHttpProtocol, None] = {}
        """Connections that are idle or whose request has not arrived yet, longest first."""

    def add(self, connection: "LimitedHttpProtocol", host: str) -> bool:
        """
        Add a connection; return whether the limits allow it.

        If there are too many in all, the one that is idle longest is closed, of the address with most connections.
        """
        address = normalize_address(host)
        if self._counts[address] >= self.limits.per_address and not self.limits.is_proxy(host):
            return False
        if len(self._addresses) >= self.limits.total:
            if not self._waiting:
                return False
            longest = max(self._waiting, key=lambda other: self._counts[self._addresses[other]])
            self.remove(longest)
            longest.disconnect()
        self._addresses[connection] = address
        self._counts[address] += 1
        self._waiting[connection] = None
        return True

    def remove(self, connection: "LimitedHttpProtocol") -> None:
        """Remove a connection; one that was refused or removed before is ignored."""
        address = self._addresses.pop(connection, None)
        self._waiting.pop(connection, None)
        if address is not None:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]

    def mark_running(self, connection: "LimitedHttpProtocol") -> None:
        """Mark a connection as busy with a request that has arrived."""
        self._waiting.pop(connection, None)

    def mark_waiting(self, connection: "LimitedHttpProtocol") -> None:
        """Mark a connection as idle from now on."""
        if connection in self._addresses:
            self._waiting.pop(connection, None)
            self._waiting[connection] = None


class LimitedHttpProtocol(HttpToolsProtocol):
    """
    uvicorn's HTTP protocol within the limits of a registry.

    Parameters
    ----------
    registry : ConnectionRegistry
    *args, **kwargs
        As uvicorn passes them.
    """

    def __init__(self, registry: ConnectionRegistry, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._registry = registry
        self._arrival_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._is_in_headers = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection, or refuse it."""
        super().connection_made(transport)
        if self._registry.add(self, self.client[0] if self.client else ""):
            self._start_arrival_timer()
        else:
            text = _REFUSAL.format(RETRY_AFTER_SECONDS, len(_REFUSAL_TEXT), _REFUSAL_TEXT)
            transport.write(text.encode())
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove a closed connection."""
        self._registry.remove(self)
        self._stop_arrival_timer()
        if self._write_timer:
            self._write_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a part of a request; reject endless headers."""
        if self.transport.is_closing():
            return
        if not self._is_running:
            self._start_arrival_timer()
        self._header_bytes += len(data) if self._is_in_headers else 0
        super().data_received(data)
        if self._is_in_headers and self._header_bytes > MAX_HEADER_BYTES:
            self._reject("431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._is_in_headers = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin the body of a request."""
        self._is_in_headers, self._header_bytes = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request, which has arrived."""
        self._is_in_headers = True
        self._stop_arrival_timer()
        if self._is_running:
            self._registry.mark_running(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """End a response."""
        self._registry.mark_waiting(self)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the client to read, for a limited time."""
        super().pause_writing()
        if not self._write_timer:
            self._write_timer = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the timer of a blocked response: the client reads again."""
        if self._write_timer:
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()

    def disconnect(self) -> None:
        """Close the connection, which is idle."""
        self.transport.close()

    @property
    def _is_running(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _start_arrival_timer(self) -> None:
        if not self._arrival_timer:
            seconds = self._registry.limits.request_seconds
            self._arrival_timer = self.loop.call_later(seconds, self._reject, "408 Request Timeout")

    def _stop_arrival_timer(self) -> None:
        if self._arrival_timer:
            self._arrival_timer.cancel()
            self._arrival_timer = None

    def _reject(self, status: str) -> None:
        if not self.transport.is_closing():
            if not self._is_running:
                self.transport.write(_EMPTY_RESPONSE.format(status).encode())
            self.transport.close()
