"""
Write events of a stream into the lake, each exactly once even if the process is killed at any time.

Unlike `import_batch`, it deduplicates only a few rows against the lake: all of them would
mean to read the whole network again for each minute of it. Every commit to a table contains
the cursor up to which its rows go. Tables are committed one after another, interactions
last: after a kill, the stream is read again from the cursor of the interactions, so
nothing is lost. Rows of events up to a table's cursor may have been written before; the
stream names their days, and the lake's rows of these days are not written again.
Duplicates from elsewhere, such as an import or a second server, are removed by compaction
of a day's files.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from renown.engines.base import Row
from renown.engines.duckdb import DuckDB
from renown.ingest import account_keys
from renown.ingest.compact import compact
from renown.ingest.coverage import record_coverage
from renown.ingest.dedup import BatchDeduplicator, DedupResult
from renown.ingest.new_accounts import assign_account_keys
from renown.ingest.opt_outs import drop_opted_out
from renown.lake import Batch, Lake, SourceCursor
from renown.records import BATCH_COLUMNS, LAKE_COLUMNS

LAKE_TABLES = {"profiles": "handles", "undone": "undone", "presence": "presence", "interactions": "interactions"}
"""Table of a batch to table of the lake, in order of the commits; streams provide only the handles of profiles."""
LAST_TABLE = "interactions"
"""Table whose cursor is where to resume the stream."""


@dataclass(kw_only=True)
class StreamBatch:
    """A batch of events from a stream, as rows in the columns of `records.BATCH_COLUMNS`."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in LAKE_TABLES})
    events: int = 0
    replayed_days: dict[str, set[int]] = field(default_factory=dict)
    """Table to the days of rows that an earlier run may have written: they are deduplicated against the lake."""
    has_new_events: bool = False
    """Whether it has events that no earlier run can have received."""
    cursor: int = 0
    """Where to resume the stream after this batch."""
    reached: int = 0
    """Greatest cursor of an event so far."""
    late_cursor: int = 0
    """Cursor of the last event sent out of order: resuming behind it would lose others."""
    last_event_at: float = 0
    """Time of the last event, in epoch seconds."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Reason why events were ignored, to their number."""

    @property
    def size(self) -> int:
        """Number of events and rows: a measure of its memory."""
        return self.events + sum(map(len, self.rows.values()))


@dataclass(frozen=True, kw_only=True)
class StreamWriteResult:
    """Result of writing a batch."""

    events: int
    rows: int
    """Rows that the lake did not have."""
    duplicates: int
    """Rows that the lake had."""
    accounts: int
    """Accounts that occur for the first time."""
    ignored: Counter[str]
    cursor: int
    """Where to resume the stream now."""
    previous_cursor: int
    """Where to resume it before; greater if the stream went back."""


