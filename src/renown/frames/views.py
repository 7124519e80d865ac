"""Tables of the lake and the ledger as views for queries, with names of verbs and signals, and dates."""

import duckdb

from renown.engines.duckdb_sql import table_sql
from renown.home import Home
from renown.records import LAKE_COLUMNS, LOOKED_UP_ACTORS, VERB_NAMES, WHOLE_NETWORK
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger
from renown.steps import quote_literal

_VERB_NAMES = VERB_NAMES | {
    WHOLE_NETWORK: "everybody's acts",
    LOOKED_UP_ACTORS: "profiles of actors",
}
"""Number in the column ``verb`` to the word that queries see; `coverage` has two that are no verbs."""


def list_queried_tables(home: Home) -> list[str]:
    """List the tables that queries see: those of the lake and, of a method with a ledger, those of the ledger."""
    return [*LAKE_COLUMNS, *(LEDGER_COLUMNS if home.method.has_ledger else ())]


def create_views(connection: duckdb.DuckDBPyConnection, home: Home, query: str) -> None:
    """Create a view of each table that a query may name, as the table is now."""
    text = query.lower()
    for table in list_queried_tables(home):
        if table in text:
            if table in LAKE_COLUMNS:
                files, columns = home.lake.files(table), LAKE_COLUMNS[table]
            else:
                files, columns = open_ledger(home.lake, home.method).files(table), LEDGER_COLUMNS[table]
            signals = {signal.number: signal.name for signal in home.method.signals}
            shown = ", ".join(_shown_column_sql(name, signals) for name in columns)
            connection.execute(
                f"create or replace temp view {table} as select {shown} from ({table_sql(files, columns)})"
            )


def _shown_column_sql(name: str, signals: dict[int, str]) -> str:
    """Return a column as queries see it: days as dates, verbs and signals by their names."""
    if name in {"day_no", "created_day"}:
        return f"date '1970-01-01' + {name} as {name.removesuffix('_no')}"
    if name in {"verb", "signal"}:
        names = _VERB_NAMES if name == "verb" else signals
        cases = " ".join(f"when {number} then {quote_literal(word)}" for number, word in names.items())
        return f"case {name} {cases} end as {name}"
    return f'"{name}"'
