"""
Subscribe to a stream of Bluesky over WebSocket: yield events in order, and reconnect with backoff, until stopped.

The WebSocket client has backpressure: while the caller does not read, TCP flow control
makes the server wait. The protocol is that of the ``websockets`` package; its own clients
return one message per call, which costs more than twice as much (measured: 10 to 12
microseconds per message instead of 4).
"""

import random
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI, WebSocketException
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.uri import WebSocketURI, parse_uri

from renown.connectors.bluesky import firehose, jetstream
from renown.connectors.bluesky.events import OTHER_PROTOCOL, SERVER_MESSAGE_PREFIX, StreamEvent
from renown.connectors.bluesky.ids import NETWORK
from renown.errors import CursorExpiredError, InvalidInputError

_READ_BYTES = 1 << 18
_MAX_MESSAGE_BYTES = 16 << 20
"""Maximum bytes of a message; the firehose's own limit is below 5 MB."""
_CONNECT_TIMEOUT = 10.0
"""Timeout in seconds for the connection and the handshake."""
READ_TIMEOUT = 1.0
"""Timeout in seconds of one read."""
_PING_AFTER, _LOST_AFTER = 20, 40
"""Consecutive reads without data until a ping is sent, and until the connection counts as lost."""
_DATA_OPCODES = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})

_GAP_SECONDS = 60.0
"""Seconds between our cursor and the first event of a connection that are reported as a gap."""
_FUTURE_CURSOR = f"{SERVER_MESSAGE_PREFIX}FutureCursor"
"""Error of com.atproto.sync.subscribeRepos."""
_FIRST_WAIT, _MAX_WAIT = 1.0, 60.0
"""Backoff in seconds between attempts to reconnect: doubled each time, up to a minute."""


class ConnectionLostError(Exception):
    """The connection is lost; the message is a short reason."""


class WebSocket:
    """
    One WebSocket connection, opened on construction.

    Parameters
    ----------
    url : str
        ``ws://`` or ``wss://``.

    Raises
    ------
    InvalidInputError
        If it is not such a URL.
    ConnectionLostError
        If the connection or the handshake fails.
    """

    def __init__(self, url: str) -> None:
        uri = _parse_url(url)
        self._protocol = ClientProtocol(uri, max_size=_MAX_MESSAGE_BYTES)
        self._idle_reads = 0
        self._fragments: list[bytes] = []
        try:
            self._socket = _connect(uri)
        except OSError as error:
            raise ConnectionLostError(error.strerror or str(error)) from error
        try:
            self._handshake()
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

    def _handshake(self) -> None:
        self._protocol.send_request(self._protocol.connect())
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


def _accept_url(_url: str) -> None:
    """Accept any address."""


@dataclass(frozen=True, kw_only=True)
class EventFeed:
    """A stream of the network's events: Jetstream or the firehose."""

    name: str
    url: str
    """URL of the default server."""
    build_url: Callable[[str, int | None], str]
    """Adds the cursor to a server's URL."""
    parse_frame: Callable[[bytes], StreamEvent]
    has_time_cursor: bool
    """Whether its cursor is epoch microseconds."""
    overlap: int
    """How far before the cursor to resume, because the server may have sent later events before earlier ones."""
    advice: str
    """What to do if the server has another protocol."""
    check_url: Callable[[str], None] = _accept_url

    def source_name(self, url: str) -> str:
        """Return the key under which cursors are stored: each server numbers its events for itself."""
        return f"{NETWORK} {self.name} {urlsplit(url).netloc}"


FEEDS = {
    "jetstream": EventFeed(
        name="jetstream",
        url=jetstream.URL,
        build_url=jetstream.build_url,
        parse_frame=jetstream.parse_frame,
        has_time_cursor=True,
        overlap=5_000_000,
        advice=jetstream.URL_ADVICE,
        check_url=jetstream.check_url,
    ),
    "firehose": EventFeed(
        name="firehose",
        url=firehose.URL,
        build_url=firehose.build_url,
        parse_frame=firehose.parse_frame,
        has_time_cursor=False,
        overlap=0,
        advice=firehose.URL_ADVICE,
    ),
}


