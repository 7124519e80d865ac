"""Reader: rows of what is served, straight from the driver: building a statement costs ten times what a row does."""

import re
import select
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from renown.errors import HomeError
from renown.store.blocks import PERSON, RANKS

SERVED = "select copy from serving"
_AWAKE = 100e-6
"""Seconds for which an answer of PostgreSQL is looked for: to be woken up takes longer than most answers do."""


class Reader(Protocol):
    """A way to read the table `served`, the served copy with its `day_no`."""

    person: str
    """What follows FROM to find who has ``:key``."""
    listed: str
    """What follows FROM to find claimed people, and the first ranks."""
    ranks: str
    """What follows FROM to look through everybody's `rank`."""

    def rows(self, select: str, values: Mapping[str, Any]) -> list[Any]:
        """Return rows of a SELECT with ``:names``; none where nothing is served yet."""


def reader(database: sa.Engine) -> Reader:
    """Return a reader of a database; each thread has a connection of its own."""
    return _SQLite(database) if database.dialect.name == "sqlite" else _PostgreSQL(database)


def copies_of(database: sa.Engine) -> Path:
    """Return the folder of the copies beside a database of SQLite."""
    return Path(str(database.url.database)).parent / "served"


class _SQLite:
    """The store with the served file attached to it."""

    person = "(select * from served where key = :key) person"
    listed = ranks = "served"

    def __init__(self, database: sa.Engine) -> None:
        self._store, self._folder = Path(str(database.url.database)), copies_of(database)
        self._mine = threading.local()

    def rows(self, select: str, values: Mapping[str, Any]) -> list[Any]:
        try:
            return self._rows(select, values)
        except sqlite3.DatabaseError as error:
            # What is open may lie on a disk that is away: the next question opens it anew.
            self._mine.connection = None
            msg = f"cannot read the store {str(self._store)!r}: {error}; is the folder there, and the disk well?"
            raise HomeError(msg) from error

    def _rows(self, select: str, values: Mapping[str, Any]) -> list[Any]:
        connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            # One that is not there is not made: an empty store would say that nobody was ever scored.
            connection = sqlite3.connect(f"file:{self._store}?mode=rw", uri=True, isolation_level=None)
            self._mine.connection, self._mine.copy = connection, None
        missing = None
        while served := connection.execute(SERVED).fetchone():
            try:
                if served[0] != self._mine.copy:
                    self._attach(connection, served[0])
                return connection.execute(select, values).fetchall()
            except sqlite3.OperationalError:
                # It was removed because a next day was published in between: then that one is named now.
                if served[0] == missing:
                    raise
                missing = served[0]
        return []

    def _attach(self, connection: sqlite3.Connection, copy: str) -> None:
        if self._mine.copy:
            connection.execute("detach copy")
        self._mine.copy = None
        connection.execute(f"attach 'file:{self._folder / copy}.sqlite?mode=ro' as copy")
        self._mine.copy = copy


class _PostgreSQL:
    """
    The view `served`, by statements that the server keeps prepared.

    They go through psycopg's binding of libpq: its cursors add half of what the server takes to answer.
    """

    person, listed, ranks = PERSON, "listed", RANKS

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._mine = threading.local()

    def rows(self, select: str, values: Mapping[str, Any]) -> list[Any]:
        from psycopg import OperationalError, ProgrammingError  # noqa: PLC0415 - an extra

        connection, missing = getattr(self._mine, "connection", None) or self._connect(), None
        while True:
            try:
                return self._ask(connection.pgconn, select, values)
            except OperationalError:
                # The server was started again; where it is away, connecting says so.
                connection = self._connect()
            except ProgrammingError:
                # Nothing is served yet, or the table behind the view was dropped in between.
                served = connection.execute(SERVED).fetchone()
                if served is None:
                    return []
                if served == missing:
                    raise
                missing = served

    def _ask(self, server: Any, select: str, values: Mapping[str, Any]) -> list[Any]:
        prepared: dict[str, _Prepared] = self._mine.prepared
        if select not in prepared:
            prepared[select] = _prepared(server, f"renown{len(prepared)}".encode(), select)
        asked = prepared[select]
        found = _checked(_answered(server, asked.name, [str(values[one]).encode() for one in asked.values]))
        said = found.get_value
        return [
            tuple(
                None if (field := said(row, place)) is None else read(field) for place, read in enumerate(asked.reads)
            )
            for row in range(found.ntuples)
        ]

    def _connect(self) -> Any:
        pooled = self._database.raw_connection()
        connection: Any = pooled.driver_connection
        self._mine.connection, self._mine.prepared = connection, {}
        pooled.detach()
        connection.autocommit = True
        return connection


_READS: dict[int, Callable[[bytes], Any]] = {
    17: lambda said: bytes.fromhex(said[2:].decode()),
    20: int,
    21: int,
    23: int,
    701: float,
}
"""How to read bytea, bigint, smallint, integer and double precision; all else is text."""


class _Prepared(NamedTuple):
    """A statement that the server keeps."""

    name: bytes
    values: list[str]
    """The names of its values, in order."""
    reads: list[Callable[[bytes], Any]]
    """How to read each column."""


def _prepared(server: Any, name: bytes, select: str) -> _Prepared:
    text, values = _numbered(select)
    _checked(server.prepare(name, text.encode()))
    told = _checked(server.describe_prepared(name))
    return _Prepared(name, values, [_READS.get(told.ftype(place), bytes.decode) for place in range(told.nfields)])


def _answered(server: Any, name: bytes, values: list[bytes]) -> Any:
    """Run a prepared statement, and look for its answer for a moment before going to sleep until it comes."""
    server.send_query_prepared(name, values)
    while server.flush():
        _asleep(server.socket, select.POLLOUT)
    awake = time.perf_counter() + _AWAKE
    while server.is_busy():
        if time.perf_counter() > awake:
            _asleep(server.socket)
        server.consume_input()
    found = server.get_result()
    while server.get_result():
        pass
    return found


def _asleep(socket: int, event: int = select.POLLIN) -> None:
    """Wait until there is something to read, or room to write; other threads go on."""
    until = select.poll()
    until.register(socket, event)
    until.poll()


def _checked(result: Any) -> Any:
    from psycopg import errors, pq  # noqa: PLC0415 - an extra

    if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        raise errors.error_from_result(result)
    return result


def _numbered(select: str) -> tuple[str, list[str]]:
    """
    Write names as PostgreSQL has them; return them in the order of their numbers.

    >>> _numbered("select 1 where a = :key and b::int > :n and c < :key")
    ('select 1 where a = $1 and b::int > $2 and c < $1', ['key', 'n'])
    """
    names = list(dict.fromkeys(_NAME.findall(select)))
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", select), names


_NAME = re.compile(r"(?<!:):(\w+)")
