"""Serving: put a published day's scores where pages read them, and into everybody's history."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from renown.errors import HomeError
from renown.records import day_number
from renown.store import history
from renown.store.blocks import Blocks
from renown.store.copies import Copies, explained
from renown.store.day import PublishedDay
from renown.store.files import Files
from renown.store.reader import reader
from renown.store.rows import Rows
from renown.store.schema import serving

SLOTS = "slots"
"""Published table of everybody who ever had a score: `person`, and `slot`, their place in history."""


@dataclass(frozen=True)
class Copy:
    """What is made of a day before it is served."""

    row: dict[str, Any]
    """Row of `serving`."""
    scored: int
    """People with a score in it."""
    before: str | None
    """The copy that was served when this one was begun."""


class Serving:
    """The served scores of a store."""

    def __init__(self, database: sa.Engine, root: Path) -> None:
        self._database = database
        self._root = root
        self._copies: Copies = Files(database) if database.dialect.name == "sqlite" else Blocks(database)
        self._history = history.History(database, root)
        self._reader = reader(database)

    def build(self, day: PublishedDay) -> Copy:
        """Make a copy of the scores to serve once a day is published; nothing that is read changes."""
        live = self._live()
        row: dict[str, Any] = {
            "place": 1,
            "day_no": day_number(day.day),
            "method": day.method,
            "folder": self._name(day.folder),
        }
        slots = day.folder / SLOTS
        slots.mkdir(exist_ok=True)
        with explained(slots, duckdb.IOException), _session(day.folder.parent) as connection:
            rows = Rows(connection, day.folder, self._root / live.slots if live else None)
            history.write(day.folder / history.FILE, rows.slot, rows.score)
            rows.write_slots(slots / "part.parquet")
            # A day out of order lands in history; the latest stays served.
            if live is not None and live.day_no > row["day_no"]:
                row |= {"day_no": live.day_no, "method": live.method, "folder": live.folder}
                rows = Rows(connection, self._root / live.folder, slots)
            row |= {"copy": self._copies.build(rows, row["day_no"]), "slots": self._name(slots)}
            return Copy(row, rows.scored, live.copy if live else None)

    def put(self, connection: sa.Connection, copy: Copy) -> None:
        """
        Serve a copy, as part of the transaction that publishes its day.

        Raises
        ------
        HomeError
            If another process published meanwhile.
        """
        gone = connection.execute(sa.delete(serving).where(serving.c.copy == copy.before)).rowcount
        begun = connection.scalar(sa.select(sa.func.count()).select_from(serving))
        if begun or (copy.before and not gone):
            msg = "another process published scores meanwhile; score this day again when it is done"
            raise HomeError(msg)
        connection.execute(sa.insert(serving).values(**copy.row))
        self._copies.serve(connection, copy.row["copy"], copy.scored, copy.row["day_no"])

    def tidy(self) -> None:
        """Remove copies that are not served, such as those of a run that was killed."""
        live = self._live()
        self._copies.tidy(live.copy if live else "")

    def forget(self, keys: list[int]) -> int:
        """Take people out of the served scores and out of history; return how many rows went."""
        live = self._live()
        if live is None:
            return 0
        select = f"select slot from {self._reader.person}"
        self._history.blank([slot for key in keys for (slot,) in self._reader.rows(select, {"key": key})])
        return self._copies.erase(live.copy, keys)

    def _live(self) -> sa.Row[Any] | None:
        with self._database.connect() as connection:
            return connection.execute(sa.select(serving)).one_or_none()

    def _name(self, folder: Path) -> str:
        return str(folder.relative_to(self._root))


@contextmanager
def _session(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB; what does not fit in memory lies in a folder below, which goes with the session."""
    with tempfile.TemporaryDirectory(dir=folder) as spill:
        told: dict[str, str | bool | int | float | list[str]] = {
            "threads": 2,
            "memory_limit": "2GB",
            "temp_directory": spill,
        }
        with duckdb.connect(config=told) as connection:
            yield connection
