"""The session of an opened home: it finds days and people, and builds tables."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, date, datetime
from itertools import count as count_from
from math import nan
from operator import index
from typing import TYPE_CHECKING, Any, Self

from renown import scoring
from renown.engines.session import duckdb_session, spill_folder
from renown.errors import HomeError, InvalidInputError
from renown.frames.table import Table
from renown.method.parameters import BASE_SCORE, MAX_SCORE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

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
        self._resources = ExitStack()
        self._connection = self._resources.enter_context(duckdb_session(home.session_limits))
        self._folder = self._resources.enter_context(spill_folder(home.session_limits.spill))
        self._file_numbers = count_from()

    @property
    def _home(self) -> Home:
        if self._opened_home is None:
            raise HomeError("this home is closed; open it again with renown.open")
        return self._opened_home

    def __enter__(self) -> Self:
        """Return the home itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the home."""
        self.close()

    def close(self) -> None:
        """Close the home and delete its temporary files; its tables cannot be read any more."""
        self._resources.close()
        self._opened_home = None

    def _find_day(self, day: date | str | None, method: str | None = None) -> PublishedDay:
        return self._home.days.find(parse_optional_day(day), method)

    def _resolve(self, who: str) -> scoring.Subject:
        if not isinstance(who, str):
            raise InvalidInputError(f"{who!r} is no text; write one person's name, network:handle or network:id")
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
        return Table(self._connection.sql(f"select row.* from ({sql})", params=[values]), bar, latest=latest)


def parse_day(day: date | str) -> date:
    """
    Return a day; text has to be as 2026-11-23.

    Frames have instants in place of dates, such as a Timestamp of pandas or a datetime64 of NumPy: one with a time zone
    is of its UTC day.

    Raises
    ------
    InvalidInputError
    """
    try:
        instant = day.astype("datetime64[D]").item() if hasattr(day, "astype") else day
        instant = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        if isinstance(instant, datetime) and instant.tzinfo:
            instant = instant.astimezone(UTC)
        if isinstance(instant, date):
            # Not date(): the missing instant of pandas returns itself.
            return date(instant.year, instant.month, instant.day)
    except (TypeError, ValueError):
        pass
    raise InvalidInputError(f"{day!r} is not a day; write it as 2026-11-23, or give a date")


def parse_optional_day(day: date | str | None) -> date | None:
    """Return a day as `parse_day` does; None if there is none."""
    return None if day is None else parse_day(day)


def check_count(name: str, value: int, *, least: int) -> int:
    """
    Return a number that was given as a parameter of this name.

    Raises
    ------
    InvalidInputError
        If it is not a whole number, or too small.
    """
    try:
        count = index(value)
    except TypeError:
        count = least - 1
    if count < least:
        raise InvalidInputError(f"{name} is {value!r}; write a whole number from {least} on")
    return count


def check_score(name: str, value: float) -> float:
    """
    Return a score that was given as a parameter of this name.

    Raises
    ------
    InvalidInputError
        If it is not a number from 1 to 100.
    """
    try:
        score = float(value)
    except (TypeError, ValueError):
        score = nan
    if not BASE_SCORE <= score <= MAX_SCORE:
        raise InvalidInputError(f"{name} is {value!r}; write a score of 1 to 100")
    return score
