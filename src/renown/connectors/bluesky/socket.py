"""
A WebSocket that is read in large pieces, as fast as the network sends and no faster than it is asked.

Who does not ask, does not read: the network then waits, by TCP's own means. The
protocol is websockets'; a call for each message, as its own clients offer, costs
more than twice as much (measured: 10 to 12 microseconds a message against 4).
"""

import socket
import ssl
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI, WebSocketException
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.uri import WebSocketURI, parse_uri

from renown.errors import BadInput

_PIECE = 1 << 18
_LARGEST = 16 << 20
"""Bytes of a message; the firehose's own limit is below 5 MB."""
_CONNECTING = 10.0
"""Seconds until a server must have answered."""
PATIENCE = 1.0
"""Seconds that a read waits at the most."""
_PING_AFTER, _LOST_AFTER = 20, 40
"""Reads in a row that brought nothing, until we ask whether anybody is there, and until we think not."""
_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class Lost(Exception):
    """The connection is no more, and in few words why."""


class Socket:
    """
    One connection, open from its making until it is closed or lost.

    Parameters
    ----------
    url : str
        ``ws://`` or ``wss://``.

    Raises
    ------
    BadInput
        If it is no such address.
    Lost
        If nobody answers there, or not with a WebSocket.
    """

    def __init__(self, url: str) -> None:
        where = _parsed(url)
        self._protocol = ClientProtocol(where, max_size=_LARGEST)
        self._quiet = 0
        self._parts: list[bytes] = []
        try:
            self._socket = _dial(where)
        except OSError as error:
            raise Lost(error.strerror or str(error)) from error
        try:
            self._shake_hands()
        except BaseException:
            self._socket.close()
            raise

    def messages(self) -> list[bytes]:
        """
        Return the messages that the next piece completes; none where nothing comes for `PATIENCE` seconds.

        Raises
        ------
        Lost
            If the server closed, went away or broke the protocol; what came before was returned.
        """
        # A server may say all it has to say, and goodbye, in one piece with its handshake.
        if not self._protocol.events:
            if self._protocol.state is not State.OPEN:
                raise Lost(_farewell(self._protocol))
            self._read()
        return [message for event in self._protocol.events_received() for message in self._whole(event)]

    def close(self) -> None:
        """Say goodbye without waiting for the answer."""
        try:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(CloseCode.GOING_AWAY)
                self._send()
        except (OSError, Lost):
            pass
        finally:
            self._socket.close()

    def __enter__(self) -> Self:
        """Return the socket itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _shake_hands(self) -> None:
        self._protocol.send_request(self._protocol.connect())
        self._send()
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            self._read()
            if self._quiet > _CONNECTING / PATIENCE:
                raise Lost("it does not answer")
        if self._protocol.handshake_exc is not None:
            raise Lost(f"no WebSocket there: {self._protocol.handshake_exc}")
        self._protocol.events = [event for event in self._protocol.events if isinstance(event, Frame)]

    def _read(self) -> None:
        try:
            piece = self._socket.recv(_PIECE)
        except TimeoutError:
            self._wait()
            return
        except OSError as error:
            raise Lost(error.strerror or str(error)) from error
        self._quiet = 0
        if piece:
            self._protocol.receive_data(piece)
        else:
            self._protocol.receive_eof()
        try:
            self._send()
        except Lost:
            # What this piece brought counts, even where it cannot be answered any more.
            if not self._protocol.events:
                raise

    def _wait(self) -> None:
        self._quiet += 1
        if self._quiet == _PING_AFTER and self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
            self._send()
        if self._quiet >= _LOST_AFTER:
            raise Lost(f"nothing came for {self._quiet * PATIENCE:.0f} seconds")

    def _whole(self, event: object) -> list[bytes]:
        """Return a message where this frame ends one."""
        if not isinstance(event, Frame) or event.opcode not in _DATA:
            return []
        if event.fin and not self._parts:
            return [bytes(event.data)]
        self._parts.append(bytes(event.data))
        if not event.fin:
            return []
        message, self._parts = b"".join(self._parts), []
        return [message]

    def _send(self) -> None:
        try:
            for data in self._protocol.data_to_send():
                if data is not SEND_EOF:
                    self._socket.sendall(data)
        except OSError as error:
            raise Lost(error.strerror or str(error)) from error


def _parsed(url: str) -> WebSocketURI:
    if "@" in urlsplit(url).netloc:
        msg = "the address has a name or password in it, which would be shown and kept; write it without"
        raise BadInput(msg)
    try:
        return parse_uri(url)
    except (InvalidURI, WebSocketException, ValueError) as error:
        msg = f"{url!r} is no address of a WebSocket: {error}; write ws://host:port/path or wss://host/path"
        raise BadInput(msg) from error


def _dial(where: WebSocketURI) -> socket.socket:
    plain = socket.create_connection((where.host, where.port), timeout=_CONNECTING)
    made = ssl.create_default_context().wrap_socket(plain, server_hostname=where.host) if where.secure else plain
    made.settimeout(PATIENCE)
    return made


def _farewell(protocol: ClientProtocol) -> str:
    if protocol.close_rcvd is None:
        why = protocol.parser_exc
        return f"it broke off ({why})" if why else "it broke off"
    return f"it closed with {protocol.close_rcvd.code} {protocol.close_rcvd.reason}".rstrip()
