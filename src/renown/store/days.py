"""Published days: one row is what makes a folder of files a published day."""

import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renown.errors import BadMethod, HomeError, NotPublished
from renown.records import day_number, day_of
from renown.store.day import PublishedDay
from renown.store.erasure import count, erase
from renown.store.exports import Exports
from renown.store.opt_outs import gone
from renown.store.schema import days
from renown.store.serving import Serving


class Days:
    """The published days of a home."""

    def __init__(self, database: sa.Engine, root: Path) -> None:
        self._database = database
        self._root = root
        self._serving = Serving(database, root)
        self.exports = Exports(database)

    def departures(self) -> int:
        """Return how often somebody left; a day that was begun before the last time may hold them."""
        with self._database.connect() as connection:
            return gone(connection)

    @contextmanager
    def staging(self, day: date, method: str) -> Iterator[Path]:
        """Make a folder to write a day to; it stays only if it is published, and so do older ones."""
        home = self._root / day.isoformat() / method
        folder = home / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            row = self._row(day, method)
            for left in home.iterdir():
                if row is None or left.name != Path(row.folder).name:
                    shutil.rmtree(left, ignore_errors=True)

    def publish(self, new: PublishedDay, *, departures: int | None = None) -> None:
        """
        Put a day in place of what this method had published for it, whole, in one transaction, and serve its scores.

        Only a day's own scores are served, see `PublishedDay.own`.

        Parameters
        ----------
        new : PublishedDay
        departures : int, optional
            What `departures` said before anything of the day was read.

        Raises
        ------
        BadMethod
            If another method goes by the same version.
        HomeError
            If somebody left since: their rows are in the day.
        """
        self.check_version(new.method, new.method_digest)
        if departures not in {None, self.departures()}:
            raise _left(new.day)
        key = {"day_no": day_number(new.day), "method": new.method}
        row = key | {
            "method_digest": new.method_digest,
            "method_text": new.method_text,
            "inputs": new.inputs,
            "engine": new.engine,
            "folder": str(new.folder.relative_to(self._root)),
            "people": new.people,
            "lake": new.lake,
            "published_at": new.published_at,
        }
        here = sa.and_(days.c.day_no == key["day_no"], days.c.method == new.method)
        self._serving.tidy()
        copy = self._serving.build(new) if self._is_own(new) else None
        with self._database.begin() as connection:
            first_at = connection.scalar(sa.select(days.c.first_at).where(here)) or new.published_at
            connection.execute(sa.delete(days).where(here))
            connection.execute(sa.insert(days).values(**row, first_at=first_at))
            if departures not in {None, gone(connection, hold=True)}:
                raise _left(new.day)
            if copy:
                self._serving.put(connection, copy)
        self._serving.tidy()

    def check_version(self, version: str, digest: str) -> None:
        """
        Refuse a version under which days were published by other constants or steps.

        Raises
        ------
        BadMethod
        """
        other = sa.select(days.c.day_no).where(days.c.method == version, days.c.method_digest != digest).limit(1)
        with self._database.connect() as connection:
            day_no = connection.scalar(other)
        if day_no is not None:
            msg = (
                f"{day_of(day_no)} was published by another method that is called {version!r} too; "
                "published days stay as they are: give the changed method a version of its own"
            )
            raise BadMethod(msg)

    def find(self, day: date | None = None, method: str | None = None) -> PublishedDay:
        """
        Return a published day; the latest without `day`, its own without `method`.

        Raises
        ------
        NotPublished
            If there is none, saying which there are.
        """
        found = [
            d for d in self.all() if (day is None or d.day == day) and (d.own if method is None else d.method == method)
        ]
        if found:
            return found[-1]
        known = [d for d in self.all() if method is None or d.method == method]
        by = f" by method {method!r}" if method else ""
        if not known:
            msg = f"no day is published{by} yet; publish one with `renown score`"
        else:
            span = f"{len(known)} days from {known[0].day} to {known[-1].day} are"
            msg = f"{day} is not published{by}, {span}; publish it with `renown score --day {day}`"
        raise NotPublished(msg)

    def before(self, day: PublishedDay) -> PublishedDay:
        """
        Return the published day before another, each its day's own.

        Raises
        ------
        NotPublished
            If that was the first.
        """
        earlier = [d for d in self.all() if d.own and d.day < day.day]
        if not earlier:
            msg = f"nothing is published before {day.day}; publish an earlier day with `renown score --day`"
            raise NotPublished(msg)
        return earlier[-1]

    def hide(self, key: int) -> int:
        """Take somebody out of the served scores and histories at once; `forget` takes them out of files, too."""
        return self._serving.forget([key])

    def forget(self, person: int, accounts: Sequence[int]) -> int:
        """Take a person and accounts out of every published day and its exports; return how many rows went."""
        self._sweep()
        self._serving.tidy()
        rows = self._serving.forget([person, *accounts]) + self.exports.forget([person, *accounts])
        for day in self.all():
            rows += erase(day.folder, [person, *accounts])
            left = count(day.folder)
            here = sa.and_(days.c.day_no == day_number(day.day), days.c.method == day.method)
            with self._database.begin() as connection:
                connection.execute(sa.update(days).where(here).values(people=left))
        return rows

    def _sweep(self) -> None:
        """Remove what runs that were killed left: days that were never published."""
        published = {day.folder for day in self.all()}
        for folder in self._root.glob("*/*/*"):
            if folder not in published:
                shutil.rmtree(folder, ignore_errors=True)

    def all(self) -> list[PublishedDay]:
        """Return every published day, oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(days).order_by(days.c.day_no, days.c.first_at)).all()
        firsts = {row.day_no: row.method for row in reversed(rows)}
        return [self._record(row, own=firsts[row.day_no] == row.method) for row in rows]

    def methods(self) -> dict[date, str]:
        """Return the version of the method that each day's own scores are by, oldest day first."""
        select = sa.select(days.c.day_no, days.c.method).order_by(days.c.day_no, days.c.first_at.desc())
        with self._database.connect() as connection:
            return {day_of(day_no): version for day_no, version in connection.execute(select)}

    def _is_own(self, new: PublishedDay) -> bool:
        own = [day.method for day in self.all() if day.own and day.day == new.day]
        return own in ([], [new.method])

    def _row(self, day: date, method: str) -> sa.Row[Any] | None:
        where = sa.and_(days.c.day_no == day_number(day), days.c.method == method)
        with self._database.connect() as connection:
            return connection.execute(sa.select(days).where(where)).one_or_none()

    def _record(self, row: sa.Row[Any], *, own: bool) -> PublishedDay:
        return PublishedDay(
            day_of(row.day_no),
            row.method,
            row.method_digest,
            row.method_text,
            row.inputs,
            row.engine,
            self._root / row.folder,
            row.people,
            row.lake,
            row.published_at,
            own,
        )


def _left(day: date) -> HomeError:
    msg = f"somebody left while {day} was scored, and is in what was about to be published; score it again"
    return HomeError(msg)
