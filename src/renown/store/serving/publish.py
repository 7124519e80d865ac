"""Publish snapshots: write a published day's scores for pages to read, and to the score history."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from renown.engines.session import SessionLimits, duckdb_session
from renown.errors import HomeError
from renown.records import day_number
from renown.store.published.day import PublishedDay
from renown.store.schema import departed_ranks, serving
from renown.store.serving import history
from renown.store.serving.postgres import PostgresSnapshotStore
from renown.store.serving.read import open_reader
from renown.store.serving.snapshot import SnapshotRows, SnapshotStore, translate_driver_errors
from renown.store.serving.sqlite import SqliteSnapshotStore

SLOTS_TABLE = "slots"
"""Published table of everybody who ever had a score: `person`, and `slot`, their position in the history."""


@dataclass(frozen=True)
class Snapshot:
    """A new snapshot that is not served yet."""

    row: dict[str, Any]
    """Row of the table `serving`."""
    scored_people: int
    """Number of people with a score."""
    previous_id: str | None
    """Id of the snapshot that was served when this one was begun."""


class SnapshotPublisher:
    """Builds snapshots of published days and serves one of them."""

    def __init__(self, database: sa.Engine, root: Path, limits: SessionLimits) -> None:
        self._database = database
        self._limits = limits
        self._root = root
        self._snapshots: SnapshotStore = (
            SqliteSnapshotStore(database) if database.dialect.name == "sqlite" else PostgresSnapshotStore(database)
        )
        self._history = history.ScoreHistory(database, root)
        self._reader = open_reader(database)

    def build(self, day: PublishedDay) -> Snapshot:
        """Build a snapshot of a day's scores; what is served does not change yet."""
        serving_row = self._read_serving_row()
        row: dict[str, Any] = {
            "place": 1,
            "day_no": day_number(day.day),
            "method": day.method,
            "folder": self._relative_path(day.folder),
        }
        slots = day.folder / SLOTS_TABLE
        slots.mkdir(exist_ok=True)
        with translate_driver_errors(slots, duckdb.IOException), duckdb_session(self._limits) as connection:
            rows = SnapshotRows(connection, day.folder, self._root / serving_row.slots if serving_row else None)
            history.write_history(day.folder / history.HISTORY_FILE, rows.slot, rows.score)
            rows.write_slots(slots / "part.parquet")
            # A day out of order goes to the history only; the latest day stays served.
            if serving_row is not None and serving_row.day_no > row["day_no"]:
                row |= {"day_no": serving_row.day_no, "method": serving_row.method, "folder": serving_row.folder}
                rows = SnapshotRows(connection, self._root / serving_row.folder, slots)
            row |= {"copy": self._snapshots.build(rows, row["day_no"]), "slots": self._relative_path(slots)}
            return Snapshot(row, rows.scored_people, serving_row.copy if serving_row else None)

    def serve(self, connection: sa.Connection, snapshot: Snapshot) -> None:
        """
        Serve a snapshot, as part of the transaction that publishes its day.

        Raises
        ------
        HomeError
            If another process published since the snapshot was begun.
        """
        deleted_rows = connection.execute(sa.delete(serving).where(serving.c.copy == snapshot.previous_id)).rowcount
        remaining_rows = connection.scalar(sa.select(sa.func.count()).select_from(serving))
        if remaining_rows or (snapshot.previous_id and not deleted_rows):
            raise HomeError("another process published scores meanwhile; score this day again when it is done")
        connection.execute(sa.insert(serving).values(**snapshot.row))
        connection.execute(sa.delete(departed_ranks))
        self._snapshots.serve(connection, snapshot.row["copy"], snapshot.scored_people, snapshot.row["day_no"])

    def delete_unserved(self) -> None:
        """Delete snapshots that are not served, such as those of killed runs."""
        serving_row = self._read_serving_row()
        self._snapshots.delete_unserved(serving_row.copy if serving_row else "")

    def erase(self, keys: list[int]) -> int:
        """Erase people from the served snapshot and the score history; return the number of rows deleted."""
        serving_row = self._read_serving_row()
        if serving_row is None:
            return 0
        select = f"select slot, rank from {self._reader.person_sql}"
        rows = [row for key in keys for row in self._reader.read_rows(select, {"key": key})]
        self._history.erase_slots([slot for slot, _ in rows])
        deleted_rows = self._snapshots.erase(serving_row.copy, keys)
        # Their ranks, without a name, until the next snapshot: the ranks of others must not show a gap.
        departed = [{"copy": serving_row.copy, "rank": rank} for _, rank in rows if rank is not None]
        if departed:
            with self._database.begin() as connection:
                connection.execute(sa.insert(departed_ranks), departed)
        return deleted_rows

    def _read_serving_row(self) -> sa.Row[Any] | None:
        with self._database.connect() as connection:
            return connection.execute(sa.select(serving)).one_or_none()

    def _relative_path(self, folder: Path) -> str:
        return str(folder.relative_to(self._root))
