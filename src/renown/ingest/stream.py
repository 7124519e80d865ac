"""Stream events of a network into the lake, batch by batch."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from renown.connectors.bluesky.events import StreamEvent, StreamRecord
from renown.engines.base import Row
from renown.errors import CursorExpiredError, LakeLockedError
from renown.ingest.event_window import EventWindow
from renown.ingest.stream_writer import LAST_TABLE, StreamBatch, StreamWriter, StreamWriteResult
from renown.progress import Progress
from renown.records import BATCH_COLUMNS, DAY_SECONDS, VERBS, Interaction, Presence, Profile, Undone, epoch_seconds
from renown.text import plural

_REPORT_INTERVAL = 1.0
"""Seconds between progress reports."""
_LOCK_RETRY_DELAY = 0.5
"""Seconds between retries while another process holds the lake's lock."""
_MAX_FINAL_ATTEMPTS = 60
_MAX_REASONS = 50
"""Distinct reasons that are counted for ignored events; servers name some of them."""


@dataclass(frozen=True)
class StreamLimits:
    """Size and age at which a batch is written to the lake."""

    events: int = 100_000
    """Maximum number of events and rows of a batch; two batches may be in memory, one of them being written."""
    seconds: float = 60.0
    """Seconds after which a smaller batch is written."""


@dataclass(kw_only=True)
class StreamSummary:
    """Totals of a streaming session."""

    events: int = 0
    rows: int = 0
    """Rows written to the lake."""
    accounts: int = 0
    commits: int = 0
    duplicates: int = 0
    """Rows of events that were received before."""
    late: int = 0
    """Events sent out of order, after others with a greater cursor."""
    ignored: Counter[str] = field(default_factory=Counter)
    gaps: list[str] = field(default_factory=list)
    """Reported times for which events may be missing."""


