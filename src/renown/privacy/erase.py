"""Erase people from the store, groups, profiles, the lake, the ledgers, every published day and its exports."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from renown.answers.explain.stored_receipt import anonymize_receipts
from renown.answers.profile import anonymize_first_profiles, anonymize_profiles
from renown.connectors.blog.mentions import NETWORK as BLOG
from renown.delta import PARTITION_COLUMNS
from renown.engines.base import WrittenFile
from renown.engines.duckdb import DuckDB
from renown.lake import Batch, Lake
from renown.privacy.export import ACCOUNT_COLUMNS
from renown.privacy.export_person import AccountKeys
from renown.privacy.stores import PersonalDataStores
from renown.records import LAKE_COLUMNS
from renown.scoring import Subject, load_account_ids
from renown.scoring.carry import delete_carry
from renown.scoring.claimed_rows import delete_claimed_rows
from renown.scoring.ledger import LEDGER_ACCOUNT_COLUMNS, LEDGER_COLUMNS, VOUCHER_COLUMNS, Ledger, list_ledgers
from renown.steps import Step

NO_PERSON_KEY = 0
"""Key that no person has."""


def erase_people(
    engine: DuckDB, stores: PersonalDataStores, subjects: Sequence[Subject], *, may_return: bool = False
) -> int:
    """
    Erase people's data and opt out their accounts, so that no import brings them back.

    Of each account only a keyed hash (pseudonym) remains. Older versions of the lake's tables are
    vacuumed, so that no file contains the people. What others received from them stays in the
    others' published points, anonymized. Each file is written again once, for all of them.

    Parameters
    ----------
    engine : DuckDB
        A new session.
    stores : PersonalDataStores
    subjects : sequence of Subject
    may_return : bool
        Whether later imports may bring them back: without opting out.

    Returns
    -------
    int
        Number of rows deleted.

    Raises
    ------
    LakeLockedError
        If another process is writing to the lake; call again to continue where this call stopped.
    """
    people = [(subject, load_account_ids(subject, engine, stores.lake, stores.people)) for subject in subjects]
    if not may_return:
        for _, account_ids in people:
            add_opt_outs(stores, account_ids)
    row_count = _erase_rows(engine, stores, people)
    if may_return:
        for account in {account for _, account_ids in people for account in account_ids}:
            stores.people.opt_outs.remove(*account)
        stores.people.purge()
    return row_count


def finish_erasure(stores: PersonalDataStores, text: str) -> bool:
    """
    Finish the erasure of an account that the lake no longer has, after the command was killed.

    Parameters
    ----------
    stores : PersonalDataStores
    text : str
        ``network:id``, by which a pseudonymized opt-out can be recognized; a name or handle cannot.

    Returns
    -------
    bool
        Whether the account was erased or opted out before.
    """
    network, colon, account_id = text.partition(":")
    if not colon or not stores.people.opt_outs.has(network, account_id):
        return False
    key = stores.people.opt_outs.find_key(network, account_id)
    stores.people.erase(key or NO_PERSON_KEY, {(network, account_id): key})
    return True


def add_opt_outs(stores: PersonalDataStores, account_ids: AccountKeys) -> None:
    """Add a person's accounts to the opt-outs: they are dropped on ingest and from scoring, and have no credentials."""
    for (network, account_id), account in account_ids.items():
        stores.people.opt_outs.add(network, account_id, account)
        stores.credentials.remove_account(network, account_id)


def unpublish_people(stores: PersonalDataStores, people: Sequence[tuple[Subject, AccountKeys]]) -> int:
    """
    Delete people from what others see: days, profiles, names and pictures, judgements and group logs.

    Parameters
    ----------
    stores : PersonalDataStores
    people : sequence of (Subject, AccountKeys)
        Each with all of their accounts and aliases: (network, account_id) to the key, or None.

    Returns
    -------
    int
        Number of rows deleted.
    """
    score_keys = [subject.key for subject, _ in people]
    accounts = [key for _, account_ids in people for key in _list_keys(account_ids)]
    names = {f"{network}:{account_id}" for _, account_ids in people for network, account_id in account_ids}
    names |= {subject.name for subject, _ in people if subject.key < 0}
    row_count = stores.days.erase(score_keys, accounts, names)
    row_count += sum(map(stores.profiles.erase, score_keys))
    row_count += anonymize_profiles(stores.profiles, {*score_keys, *accounts})
    row_count += anonymize_receipts(stores.profiles, set(accounts))
    for ledger in list_ledgers(stores.lake):
        delete_claimed_rows(ledger)
    row_count += sum(map(stores.first_scores.erase, score_keys))
    row_count += anonymize_first_profiles(stores.first_scores, {*score_keys, *accounts})
    stores.profiles.purge()
    for subject, account_ids in people:
        row_count += stores.identities.erase(subject.key) + stores.groups.erase(subject.key)
        row_count += stores.judgements.erase([subject.key, *_list_keys(account_ids)], judge=subject.name)
    return row_count


def _list_keys(account_ids: AccountKeys) -> list[int]:
    return [key for key in account_ids.values() if key is not None]


