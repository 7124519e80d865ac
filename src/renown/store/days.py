"""Store of the published days: a row in the database makes a folder of files a published day, atomically."""

import fcntl
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from renown.engines.session import SessionLimits
from renown.errors import DepartureError, HomeError
from renown.fsync import sync_tree
from renown.records import day_number
from renown.store.database import purge_deleted_rows
from renown.store.opt_outs import count_departures, record_departure
from renown.store.person_changes import SCORE, record_change_of_all, record_scores
from renown.store.person_days import delete_days
from renown.store.published.day import PublishedDay
from renown.store.published.day_index import PublishedDayIndex
from renown.store.published.erasure import erase_from_day
from renown.store.published.exports import ExportStore
from renown.store.published.tables import count_scored_people
from renown.store.recomputed import RecomputedScoreStore
from renown.store.schema import days, profiles, receipts, score_ranges
from renown.store.visibility import record_visibility_change

if TYPE_CHECKING:
    from renown.store.serving.publish import Snapshot, SnapshotPublisher

PUBLISHING_LOCK = "_publishing"
"""Lock file in the folder of published days: shared by those who publish, exclusive for an erasure."""


class PublishedDayStore(PublishedDayIndex):
    """The published days of a home, to be found, published, taken back and erased."""

    def __init__(self, database: sa.Engine, root: Path, limits: SessionLimits | None = None) -> None:
        super().__init__(database, root, limits)
        self.exports = ExportStore(database, self._limits)
        self.recomputed = RecomputedScoreStore(database)

    @cached_property
    def _publisher(self) -> "SnapshotPublisher":
        """What writes and erases served scores; reading days needs neither it nor its libraries."""
        from renown.store.serving.publish import SnapshotPublisher  # noqa: PLC0415 - as above

        return SnapshotPublisher(self._database, self._root, self._limits)

    def count_departures(self) -> int:
        """Count opt-outs and erasures so far; a day begun before the count grew may contain rows of these people."""
        with self._database.connect() as connection:
            return count_departures(connection)

    @contextmanager
    def staging_folder(self, day: date, method: str) -> Iterator[Path]:
        """Create a folder to write a day to; on exit, delete every folder of the day that is not published."""
        method_folder = self._root / day.isoformat() / method
        folder = method_folder / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            row = self._find_row(day, method)
            for leftover in method_folder.iterdir():
                if row is None or leftover.name != Path(row.folder).name:
                    shutil.rmtree(leftover, ignore_errors=True)

    def publish(self, day: PublishedDay, *, departures: int | None = None) -> None:
        """
        Publish a day atomically, replacing what this method published for it before, and serve its scores.

        Only scores by the day's default method are served, see `PublishedDay.is_default`.

        Parameters
        ----------
        day : PublishedDay
        departures : int, optional
            What `count_departures` returned before anything of the day was read.

        Raises
        ------
        InvalidMethodError
            If another method has the same version.
        DepartureError
            If somebody opted out since: the day contains their rows.
        """
        self.check_version(day.method, day.method_digest)
        if departures not in {None, self.count_departures()}:
            raise _departure_error(day.day)
        key = {"day_no": day_number(day.day), "method": day.method}
        row = key | {
            "method_digest": day.method_digest,
            "method_text": day.method_text,
            "inputs": day.inputs,
            "engine": day.engine,
            "folder": str(day.folder.relative_to(self._root)),
            "people": day.people,
            "lake": day.lake,
            "published_at": day.published_at,
        }
        with self._lock(fcntl.LOCK_SH):
            self._publish(day, row, departures)

    def _publish(self, day: PublishedDay, row: dict[str, Any], departures: int | None) -> None:
        condition = sa.and_(days.c.day_no == row["day_no"], days.c.method == day.method)
        self._publisher.delete_unserved()
        snapshot = self._publisher.build(day) if self._is_default(day) else None
        sync_tree(day.folder, self._root.parent)
        with self._database.begin() as connection:
            first_published_at = (
                connection.scalar(sa.select(days.c.first_published_at).where(condition)) or day.published_at
            )
            connection.execute(sa.delete(days).where(condition))
            connection.execute(sa.insert(days).values(**row, first_published_at=first_published_at))
            if departures not in {None, count_departures(connection, lock=True)}:
                raise _departure_error(day.day)
            if snapshot:
                self._serve(connection, snapshot)
        self._publisher.delete_unserved()

    def _serve(self, connection: sa.Connection, snapshot: "Snapshot") -> None:
        self._publisher.serve(connection, snapshot)
        record_visibility_change(connection)
        record_scores(connection, snapshot.scored_person_ids, snapshot.changed_person_ids)

    def withdraw(self, withdrawn: Collection[date], *, in_transaction: Callable[[sa.Connection], None]) -> None:
        """
        Take days back atomically, by all methods: the latest remaining day is served, as if these never had been.

        Histories, too, do not have these days any more; profiles of served scores are deleted, to be built again.

        Parameters
        ----------
        withdrawn : collection of date
        in_transaction : callable
            Changes what else refers to these days, in the same transaction.
        """
        with self._lock(fcntl.LOCK_EX):
            self._publisher.delete_unserved()
            remaining = [day for day in self.all() if day.is_default and day.day not in withdrawn]
            snapshot = self._publisher.rebuild(remaining) if remaining else None
            with self._database.begin() as connection:
                connection.execute(sa.delete(days).where(days.c.day_no.in_([day_number(day) for day in withdrawn])))
                if snapshot:
                    self._serve(connection, snapshot)
                else:
                    self._publisher.unserve(connection)
                    record_visibility_change(connection)
                    record_change_of_all(connection, SCORE)
                connection.execute(sa.delete(profiles))
                for table in (score_ranges, receipts):
                    delete_days(connection, table, withdrawn)
                in_transaction(connection)
            self._publisher.delete_unserved()
            for day in withdrawn:
                shutil.rmtree(self._root / day.isoformat(), ignore_errors=True)
        purge_deleted_rows(self._database, profiles, score_ranges, receipts)

    def hide(self, key: int) -> int:
        """Delete a person from the served scores and histories at once; `erase` deletes them from files, too."""
        with self._lock(fcntl.LOCK_EX):
            deleted_rows = self._publisher.erase([key]) + self.recomputed.erase(key)
        self._record_visibility_change()
        return deleted_rows

    def erase(self, people: Sequence[int], accounts: Sequence[int], names: Collection[str] = ()) -> int:
        """
        Erase people and accounts from all published and recomputed days and exports; return the rows deleted.

        Parameters
        ----------
        people : sequence of int
            Score keys.
        accounts : sequence of int
            Keys of all of their accounts.
        names : collection of str
            Their names, and ``network:id`` of the accounts, by which exports name them.
        """
        keys = [*people, *accounts]
        with self._lock(fcntl.LOCK_EX):
            self._delete_unpublished_folders()
            self._publisher.delete_unserved()
            rows = self._publisher.erase(keys) + sum(map(self.recomputed.erase, people))
        self.recomputed.purge()
        rows += self.exports.erase(keys, names) + sum(self._erase_from_day(day, keys) for day in self.all())
        self._record_visibility_change()
        return rows

    def _erase_from_day(self, day: PublishedDay, keys: Sequence[int]) -> int:
        if not day.folder.exists():
            return 0  # damaged, but there is nothing to erase
        try:
            rows = erase_from_day(day.folder, keys, self._limits)
            remaining_people = count_scored_people(day.folder, self._limits)
        except (HomeError, OSError):
            row = self._find_row(day.day, day.method)
            if row is not None and self._root / row.folder != day.folder:
                return 0  # scored again meanwhile, without these people
            raise
        condition = sa.and_(days.c.day_no == day_number(day.day), days.c.method == day.method)
        with self._database.begin() as connection:
            connection.execute(sa.update(days).where(condition).values(people=remaining_people))
        return rows

    def _record_visibility_change(self) -> None:
        with self._database.begin() as connection:
            record_visibility_change(connection)

    def _delete_unpublished_folders(self) -> None:
        """Delete folders of days that were never published, left over from killed runs."""
        folders = list(self._root.glob("*/*/*"))
        # Whatever is being scored in one of these folders cannot be published from here on.
        with self._database.begin() as connection:
            record_departure(connection)
        published_folders = {day.folder for day in self.all()}
        for folder in folders:
            if folder not in published_folders:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        """Wait for the lock: an erasure deletes snapshots that are not served, so nobody may publish meanwhile."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / PUBLISHING_LOCK).open("w") as lock_file:
            fcntl.flock(lock_file, kind)
            yield


def _departure_error(day: date) -> DepartureError:
    return DepartureError(f"somebody opted out while {day} was being scored, so it was not published; score it again")
