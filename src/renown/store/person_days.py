"""Rows of tables with one for each claimed person and day, such as receipts and confidence ranges."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from renown.records import day_number


def replace_day(
    connection: sa.Connection, table: sa.Table, day: date, rows: Iterable[tuple[int, Mapping[str, Any]]]
) -> None:
    """Replace all rows of a day, in a transaction, by those of claimed people: score key and other columns."""
    delete_days(connection, table, [day])
    values = [{"person_id": -key, "day_no": day_number(day), **columns} for key, columns in rows if key < 0]
    if values:
        connection.execute(sa.insert(table), values)


def delete_days(connection: sa.Connection, table: sa.Table, days: Collection[date]) -> None:
    """Delete all rows of some days, in a transaction."""
    connection.execute(sa.delete(table).where(table.c.day_no.in_(list(map(day_number, days)))))


def erase_person(connection: sa.Connection, table: sa.Table, key: int) -> int:
    """Erase the rows of a person, in a transaction; return the number of rows deleted."""
    if key >= 0:
        return 0  # an account that nobody claimed
    return connection.execute(sa.delete(table).where(table.c.person_id == -key)).rowcount