def _erase_rows(engine: DuckDB, stores: PersonalDataStores, people: Sequence[tuple[Subject, AccountKeys]]) -> int:
    """Delete all interactions by and with people, including leftovers of interrupted runs."""
    lake = stores.lake
    accounts = {account_id: key for _, account_ids in people for account_id, key in account_ids.items()}
    engine.remove_stale_spills()
    for account_id in accounts:
        stores.credentials.remove_account(*account_id)
    stores.webmentions.erase({account_id for network, account_id in accounts if network == BLOG})
    with lake.write_batch() as batch:
        row_count = unpublish_people(stores, people)
        row_count += sum(
            _erase_undone(engine, lake, batch, network, account_keys)
            for network, account_keys in _group_by_network(accounts).items()
        )
        lake.purge("undone")
        for table, keys in ACCOUNT_COLUMNS.items():
            for network, account_keys in _group_by_network(accounts).items():
                condition = " or ".join(f"{key} in ({_join_keys(account_keys)})" for key in keys)
                row_count += _erase_from_table(
                    engine, lake=lake, batch=batch, table=table, network=network, condition=condition
                )
            lake.purge(table)
    row_count += sum(_erase_from_ledger(engine, ledger, _list_keys(accounts)) for ledger in list_ledgers(lake))
    return row_count + sum(stores.people.erase(subject.key, account_ids) for subject, account_ids in people)


def _group_by_network(accounts: AccountKeys) -> dict[str, list[int]]:
    keys_by_network: dict[str, list[int]] = {}
    for (network, _), key in accounts.items():
        if key is not None:
            keys_by_network.setdefault(network, []).append(key)
    return keys_by_network


def _erase_undone(engine: DuckDB, lake: Lake, batch: Batch, network: str, accounts: Iterable[int]) -> int:
    """Delete `undone` rows of interactions by these accounts; must run while the interactions still exist."""
    engine.scan("lake_interactions", lake.files("interactions", network=network), LAKE_COLUMNS["interactions"])
    sql = (
        f"select interaction from lake_interactions where actor in ({_join_keys(accounts)}) and interaction is not null"
    )
    engine.run(Step(name="erased_interactions", sql=sql, columns={"interaction": "bigint"}))
    return _erase_from_table(
        engine,
        lake=lake,
        batch=batch,
        table="undone",
        network=network,
        condition="interaction in (select interaction from erased_interactions)",
    )


def _erase_from_table(engine: DuckDB, lake: Lake, batch: Batch, table: str, network: str, condition: str) -> int:
    """Rewrite the files of one network's table without the matching rows; return how many rows were deleted."""
    files, folder = lake.files(table, network=network), batch.folder / "erased" / network / table
    new_files, old_files, row_count = _rewrite_files(engine, files, LAKE_COLUMNS[table], condition, folder)
    if row_count:
        lake.commit(table, new_files, batch=batch, remove=old_files)
    return row_count


def _erase_from_ledger(engine: DuckDB, ledger: Ledger, accounts: Iterable[int]) -> int:
    """
    Rewrite the files of a ledger without the rows of some accounts; return how many rows were deleted.

    Rows of others name the account if their credit came through it; it becomes 0, as if it were none.
    """
    total = 0
    with ledger.write_batch() as batch:
        delete_carry(ledger)
        delete_claimed_rows(ledger)
        for table, columns in LEDGER_ACCOUNT_COLUMNS.items():
            condition = " or ".join(f"{column} in ({_join_keys(accounts)})" for column in columns)
            vouchers = [name for name in VOUCHER_COLUMNS if name in LEDGER_COLUMNS[table]]
            cleared = {name: f"{name} in ({_join_keys(accounts)})" for name in vouchers}
            folder = batch.folder / "erased" / table
            new_files, old_files, row_count = _rewrite_files(
                engine, ledger.files(table), LEDGER_COLUMNS[table], condition, folder, cleared=cleared
            )
            if old_files:
                ledger.replace_files(table, new_files, batch=batch, remove=old_files)
            # Not `purge`: it adds commits to the log, and the state of the entries is in the latest one.
            ledger.purge_except(table, ())
            total += row_count
    return total


def _rewrite_files(
    engine: DuckDB,
    files: Sequence[str],
    columns: Mapping[str, str],
    condition: str,
    folder: Path,
    *,
    cleared: Mapping[str, str] | None = None,
) -> tuple[list[WrittenFile], list[str], int]:
    """
    Write the affected files again without the matching rows; return new files, old files and deleted rows.

    With `cleared`, columns become 0 in the remaining rows that match the column's condition.
    """
    engine.scan("present", files, columns, file_column="file")
    affected = " or ".join([condition, *(cleared or {}).values()])
    affected_files = engine.query(
        f"select file, count(*) filter (where {condition}) from present where {affected} group by file order by file"
    )
    if not affected_files:
        return [], [], 0
    old_files = [file for file, _ in affected_files]
    engine.scan("present", old_files, columns)
    cleared_sql = ", ".join(f"if({sql}, 0, {name}) as {name}" for name, sql in (cleared or {}).items())
    columns_sql = f"* replace ({cleared_sql})" if cleared_sql else "*"
    engine.execute(
        "create or replace temp view remaining as "
        f"select {columns_sql} from present where not coalesce({condition}, false)"
    )
    partition_columns = [name for name in PARTITION_COLUMNS if name in columns]
    new_files = engine.write_partitioned("remaining", folder, partition_by=partition_columns, prefix="f")
    engine.execute("drop view remaining")
    return new_files, old_files, sum(rows for _, rows in affected_files)


def _join_keys(accounts: Iterable[int]) -> str:
    return ", ".join(map(str, accounts))
