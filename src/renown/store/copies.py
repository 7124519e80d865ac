"""Copies: all scores of a day in a form that a page reads in a moment; one of them is served."""

import contextlib
import os
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import adbc_driver_manager as adbc
import adbc_driver_sqlite
import duckdb
import sqlalchemy as sa

from renown.errors import HomeError
from renown.store import binary
from renown.store.reader import copies_of
from renown.store.rows import COLUMNS, Rows

LISTED = 100_000
"""Ranks that an index finds; further down a list is read from all rows."""
_INDEXES = {
    "rank": f"(rank, key) where rank <= {LISTED}",
    "name": "(name) where key < 0",
    "claimed": "(rank, key) where key < 0",
}
_INDEXES = {"rank": f"(rank, key) where rank <= {LISTED}", "name": "(name) where key < 0"}
_STREAMS = 2
"""Threads that copy to PostgreSQL, each beside a process of the server: more than that gains nothing on two cores."""


class Copies(Protocol):
    """Where copies lie."""

    def build(self, rows: Rows, day_no: int) -> str:
        """Write rows to a new copy that nobody reads yet; return its name."""

    def serve(self, connection: sa.Connection, copy: str, scored: int, day_no: int) -> None:
        """Make a copy, in which so many have a score, the served one, as part of a transaction."""

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

    def build(self, rows: Rows, day_no: int) -> str:
        """Write rows to a new file."""
        self._folder.mkdir(exist_ok=True)
        copy = uuid.uuid4().hex
        database = adbc_driver_sqlite.connect(str(self._path(copy)))
        with explained(self._folder, adbc.Error), database, adbc.AdbcConnection(database) as connection:
            # Nobody knows of the file before it is whole: it needs no journal.
            for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive"):
                _execute(connection, f"pragma {pragma}")
            _execute(connection, _create("scores", "integer primary key"))
            _pour(connection, "scores", rows.relation())
            for name, on in _INDEXES.items():
                _execute(connection, f"create index by_{name} on scores {on}")
            _execute(connection, f"create view served as {_view('scores', copy, rows.scored, day_no)}")
        _to_disk(self._path(copy))
        _to_disk(self._folder)
        return copy

    def serve(self, connection: sa.Connection, copy: str, scored: int, day_no: int) -> None:
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

    def build(self, rows: Rows, day_no: int) -> str:  # noqa: ARG002 - the view says it
        """Copy rows to a new table."""
        import psycopg  # noqa: PLC0415 - an extra

        copy, places = f"served_{uuid.uuid4().hex}", iter(rows.chunks())
        with explained("PostgreSQL", psycopg.Error):
            with self._database.begin() as session:
                session.execute(sa.text(_create(copy, "bigint not null")))
            with ThreadPoolExecutor(_STREAMS) as threads:
                for stream in [threads.submit(self._stream, copy, rows, places) for _ in range(_STREAMS)]:
                    stream.result()
            with self._database.begin() as session:
                session.execute(sa.text("set local maintenance_work_mem = '128MB'"))
                session.execute(sa.text(f"alter table {copy} add primary key (key)"))
                for on in _INDEXES.values():
                    session.execute(sa.text(f"create index on {copy} {on}"))
        return copy

    def serve(self, connection: sa.Connection, copy: str, scored: int, day_no: int) -> None:
        """Point the view at the table."""
        connection.execute(sa.text(f"create or replace view served as {_view(copy, copy, scored, day_no)}"))

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
            held = sa.table(served, sa.column("key", sa.BigInteger))
            gone = connection.execute(sa.delete(held).where(held.c.key.in_(keys)))
            connection.execute(sa.text(f"vacuum (full, analyze) {served}"))
            return gone.rowcount

    def _stream(self, copy: str, rows: Rows, places: Iterator[int]) -> None:
        """Copy the chunks that no other stream has taken."""
        with self._database.begin() as session:
            raw: Any = session.connection.driver_connection
            with raw.cursor().copy(f"copy {copy} from stdin (format binary)") as out:
                out.write(binary.HEADER)
                for place in places:
                    for piece in binary.encoded(rows.chunk(place)):
                        out.write(piece)
                out.write(binary.TRAILER)


def _create(table: str, key: str) -> str:
    return f"create table {table} (key {key}, {', '.join(f'{n} {t}' for n, t in COLUMNS.items() if n != 'key')})"


def _view(table: str, copy: str, scored: int, day_no: int) -> str:
    """Return a SELECT of a copy's table with what it need not hold."""
    percentile = f"cast(100 as double precision) * ({scored} - rank + 1) / {max(scored, 1)} as percentile"
    return f"select *, {percentile}, {day_no} as day_no, '{copy}' as copy from {table}"


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
def explained(where: object, error: type[Exception]) -> Iterator[None]:
    """Say what was in the way of a driver, of whose errors SQLAlchemy does not know."""
    try:
        yield
    except error as said:
        why = " ".join(str(said).split())
        msg = f"cannot write the scores to serve to {str(where)!r}: {why}; is there room, and may you write there?"
        raise HomeError(msg) from None
