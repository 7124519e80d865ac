"""Snapshots of the scores beside SQLite: one database file each."""

import contextlib
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import adbc_driver_manager as adbc
import adbc_driver_sqlite
import duckdb
import sqlalchemy as sa

from renown.fsync import sync_path
from renown.store.serving.columns import CLAIMED_SCORES_SQL, COLUMNS, INDEXES, percentile_sql
from renown.store.serving.read import snapshot_folder
from renown.store.serving.snapshot import SnapshotRows, translate_driver_errors

_COLUMNS_SQL = ", ".join(f"{name} {sql_type}" for name, sql_type in COLUMNS.items() if name != "key")


class SqliteSnapshotStore:
    """Snapshots beside SQLite, a file each, so that writing one blocks nobody and leaves no free pages behind."""

    def __init__(self, database: sa.Engine) -> None:
        self._folder = snapshot_folder(database)

    def build(self, rows: SnapshotRows, day_no: int) -> str:
        """Write rows to a new snapshot file; return its id."""
        self._folder.mkdir(exist_ok=True)
        snapshot_id = uuid.uuid4().hex
        database = adbc_driver_sqlite.connect(str(self._snapshot_path(snapshot_id)))
        with translate_driver_errors(self._folder, adbc.Error), database, adbc.AdbcConnection(database) as connection:
            # Nobody reads the file before it is complete: no journal. With secure_delete, split pages keep no old rows.
            for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive", "secure_delete = on"):
                _execute(connection, f"pragma {pragma}")
            _execute(connection, f"create table scores (key integer primary key, {_COLUMNS_SQL})")
            _bulk_insert(connection, "scores", rows.relation())
            for name, index_sql in INDEXES.items():
                _execute(connection, f"create index by_{name} on scores {index_sql}")
            columns_sql = f"{percentile_sql(max(rows.scored_people, 1))}, {day_no} as day_no, '{snapshot_id}' as copy"
            _execute(connection, f"create view served as select *, {columns_sql} from scores")
        sync_path(self._snapshot_path(snapshot_id))
        sync_path(self._folder)
        return snapshot_id

    def serve(self, connection: sa.Connection, snapshot_id: str, scored_people: int, day_no: int) -> None:
        """Do nothing: the row in `serving` names the file."""

    def unserve(self, connection: sa.Connection) -> None:
        """Do nothing: no row in `serving` names a file."""

    def delete_unserved(self, served_id: str) -> None:
        """Delete every other file; processes that still read one have it open."""
        for file in self._folder.glob("*.sqlite*"):
            if file.name.partition(".")[0] != served_id:
                file.unlink(missing_ok=True)

    def read_claimed_scores(self, served_id: str) -> dict[int, float]:
        """Return the scores of claimed people in the served file, by key; none if it is damaged or missing."""
        uri = f"file:{self._snapshot_path(served_id)}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
                return dict(connection.execute(CLAIMED_SCORES_SQL.format(table="scores")))
        except sqlite3.DatabaseError:
            return {}  # the publication repairs it; everybody's score counts as changed

    def erase(self, served_id: str, keys: list[int]) -> int:
        """Delete people from the served file and its free pages; return the number of rows deleted."""
        uri = f"file:{self._snapshot_path(served_id)}?mode=rw"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection, connection:
            connection.execute("pragma secure_delete = on")
            keys_sql = ", ".join(map(str, keys))
            return connection.execute(f"delete from scores where key in ({keys_sql})").rowcount

    def _snapshot_path(self, snapshot_id: str) -> Path:
        return self._folder / f"{snapshot_id}.sqlite"


def _bulk_insert(connection: adbc.AdbcConnection, table: str, rows: duckdb.DuckDBPyRelation) -> None:
    """Bulk-insert rows into a table through ADBC, column by column, without a Python object per row."""
    options: dict[str, Any] = {"adbc.ingest.target_table": table, "adbc.ingest.mode": "adbc.ingest.mode.append"}
    with adbc.AdbcStatement(connection) as statement:
        statement.set_options(**options)
        statement.bind_stream(rows)
        statement.execute_update()


def _execute(connection: adbc.AdbcConnection, sql: str) -> None:
    with adbc.AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        statement.execute_update()
