"""Subscribe to a stream of Bluesky over WebSocket: yield events in order, and reconnect with backoff, until stopped."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from urllib.parse import urlsplit

from renown.connectors.bluesky import firehose, jetstream
from renown.connectors.bluesky.events import OTHER_PROTOCOL, SERVER_MESSAGE_PREFIX, StreamEvent
from renown.connectors.bluesky.ids import NETWORK
from renown.connectors.http.websocket import READ_TIMEOUT, ConnectionLostError, WebSocket
from renown.errors import CursorExpiredError, InvalidInputError

_GAP_SECONDS = 60.0
"""Seconds between our cursor and the first event of a connection that are reported as a gap."""
_FUTURE_CURSOR = f"{SERVER_MESSAGE_PREFIX}FutureCursor"
"""Error of com.atproto.sync.subscribeRepos."""
_FIRST_WAIT, _MAX_WAIT = 1.0, 60.0
"""Backoff in seconds between attempts to reconnect: doubled each time, up to a minute."""


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
