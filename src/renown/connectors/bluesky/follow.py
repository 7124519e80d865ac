"""Follow: every event of the network in order, through lost connections and closed servers, until told to stop."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from urllib.parse import urlsplit

from renown.connectors.bluesky import firehose, jetstream
from renown.connectors.bluesky.events import SERVER_SAYS, Heard
from renown.connectors.bluesky.names import NETWORK
from renown.connectors.bluesky.socket import PATIENCE, Lost, Socket
from renown.errors import CursorLost

_GAP = 60.0
"""Seconds between our cursor and the first event that a server has, from which on something may be missing."""
_AHEAD = f"{SERVER_SAYS}FutureCursor"
"""An error of com.atproto.sync.subscribeRepos."""
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
"""Seconds between attempts: doubled each time, up to a minute."""


@dataclass(frozen=True)
class Feed:
    """One way to hear the network."""

    name: str
    url: str
    """Where it is heard without another address."""
    address: Callable[[str, int | None], str]
    """The address, with a cursor."""
    heard: Callable[[bytes], Heard]
    dated: bool
    """Whether a cursor is microseconds of the epoch."""

    def source(self, url: str) -> str:
        """Name what a cursor belongs to: servers count each for itself."""
        return f"{NETWORK} {self.name} {urlsplit(url).netloc}"


FEEDS = {
    "jetstream": Feed("jetstream", jetstream.URL, jetstream.address, jetstream.heard, dated=True),
    "firehose": Feed("firehose", firehose.URL, firehose.address, firehose.heard, dated=False),
}


def follow(
    feed: Feed,
    url: str,
    *,
    cursor: int | None,
    stop: Event,
    tell: Callable[[str], None],
    draw: random.Random,
) -> Iterator[list[Heard]]:
    """
    Yield what is heard, in pieces, at least an empty one a second, until `stop` is set.

    Parameters
    ----------
    feed : Feed
    url : str
        The server, without a cursor.
    cursor : int or None
        Where to read on from; None is now.
    stop : Event
    tell : callable
        Hears of lost connections and of gaps.
    draw : random.Random
        Spreads the attempts of many followers over time.

    Yields
    ------
    list of Heard
        An event that was yielded before may come again after a connection was lost.

    Raises
    ------
    CursorLost
        If the server says that it has not come as far as the cursor: it counts anew.
    """
    place = _Place(cursor, (cursor or 0) / 1e6 if feed.dated else 0)
    losses = 0
    while not stop.is_set():
        try:
            with Socket(feed.address(url, place.cursor)) as socket:
                place.joined = True
                while not stop.is_set():
                    events = [feed.heard(message) for message in socket.messages()]
                    losses = 0 if events else losses
                    place.move(events, tell)
                    yield events
        except Lost as why:
            wait = draw.uniform(0.5, 1) * min(_LONGEST_WAIT, _FIRST_WAIT * 2**losses)
            losses += 1
            tell(f"lost {urlsplit(url).netloc}: {why}; trying again in {wait:.1f} s")
            yield from _waited(wait, stop)


@dataclass
class _Place:
    """How far the network was heard."""

    cursor: int | None
    at: float
    """Second of the epoch of the last event; 0 where it is not known."""
    joined: bool = False
    """Whether the next event is the first of a connection."""

    def move(self, events: list[Heard], tell: Callable[[str], None]) -> None:
        cursor = self.cursor or 0
        for event in events:
            if not event.cursor:
                # What a server says of itself, such as `OutdatedCursor`; or nothing that can be read, which is counted.
                for said in event.ignored:
                    if said == _AHEAD:
                        msg = f"{said}: it counts anew and never gave {self.cursor}; go on with --from-now"
                        raise CursorLost(msg)
                    if said.startswith(SERVER_SAYS):
                        tell(said)
            elif self.joined:
                self._look_for_gap(event, tell)
            cursor = max(cursor, event.cursor)
        if events and cursor:
            self.cursor, self.at = cursor, events[-1].at or self.at

    def _look_for_gap(self, first: Heard, tell: Callable[[str], None]) -> None:
        self.joined = False
        if self.at and first.at - self.at > _GAP:
            since, until = (datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for at in (self.at, first.at))
            tell(f"gap: nothing was heard from {since} to {until}; the server may no longer hold what happened then")


def _waited(seconds: float, stop: Event) -> Iterator[list[Heard]]:
    """Wait, a moment at a time, so that who reads can go on with other work."""
    while seconds > 0 and not stop.wait(min(PATIENCE, seconds)):
        seconds -= PATIENCE
        yield []
