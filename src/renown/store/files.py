"""Files: the copies beside SQLite, of whose scores one is served."""

import contextlib
import os
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import adbc_driver_manager as adbc
import adbc_driver_sqlite
import duckdb
import sqlalchemy as sa

from renown.store.copies import INDEXES, explained, percentile
from renown.store.reader import copies_of
from renown.store.rows import COLUMNS, Rows

_OTHERS = ", ".join(f"{name} {of}" for name, of in COLUMNS.items() if name != "key")


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
            # Nobody knows of the file before it is whole: it needs no journal. A page that is split keeps no old rows.
            for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive", "secure_delete = on"):
                _execute(connection, f"pragma {pragma}")
            _execute(connection, f"create table scores (key integer primary key, {_OTHERS})")
            _pour(connection, "scores", rows.relation())
            for name, on in INDEXES.items():
                _execute(connection, f"create index by_{name} on scores {on}")
            told = f"{percentile(max(rows.scored, 1))}, {day_no} as day_no, '{copy}' as copy"
            _execute(connection, f"create view served as select *, {told} from scores")
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


def _pour(connection: adbc.AdbcConnection, table: str, rows: duckdb.DuckDBPyRelation) -> None:
    """Append rows to a table, column by column, without a Python object for any."""
    options: dict[str, Any] = {"adbc.ingest.target_table": table, "adbc.ingest.mode": "adbc.ingest.mode.append"}
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
