"""Read the served snapshot in PostgreSQL."""

import re
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from renown.store.serving.blocks import NEXT_RANK_SQL, PERSON_SQL
from renown.store.serving.columns import PAGE_SQL, SERVED_SQL, outdated_snapshot_error

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


class PostgresReader:
    """
    The view `served` in PostgreSQL, read with prepared statements.

    They run on psycopg's binding of libpq: psycopg's cursors add half of the time that the server takes.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._local = threading.local()

    def read_rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows of a SELECT; empty if nothing is served yet."""
        from psycopg import DatabaseError, OperationalError, ProgrammingError, errors  # noqa: PLC0415 - an extra

        connection, missing_row = getattr(self._local, "connection", None) or self._connect(), None
        while True:
            try:
                return self._query(connection.pgconn, sql, values)
            except errors.UndefinedColumn as error:
                raise outdated_snapshot_error() from error
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

    def read_person(self, key: int, columns: Sequence[str]) -> tuple[Any, ...] | None:
        """Return a person's columns; None if there is none."""
        return next(iter(self.read_rows(f"select {', '.join(columns)} from {PERSON_SQL}", {"key": key})), None)

    def read_slots(self) -> list[tuple[int, int]]:
        """Return (key, slot) of everybody."""
        return self.read_rows("select key, slot from served", {})

    def find_next_rank(self, rank: int) -> int | None:
        """Return the next rank below one; None if it is the last."""
        return next((next_rank for (next_rank,) in self.read_rows(NEXT_RANK_SQL, {"rank": rank})), None)

    def list_everybody(self, columns: Sequence[str], n: int, *, after: tuple[int, int]) -> list[tuple[Any, ...]]:
        """Return columns of the `n` people after the cursor (rank, key)."""
        sql = PAGE_SQL.format(columns=", ".join(columns), rows="served", condition="rank is not null")
        return self.read_rows(sql, {"rank": after[0], "key": after[1], "n": n})

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
