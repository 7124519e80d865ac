"""The session of an opened home: it finds days and people, and builds tables."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from itertools import count as count_from
from threading import RLock
from typing import TYPE_CHECKING, Any, NoReturn, Self

import duckdb

from renown import scoring
from renown.engines.session import duckdb_session, spill_folder
from renown.errors import HomeError, InvalidInputError
from renown.frames.parameters import check_frame, check_method, parse_optional_day, shorten
from renown.frames.table import Table, forbid_pickling, translate_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path
    from types import TracebackType

    from renown.frames.parameters import SupportsArrowStream
    from renown.home import Home
    from renown.store import PublishedDay


class HomeSession:
    """
    The session of an opened home; close it, or use it in a `with` statement.

    Parameters
    ----------
    home : Home
    """

    def __init__(self, home: Home) -> None:
        self._opened_home: Home | None = home
        self._path, self._process = home.settings.home, os.getpid()
        self._lock = RLock()
        self._resources = ExitStack()
        self._connection = self._resources.enter_context(duckdb_session(home.session_limits))
        self._folder = self._resources.enter_context(spill_folder(home.session_limits.spill))
        self._file_numbers = count_from()

    @property
    def _home(self) -> Home:
        if self._opened_home is None:
            raise HomeError("this home is closed; open it again with renown.open")
        self._check_process()
        return self._opened_home

    def _check_process(self) -> None:
        """Check that this process opened the home: a forked one has no threads of DuckDB, and would wait for them."""
        if os.getpid() != self._process:
            raise HomeError("another process opened this home; open it again in this one with renown.open")

    @contextmanager
    def _reading(self, tables: Sequence[str] = ()) -> Iterator[None]:
        """Let one thread at a time use the connection, and raise errors of DuckDB as those of this package."""
        self._check_process()
        with self._lock, translate_errors(tables):
            yield

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a home has open files."""
        forbid_pickling("a home")

    def __enter__(self) -> Self:
        """Return the home itself."""
        _ = self._home  # raises if the home is closed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the home."""
        self.close()

    def close(self) -> None:
        """Close the home and delete its temporary files; its tables cannot be read any more."""
        if os.getpid() == self._process:  # a forked process would delete files that the other one reads
            self._resources.close()
        self._opened_home = None

    def _find_day(self, day: date | str | None, method: str | None = None) -> PublishedDay:
        return self._home.days.find(parse_optional_day(day), check_method(method))

    def _resolve(self, who: str) -> scoring.Subject:
        if not isinstance(who, str):
            raise InvalidInputError(f"{shorten(who)} is no text; write one person's name, network:handle or network:id")
        with self._home.reader() as engine:
            return scoring.resolve_subject(who, engine, self._home.lake, self._home.people)

    def _table(
        self, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], bar: str = "", *, latest: bool = False
    ) -> Table:
        """Build a table from rows; `columns` have names and types; `latest` prints the last rows."""
        names = [column.partition(" ")[0] for column in columns]
        struct = ", ".join(columns)
        values = [dict(zip(names, row, strict=True)) for row in rows]
        sql = f"select unnest(rows, recursive := false) as row from (select cast($1 as struct({struct})[]) as rows)"
        with self._reading():
            relation = self._connection.sql(f"select row.* from ({sql})", params=[values])
        return Table(relation, bar, latest=latest, reading=self._reading)

    def _write_frame(self, frame: Table | SupportsArrowStream) -> Path:
        """
        Write a frame to a temporary file.

        Raises
        ------
        InvalidInputError
            If it is no frame, or has no columns, or two of one name.
        """
        check_frame(frame)
        file = self._folder / f"frame-{next(self._file_numbers)}.parquet"
        with self._reading():
            rows = frame.to_duckdb() if isinstance(frame, Table) else frame
            relation = rows if isinstance(rows, duckdb.DuckDBPyRelation) else self._connection.from_arrow(rows)
            relation.write_parquet(str(file))
        return file
