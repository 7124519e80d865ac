"""Stream: the river's continuous part, from what is heard of a network to the lake."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from renown.connectors.bluesky.events import Heard, Record
from renown.engines.base import Row
from renown.errors import BusyLake, CursorLost
from renown.jobs.landing import Gathered, Landed, Landing
from renown.jobs.progress import Progress
from renown.records import VERBS, Interaction, Presence, Profile, Undone, epoch_seconds

_TELL_EVERY = 1.0
"""Seconds between two looks at how far it is."""
_PATIENCE = 0.5
"""Seconds until a busy lake is tried again."""
_ATTEMPTS_AT_THE_END = 60


@dataclass(frozen=True)
class Limits:
    """When what was gathered goes into the lake."""

    events: int = 100_000
    """Events and rows that are gathered at the most: twice as many are in memory, those gathered and those landing."""
    seconds: float = 60.0
    """Seconds that it may wait to be enough."""


@dataclass
class Streamed:
    """What was heard and what became of it."""

    events: int = 0
    rows: int = 0
    """Rows that the lake holds now and did not."""
    accounts: int = 0
    commits: int = 0
    again: int = 0
    """Events that had been heard before."""
    ignored: Counter[str] = field(default_factory=Counter)
    gaps: list[str] = field(default_factory=list)
    """Times of which the network may have told nothing."""


class Stream:
    """
    Gathers what is heard while what was gathered before lands.

    Memory holds two batches at the most: where the lake is slower than the network,
    nothing more is read until one has landed, and the network waits.

    Parameters
    ----------
    landing : Landing
    limits : Limits
    only : set of str, optional
        Accounts; acts between others are left out. What was taken back is kept, whosever
        it was: a deletion does not say whom it was about. So is who went: they may have acted on them.
    clock : callable
        Seconds of the epoch.
    progress : Progress
    from_now : bool
        Whether to leave out what came since this source was last followed.
    """

    def __init__(
        self,
        landing: Landing,
        *,
        limits: Limits,
        clock: Callable[[], float],
        progress: Progress,
        only: frozenset[str] | None = None,
        from_now: bool = False,
    ) -> None:
        self._landing, self._limits, self._only = landing, limits, only
        self._clock, self._progress = clock, progress
        self.cursor = None if from_now else landing.cursor
        """Where to read on from; None is now."""
        self._reached = landing.reached if self.cursor else dict.fromkeys(landing.reached, 0)
        self._last = self.cursor or 0
        self._gathered, self._since = Gathered(), clock()
        self._pending: Future[Landed] | None = None
        self._ending = Event()
        self._told_at, self._told_events = clock(), 0
        self.done = Streamed()

    def note(self, line: str) -> None:
        """Say something that is to stay on the screen, such as a gap."""
        if line.startswith("gap") or "OutdatedCursor" in line:
            self.done.gaps.append(line)
        self._progress.done(line)
        self._progress.start("following", 0)

    def run(self, heard: Iterable[list[Heard]]) -> Streamed:
        """
        Take in what is heard, to its end, then land what is left.

        Raises
        ------
        HomeError
            If the lake cannot be written to; it holds what was said to be in it, and no more.
        BusyLake
            If at the end another process writes to the lake for half a minute.
        CursorLost
            If it cannot be followed any further from here; what was heard until then has landed.
        """
        self._progress.start("following", 0)
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(1, "landing"))
            stack.callback(self._ending.set)
            try:
                for events in heard:
                    self._gather(events)
                    self._land_when_due(pool)
                    self._tell()
            except CursorLost:
                # What was heard until then cannot be heard again.
                self._land_rest(pool)
                raise
            self._land_rest(pool)
        self._progress.done(_summary(self.done))
        return self.done

    def _gather(self, events: list[Heard]) -> None:
        gathered, reached = self._gathered, self._reached
        for event in events:
            cursor = event.cursor
            gathered.events += 1
            if cursor <= self._last and cursor:
                self.done.again += 1
                continue
            for record in event.records:
                table, as_row = _ROWS[type(record)]
                row = as_row(record)
                if cursor <= reached[table]:
                    continue
                if self._only is None or _concerns(table, row, self._only):
                    gathered.rows[table].append(row)
            if event.ignored:
                gathered.ignored.update(event.ignored)
            if cursor:
                self._last = gathered.cursor = cursor
                gathered.at = event.at

    def _land_when_due(self, pool: ThreadPoolExecutor) -> None:
        full = self._gathered.size >= self._limits.events
        late = bool(self._gathered.cursor) and self._clock() - self._since >= self._limits.seconds
        if full or (late and (self._pending is None or self._pending.done())):
            self._settle()
            self._submit(pool)

    def _submit(self, pool: ThreadPoolExecutor) -> None:
        gathered, self._gathered, self._since = self._gathered, Gathered(), self._clock()
        gathered.cursor = gathered.cursor or self._last
        self._pending = pool.submit(self._take, gathered)

    def _land_rest(self, pool: ThreadPoolExecutor) -> None:
        self._ending.set()
        self._settle()
        if self._gathered.events:
            self._submit(pool)
            self._settle()

    def _take(self, gathered: Gathered) -> Landed:
        attempts = 0
        while True:
            try:
                return self._landing.take(gathered)
            except BusyLake:
                attempts += self._ending.is_set()
                if attempts > _ATTEMPTS_AT_THE_END:
                    raise
                time.sleep(_PATIENCE)

    def _settle(self) -> None:
        """Wait until what was gathered before has landed."""
        if self._pending is None:
            return
        landed, self._pending = self._pending.result(), None
        self.done.events += landed.events
        self.done.rows += landed.rows
        self.done.accounts += landed.accounts
        self.done.commits += 1
        self.done.ignored.update(landed.ignored)

    def _tell(self) -> None:
        now = self._clock()
        if now - self._told_at < _TELL_EVERY:
            return
        heard = self.done.events + self._gathered.events
        rate = (heard - self._told_events) / (now - self._told_at)
        behind = f", {max(0.0, now - self._gathered.at):,.0f} s behind" if self._gathered.at else ""
        self._progress.advance(f"{rate:,.0f} events/s{behind}, {self.done.rows:,} rows in the lake")
        self._told_at, self._told_events = now, heard


def _acted(record: Interaction) -> Row:
    verb, second = VERBS[record.verb], epoch_seconds(record.at)
    return (record.interaction_id, verb, record.actor_id, record.target_id, record.post_id, second)


def _took_back(record: Undone) -> Row:
    return (record.interaction_id, epoch_seconds(record.at))


def _went(record: Presence) -> Row:
    return (record.account_id, record.present, epoch_seconds(record.at))


def _introduced(record: Profile) -> Row:
    unknown = (None,) * 6
    return (record.account_id, record.handle, *unknown, epoch_seconds(record.at))


_ROWS: Mapping[type[Record], tuple[str, Callable[[Any], Row]]] = {
    Interaction: ("interactions", _acted),
    Undone: ("undone", _took_back),
    Presence: ("presence", _went),
    Profile: ("profiles", _introduced),
}


def _concerns(table: str, row: Row, only: frozenset[str]) -> bool:
    if table == "interactions":
        return row[2] in only or row[3] in only
    return table in {"undone", "presence"} or row[0] in only


def _summary(done: Streamed) -> str:
    ignored = ", ".join(f"{count:,} {why}" for why, count in done.ignored.most_common())
    gaps = f"; {len(done.gaps)} gaps" if done.gaps else ""
    return (
        f"{done.events:,} events heard, {done.rows:,} rows in the lake by {done.commits:,} commits, "
        f"{done.accounts:,} new accounts, {done.again:,} heard before{gaps}"
        + (f"; not taken: {ignored}" if ignored else "")
    )
