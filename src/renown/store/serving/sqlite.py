"""Snapshots of the scores beside SQLite: one database file each."""

import contextlib
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from renown.fsync import sync_path
from renown.store.serving.batches import split_blocks
from renown.store.serving.columns import CLAIMED_SCORES_SQL, COLUMNS, INDEXES, percentile_sql, unmark_null_sql
from renown.store.serving.packed_blocks import BLOCK_PEOPLE, FIELDS, PackedBlock
from renown.store.serving.read_sqlite import BLOCK_SQL, snapshot_folder
from renown.store.serving.snapshot import SnapshotRows, translate_driver_errors

_PAGE_BYTES = 65_536
"""Largest page of SQLite: a block that is larger than a page takes three times as long to write."""
_BLOCKS_TABLE, _LISTED_TABLE = "people_blocks", "listed_people"
_COLUMNS_SQL = ", ".join(f"{name} {sql_type}" for name, sql_type in COLUMNS.items() if name != "key")
_LISTED_VALUES_SQL = ", ".join(unmark_null_sql(name, "?") for name in COLUMNS)


class SqliteSnapshotStore:
    """
    Snapshots beside SQLite, a file each, so that writing one blocks nobody and leaves no free pages behind.

    As in PostgreSQL, the view `blocks` has everybody, a block of people in each row, and the view `listed` one row per
    person who appears in lists (the first ranks, and claimed people).
    """

    def __init__(self, database: sa.Engine) -> None:
        self._folder = snapshot_folder(database)

    def build(self, rows: SnapshotRows, day_no: int) -> str:
        """Write rows to a new snapshot file; return its id."""
        self._folder.mkdir(exist_ok=True)
        snapshot_id = uuid.uuid4().hex
        file = self._snapshot_path(snapshot_id)
        with (
            translate_driver_errors(self._folder, sqlite3.Error),
            contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection,
        ):
            # Nobody reads the file before it is complete: no journal. With secure_delete, split pages keep no old rows.
            for pragma in (
                *(f"page_size = {_PAGE_BYTES}", "journal_mode = off", "synchronous = off"),
                *("locking_mode = exclusive", "secure_delete = on"),
            ):
                connection.execute(f"pragma {pragma}")
            connection.execute("begin")
            _write_tables(connection, rows)
            served_sql = f"{day_no} as day_no, '{snapshot_id}' as copy"
            scored_people = max(rows.scored_people, 1)
            connection.execute(
                f"create view blocks as select *, {scored_people} as scored, {served_sql} from {_BLOCKS_TABLE}"
            )
            connection.execute(
                f"create view listed as select *, {percentile_sql(scored_people)}, {served_sql} from {_LISTED_TABLE}"
            )
            connection.execute("commit")
        sync_path(file)
        sync_path(self._folder)
        return snapshot_id

    def serve(self, connection: sa.Connection, snapshot_id: str, scored_people: int, day_no: int) -> None:
        """Do nothing: the row in `serving` names the file."""

    def unserve(self, connection: sa.Connection) -> None:
        """Do nothing: no row in `serving` names a file."""

    def delete_unserved(self, served_id: str) -> None:
        """Delete every other file; processes that still read one have it open."""
        for file in self._folder.glob("*.sqlite*"):
            if file.name.partition(".")[0] != served_id:
                file.unlink(missing_ok=True)

    def read_claimed_scores(self, served_id: str) -> dict[int, float]:
        """Return the scores of claimed people in the served file, by key; none if it is damaged or missing."""
        uri = f"file:{self._snapshot_path(served_id)}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
                return dict(connection.execute(CLAIMED_SCORES_SQL.format(table=_LISTED_TABLE)))
        except sqlite3.DatabaseError:
            return {}  # the publication repairs it; everybody's score counts as changed

    def erase(self, served_id: str, keys: list[int]) -> int:
        """Delete people from the served file and its free pages; return the number of rows deleted."""
        uri = f"file:{self._snapshot_path(served_id)}?mode=rw"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection, connection:
            connection.execute("pragma secure_delete = on")
            connection.executemany(f"delete from {_LISTED_TABLE} where key = ?", [(key,) for key in keys])
            return sum(_erase_person(connection, key) for key in keys)

    def _snapshot_path(self, snapshot_id: str) -> Path:
        return self._folder / f"{snapshot_id}.sqlite"


def _write_tables(connection: sqlite3.Connection, rows: SnapshotRows) -> None:
    connection.execute(
        f"create table {_BLOCKS_TABLE} (block integer primary key, numbers blob not null, names blob not null)"
    )
    packed_blocks = (block for chunk in rows.iter_chunks() for block in pack_blocks(chunk))
    connection.executemany(f"insert into {_BLOCKS_TABLE} values (?, ?, ?)", packed_blocks)
    connection.execute(f"create table {_LISTED_TABLE} (key integer primary key, {_COLUMNS_SQL})")
    connection.executemany(f"insert into {_LISTED_TABLE} values ({_LISTED_VALUES_SQL})", rows.iter_listed())
    for name, index_sql in INDEXES.items():
        connection.execute(f"create index by_{name} on {_LISTED_TABLE} {index_sql}")


def _erase_person(connection: sqlite3.Connection, key: int) -> bool:
    """Delete a person from their block; return whether they were in it."""
    for block, numbers, names, *_ in connection.execute(BLOCK_SQL, {"key": key}).fetchall():
        packed_block = PackedBlock(numbers, names)
        if packed_block.find(key) is None:
            return False
        remaining_numbers, remaining_names, first_key = packed_block.without({key})
        connection.execute(f"delete from {_BLOCKS_TABLE} where block = ?", (block,))
        if first_key is not None:
            row = (first_key, remaining_numbers, remaining_names)
            connection.execute(f"insert into {_BLOCKS_TABLE} values (?, ?, ?)", row)
        return True
    return False


def pack_blocks(columns: Mapping[str, Any]) -> Iterator[tuple[int, memoryview, memoryview]]:
    """
    Pack people as rows of blocks: the first person's key, the numbers and the names.

    Parameters
    ----------
    columns : mapping of str to ndarray or Texts
        `COLUMNS`, without nulls, sorted by key.
    """
    for part, size in split_blocks(columns, BLOCK_PEOPLE):
        name_offsets = part["name"].offsets
        arrays = part | {"name_bytes": np.diff(name_offsets)}
        numbers = np.concatenate(
            [
                np.ascontiguousarray(arrays[field], "<" + code).view(np.uint8).reshape(len(part["key"]) // size, -1)
                for field, code in FIELDS.items()
            ],
            axis=1,
        )
        first_keys, names = part["key"][::size].tolist(), memoryview(part["name"].raw)
        for first_key, block, (begin, end) in zip(
            first_keys, numbers, pairwise(name_offsets[::size].tolist()), strict=True
        ):
            yield first_key, memoryview(block), names[begin:end]
