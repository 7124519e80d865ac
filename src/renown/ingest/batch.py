"""Import a batch of records into the lake: deduplicated, atomic and idempotent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import stamina

from renown.engines.duckdb import DuckDB
from renown.errors import LakeLockedError
from renown.ingest import account_keys
from renown.ingest.dedup import BatchDeduplicator
from renown.ingest.opt_outs import drop_opted_out
from renown.lake import Batch, Lake
from renown.progress import NullProgress, Progress
from renown.records import BATCH_COLUMNS, LAKE_COLUMNS
from renown.steps import Step


@dataclass(frozen=True)
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


def import_batch(
    engine: DuckDB,
    lake: Lake,
    records: Step | Sequence[tuple[object, ...]],
    *,
    table: str,
    network: str,
    covers: Iterable[int] = (),
    batch_id: str | None = None,
    cursor: str = "",
    progress: Progress | None = None,
) -> ImportResult:
    """
    Import a batch of one network's records into the lake, without duplicates.

    Parameters
    ----------
    engine : DuckDB
        A new session.
    lake : Lake
    records : Step or sequence of tuple
        The step `batch`, or its rows, in the columns of ``records.BATCH_COLUMNS[table]``.
    table : str
    network : str
    covers : iterable of int
        Numbers of the verbs that this source provides.
    batch_id : str, optional
        Makes the import idempotent: a batch with the same id is imported only once; again if somebody opted back in
        since, as their rows were left out.
    cursor : str, optional
        Where to resume the source; stored with the data.
    progress : Progress, optional

    Returns
    -------
    ImportResult
    """
    reporter = progress or NullProgress()
    if batch_id is not None and (opt_in_count := lake.load_opt_outs().opt_in_count):
        batch_id = f"{batch_id} {opt_in_count}"
    with lake.write_batch(batch_id) as batch:
        if batch_id is not None and lake.has_batch(table, batch_id):
            reporter.finish(f"nothing new: this batch of {table} was imported before")
            return ImportResult(table, 0, 0, 0, 0)
        reporter.start(f"importing {table}", 4)
        reporter.advance("assigning account keys")
        _load_batch(engine, records, table)
        drop_opted_out(engine, lake.load_opt_outs(), table, network)
        new_accounts = assign_account_keys(engine, lake, batch, table, network)
        reporter.advance("writing records")
        deduplicator = BatchDeduplicator(engine, batch, table, network)
        batch_files = deduplicator.write_batch_files()
        reporter.advance("removing duplicates")
        dedup_result = deduplicator.deduplicate(batch_files, lake.files(table, network=network))
        reporter.advance("committing")
        record_coverage(engine, lake, batch, network, covers)
        if dedup_result.files or dedup_result.superseded_files or batch_id is not None or cursor:
            lake.commit(table, dedup_result.files, batch=batch, remove=dedup_result.superseded_files, cursor=cursor)
    result = ImportResult(
        table, sum(file.rows for file in batch_files), dedup_result.new, new_accounts, len(dedup_result.days)
    )
    reporter.finish(
        f"{result.records:,} {table} read, {result.new:,} new on {result.days} days, {result.accounts:,} new accounts"
    )
    return result


def retry_while_locked() -> Iterable[stamina.Attempt]:
    """Retry while another process writes to the lake, for up to a minute; a stream holds the lock only briefly."""
    return stamina.retry_context(on=LakeLockedError, attempts=None, timeout=60, wait_initial=0.2, wait_max=2)


def assign_account_keys(engine: DuckDB, lake: Lake, batch: Batch, table: str, network: str) -> int:
    """Assign a key to every account that occurs for the first time; return how many."""
    if table == "undone":
        engine.create_table("exceptions", (), {"account_id": "string", "account": "bigint"})
        return 0
    for directory in ("accounts", "handles"):
        engine.scan(directory, lake.files(directory, network=network), LAKE_COLUMNS[directory])
    engine.run(account_keys.batch_accounts_step(table))
    engine.run(account_keys.account_keys_step(network))
    while collisions := engine.query(account_keys.key_collisions_sql()):
        # Hash collision of two ids: one pair is expected among three billion accounts.
        for account_id, account in collisions:
            engine.execute("update keys set account = ? where account_id = ?", (account + 1, account_id))
    engine.run(account_keys.batch_rehashed_keys_step(network))
    new_account_count = 0
    for directory, step in (
        ("accounts", account_keys.new_accounts_step(network)),
        ("handles", account_keys.new_handles_step(network)),
    ):
        engine.run(step)
        files = engine.write_partitioned(step.name, batch.folder / directory, partition_by=["network"], prefix="a")
        if files:
            lake.commit(directory, files, batch=batch)
        new_account_count = new_account_count or sum(file.rows for file in files)
    for step_name in ("named", "keys"):
        engine.drop(step_name)
    return new_account_count


def record_coverage(engine: DuckDB, lake: Lake, batch: Batch, network: str, covers: Iterable[int]) -> None:
    """Record which verbs the network's data covers from now on."""
    engine.scan("coverage", lake.files("coverage", network=network), LAKE_COLUMNS["coverage"])
    known_verbs = {row[0] for row in engine.query("select verb from coverage")}
    new_verbs = sorted(set(covers) - known_verbs)
    if new_verbs:
        engine.create_table("covered", [(network, verb) for verb in new_verbs], LAKE_COLUMNS["coverage"])
        files = engine.write_partitioned("covered", batch.folder / "coverage", partition_by=["network"], prefix="v")
        lake.commit("coverage", files, batch=batch)


def _load_batch(engine: DuckDB, records: Step | Sequence[tuple[object, ...]], table: str) -> None:
    if isinstance(records, Step):
        engine.run(records)
    else:
        engine.create_table("batch", records, BATCH_COLUMNS[table])
