"""Index of the published days: which there are, by which methods, and from which versions of the lake."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renown.engines.session import SessionLimits
from renown.errors import DayNotPublishedError, InvalidInputError, InvalidMethodError
from renown.records import day_from_number, day_number
from renown.store.published.day import PublishedDay
from renown.store.schema import days
from renown.text import plural


class PublishedDayIndex:
    """
    The published days of a home, to be found.

    Parameters
    ----------
    database : Engine
    root : Path
        Folder of the files of published days.
    limits : SessionLimits, optional
        Limits of the sessions that read these files.
    """

    def __init__(self, database: sa.Engine, root: Path, limits: SessionLimits | None = None) -> None:
        self._database = database
        self._root = root
        self._limits = limits or SessionLimits()

    def find(self, day: date | None = None, method: str | None = None) -> PublishedDay:
        """
        Return a published day; without `day` the latest, without `method` by its default method.

        Raises
        ------
        DayNotPublishedError
            If there is none; the message says which days there are.
        """
        matches = [
            d
            for d in self.all()
            if (day is None or d.day == day) and (d.is_default if method is None else d.method == method)
        ]
        if matches:
            return matches[-1]
        published = [d for d in self.all() if method is None or d.method == method]
        by_method = f" by method {method!r}" if method else ""
        if not published:
            versions = sorted({d.method for d in self.all()})
            remedy = f"choose a method that published some: {', '.join(versions)}; or " if versions else ""
            raise DayNotPublishedError(
                f"no day is published{by_method} yet", remedy=f"{remedy}publish one with `renown score`"
            )
        span = f"{plural(len(published), 'day is', 'days are')}, from {published[0].day} to {published[-1].day}"
        is_future = day is not None and day > datetime.now(UTC).date()
        remedy = "choose one of these" if is_future else f"publish it with `renown score --day {day}`"
        raise DayNotPublishedError(f"{day} is not published{by_method}; {span}", remedy=remedy)

    def find_before(self, day: PublishedDay) -> PublishedDay:
        """
        Return the previous published day, by its default method.

        Raises
        ------
        DayNotPublishedError
            If there is no earlier one.
        """
        earlier_day = self.find_previous(day)
        if earlier_day is None:
            raise DayNotPublishedError(
                f"no day before {day.day} is published", remedy="publish an earlier day with `renown score --day`"
            )
        return earlier_day

    def find_compared(self, day: date | None = None, since: date | None = None) -> tuple[PublishedDay, PublishedDay]:
        """
        Return two published days to compare, the earlier one first; `since` defaults to the one before `day`.

        Raises
        ------
        DayNotPublishedError
            If one of them is not published.
        InvalidInputError
            If `since` is not before `day`.
        """
        last = self.find(day)
        if since is None:
            return self.find_before(last), last
        if since >= last.day:
            raise InvalidInputError(f"{since} is not before {last.day}; choose an earlier day to compare with")
        return self.find(since), last

    def find_nearest(self, day: date, *, before: date | None = None) -> PublishedDay | None:
        """Return the day published nearest to one, by its default method, among those before another; None if none."""
        candidates = [d for d in self.all() if d.is_default and (before is None or d.day < before)]
        return min(candidates, key=lambda d: abs(d.day - day), default=None)

    def find_previous(self, day: PublishedDay) -> PublishedDay | None:
        """Return the previous published day, by its default method; None if there is none."""
        return next((d for d in reversed(self.all()) if d.is_default and d.day < day.day), None)

    def all(self) -> list[PublishedDay]:
        """Return every published day, oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(days).order_by(days.c.day_no, days.c.first_published_at)).all()
        default_methods = {row.day_no: row.method for row in reversed(rows)}
        return [self._to_published_day(row, is_default=default_methods[row.day_no] == row.method) for row in rows]

    def methods_by_day(self) -> dict[date, str]:
        """Return the version of each day's default method, oldest day first."""
        select = sa.select(days.c.day_no, days.c.method).order_by(days.c.day_no, days.c.first_published_at.desc())
        with self._database.connect() as connection:
            return {day_from_number(day_no): version for day_no, version in connection.execute(select)}

    def load_lake_versions(self) -> dict[str, int]:
        """Return the highest version of each lake table that a day was scored from."""
        versions: dict[str, int] = {}
        with self._database.connect() as connection:
            for lake in connection.scalars(sa.select(days.c.lake)):
                versions = {table: max(version, versions.get(table, 0)) for table, version in lake.items()} | {
                    table: version for table, version in versions.items() if table not in lake
                }
        return versions

    def check_version(self, version: str, digest: str) -> None:
        """
        Reject a version under which days were published with other constants or steps.

        Raises
        ------
        InvalidMethodError
        """
        is_different = sa.and_(days.c.method == version, days.c.method_digest != digest)
        with self._database.connect() as connection:
            first, last = connection.execute(
                sa.select(sa.func.min(days.c.day_no), sa.func.max(days.c.day_no)).where(is_different)
            ).one()
        if first is not None:
            first_day, last_day = day_from_number(first), day_from_number(last)
            raise InvalidMethodError(
                f"{first_day} was published by a different method with the same version {version!r}, and published "
                "days do not change: give a method file of your own that you changed a version of its own; if an "
                "upgrade of renown changed the method, take the days back with "
                f"`renown unpublish --from {first_day} --to {last_day}` and publish them by the new one with "
                f"`renown score --from {first_day} --to {last_day}`"
            )

    def _is_default(self, candidate: PublishedDay) -> bool:
        default_methods = [day.method for day in self.all() if day.is_default and day.day == candidate.day]
        return default_methods in ([], [candidate.method])

    def _find_row(self, day: date, method: str) -> sa.Row[Any] | None:
        condition = sa.and_(days.c.day_no == day_number(day), days.c.method == method)
        with self._database.connect() as connection:
            return connection.execute(sa.select(days).where(condition)).one_or_none()

    def _to_published_day(self, row: sa.Row[Any], *, is_default: bool) -> PublishedDay:
        return PublishedDay(
            day=day_from_number(row.day_no),
            method=row.method,
            method_digest=row.method_digest,
            method_text=row.method_text,
            inputs=row.inputs,
            engine=row.engine,
            folder=self._root / row.folder,
            people=row.people,
            lake=row.lake,
            published_at=row.published_at,
            is_default=is_default,
            limits=self._limits,
        )