class StreamWriter:
    """
    Writes batches of one stream into the lake.

    Parameters
    ----------
    engine : DuckDB
        A new session; it holds sixteen bytes for each account of the network.
    lake : Lake
    network : str
    source : str
        Name under which the lake stores the cursors.
    covers : iterable of int
        Numbers of the verbs that the stream provides.
    """

    def __init__(self, engine: DuckDB, lake: Lake, *, network: str, source: str, covers: Iterable[int]) -> None:
        self._engine, self._lake = engine, lake
        self._network, self._source = network, source
        self._covers = list(covers)
        self._directory_files: set[str] | None = None
        self._current_day: int | None = None
        self._position = lake.cursor(LAKE_TABLES[LAST_TABLE], source) or 0
        reached = max(self._position, lake.cursor(LAKE_TABLES[LAST_TABLE], _reached_name(source)) or 0)
        self.reached = {
            table: max(reached, lake.cursor(lake_table, source) or 0) for table, lake_table in LAKE_TABLES.items()
        }
        """Table of a batch to the greatest cursor of an event that the lake may have its rows of."""

    @property
    def cursor(self) -> int | None:
        """Where to resume the stream; None if it was never read."""
        return self._position or None

    def start_over(self) -> None:
        """Forget how far the stream was read: it starts now, maybe with other numbers."""
        self._position = 0
        self.reached = dict.fromkeys(self.reached, 0)

    def write(self, stream_batch: StreamBatch) -> StreamWriteResult:
        """
        Write a batch into the lake.

        Raises
        ------
        LakeLockedError
            If another process is writing; nothing was changed.
        """
        previous_cursor, accounts, rows, duplicates = self._position, 0, 0, 0
        with self._lake.write_batch() as batch:
            self._update_known_accounts()
            for table in LAKE_TABLES:
                new_accounts, files = self._write_files(batch, table, stream_batch)
                accounts, rows, duplicates = accounts + new_accounts, rows + files.new, duplicates + files.duplicates
                self._commit(batch, table, stream_batch, files, has_new=stream_batch.has_new_events or rows > 0)
            record_coverage(self._engine, self._lake, batch, self._network, self._covers)
            self._covers = []
            self._compact(batch, int(stream_batch.last_event_at // 86400))
        return StreamWriteResult(
            events=stream_batch.events,
            rows=rows,
            duplicates=duplicates,
            accounts=accounts,
            ignored=stream_batch.ignored,
            cursor=self._position,
            previous_cursor=previous_cursor,
        )

    def _commit(
        self, batch: Batch, table: str, stream_batch: StreamBatch, dedup_result: DedupResult, *, has_new: bool
    ) -> None:
        """Commit the rows of a table with how far it goes; a replay of nothing but known rows does not go back."""
        if not stream_batch.rows[table] and table != LAST_TABLE:
            return
        self.reached[table] = max(self.reached[table], stream_batch.reached, stream_batch.cursor)
        source_cursors = [SourceCursor(self._source, self.reached[table])]
        if table == LAST_TABLE:
            self._position = stream_batch.cursor if has_new else max(stream_batch.cursor, self._position)
            source_cursors = [
                SourceCursor(self._source, self._position),
                SourceCursor(_reached_name(self._source), self.reached[table]),
            ]
        self._lake.commit(
            LAKE_TABLES[table],
            dedup_result.files,
            batch=batch,
            remove=dedup_result.superseded_files,
            source_cursors=source_cursors,
        )

    def _write_files(self, batch: Batch, table: str, stream_batch: StreamBatch) -> tuple[int, DedupResult]:
        """Write the files of a table, without what the lake has; return how many new accounts they name."""
        rows, replayed_days = stream_batch.rows[table], stream_batch.replayed_days.get(table, set())
        if not rows:
            return 0, DedupResult()
        self._engine.create_table("batch", rows, BATCH_COLUMNS[table])
        drop_opted_out(self._engine, self._lake.load_opt_outs(), table, self._network)
        new_accounts = self._assign_account_keys(batch, table)
        if table == "profiles":
            return new_accounts, self._write_handles(batch, has_replay=bool(replayed_days))
        deduplicator = BatchDeduplicator(self._engine, batch, table, self._network, with_ids=table == LAST_TABLE)
        files = deduplicator.write_batch_files()
        if not replayed_days:
            return new_accounts, DedupResult(files, new=sum(file.rows for file in files))
        lake_files = self._lake.files(LAKE_TABLES[table], network=self._network, days=replayed_days)
        return new_accounts, deduplicator.deduplicate(files, lake_files)

    def _write_handles(self, batch: Batch, *, has_replay: bool) -> DedupResult:
        lake_files = self._lake.files("handles", network=self._network) if has_replay else []
        self._engine.scan("handles", lake_files, LAKE_COLUMNS["handles"])
        self._engine.run(account_keys.new_stream_handles_step(self._network))
        files = self._engine.write_partitioned(
            "new_handles", batch.folder / "new_handles", partition_by=["network"], prefix="h"
        )
        new = sum(file.rows for file in files)
        [(count,)] = self._engine.query("select count(*) from batch_accounts where handle is not null")
        return DedupResult(files, new=new, duplicates=count - new)

    def _assign_account_keys(self, batch: Batch, table: str) -> int:
        """Assign a key to every account that occurs for the first time; return how many."""
        if table == "undone":
            return 0
        self._engine.run(account_keys.batch_accounts_step(table))
        self._engine.run(account_keys.unknown_accounts_step(self._network))
        if self._engine.query(account_keys.has_hash_collision_sql()):
            # A hash collision, very rare: assign keys with the whole directory, as `import_batch` does, then reload it.
            new_accounts = assign_account_keys(self._engine, self._lake, batch, table, self._network)
            self._directory_files = None
            self._update_known_accounts()
            self._engine.run(account_keys.batch_accounts_step(table))
            return new_accounts
        self._engine.run(account_keys.new_stream_accounts_step(self._network))
        files = self._engine.write_partitioned(
            "new_accounts", batch.folder / "new_accounts", partition_by=["network"], prefix="a"
        )
        if files:
            self._lake.commit("accounts", files, batch=batch, source_cursors=[SourceCursor(f"{self._source} names", 1)])
            self._update_known_accounts()
        return sum(file.rows for file in files)

    def _update_known_accounts(self) -> None:
        """Load accounts that this or another process added to the directory since the last call."""
        files = set(self._lake.files("accounts", network=self._network))
        if self._directory_files is None or self._directory_files - files:
            self._engine.scan("accounts", sorted(files), LAKE_COLUMNS["accounts"])
            self._engine.run(account_keys.known_keys_step())
            self._engine.run(account_keys.rehashed_keys_step(self._network))
        elif files - self._directory_files:
            self._engine.scan("accounts", sorted(files - self._directory_files), LAKE_COLUMNS["accounts"])
            self._engine.execute(account_keys.add_known_keys_sql())
            self._engine.execute(account_keys.add_rehashed_keys_sql(self._network))
        self._directory_files = files

    def _compact(self, batch: Batch, day_no: int) -> None:
        """Compact folders with many small files, and once a day is over, all files of that day; removes duplicates."""
        folder_count = compact(self._engine, self._lake, batch, self._network)
        if self._current_day is None or day_no > self._current_day:
            max_files = 1 if self._current_day is None else 0
            folder_count += compact(
                self._engine, self._lake, batch, self._network, day_no=day_no - 1, max_files=max_files
            )
            self._current_day = day_no
        if folder_count:
            # Compaction moved the same accounts to other files.
            self._directory_files = set(self._lake.files("accounts", network=self._network))


def _reached_name(source: str) -> str:
    """Return the name under which the lake stores the greatest cursor of a source."""
    return f"{source} reached"