def subscribe(
    feed: EventFeed,
    url: str,
    *,
    cursor: Callable[[], int | None],
    stop: Event,
    notify: Callable[[str], None],
    rng: random.Random,
) -> Iterator[list[StreamEvent]]:
    """
    Yield batches of events, at least an empty one per second, until `stop` is set; reconnect as needed.

    Parameters
    ----------
    feed : EventFeed
    url : str
        The server, without a cursor.
    cursor : callable
        Returns where to resume, whenever a connection is opened; None is now.
    stop : Event
    notify : callable
        Called with one line for each lost connection and each gap.
    rng : random.Random
        Jitter of the backoff.

    Yields
    ------
    list of StreamEvent
        Events may repeat after a reconnect.

    Raises
    ------
    CursorExpiredError
        If the cursor is ahead of the server, which has restarted its numbering.
    InvalidInputError
        If the server has another protocol.
    """
    feed.check_url(url)
    monitor = _StreamMonitor(feed, (cursor() or 0) / 1e6 if feed.has_time_cursor else 0, notify)
    failures = 0
    while not stop.is_set():
        try:
            with WebSocket(feed.build_url(url, _resume_cursor(feed, cursor()))) as connection:
                monitor.is_first_event = True
                while not stop.is_set():
                    events = [feed.parse_frame(message) for message in connection.read_messages()]
                    failures = 0 if events else failures
                    monitor.check(events, cursor)
                    yield events
        except ConnectionLostError as error:
            wait = rng.uniform(0.5, 1) * min(_MAX_WAIT, _FIRST_WAIT * 2**failures)
            failures += 1
            notify(f"connection to {urlsplit(url).netloc} lost: {error}; reconnecting in {wait:.1f} s")
            yield from _wait(wait, stop)


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


def _resume_cursor(feed: EventFeed, cursor: int | None) -> int | None:
    return cursor if cursor is None else max(cursor - feed.overlap, 0)


@dataclass
class _StreamMonitor:
    """Reports gaps and the server's messages about itself."""

    feed: EventFeed
    at: float
    """Epoch second of the last event; 0 if unknown."""
    notify: Callable[[str], None]
    is_first_event: bool = False
    """Whether the next event is the first after a connect."""

    def check(self, events: list[StreamEvent], cursor: Callable[[], int | None]) -> None:
        for event in events:
            if not event.cursor:
                for reason in event.ignored:
                    self._check_reason(reason, cursor)
            elif self.is_first_event:
                self._report_gap(event)
        if events:
            self.at = events[-1].at or self.at

    def _check_reason(self, reason: str, cursor: Callable[[], int | None]) -> None:
        """Report a message of the server about itself, such as `OutdatedCursor`; raise if it cannot be followed."""
        if reason == OTHER_PROTOCOL:
            raise InvalidInputError(f"the server does not send events of {self.feed.name}; {self.feed.advice}")
        if reason == _FUTURE_CURSOR and not self.feed.has_time_cursor:
            raise CursorExpiredError(
                f"{reason}: it restarted its numbering and never issued cursor {cursor()}; continue with --from-now"
            )
        if reason.startswith(SERVER_MESSAGE_PREFIX):
            self.notify(reason)

    def _report_gap(self, first: StreamEvent) -> None:
        self.is_first_event = False
        if self.at and first.at - self.at > _GAP_SECONDS:
            since, until = (datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for at in (self.at, first.at))
            self.notify(f"gap: no events from {since} to {until}; the server may no longer have them")


def _wait(seconds: float, stop: Event) -> Iterator[list[StreamEvent]]:
    """Wait in steps, yielding empty batches, so that the caller can go on with other work."""
    while seconds > 0 and not stop.wait(min(READ_TIMEOUT, seconds)):
        seconds -= READ_TIMEOUT
        yield []
