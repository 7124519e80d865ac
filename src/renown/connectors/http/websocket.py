"""
WebSocket: one connection that is read message by message, within a limit of size.

The WebSocket client has backpressure: while the caller does not read, TCP flow control
makes the server wait. The protocol is that of the ``websockets`` package; its own clients
return one message per call, which costs more than twice as much (measured: 10 to 12
microseconds per message instead of 4).
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI, WebSocketException
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.uri import WebSocketURI, parse_uri

from renown.errors import InvalidInputError

_READ_BYTES = 1 << 18
MAX_MESSAGE_BYTES = 16 << 20
"""Maximum bytes of a message; the limit of Bluesky's firehose is below 5 MB."""
_CONNECT_TIMEOUT = 10.0
"""Timeout in seconds for the connection and the handshake."""
READ_TIMEOUT = 1.0
"""Timeout in seconds of one read."""
_PING_AFTER, _LOST_AFTER = 20, 40
"""Consecutive reads without data until a ping is sent, and until the connection counts as lost."""
_DATA_OPCODES = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class ByteStream(Protocol):
    """A connection below a WebSocket: a socket, or what checks its address."""

    def recv(self, size: int, /) -> bytes:
        """Return bytes, empty at the end; raise ``TimeoutError`` after `READ_TIMEOUT` seconds without any."""

    def sendall(self, data: bytes, /) -> None:
        """Send all bytes; raise ``OSError`` if that fails."""

    def close(self) -> None:
        """Close the connection."""


class ConnectionLostError(Exception):
    """The connection is lost; the message is a short reason."""


class WebSocket:
    """
    One WebSocket connection, opened on construction.

    Parameters
    ----------
    url : str
        ``ws://`` or ``wss://``.
    connect : callable, optional
        Opens the connection; raises ``OSError`` if that fails.
    max_bytes : int, optional
        Maximum size of a message.
    headers : mapping of str to str, optional
        Headers of the handshake.

    Raises
    ------
    InvalidInputError
        If it is not such a URL.
    ConnectionLostError
        If the connection or the handshake fails.
    """

    def __init__(
        self,
        url: str,
        *,
        connect: Callable[[WebSocketURI], ByteStream] | None = None,
        max_bytes: int = MAX_MESSAGE_BYTES,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        uri = _parse_url(url)
        # No extensions: a compressed message may be a decompression bomb.
        self._protocol = ClientProtocol(uri, max_size=max_bytes)
        self._idle_reads = 0
        self._fragments: list[bytes] = []
        try:
            self._socket = (connect or _connect)(uri)
        except OSError as error:
            raise ConnectionLostError(error.strerror or str(error)) from error
        try:
            self._handshake(headers or {})
        except BaseException:
            self._socket.close()
            raise

    def read_messages(self) -> list[bytes]:
        """
        Read once and return all complete messages; empty after `READ_TIMEOUT` seconds without data.

        Raises
        ------
        ConnectionLostError
            If the server closed the connection, went away or broke the protocol; earlier messages were returned.
        """
        # A server may send messages, and even the close frame, together with its handshake.
        if not self._protocol.events:
            if self._protocol.state is not State.OPEN:
                raise ConnectionLostError(_close_reason(self._protocol))
            self._read()
        return [message for event in self._protocol.events_received() for message in self._join_fragments(event)]

    def send(self, text: str) -> None:
        """
        Send a text message.

        Raises
        ------
        ConnectionLostError
            If the connection no longer takes it.
        """
        if self._protocol.state is not State.OPEN:
            raise ConnectionLostError(_close_reason(self._protocol))
        self._protocol.send_text(text.encode())
        self._send()

    def close(self) -> None:
        """Send a close frame, and close without waiting for the reply."""
        try:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(CloseCode.GOING_AWAY)
                self._send()
        except (OSError, ConnectionLostError):
            pass
        finally:
            self._socket.close()

    def __enter__(self) -> Self:
        """Return the connection itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _handshake(self, headers: Mapping[str, str]) -> None:
        request = self._protocol.connect()
        for name, value in headers.items():
            request.headers[name] = value
        self._protocol.send_request(request)
        self._send()
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            self._read()
            if self._idle_reads > _CONNECT_TIMEOUT / READ_TIMEOUT:
                raise ConnectionLostError("timeout: no answer to the handshake")
        if self._protocol.handshake_exc is not None:
            raise ConnectionLostError(f"not a WebSocket server: {self._protocol.handshake_exc}")
        self._protocol.events = [event for event in self._protocol.events if isinstance(event, Frame)]

    def _read(self) -> None:
        try:
            data = self._socket.recv(_READ_BYTES)
        except TimeoutError:
            self._handle_timeout()
            return
        except OSError as error:
            raise ConnectionLostError(error.strerror or str(error)) from error
        self._idle_reads = 0
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        try:
            self._send()
        except ConnectionLostError:
            # The received data counts even if the connection no longer takes a reply.
            if not self._protocol.events:
                raise

    def _handle_timeout(self) -> None:
        self._idle_reads += 1
        if self._idle_reads == _PING_AFTER and self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
            self._send()
        if self._idle_reads >= _LOST_AFTER:
            raise ConnectionLostError(f"timeout: nothing received for {self._idle_reads * READ_TIMEOUT:.0f} s")

    def _join_fragments(self, event: object) -> list[bytes]:
        """Return the message that this frame completes, if any."""
        if not isinstance(event, Frame) or event.opcode not in _DATA_OPCODES:
            return []
        if event.fin and not self._fragments:
            return [bytes(event.data)]
        self._fragments.append(bytes(event.data))
        if not event.fin:
            return []
        message, self._fragments = b"".join(self._fragments), []
        return [message]

    def _send(self) -> None:
        try:
            for data in self._protocol.data_to_send():
                if data is not SEND_EOF:
                    self._socket.sendall(data)
        except OSError as error:
            raise ConnectionLostError(error.strerror or str(error)) from error


def _parse_url(url: str) -> WebSocketURI:
    try:
        if "@" in urlsplit(url).netloc:
            raise InvalidInputError(
                "the URL contains a user name or password, which would be shown and stored; write it without"
            )
        return parse_uri(url)
    except (InvalidURI, WebSocketException, ValueError) as error:
        raise InvalidInputError(
            f"{url!r} is not the URL of a WebSocket: {error}; write ws://host:port/path or wss://host/path"
        ) from error


def _connect(uri: WebSocketURI) -> socket.socket:
    raw_socket = socket.create_connection((uri.host, uri.port), timeout=_CONNECT_TIMEOUT)
    connection = (
        ssl.create_default_context().wrap_socket(raw_socket, server_hostname=uri.host) if uri.secure else raw_socket
    )
    connection.settimeout(READ_TIMEOUT)
    return connection


def _close_reason(protocol: ClientProtocol) -> str:
    if protocol.close_rcvd is None:
        error = protocol.parser_exc
        return f"closed without a close frame ({error})" if error else "closed without a close frame"
    return f"closed by the server with code {protocol.close_rcvd.code} {protocol.close_rcvd.reason}".rstrip()
