"""
Export personal data table by table.

It covers the same tables as `erase_people`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from duckdb import DuckDBPyConnection

from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.privacy.export_ledger import ledger_parts
from renown.privacy.export_part import ExportPart, Row
from renown.privacy.export_person import AccountKeys, store_parts
from renown.privacy.stores import PersonalDataStores
from renown.records import LAKE_COLUMNS, VERB_NAMES, day_from_number
from renown.scoring.accounts import Subject, load_account_ids, load_subject
from renown.scoring.aliases import ALIASED_COLUMNS, load_alias_ids, load_alias_keys
from renown.store import SUBJECT_COLUMNS, Person, PublishedDay, PublishedTables

ACCOUNT_COLUMNS = {**ALIASED_COLUMNS, "accounts": ("account",), "aliases": ("alias", "account")}
"""
Columns of the lake with account keys. `accounts` comes after all tables with data, so that a killed erasure can find
them again; `aliases`, which has only numbers, after it, so that it finds all ids of an account.
"""

_FETCH_ROWS = 2_000
"""Rows per fetch, to bound memory."""
_AS_ACTOR, _AS_TARGET = ("interactions", " as actor"), ("interactions", " as target")
_EXPORTED_COLUMNS = {
    _AS_ACTOR: "p.* exclude (actor, target), d.account_id as target_id",
    _AS_TARGET: "p.* exclude (actor, target)",
}
"""Exported columns, if not all: who reacted to somebody is the other person's data."""
_JOINS = defaultdict(str, {_AS_ACTOR: "left join directory d on d.account = p.target"})


@dataclass(frozen=True)
class PersonalDataTable:
    """Number of rows that a table has about a person."""

    name: str
    rows: int


@dataclass(frozen=True)
class PersonalData:
    """Tables with rows about a person."""

    name: str
    tables: tuple[PersonalDataTable, ...]
    """Only tables with rows."""


def collect_personal_data(
    subject: Subject, accounts: AccountKeys, stores: PersonalDataStores, engine: DuckDB
) -> PersonalData:
    """Count the rows that every table has about a person."""
    tables = (
        PersonalDataTable(part.name, part.count()) for part in iter_export_parts(subject, accounts, stores, engine)
    )
    return PersonalData(subject.name, tuple(table for table in tables if table.rows))


def resolve_verified_accounts(
    person: Person, engine: DuckDB, stores: PersonalDataStores
) -> tuple[Subject, AccountKeys]:
    """Return a person with only the accounts that are verified, so that a false claim cannot export others' data."""
    subject = load_subject(person, engine, stores.lake)
    verified_accounts = {(claim.network, claim.account_id) for claim in person.claims if claim.is_verified}
    all_accounts = load_account_ids(subject, engine, stores.lake, stores.people)
    alias_ids = load_alias_ids(engine, stores.lake, load_alias_keys(engine, stores.lake))
    verified_ids = {(network, alias_ids.get((network, id_), id_)) for network, id_ in verified_accounts}
    accounts = {
        (network, id_): key
        for (network, id_), key in all_accounts.items()
        if (network, alias_ids.get((network, id_), id_)) in verified_ids
    }
    known_accounts = tuple((network, key) for (network, _), key in accounts.items() if key is not None)
    return Subject(person.key, person.name, known_accounts), accounts


def iter_export_parts(
    subject: Subject, accounts: AccountKeys, stores: PersonalDataStores, engine: DuckDB
) -> Iterator[ExportPart]:
    """
    Yield all personal data of somebody, one part per table; read each part before the next.

    People they reacted to are named; people who reacted to them are not, since that is the others' data.

    Parameters
    ----------
    subject : Subject
    accounts : mapping of (network, account_id) to int or None
        Their accounts to export, with the keys in the lake.
    stores : PersonalDataStores
    engine : DuckDB
        A session that nothing else uses.
    """
    person = stores.people.by_key(subject.key)
    yield from store_parts(subject, accounts, person, stores)
    keys = [subject.key, *(key for key in accounts.values() if key is not None)]
    for day in stores.days.all():
        for table in SUBJECT_COLUMNS:
            yield _published_part(day, table, keys)
    yield from ledger_parts(keys[1:], stores.lake, engine)
    networks = sorted({network for network, _ in accounts})
    for network in networks:
        account_keys = [
            key for (account_network, _), key in accounts.items() if account_network == network and key is not None
        ]
        if account_keys:
            yield from _lake_parts(network, account_keys, stores.lake, engine)


def _published_part(day: PublishedDay, table: str, keys: Sequence[int]) -> ExportPart:
    """Return a person's rows of a published table of a day."""

    def rows() -> Iterator[Row]:
        with PublishedTables(day) as published:
            yield from published.read_rows_about(table, keys)

    return ExportPart(f"published/{day.day}/{day.method}/{table}", lambda: sum(1 for _ in rows()), rows)


def _lake_parts(network: str, account_keys: Sequence[int], lake: Lake, engine: DuckDB) -> Iterator[ExportPart]:
    """Yield the lake's tables with rows of accounts of one network."""
    keys_sql = ", ".join(map(str, account_keys))
    for table, columns in ACCOUNT_COLUMNS.items():
        for column in columns:
            yield _lake_part(
                engine,
                lake=lake,
                table=table,
                network=network,
                condition_sql=f"{column} in ({keys_sql})",
                role=f" as {column}" * (len(columns) > 1),
            )
    undone_sql = f"interaction in (select interaction from acts where actor in ({keys_sql}))"
    yield _lake_part(engine, lake=lake, table="undone", network=network, condition_sql=undone_sql, role="")


def _lake_part(engine: DuckDB, lake: Lake, table: str, network: str, condition_sql: str, role: str) -> ExportPart:
    def scan(select: str) -> DuckDBPyConnection:
        engine.scan("acts", lake.files("interactions", network=network), LAKE_COLUMNS["interactions"])
        engine.scan("directory", lake.files("accounts", network=network), LAKE_COLUMNS["accounts"])
        engine.scan("present", lake.files(table, network=network), LAKE_COLUMNS[table])
        return engine.execute(
            f"select {select} from (select * from present where {condition_sql}) p {_JOINS[table, role]}"
        )

    def rows() -> Iterator[Row]:
        result = scan(_EXPORTED_COLUMNS.get((table, role), "p.*"))
        names = [column[0] for column in result.description or ()]
        while batch := result.fetchmany(_FETCH_ROWS):
            for row in batch:
                yield _readable_row(dict(zip(names, row, strict=True)))

    return ExportPart(f"lake/{table}/{network}{role}", lambda: int(scan("count(*)").fetchall()[0][0]), rows)


def _readable_row(row: dict[str, Any]) -> Row:
    """Return a row of the lake with readable timestamps and verbs."""
    if row.get("day_no") is not None:
        at = datetime.combine(day_from_number(row.pop("day_no")), time(), UTC) + timedelta(seconds=row.pop("second"))
        row = {"at": at, **row}
    if "seen" in row:
        row["seen"] = datetime.fromtimestamp(row["seen"], UTC)
    if "verb" in row:
        row["verb"] = VERB_NAMES.get(row["verb"], row["verb"])
    return row
