"""New accounts of a batch: assign them keys, and write them to the directories of the lake."""

from collections.abc import Mapping, Sequence

from renown.engines.base import WrittenFile
from renown.engines.duckdb import DuckDB
from renown.ingest import account_keys
from renown.lake import Batch, Lake
from renown.records import LAKE_COLUMNS
from renown.steps import Step

_DIRECTORIES = ("accounts", "handles")
"""Tables of the lake to which a batch adds its new accounts."""


def assign_account_keys(engine: DuckDB, lake: Lake, batch: Batch, table: str, network: str) -> int:
    """Assign a key to every account that occurs for the first time and commit them; return how many."""
    staged = stage_account_keys(engine, lake, batch, table, network)
    for directory, files in staged.items():
        if files:
            lake.commit(directory, files, batch=batch)
    return sum(file.rows for file in staged["accounts"])


def stage_account_keys(
    engine: DuckDB,
    lake: Lake,
    batch: Batch,
    table: str,
    network: str,
    *,
    account_ids: Step | None = None,
    staged: Mapping[str, Sequence[WrittenFile]] | None = None,
) -> dict[str, list[WrittenFile]]:
    """
    Assign a key to every account that occurs for the first time.

    Parameters
    ----------
    engine : DuckDB
        Holds the step `batch`; afterwards also `rehashed_keys`.
    lake : Lake
    batch : Batch
    table, network : str
    account_ids : Step, optional
        Has the batch's account ids in a column `account_id`; without it they are read from `batch`. It is kept.
    staged : mapping of str to sequence of WrittenFile, optional
        Directory to its files of the same batch that are not committed yet.

    Returns
    -------
    dict of str to list of WrittenFile
        Directory to the files to commit to it.
    """
    files: dict[str, list[WrittenFile]] = {directory: [] for directory in _DIRECTORIES}
    if table == "undone":
        engine.create_table("rehashed_keys", (), {"account_id": "string", "account": "bigint"})
        return files
    for directory in _DIRECTORIES:
        staged_paths = [str(file.path) for file in (staged or {}).get(directory, ())]
        engine.scan(directory, [*lake.files(directory, network=network), *staged_paths], LAKE_COLUMNS[directory])
    if account_ids:
        engine.run(account_ids)
    engine.run(account_keys.batch_accounts_step(table, ids=account_ids))
    engine.run(account_keys.account_keys_step(network))
    while collisions := engine.query(account_keys.key_collisions_sql()):
        # Hash collision of two ids: one pair is expected among three billion accounts.
        for account_id, account in collisions:
            engine.execute("update account_keys set account = ? where account_id = ?", (account + 1, account_id))
    engine.run(account_keys.batch_rehashed_keys_step(network))
    steps = {"accounts": account_keys.new_accounts_step(network)}
    if table in account_keys.NAME_TABLES:
        steps["handles"] = account_keys.new_handles_step(network)
    for directory, step in steps.items():
        engine.run(step)
        files[directory] = engine.write_partitioned(
            step.name, batch.folder / directory, partition_by=["network"], prefix="a"
        )
    for step_name in ("batch_accounts", "account_keys"):
        engine.drop(step_name)
    return files
