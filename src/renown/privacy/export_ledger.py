"""Export the rows of the ledgers about a person's accounts."""

from collections.abc import Iterator, Sequence
from typing import Any

from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.method.step_files import SEED_GROUPS
from renown.privacy.export_part import ExportPart, Row
from renown.records import LAKE_COLUMNS, day_from_number
from renown.scoring.ledger import LEDGER_ACCOUNT_COLUMNS, LEDGER_COLUMNS, Ledger, list_ledgers

_EXPORTED_COLUMNS = {
    # Who acted on the person is the others' data; whom the person acted on is named, as in the lake's part.
    ("entries", "target"): "day_no, signal, known, acts, worth, fresh_worth",
    ("standings", "account"): "day_no, known, trust",
    ("flows", "account"): ", ".join(["day_no", *(f"credit_{group}" for group in range(SEED_GROUPS))]),
    ("entries", "actor"): "day_no, signal, known, acts, worth, fresh_worth, account_id as target_id",
}
"""(table, column with the person's account) to the columns of the export; all but the account's key otherwise."""


def ledger_parts(account_keys: Sequence[int], lake: Lake, engine: DuckDB) -> Iterator[ExportPart]:
    """Yield the tables of every ledger with rows about accounts, by the role that the accounts have in them."""
    if not account_keys:
        return
    for ledger in list_ledgers(lake):
        for table, columns in LEDGER_ACCOUNT_COLUMNS.items():
            for column in columns:
                yield _ledger_part(engine, lake, ledger, table=table, column=column, account_keys=account_keys)


def _ledger_part(
    engine: DuckDB, lake: Lake, ledger: Ledger, *, table: str, column: str, account_keys: Sequence[int]
) -> ExportPart:
    """Return the rows of a table whose column is one of the accounts."""
    keys_sql = ", ".join(map(str, account_keys))
    columns_sql = _EXPORTED_COLUMNS.get((table, column), f"ledger_rows.* exclude ({column})")
    other_sql = "left join accounts on accounts.account = ledger_rows.target" if column == "actor" else ""

    def query(select_sql: str, join_sql: str = "") -> Iterator[dict[str, Any]]:
        engine.scan("ledger_rows", ledger.files(table), LEDGER_COLUMNS[table])
        engine.scan("accounts", lake.files("accounts"), LAKE_COLUMNS["accounts"])
        result = engine.execute(
            f"select {select_sql} from ledger_rows {join_sql} where ledger_rows.{column} in ({keys_sql})"
        )
        names = [description[0] for description in result.description or ()]
        yield from (dict(zip(names, row, strict=True)) for row in result.fetchall())

    def count() -> int:
        return int(next(query("count(*) as n"))["n"])

    def rows() -> Iterator[Row]:
        for row in query(columns_sql, other_sql):
            yield {"day": day_from_number(row.pop("day_no")), **row}

    role = f" as {column}" if len(LEDGER_ACCOUNT_COLUMNS[table]) > 1 else ""
    return ExportPart(f"ledger/{ledger.root.name}/{table}{role}", count, rows)