class Stream:
    """
    Collects events into a batch while the previous batch is written in a background thread.

    At most two batches are in memory: if the lake is slower than the network, reading pauses
    until a batch is written (backpressure).

    Parameters
    ----------
    writer : StreamWriter
    limits : StreamLimits
    clock : callable
        Returns epoch seconds.
    progress : Progress
    only_accounts : set of str, optional
        Account ids; interactions between others are dropped. Deletions are always included, as they do
        not name an account, and so is the presence of accounts, which may have interacted with these.
    from_now : bool
        Start now instead of resuming at the stored cursor.
    """

    def __init__(
        self,
        writer: StreamWriter,
        *,
        limits: StreamLimits,
        clock: Callable[[], float],
        progress: Progress,
        only_accounts: frozenset[str] | None = None,
        from_now: bool = False,
    ) -> None:
        self._writer, self._limits, self._only_accounts = writer, limits, only_accounts
        self._clock, self._progress = clock, progress
        if from_now:
            writer.start_over()
        self._position = writer.cursor or 0
        self._reached = dict(writer.reached)
        self._window = EventWindow()
        self._batch, self._batch_started_at = StreamBatch(), clock()
        self._pending: Future[StreamWriteResult] | None = None
        self._stopping = Event()
        self._reported_at, self._reported_events = clock(), 0
        self.summary = StreamSummary()

    @property
    def cursor(self) -> int | None:
        """Where to resume the stream; None to start now."""
        return self._batch.late_cursor or self._position or None

    def report(self, line: str) -> None:
        """Report a line that stays on the screen, such as a gap."""
        if line.startswith("gap") or "OutdatedCursor" in line:
            self.summary.gaps.append(line)
        self._progress.finish(line)
        self._progress.start("streaming", 0)

    def run(self, event_batches: Iterable[list[StreamEvent]]) -> StreamSummary:
        """
        Write all events to the lake, until the stream ends.

        Raises
        ------
        HomeError
            If the lake cannot be written to; it contains exactly the rows that were reported.
        LakeLockedError
            If another process holds the lake's lock for half a minute at the end.
        CursorExpiredError
            If the stream cannot be resumed from the cursor; events received before were written.
        """
        self._progress.start("streaming", 0)
        with ExitStack() as stack:
            executor = stack.enter_context(ThreadPoolExecutor(1, "stream-writer"))
            stack.callback(self._stopping.set)
            try:
                for events in event_batches:
                    self._add_events(events)
                    self._write_if_due(executor)
                    self._report_rate()
            except CursorExpiredError:
                # Events received before cannot be requested again: write them.
                self._flush(executor)
                raise
            self._flush(executor)
        self._progress.finish(_format_summary(self.summary))
        return self.summary

    def _add_events(self, events: list[StreamEvent]) -> None:
        batch, window = self._batch, self._window
        for event in events:
            batch.events += 1
            if not event.cursor:
                # Without a position it could not be told from the same event sent again.
                self._count_ignored(event.ignored or ("an event without a cursor",))
                continue
            if not window.add(event.key, cursor=event.cursor):
                self.summary.duplicates += len(event.records)
                continue
            for record in event.records:
                self._add_record(record, event.cursor)
            if event.ignored:
                self._count_ignored(event.ignored)
            self._advance(event)

    def _add_record(self, record: StreamRecord, cursor: int) -> None:
        table, as_row = _ROWS[type(record)]
        row = as_row(record)
        if self._only_accounts is None or _is_relevant(table, row, self._only_accounts):
            self._batch.rows[table].append(row)
            if cursor <= max(self._window.floor, self._reached[table]):
                self._batch.replayed_days.setdefault(table, set()).add(row[_AT_INDEX[table]] // DAY_SECONDS)

    def _advance(self, event: StreamEvent) -> None:
        """Move the position to an event, unless an earlier run may have received it."""
        batch, cursor = self._batch, event.cursor
        batch.last_event_at = min(event.at, self._clock())
        batch.reached = max(batch.reached, cursor)
        if cursor <= max(self._window.floor, self._reached[LAST_TABLE]):
            batch.cursor = batch.cursor if batch.has_new_events else cursor
            return
        batch.has_new_events = True
        if cursor < self._position:
            self.summary.late += 1
            batch.late_cursor = cursor
        else:
            self._position = cursor
        batch.cursor = batch.late_cursor or cursor

    def _count_ignored(self, reasons: Iterable[str]) -> None:
        ignored = self._batch.ignored
        ignored.update(
            reason if reason in ignored or len(ignored) < _MAX_REASONS else "other reasons" for reason in reasons
        )

    def _write_if_due(self, executor: ThreadPoolExecutor) -> None:
        is_full = self._batch.size >= self._limits.events
        is_late = bool(self._batch.cursor) and self._clock() - self._batch_started_at >= self._limits.seconds
        if is_full or (is_late and (self._pending is None or self._pending.done())):
            self._await_write()
            self._submit_batch(executor)

    def _submit_batch(self, executor: ThreadPoolExecutor) -> None:
        batch, self._batch, self._batch_started_at = self._batch, StreamBatch(), self._clock()
        batch.cursor = batch.cursor or self._position
        self._position = batch.late_cursor or self._position
        self._pending = executor.submit(self._write_with_retry, batch)

    def _flush(self, executor: ThreadPoolExecutor) -> None:
        self._stopping.set()
        self._await_write()
        if self._batch.events:
            self._submit_batch(executor)
            self._await_write()

    def _write_with_retry(self, batch: StreamBatch) -> StreamWriteResult:
        attempts = 0
        while True:
            try:
                return self._writer.write(batch)
            except LakeLockedError:
                attempts += self._stopping.is_set()
                if attempts > _MAX_FINAL_ATTEMPTS:
                    raise
                time.sleep(_LOCK_RETRY_DELAY)

    def _await_write(self) -> None:
        """Wait until the previous batch is written, and add it to the totals."""
        if self._pending is None:
            return
        result, self._pending = self._pending.result(), None
        self.summary.events += result.events
        self.summary.rows += result.rows
        self.summary.duplicates += result.duplicates
        self.summary.accounts += result.accounts
        self.summary.commits += 1
        self.summary.ignored.update(result.ignored)
        if not self._batch.has_new_events:
            self._position = result.cursor
        if result.cursor < result.previous_cursor:
            self.report(
                f"the cursor went back from {result.previous_cursor} to {result.cursor}: the server sends events out "
                "of order, corrected its clock or numbers events anew; they are written, each once"
            )

    def _report_rate(self) -> None:
        now = self._clock()
        if now - self._reported_at < _REPORT_INTERVAL:
            return
        event_count = self.summary.events + self._batch.events
        rate = (event_count - self._reported_events) / (now - self._reported_at)
        lag_text = f", {max(0.0, now - self._batch.last_event_at):,.0f} s behind" if self._batch.last_event_at else ""
        self._progress.advance(f"{rate:,.0f} events/s{lag_text}, {plural(self.summary.rows, 'row')} written")
        self._reported_at, self._reported_events = now, event_count


def _interaction_row(record: Interaction) -> Row:
    verb, second = VERBS[record.verb], epoch_seconds(record.at)
    return (record.interaction_id, verb, record.actor_id, record.target_id, record.post_id, second, record.unverified)


def _undone_row(record: Undone) -> Row:
    return (record.interaction_id, epoch_seconds(record.at))


def _presence_row(record: Presence) -> Row:
    return (record.account_id, record.present, epoch_seconds(record.at))


def _profile_row(record: Profile) -> Row:
    unknown = (None,) * 6
    return (record.account_id, record.handle, *unknown, epoch_seconds(record.at), False)


_AT_INDEX = {table: list(columns).index("at") for table, columns in BATCH_COLUMNS.items()}
"""Table to the position of the instant in its rows."""

_ROWS: Mapping[type[StreamRecord], tuple[str, Callable[[Any], Row]]] = {
    Interaction: ("interactions", _interaction_row),
    Undone: ("undone", _undone_row),
    Presence: ("presence", _presence_row),
    Profile: ("profiles", _profile_row),
}


def _is_relevant(table: str, row: Row, only_accounts: frozenset[str]) -> bool:
    if table == "interactions":
        return row[2] in only_accounts or row[3] in only_accounts
    return table in {"undone", "presence"} or row[0] in only_accounts


def _format_summary(summary: StreamSummary) -> str:
    ignored = ", ".join(f"{count:,} {reason}" for reason, count in summary.ignored.most_common())
    late = f", {summary.late:,} out of order" if summary.late else ""
    gaps = f"; {plural(len(summary.gaps), 'gap')}" if summary.gaps else ""
    return (
        f"{plural(summary.events, 'event')} received, {plural(summary.rows, 'row')} written in "
        f"{plural(summary.commits, 'commit')}, {plural(summary.accounts, 'new account')}, "
        f"{plural(summary.duplicates, 'duplicate')}{late}{gaps}" + (f"; ignored: {ignored}" if ignored else "")
    )
