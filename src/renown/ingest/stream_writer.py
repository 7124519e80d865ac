"""
Write events of a stream into the lake, each exactly once even if the process is killed at any time.

Unlike `import_batch`, it does not deduplicate against the lake: that would read the
whole network again for each minute of it. Events are written exactly once because
every commit to a table contains the cursor up to which its rows go. Tables are committed
one after another, interactions last: after a reconnect, the stream is read again from the
cursor of the interactions, which is never ahead of another table's, and each table skips
what its own cursor covers. Duplicates from elsewhere, such as an import or a second
server, are removed by compaction of a day's files.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from renown.engines.base import Row, WrittenFile
from renown.engines.duckdb import DuckDB
from renown.ingest import account_keys
from renown.ingest.batch import assign_account_keys, record_coverage
from renown.ingest.compact import compact
from renown.ingest.dedup import BatchDeduplicator
from renown.ingest.opt_outs import drop_opted_out
from renown.lake import Batch, Lake, SourceCursor
from renown.records import BATCH_COLUMNS, LAKE_COLUMNS

LAKE_TABLES = {"profiles": "handles", "undone": "undone", "presence": "presence", "interactions": "interactions"}
"""Table of a batch to table of the lake, in order of the commits; streams provide only the handles of profiles."""
_LAST_TABLE = "interactions"


@dataclass
class StreamBatch:
    """A batch of events from a stream, as rows in the columns of `records.BATCH_COLUMNS`."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in LAKE_TABLES})
    events: int = 0
    cursor: int = 0
    """Where to resume the stream after this batch."""
    last_event_at: float = 0
    """Time of the last event, in epoch seconds."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Reason why events were ignored, to their number."""

    @property
    def size(self) -> int:
        """Number of events and rows: a measure of its memory."""
        return self.events + sum(map(len, self.rows.values()))


@dataclass(frozen=True)
class StreamWriteResult:
    """Result of writing a batch."""

    events: int
    rows: int
    accounts: int
    """Accounts that occur for the first time."""
    ignored: Counter[str]


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
        self.cursors = {table: lake.cursor(lake_table, source) or 0 for table, lake_table in LAKE_TABLES.items()}
        """Table of a batch to the cursor up to which the lake has its rows at the start."""

    @property
    def cursor(self) -> int | None:
        """Where to resume the stream; None if it was never read."""
        return self.cursors[_LAST_TABLE] or None

    def write(self, stream_batch: StreamBatch) -> StreamWriteResult:
        """
        Write a batch into the lake.

        Raises
        ------
        LakeLockedError
            If another process is writing; nothing was changed.
        """
        source_cursor = SourceCursor(self._source, stream_batch.cursor)
        with self._lake.write_batch() as batch:
            self._update_known_accounts()
            accounts = sum(
                self._write_table(batch, table, stream_batch.rows[table], source_cursor) for table in LAKE_TABLES
            )
            record_coverage(self._engine, self._lake, batch, self._network, self._covers)
            self._covers = []
            self._compact(batch, int(stream_batch.last_event_at // 86400))
        rows = sum(map(len, stream_batch.rows.values()))
        return StreamWriteResult(stream_batch.events, rows, accounts, stream_batch.ignored)

    def _write_table(self, batch: Batch, table: str, rows: list[Row], source_cursor: SourceCursor) -> int:
        new_accounts, files = 0, list[WrittenFile]()
        if rows:
            self._engine.create_table("batch", rows, BATCH_COLUMNS[table])
            drop_opted_out(self._engine, self._lake.load_opt_outs(), table, self._network)
            new_accounts = self._assign_account_keys(batch, table)
            files = self._write_files(batch, table)
        if rows or table == _LAST_TABLE:
            self._lake.commit(LAKE_TABLES[table], files, batch=batch, source_cursor=source_cursor)
        return new_accounts

    def _write_files(self, batch: Batch, table: str) -> list[WrittenFile]:
        if table != "profiles":
            return BatchDeduplicator(
                self._engine, batch, table, self._network, with_ids=table == _LAST_TABLE
            ).write_batch_files()
        self._engine.run(account_keys.new_stream_handles_step(self._network))
        return self._engine.write_partitioned(
            "new_handles", batch.folder / "new_handles", partition_by=["network"], prefix="h"
        )

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
            self._lake.commit("accounts", files, batch=batch, source_cursor=SourceCursor(f"{self._source} names", 1))
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
