"""Import a batch of records into the lake: deduplicated, atomic and idempotent."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import stamina

from renown.engines.base import WrittenFile
from renown.engines.duckdb import DuckDB
from renown.engines.duckdb_sql import parquet_sql
from renown.errors import LakeLockedError
from renown.ingest.batch_records import BatchSteps, Records, load_batch
from renown.ingest.coverage import record_coverage
from renown.ingest.dedup import BatchDeduplicator, DedupResult
from renown.ingest.new_accounts import stage_account_keys
from renown.ingest.opt_outs import drop_opted_out
from renown.lake import Batch, Lake
from renown.progress import NullProgress, Progress
from renown.records import LAKE_COLUMNS
from renown.text import plural

_RECORD_NOUNS = {
    "interactions": ("interaction", "interactions"),
    "tallies": ("tally", "tallies"),
    "profiles": ("profile", "profiles"),
    "undone": ("undone act", "undone acts"),
    "presence": ("record of presence", "records of presence"),
}
"""What a row of each of `RECORD_TABLES` is, in the singular and the plural."""


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """Result of importing a batch."""

    table: str
    records: int
    """Records in the batch."""
    new: int
    """Records that the lake did not have."""
    accounts: int
    """Accounts that occur for the first time."""
    days: int
    """Days with new records."""
    rows_by_verb: Mapping[int, int] = field(default_factory=dict, repr=False)
    """Number of a verb to its records in the batch, of tables with verbs."""
    new_days: frozenset[int] = field(default=frozenset(), repr=False)
    """Numbers of the days with new records."""
    shared_ids: int = 0
    """Number of ids that acts of different actors have in the batch; each act counts, but one id means one act."""
    ambiguous_posts: int = 0
    """Number of posts that have several titles, URLs or lists of tags at one instant in the batch; one counts."""


def import_batch(
    engine: DuckDB,
    lake: Lake,
    records: Records,
    *,
    table: str,
    network: str,
    covers: Iterable[int] = (),
    batch_id: str | None = None,
    cursor: str = "",
    progress: Progress | None = None,
) -> ImportResult:
    """
    Import a batch of one network's records of one table into the lake, without duplicates.

    Parameters
    ----------
    engine : DuckDB
        A new session.
    lake : Lake
    records : Records
    table : str
    network : str
    covers : iterable of int
        Numbers of the verbs that this source provides.
    batch_id, cursor, progress
        See `import_tables`.

    Returns
    -------
    ImportResult
    """
    [result] = import_tables(
        engine,
        lake,
        {table: records},
        network=network,
        covers={table: tuple(covers)},
        batch_id=batch_id,
        cursor=cursor,
        progress=progress,
    )
    return result


def import_tables(
    engine: DuckDB,
    lake: Lake,
    tables: Mapping[str, Records],
    *,
    network: str,
    covers: Mapping[str, Iterable[int]],
    batch_id: str | None = None,
    cursor: str = "",
    progress: Progress | None = None,
    before_commit: Callable[[], None] | None = None,
) -> list[ImportResult]:
    """
    Import one network's records of several tables into the lake, without duplicates.

    Everything is read, checked and written beside the lake before the first commit, so that a record that is not
    valid, in whichever table, leaves the lake as it was: without names of accounts, too.

    Parameters
    ----------
    engine : DuckDB
        A new session.
    lake : Lake
    tables : mapping of str to Records
    network : str
    covers : mapping of str to iterable of int
        Table to the numbers of the verbs that this source provides.
    batch_id : str, optional
        Makes the import idempotent: a batch with the same id is imported only once; again if somebody opted back in
        since, as their rows were left out.
    cursor : str, optional
        Where to resume the source; stored with the data.
    progress : Progress, optional
    before_commit : callable, optional
        Called when nothing but the commits is left to do; if it raises, the lake stays as it was.

    Returns
    -------
    list of ImportResult
        One for each table.
    """
    reporter = progress or NullProgress()
    if batch_id is not None and (opt_in_count := lake.load_opt_outs().opt_in_count):
        batch_id = f"{batch_id} {opt_in_count}"
    with lake.write_batch(batch_id) as batch:
        staging = _Staging(engine, lake, batch, network, reporter)
        results = []
        for table, records in tables.items():
            if batch_id is not None and lake.has_batch(table, batch_id):
                reporter.finish(f"nothing new: this batch of {table} was imported before")
                results.append(ImportResult(table=table, records=0, new=0, accounts=0, days=0))
            else:
                results.append(staging.stage(table, records, covers.get(table, ())))
        if before_commit is not None:
            before_commit()
        staging.commit(cursor, is_identified=batch_id is not None)
    return results


class _Staging:
    """Writes a batch's files beside the lake, table by table, and commits all of them at the end."""

    def __init__(self, engine: DuckDB, lake: Lake, batch: Batch, network: str, progress: Progress) -> None:
        self._engine, self._lake, self._batch = engine, lake, batch
        self._network, self._progress = network, progress
        self._directories: dict[str, list[WrittenFile]] = {}
        self._covered_verbs: set[int] = set()
        self._tables: dict[str, DedupResult] = {}
        self._messages: list[str] = []

    def stage(self, table: str, records: Records, covers: Iterable[int]) -> ImportResult:
        """Check and deduplicate the records of a table and write them to the batch's folder."""
        self._progress.start(f"importing {table}", 3)
        self._progress.advance("assigning account keys")
        staged_directories = self._load_with_keys(table, records)
        self._progress.advance("writing records")
        deduplicator = BatchDeduplicator(self._engine, self._batch, table, self._network)
        batch_files = deduplicator.write_batch_files()
        rows_by_verb = self._count_verbs(table, batch_files)
        shared_ids = self._count_shared_ids(batch_files) if table == "interactions" else 0
        self._progress.advance("removing duplicates")
        dedup_result = deduplicator.deduplicate(batch_files, self._lake.files(table, network=self._network))
        self._tables[table] = dedup_result
        self._covered_verbs |= set(covers)
        for directory, files in staged_directories.items():
            self._directories.setdefault(directory, []).extend(files)
        result = ImportResult(
            table=table,
            records=sum(file.rows for file in batch_files),
            new=dedup_result.new,
            accounts=sum(file.rows for file in staged_directories["accounts"]),
            days=len(dedup_result.days),
            rows_by_verb=rows_by_verb,
            new_days=frozenset(int(day_no) for day_no in dedup_result.days),
            shared_ids=shared_ids,
        )
        self._messages.append(
            f"{plural(result.records, *_RECORD_NOUNS[table])} read, {result.new:,} new "
            f"on {plural(result.days, 'day')}, {plural(result.accounts, 'new account')}"
        )
        return result

    def _load_with_keys(self, table: str, records: Records) -> Mapping[str, list[WrittenFile]]:
        """Load the records of a table and assign keys to their accounts; return the new files of the directories."""
        load_batch(self._engine, records, table)
        has_dropped = drop_opted_out(self._engine, self._lake.load_opt_outs(), table, self._network)
        # Accounts of dropped rows must not get a key, so the ids of the remaining ones are read from the batch.
        steps = records if isinstance(records, BatchSteps) and not has_dropped else None
        staged_directories = stage_account_keys(
            self._engine,
            self._lake,
            self._batch,
            table,
            self._network,
            account_ids=steps.account_ids if steps else None,
            staged=self._directories,
        )
        if steps and not self._engine.query("select 1 from account_ids where not is_unchanged limit 1"):
            self._engine.run(steps.batch_of_unchanged_ids)
        return staged_directories

    def _count_verbs(self, table: str, batch_files: Sequence[WrittenFile]) -> dict[int, int]:
        if "verb" not in LAKE_COLUMNS[table] or not batch_files:
            return {}
        rows_sql = parquet_sql([str(file.path) for file in batch_files], {"verb": "smallint"})
        return dict(self._engine.query(f"select verb, count(*) from ({rows_sql}) group by verb"))

    def _count_shared_ids(self, batch_files: Sequence[WrittenFile]) -> int:
        if not batch_files:
            return 0
        rows_sql = parquet_sql([str(file.path) for file in batch_files], {"actor": "bigint", "interaction": "bigint"})
        [(count,)] = self._engine.query(
            f"select count(*) from (select 1 from ({rows_sql}) where interaction is not null "
            "group by interaction having min(actor) <> max(actor))"
        )
        return int(count)

    def commit(self, cursor: str, *, is_identified: bool) -> None:
        """Commit the staged files; accounts first, so that no record has an account without a name."""
        self._progress.start("committing", len(self._tables))
        for directory, files in self._directories.items():
            if files:
                self._lake.commit(directory, files, batch=self._batch)
        record_coverage(self._engine, self._lake, self._batch, self._network, self._covered_verbs)
        for table, dedup in self._tables.items():
            self._progress.advance(table)
            if dedup.files or dedup.superseded_files or is_identified or cursor:
                self._lake.commit(table, dedup.files, batch=self._batch, remove=dedup.superseded_files, cursor=cursor)
        for message in self._messages:
            self._progress.finish(message)


def retry_while_locked() -> Iterable[stamina.Attempt]:
    """Retry while another process writes to the lake, for up to a minute; a stream holds the lock only briefly."""
    return stamina.retry_context(on=LakeLockedError, attempts=None, timeout=60, wait_initial=0.2, wait_max=2)
