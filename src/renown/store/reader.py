"""Reader: rows of what is served, by the driver itself: building a statement costs ten times what a row does."""

import re
import sqlite3
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

SERVED = "select copy from serving"


class Reader(Protocol):
    """A way to read the table `served`, the served copy with its `day_no`, beside `history`."""

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

    def __init__(self, database: sa.Engine) -> None:
        self._store, self._folder = Path(str(database.url.database)), copies_of(database)
        self._mine = threading.local()

    def rows(self, select: str, values: Mapping[str, Any]) -> list[Any]:
        connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"file:{self._store}", uri=True, isolation_level=None)
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
    """The view `served`."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._mine = threading.local()

    def rows(self, select: str, values: Mapping[str, Any]) -> list[Any]:
        from psycopg import OperationalError, ProgrammingError  # noqa: PLC0415 - an extra

        connection, missing = getattr(self._mine, "connection", None) or self._connect(), None
        while True:
            try:
                return list(connection.execute(_pyformat(select), values).fetchall())
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

    def _connect(self) -> Any:
        pooled = self._database.raw_connection()
        connection: Any = pooled.driver_connection
        self._mine.connection = connection
        pooled.detach()
        connection.autocommit = True
        return connection


@lru_cache
def _pyformat(select: str) -> str:
    """
    Write names as psycopg has them.

    >>> _pyformat("select 1 where a = :key and b::int > 0")
    'select 1 where a = %(key)s and b::int > 0'
    """
    return re.sub(r"(?<!:):(\w+)", r"%(\1)s", select.replace("%", "%%"))
