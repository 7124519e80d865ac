"""Read the served snapshot straight from the driver: building a SQLAlchemy statement costs ten times a row's read."""

import contextlib
import re
import select
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from renown.errors import DamagedHomeError, HomeError
from renown.store.serving.blocks import PERSON_SQL, RANKS_SQL

SERVED_SQL = "select copy from serving"
_POLL_SECONDS = 100e-6
"""Seconds of busy polling for PostgreSQL's result: being woken up takes longer than most queries."""

_DECODERS: dict[int, Callable[[bytes], Any]] = {
    16: b"t".__eq__,
    17: lambda raw: bytes.fromhex(raw[2:].decode()),
    20: int,
    21: int,
    23: int,
    701: float,
}
"""Decoders of boolean, bytea, bigint, smallint, integer and double precision by OID; everything else is text."""

_PARAMETER = re.compile(r"(?<!:):(\w+)")


class SnapshotReader(Protocol):
    """Reader of the served snapshot, the table `served` with its `day_no`."""

    person_sql: str
    """FROM clause that finds the person with ``:key``."""
    listed_sql: str
    """FROM clause over claimed people and the first ranks."""
    ranks_sql: str
    """FROM clause over the `rank` of all people."""

    def read_rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows of a SELECT with ``:name`` parameters; empty if nothing is served yet."""


def open_reader(database: sa.Engine) -> SnapshotReader:
    """Return a reader of the database's served snapshot; each thread gets its own connection."""
    return _SqliteReader(database) if database.dialect.name == "sqlite" else _PostgresReader(database)


def snapshot_folder(database: sa.Engine) -> Path:
    """Return the folder of snapshots beside a SQLite database."""
    return Path(str(database.url.database)).parent / "served"


