"""Copies: all scores of a day in a form that a page reads in a moment; one of them is served."""

import contextlib
import os
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import adbc_driver_manager as adbc
import adbc_driver_sqlite
import duckdb
import sqlalchemy as sa

from renown.errors import HomeError
from renown.store.reader import copies_of

COLUMNS = {
    "key": "bigint",
    "slot": "integer",
    "name": "text",
    "score": "double precision",
    "percentile": "double precision",
    "rank": "integer",
    "people": "bigint",
    "days": "integer",
    "networks": "integer",
    "accounts": "integer",
    "strength": "bigint",
}
"""Columns of a copy and their types in both databases."""
LISTED = 100_000
"""Ranks that an index finds; further down a list is read from all rows."""
_INDEXES = {
    "rank": f"(rank, key) where rank <= {LISTED}",
    "name": "(name) where key < 0",
    "claimed": "(rank, key) where key < 0",
}
_INDEXES = {"rank": f"(rank, key) where rank <= {LISTED}", "name": "(name) where key < 0"}
_SERVED = sa.table("served", sa.column("key", sa.BigInteger))


class Copies(Protocol):
    """Where copies lie."""

    def build(self, rows: duckdb.DuckDBPyRelation, day_no: int) -> str:
        """Write rows, sorted by key, to a new copy that nobody reads yet; return its name."""

    def serve(self, connection: sa.Connection, copy: str, day_no: int) -> None:
        """Make a copy the served one, as part of a transaction."""

    def tidy(self, served: str) -> None:
        """Remove every copy but the served one."""

    def erase(self, served: str, keys: list[int]) -> int:
        """Take people out of the served copy; return how many rows went."""


def copies(database: sa.Engine) -> Copies:
    """Return the copies beside a database."""
    return Files(database) if database.dialect.name == "sqlite" else Tables(database)


class Files:
    """Copies beside SQLite: a file each, so that writing one holds up nobody and leaves no free pages behind."""

    def __init__(self, database: sa.Engine) -> None:
        self._folder = copies_of(database)

    def build(self, rows: duckdb.DuckDBPyRelation, day_no: int) -> str:
        """Write rows to a new file."""
        self._folder.mkdir(exist_ok=True)
        copy = uuid.uuid4().hex
        database = adbc_driver_sqlite.connect(str(self._path(copy)))
        with explained(self._folder), database, adbc.AdbcConnection(database) as connection:
            # Nobody knows of the file before it is whole: it needs no journal.
            for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive"):
                _execute(connection, f"pragma {pragma}")
            _execute(connection, _create("scores", "key integer primary key"))
            _pour(connection, "scores", rows)
            for name, on in _INDEXES.items():
                _execute(connection, f"create index by_{name} on scores {on}")
            _execute(connection, f"create view served as select *, {day_no} as day_no from scores")
        _to_disk(self._path(copy))
        _to_disk(self._folder)
        return copy

    def serve(self, connection: sa.Connection, copy: str, day_no: int) -> None:
        """Do nothing: the row in `serving` says it all."""

    def tidy(self, served: str) -> None:
        """Remove every other file; who reads one still holds it open."""
        for file in self._folder.glob("*.sqlite*"):
            if file.name.partition(".")[0] != served:
                file.unlink(missing_ok=True)

    def erase(self, served: str, keys: list[int]) -> int:
        """Take people out, and out of free pages."""
        with contextlib.closing(sqlite3.connect(self._path(served))) as connection, connection:
            connection.execute("pragma secure_delete = on")
            listed = ", ".join(map(str, keys))
            return connection.execute(f"delete from scores where key in ({listed})").rowcount

    def _path(self, copy: str) -> Path:
        return self._folder / f"{copy}.sqlite"


class Tables:
    """Copies in PostgreSQL: a table each, and a view `served` of the served one."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def build(self, rows: duckdb.DuckDBPyRelation, day_no: int) -> str:  # noqa: ARG002 - the view says it
        """Copy rows to a new table."""
        import adbc_driver_postgresql  # noqa: PLC0415 - an extra

        copy = f"served_{uuid.uuid4().hex}"
        uri = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with explained("PostgreSQL"):
            with adbc_driver_postgresql.connect(uri) as database, adbc.AdbcConnection(database) as connection:
                _execute(connection, _create(copy, "key bigint not null"))
                _pour(connection, copy, rows)
            with self._database.begin() as session:
                session.execute(sa.text("set local maintenance_work_mem = '512MB'"))
                session.execute(sa.text(f"alter table {copy} add primary key (key)"))
                for on in _INDEXES.values():
                    session.execute(sa.text(f"create index on {copy} {on}"))
        return copy

    def serve(self, connection: sa.Connection, copy: str, day_no: int) -> None:
        """Point the view at the table."""
        connection.execute(sa.text(f"create or replace view served as select *, {day_no} as day_no from {copy}"))

    def tidy(self, served: str) -> None:
        """Drop every other table."""
        held = "select tablename from pg_tables where schemaname = current_schema() and tablename like 'served\\_%'"
        with self._database.begin() as connection:
            for (copy,) in connection.execute(sa.text(held)).all():
                if copy != served:
                    connection.execute(sa.text(f"drop table {copy}"))

    def erase(self, served: str, keys: list[int]) -> int:
        """Take people out, and what is left of them in the table's pages."""
        with self._database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            gone = connection.execute(sa.delete(_SERVED).where(_SERVED.c.key.in_(keys)))
            connection.execute(sa.text(f"vacuum (full, analyze) {served}"))
            connection.execute(sa.text("vacuum (full, analyze) history"))
            return gone.rowcount


def _create(table: str, key: str) -> str:
    return f"create table {table} ({key}, {', '.join(f'{n} {t}' for n, t in COLUMNS.items() if n != 'key')})"


def _pour(connection: adbc.AdbcConnection, table: str, rows: duckdb.DuckDBPyRelation) -> None:
    """Append rows to a table, column by column, without a Python object for any."""
    options: Mapping[str, Any] = {"adbc.ingest.target_table": table, "adbc.ingest.mode": "adbc.ingest.mode.append"}
    with adbc.AdbcStatement(connection) as statement:
        statement.set_options(**options)
        statement.bind_stream(rows)
        statement.execute_update()


def _execute(connection: adbc.AdbcConnection, sql: str) -> None:
    with adbc.AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        statement.execute_update()


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextlib.contextmanager
def explained(where: object) -> Iterator[None]:
    """Say what was in the way, without an address that may hold a password."""
    try:
        yield
    except (adbc.Error, duckdb.IOException) as error:
        said = str(error).split("postgresql://")[0].strip()
        msg = f"cannot write the scores to serve to {str(where)!r}: {said}; is there room, and may you write there?"
        raise HomeError(msg) from None
