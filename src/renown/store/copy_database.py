"""Copy the rows of all tables from one database to another, such as from SQLite to PostgreSQL."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from renown.progress import Progress
from renown.store.schema import departed_ranks, metadata, opt_out_state, serving, visibility

_BATCH_ROWS = 500
"""Rows that are in memory at a time; profiles have some ten kilobytes each."""
_SNAPSHOT_TABLES = {serving, departed_ranks}
"""Tables about the served snapshot, which is not among the tables of the schema."""
_INITIAL_TABLES = {opt_out_state, visibility}
"""Tables that have a row in a new database."""


def find_filled_tables(database: sa.Engine) -> list[str]:
    """Return the names of the tables that have rows, besides those of a new database."""
    with database.connect() as connection:
        return [
            table.name
            for table in metadata.sorted_tables
            if table not in _INITIAL_TABLES
            and connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
        ]


def copy_tables(source: sa.Engine, connection: sa.Connection, *, progress: Progress) -> int:
    """
    Copy the rows of all tables, except those about the served snapshot, as part of a transaction of a new database.

    Parameters
    ----------
    source : Engine
        Database with the latest schema.
    connection : Connection
        Connection to the other database, which has the same schema and the rows of a new database.
    progress : Progress

    Returns
    -------
    int
        Number of rows.
    """
    tables = [table for table in metadata.sorted_tables if table not in _SNAPSHOT_TABLES]
    progress.start("tables", len(tables))
    rows = 0
    for table in tables:
        progress.advance(table.name)
        connection.execute(sa.delete(table))
        for batch in _read_batches(source, table):
            connection.execute(sa.insert(table), batch)
            rows += len(batch)
        _advance_sequence(connection, table)
    return rows


def _read_batches(source: sa.Engine, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    json_columns = {column.name for column in table.columns if isinstance(column.type, sa.JSON)}
    with source.connect() as connection:
        result = connection.execution_options(yield_per=_BATCH_ROWS).execute(sa.select(table))
        for partition in result.mappings().partitions():
            yield [
                {name: _convert(value, is_json=name in json_columns) for name, value in row.items()}
                for row in partition
            ]


def _convert(value: Any, *, is_json: bool) -> Any:
    """Keep a missing JSON value missing."""
    return sa.null() if value is None and is_json else value


def _advance_sequence(connection: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL count on from the greatest key: rows that bring their keys do not advance its sequence."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
    greatest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
    connection.execute(sa.select(sa.func.setval(sequence, greatest, sa.false())))


def read_serving_row(source: sa.Engine) -> dict[str, Any] | None:
    """Return the row that names the served snapshot; None if nothing is published."""
    with source.connect() as connection:
        row = connection.execute(sa.select(serving)).mappings().one_or_none()
        return dict(row) if row else None
