"""Publish snapshots: write a published day's scores for pages to read, and to the score history."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import sqlalchemy as sa

from renown.engines.parquet import describe_damage
from renown.engines.session import SessionLimits, duckdb_session
from renown.errors import HomeError
from renown.fsync import sync_path
from renown.records import day_number
from renown.steps import quote_literal
from renown.store.published.day import PublishedDay, translate_read_errors
from renown.store.schema import departed_ranks, serving
from renown.store.serving import history, history_files
from renown.store.serving.postgres import PostgresSnapshotStore
from renown.store.serving.read import open_reader
from renown.store.serving.snapshot import SnapshotRows, SnapshotStore, translate_driver_errors
from renown.store.serving.sqlite import SqliteSnapshotStore

_RECOVERED_SLOTS = "recovered_slots"
"""Folder of slots that were read from the served snapshot, in the folder of a day that is not published yet."""
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
    scored_person_ids: frozenset[int]
    """Ids of the claimed people with a score."""
    changed_person_ids: frozenset[int]
    """Ids of the claimed people whose score is another than in the snapshot that was served, or gone."""


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
            "row_id": 1,
            "day_no": day_number(day.day),
            "method": day.method,
            "folder": self._relative_path(day.folder),
        }
        slots = day.folder / SLOTS_TABLE
        slots.mkdir(exist_ok=True)
        with translate_driver_errors(slots, duckdb.IOException), duckdb_session(self._limits) as connection:
            previous_slots = self._find_slots(serving_row, connection, day.folder) if serving_row else None
            rows = SnapshotRows(connection, day.folder, previous_slots)
            history_files.write_history(day.folder / history.HISTORY_FILE, rows.slot, rows.score)
            rows.write_slots(slots / "part.parquet")
            shutil.rmtree(day.folder / _RECOVERED_SLOTS, ignore_errors=True)
            # A day out of order goes to the history only; the latest day stays served.
            if serving_row is not None and serving_row.day_no > row["day_no"]:
                row |= {"day_no": serving_row.day_no, "method": serving_row.method, "folder": serving_row.folder}
                with translate_read_errors(self._root / serving_row.folder):
                    rows = SnapshotRows(connection, self._root / serving_row.folder, slots)
            row |= {"copy": self._snapshots.build(rows, row["day_no"]), "slots": self._relative_path(slots)}
            return self._compare(row, rows, serving_row)

    def build_again(self, serving_row: dict[str, Any]) -> Snapshot:
        """Build the snapshot that a row of `serving` of another database names, for this one, which serves nothing."""
        folder = self._root / serving_row["folder"]
        with translate_driver_errors(folder, duckdb.IOException), duckdb_session(self._limits) as connection:
            with translate_read_errors(folder):
                rows = SnapshotRows(connection, folder, self._root / serving_row["slots"])
            return self._compare(serving_row | {"copy": self._snapshots.build(rows, serving_row["day_no"])}, rows, None)

    def _compare(self, row: dict[str, Any], rows: SnapshotRows, serving_row: sa.Row[Any] | None) -> Snapshot:
        """Return a new snapshot, compared with the one that is served."""
        scores = rows.claimed_scores()
        served_scores = self._snapshots.read_claimed_scores(serving_row.copy) if serving_row else {}
        return Snapshot(
            row,
            rows.scored_people,
            serving_row.copy if serving_row else None,
            frozenset(-key for key in scores),
            frozenset(-key for key, _ in scores.items() ^ served_scores.items()),
        )

    def _find_slots(self, serving_row: sa.Row[Any], connection: duckdb.DuckDBPyConnection, folder: Path) -> Path:
        """
        Return the folder of the latest slots; if it is damaged, write the slots of the served snapshot to `folder`.

        Other slots would give everybody somebody else's history.
        """
        slots: Path = self._root / serving_row.slots
        files = sorted(slots.glob("*.parquet"))
        if files and not any(describe_damage(file, connection) for file in files):
            return slots
        recovered = folder / _RECOVERED_SLOTS
        recovered.mkdir(exist_ok=True)
        keys_and_slots = np.array(self._reader.read_slots(), np.int64).reshape(-1, 2)
        table = {"person": keys_and_slots[:, 0].copy(), "slot": keys_and_slots[:, 1].copy()}
        connection.register("recovered_slots", table)
        connection.execute(
            f"copy (from recovered_slots) to {quote_literal(recovered / 'part.parquet')} (format parquet)"
        )
        return recovered

    def rebuild(self, days: Sequence[PublishedDay]) -> Snapshot:
        """
        Build a snapshot of the latest of some days, as if no other days had ever been published.

        Parameters
        ----------
        days : sequence of PublishedDay
            Days by their default method, oldest first; the served day is later than these, or one of them.
        """
        latest, serving_row = days[-1], self._read_serving_row()
        slots = latest.folder / SLOTS_TABLE
        with translate_driver_errors(slots, duckdb.IOException), duckdb_session(self._limits) as connection:
            if serving_row is not None:
                all_slots = self._find_slots(serving_row, connection, latest.folder)
                self._replace_slots(connection, all_slots, days)
            with translate_read_errors(latest.folder):
                rows = SnapshotRows(connection, latest.folder, slots)
            shutil.rmtree(latest.folder / _RECOVERED_SLOTS, ignore_errors=True)
            row = {
                "row_id": 1,
                "day_no": day_number(latest.day),
                "method": latest.method,
                "folder": self._relative_path(latest.folder),
                "copy": self._snapshots.build(rows, day_number(latest.day)),
                "slots": self._relative_path(slots),
            }
            return self._compare(row, rows, serving_row)

    def _replace_slots(
        self, connection: duckdb.DuckDBPyConnection, all_slots: Path, days: Sequence[PublishedDay]
    ) -> None:
        """Write the slots of everybody who has a score on one of these days to the last one, atomically."""
        select = (
            f"select person, slot from read_parquet({quote_literal(all_slots / '*.parquet')}, hive_partitioning=false)"
        )
        columns = connection.execute(select).fetchnumpy()
        has_score = history_files.find_scored_slots(day.folder / history.HISTORY_FILE for day in days)
        has_score.resize(max(len(has_score), columns["slot"].max(initial=-1) + 1), refcheck=False)
        scored = has_score[columns["slot"]]
        folder = days[-1].folder
        table = {name: column[scored] for name, column in columns.items()}
        history_files.extend_history(folder / history.HISTORY_FILE, table["slot"].max(initial=-1) + 1)
        file = folder / SLOTS_TABLE / "part.parquet"
        new_file = file.with_suffix(".fresh")
        connection.register("remaining_slots", table)
        connection.execute(f"copy (from remaining_slots) to {quote_literal(new_file)} (format parquet)")
        sync_path(new_file)
        new_file.replace(file)
        sync_path(file.parent)

    def unserve(self, connection: sa.Connection) -> None:
        """Serve nothing any more, as part of a transaction."""
        connection.execute(sa.delete(serving))
        connection.execute(sa.delete(departed_ranks))
        self._snapshots.unserve(connection)

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
        rows = [row for key in keys if (row := self._reader.read_person(key, ("slot", "rank")))]
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
