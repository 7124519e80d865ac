"""Read the served snapshot beside SQLite."""

import contextlib
import itertools
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renown.errors import DamagedHomeError, HomeError
from renown.store.serving.columns import COLUMNS, SERVED_SQL, outdated_snapshot_error
from renown.store.serving.packed_blocks import PackedBlock, join_arrays, read_array

BLOCK_SQL = (
    "select block, numbers, names, scored, day_no, copy from blocks where block <= :key order by block desc limit 1"
)
"""SELECT of the block of the person with ``:key``: the last one that begins at or before it."""
_OUTDATED = re.compile("no such (column|table: (main.)?(blocks|listed)$)")


def snapshot_folder(database: sa.Engine) -> Path:
    """Return the folder of snapshots beside a SQLite database."""
    return Path(str(database.url.database)).parent / "served"


class SqliteReader:
    """The SQLite store with the served snapshot file attached."""

    def __init__(self, database: sa.Engine) -> None:
        self._store, self._folder = Path(str(database.url.database)), snapshot_folder(database)
        self._local = threading.local()

    def read_rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows of a SELECT; empty if nothing is served yet."""
        try:
            return self._query(sql, values)
        except sqlite3.DatabaseError as error:
            # The open file may be on a disk that was unmounted: reconnect at the next read.
            self._local.connection = None
            if _OUTDATED.search(str(error)):
                raise outdated_snapshot_error() from error
            raise self._explain(error) from error

    def read_person(self, key: int, columns: Sequence[str]) -> tuple[Any, ...] | None:
        """Return a person's columns; None if there is none."""
        for _, numbers, names, scored_people, day_no, snapshot_id in self.read_rows(BLOCK_SQL, {"key": key}):
            with self._translate_damage():
                block = PackedBlock(numbers, names)
                if (position := block.find(key)) is None:
                    return None
                computed = {"day_no": day_no, "copy": snapshot_id}
                if "percentile" in columns and (rank := block.read(position, "rank")) is not None:
                    computed["percentile"] = 100.0 * (scored_people - rank + 1) / scored_people
                return tuple(
                    block.read(position, column) if column in COLUMNS else computed.get(column) for column in columns
                )
        return None

    def read_slots(self) -> list[tuple[int, int]]:
        """Return (key, slot) of everybody."""
        with self._translate_damage():
            return [
                key_and_slot
                for numbers in self._read_blocks()
                for key_and_slot in zip(read_array(numbers, "key"), read_array(numbers, "slot"), strict=True)
            ]

    def find_next_rank(self, rank: int) -> int | None:
        """Return the next rank below one; None if it is the last."""
        ranks = itertools.chain.from_iterable(read_array(numbers, "rank") for numbers in self._read_blocks())
        with self._translate_damage():
            return min(filter(rank.__lt__, ranks), default=None)

    def list_everybody(self, columns: Sequence[str], n: int, *, after: tuple[int, int]) -> list[tuple[Any, ...]]:
        """Return columns of the `n` people after the cursor (rank, key)."""
        import numpy as np  # noqa: PLC0415 - reading one person needs no arrays

        blocks = self._read_blocks()
        with self._translate_damage():
            keys, ranks, verified_scores = (join_arrays(blocks, field) for field in ("key", "rank", "verified_score"))
        is_after = (ranks > after[0]) | ((ranks == after[0]) & (keys > after[1]))
        candidates = np.flatnonzero(is_after & (ranks > 0) & ~np.isnan(verified_scores))
        if n < len(candidates):
            last_rank = np.partition(ranks[candidates], n)[n]
            candidates = candidates[ranks[candidates] <= last_rank]
        page = candidates[np.lexsort((keys[candidates], ranks[candidates]))][:n]
        rows = (self.read_person(key, columns) for key in keys[page].tolist())
        return [row for row in rows if row is not None]

    def _read_blocks(self) -> list[bytes]:
        """Return the numbers of everybody's blocks."""
        return [numbers for (numbers,) in self.read_rows("select numbers from blocks order by block", {})]

    @contextlib.contextmanager
    def _translate_damage(self) -> Iterator[None]:
        """Translate errors of blocks that are damaged."""
        try:
            yield
        except ValueError as error:
            raise self._explain(error) from error

    def _query(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Do not create a missing file: an empty store would look as if nobody was ever scored.
            connection = sqlite3.connect(f"file:{self._store}?mode=rw", uri=True, isolation_level=None)
            self._local.connection, self._local.copy = connection, None
        missing_id = None
        while serving_row := connection.execute(SERVED_SQL).fetchone():
            try:
                if serving_row[0] != self._local.copy:
                    self._attach(connection, serving_row[0])
                return connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError:
                # The file was deleted because another day was published: then `serving` names another one now.
                if serving_row[0] == missing_id:
                    raise
                missing_id = serving_row[0]
        self._detach(connection)
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return []  # of the snapshot, while nothing is served

    def _explain(self, error: Exception) -> HomeError:
        """Return the error of the store, or of the served snapshot if the store can be read."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self._store}?mode=rw", uri=True)) as connection:
                serving_row = connection.execute(SERVED_SQL).fetchone()
        except sqlite3.DatabaseError:
            return HomeError(
                f"cannot read the store {str(self._store)!r}: {error}; check that its folder and disk are available"
            )
        file_name = f"{serving_row[0]}.sqlite" if serving_row else ""
        return DamagedHomeError(
            f"the served scores {str(self._folder / file_name)!r} are damaged or missing: {error}; "
            "publish them again: `renown score --day DAY` with the latest day that `renown status` prints"
            if serving_row
            else f"cannot read the served scores: {error}; repeat the command"
        )

    def _attach(self, connection: sqlite3.Connection, snapshot_id: str) -> None:
        self._detach(connection)
        connection.execute(f"attach 'file:{self._folder / snapshot_id}.sqlite?mode=ro' as copy")
        self._local.copy = snapshot_id

    def _detach(self, connection: sqlite3.Connection) -> None:
        if self._local.copy:
            connection.execute("detach copy")
        self._local.copy = None