class _SqliteReader:
    """The SQLite store with the served snapshot file attached."""

    person_sql = "(select * from served where key = :key) person"
    listed_sql = ranks_sql = "served"

    def __init__(self, database: sa.Engine) -> None:
        self._store, self._folder = Path(str(database.url.database)), snapshot_folder(database)
        self._local = threading.local()

    def read_rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        try:
            return self._query(sql, values)
        except sqlite3.DatabaseError as error:
            # The open file may be on a disk that was unmounted: reconnect at the next read.
            self._local.connection = None
            if "no such column" in str(error):
                raise _outdated_snapshot_error() from error
            raise self._explain(error) from error

    def _query(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Do not create a missing file: an empty store would look as if nobody was ever scored.
            connection = sqlite3.connect(f"file:{self._store}?mode=rw", uri=True, isolation_level=None)
            self._local.connection, self._local.copy = connection, None
        missing_id = None
        while serving_row := connection.execute(SERVED_SQL).fetchone():
            try:
                if serving_row[0] != self._local.copy:
                    self._attach(connection, serving_row[0])
                return connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError:
                # The file was deleted because another day was published: then `serving` names another one now.
                if serving_row[0] == missing_id:
                    raise
                missing_id = serving_row[0]
        self._detach(connection)
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return []  # of the snapshot, while nothing is served

    def _explain(self, error: sqlite3.DatabaseError) -> HomeError:
        """Return the error of the store, or of the served snapshot if the store can be read."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self._store}?mode=rw", uri=True)) as connection:
                serving_row = connection.execute(SERVED_SQL).fetchone()
        except sqlite3.DatabaseError:
            return HomeError(
                f"cannot read the store {str(self._store)!r}: {error}; check that its folder and disk are available"
            )
        file_name = f"{serving_row[0]}.sqlite" if serving_row else ""
        return DamagedHomeError(
            f"the served scores {str(self._folder / file_name)!r} are damaged or missing: {error}; "
            "publish them again: `renown score --day DAY` with the latest day that `renown status` prints"
            if serving_row
            else f"cannot read the served scores: {error}; repeat the command"
        )

    def _attach(self, connection: sqlite3.Connection, snapshot_id: str) -> None:
        self._detach(connection)
        connection.execute(f"attach 'file:{self._folder / snapshot_id}.sqlite?mode=ro' as copy")
        self._local.copy = snapshot_id

    def _detach(self, connection: sqlite3.Connection) -> None:
        if self._local.copy:
            connection.execute("detach copy")
        self._local.copy = None


class _PostgresReader:
    """
    The view `served` in PostgreSQL, read with prepared statements.

    They run on psycopg's binding of libpq: psycopg's cursors add half of the time that the server takes.
    """

    person_sql, listed_sql, ranks_sql = PERSON_SQL, "listed", RANKS_SQL

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._local = threading.local()

    def read_rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        from psycopg import DatabaseError, OperationalError, ProgrammingError, errors  # noqa: PLC0415 - an extra

        connection, missing_row = getattr(self._local, "connection", None) or self._connect(), None
        while True:
            try:
                return self._query(connection.pgconn, sql, values)
            except errors.UndefinedColumn as error:
                raise _outdated_snapshot_error() from error
            except ProgrammingError:
                # Nothing is served yet, or the table behind the view was dropped meanwhile.
                serving_row = connection.execute(SERVED_SQL).fetchone()
                if serving_row is None:
                    return []
                if serving_row == missing_row:
                    raise
                missing_row = serving_row
            except DatabaseError as error:
                # The server restarted: reconnect; if it is down, connecting fails. A lost connection has no type.
                if not (isinstance(error, OperationalError) or connection.broken):
                    raise
                connection = self._connect()

    def _query(self, server: Any, sql: str, values: Mapping[str, Any]) -> list[Any]:
        statements: dict[str, _PreparedStatement] = self._local.prepared
        if sql not in statements:
            statements[sql] = _prepare(server, f"renown{len(statements)}".encode(), sql)
        statement = statements[sql]
        result = _check_result(
            _execute(server, statement.name, [str(values[name]).encode() for name in statement.parameters])
        )
        get_value = result.get_value
        return [
            tuple(
                None if (field := get_value(row, column)) is None else decode(field)
                for column, decode in enumerate(statement.decoders)
            )
            for row in range(result.ntuples)
        ]

    def _connect(self) -> Any:
        # `raw_connection` of the engine would not translate the error of a server that is down.
        pool_connection = self._database.connect().connection
        connection: Any = pool_connection.driver_connection
        self._local.connection, self._local.prepared = connection, {}
        pool_connection.detach()
        connection.autocommit = True
        return connection


def _outdated_snapshot_error() -> HomeError:
    return HomeError(
        "the served scores were written by an older version of renown, without columns that this one reads; "
        "publish a day again with `renown run` or `renown score`"
    )


class _PreparedStatement(NamedTuple):
    """A prepared statement."""

    name: bytes
    parameters: list[str]
    """Names of its parameters, in order."""
    decoders: list[Callable[[bytes], Any]]
    """Decoder of each column."""


def _prepare(server: Any, name: bytes, sql: str) -> _PreparedStatement:
    text, parameters = _number_parameters(sql)
    _check_result(server.prepare(name, text.encode()))
    description = _check_result(server.describe_prepared(name))
    return _PreparedStatement(
        name,
        parameters,
        [_DECODERS.get(description.ftype(column), bytes.decode) for column in range(description.nfields)],
    )


def _execute(server: Any, name: bytes, values: list[bytes]) -> Any:
    """Run a prepared statement: poll for its result for a moment, then sleep until it arrives."""
    server.send_query_prepared(name, values)
    while server.flush():
        _wait_for_socket(server.socket, select.POLLOUT)
    deadline = time.perf_counter() + _POLL_SECONDS
    while server.is_busy():
        if time.perf_counter() > deadline:
            _wait_for_socket(server.socket)
        server.consume_input()
    result = server.get_result()
    while server.get_result():
        pass
    return result


def _wait_for_socket(socket: int, event: int = select.POLLIN) -> None:
    """Wait until the socket is readable, or writable; other threads go on."""
    poller = select.poll()
    poller.register(socket, event)
    poller.poll()


def _check_result(result: Any) -> Any:
    from psycopg import errors, pq  # noqa: PLC0415 - an extra

    if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        raise errors.error_from_result(result)
    return result


def _number_parameters(sql: str) -> tuple[str, list[str]]:
    """
    Replace ``:name`` parameters by PostgreSQL's numbered ones; return the names in order.

    >>> _number_parameters("select 1 where a = :key and b::int > :n and c < :key")
    ('select 1 where a = $1 and b::int > $2 and c < $1', ['key', 'n'])
    """
    names = list(dict.fromkeys(_PARAMETER.findall(sql)))
    return _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", sql), names
