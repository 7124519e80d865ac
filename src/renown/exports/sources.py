"""What exports read: stores, the lake, and the days that somebody wants."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from renown.engines.duckdb import DuckDB
from renown.engines.session import SessionLimits
from renown.errors import DayNotPublishedError
from renown.lake import Lake
from renown.method.file import Method
from renown.store import PeopleStore, ProfileStore, PublishedDay, PublishedDayStore, ServedScoreStore, check_day_order
from renown.text import plural


@dataclass(frozen=True, kw_only=True)
class ExportSources:
    """The stores that exports read."""

    folder: Path
    """Folder of the home, for temporary files."""
    lake: Lake
    people: PeopleStore
    days: PublishedDayStore
    served_scores: ServedScoreStore
    profiles: ProfileStore
    method: Method
    limits: SessionLimits
    """Limits of the sessions that read and write."""


@dataclass(frozen=True)
class DayRange:
    """The days of an export, and the method by which they were scored."""

    first: date | None = None
    last: date | None = None
    """Without first and last day, the latest published one."""
    method: str | None = None
    """Version of the method; the default one of each day if it is not named."""

    def __post_init__(self) -> None:
        """Check that the days are in their order."""
        if self.first and self.last:
            check_day_order(self.first, self.last)

    def includes(self, day: date) -> bool:
        """Return whether a day is between first and last day."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def find_days(self, days: PublishedDayStore) -> list[PublishedDay]:
        """
        Find the published days of the range, oldest first.

        Raises
        ------
        DayNotPublishedError
            If there is none.
        """
        if self.first == self.last:
            return [days.find(self.last, self.method)]
        published = [day for day in days.all() if (day.method == self.method if self.method else day.is_default)]
        if matches := [day for day in published if self.includes(day.day)]:
            return matches
        latest = days.find(method=self.method)
        raise DayNotPublishedError(
            f"no day from {self.first or 'the first'} to {self.last or 'the last'} is published; "
            f"{plural(len(published), 'day is', 'days are')}, from {published[0].day} to {latest.day}"
        )


@dataclass(frozen=True)
class TablePart:
    """A part of an exported table: the rows of one day, or all rows of a table that is not by day."""

    day: date | None
    open_rows: Callable[[DuckDB], AbstractContextManager[str]]
    """Given a session, opens the rows as a SELECT that can be run until it is closed."""
