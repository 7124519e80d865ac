"""
Snapshots: all scores of one day in a form that pages read fast; one snapshot is served at a time.

The rows of a snapshot are everybody of a published day with their rank, sorted by key.
"""

import contextlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
import sqlalchemy as sa

from renown.errors import HomeError
from renown.steps import quote_literal
from renown.store.serving.batches import empty_columns, insert_rows, join_column, read_batches, slice_columns
from renown.store.serving.columns import COLUMNS, LISTED_RANKS, NULL_MARKERS, mark_null_sql

CHUNK = 122_880
"""Most rows that are encoded at a time, as many as DuckDB usually yields: an encoded chunk takes 10 MB."""
_LAST = np.uint64(2**64 - 1)
_EMPTY_TABLE_SQL = "(select 0::bigint as person, 0::bigint as received, '' as signal, 0::integer as slot where false)"
_READ_TYPES = {name: sql_type for name, sql_type in COLUMNS.items() if name not in {"slot", "rank", "peers"}}
_SOURCES = {"key": "person", "audience": "audience // 1000000"}
_READ_COLUMNS_SQL = ", ".join(mark_null_sql(name, _SOURCES.get(name, name)) for name in _READ_TYPES)
_SCORES_WITH_AUDIENCE_SQL = """(
select s.*, a.audience
from {scores} s left join (
  -- An unclaimed account is one person with one row: grouping ten million of them would take six seconds.
  select person, received as audience from {points} where signal = 'audience' and person >= 0
  union all
  select person, sum(received) from {points} where signal = 'audience' and person < 0 group by person
) a on a.person = s.person)"""
"""Scores of a day whose method has the followers among the points only: those without a ledger."""


class SnapshotRows:
    """
    Everybody who ever had a score, sorted by key; people without one that day have nulls except in key and slot.

    Arrays have `NULL_MARKERS` where a value is null.

    Parameters
    ----------
    connection : DuckDBPyConnection
    day : Path
        Folder of the published day.
    slots : Path, optional
        Folder of the previous table of slots (everybody who had a score before); new people get the next slots.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, day: Path, slots: Path | None) -> None:
        self._connection = connection
        previous_keys, previous_slots = _read_slots(connection, slots)
        rows = connection.sql(f"select {_READ_COLUMNS_SQL} from {_scores_sql(connection, day)} order by key")
        batches = list(read_batches(rows, _READ_TYPES)) or [empty_columns(_READ_TYPES)]
        absent_keys = previous_keys[~_contains(join_column(batches, "key"), previous_keys)]
        batches = insert_rows(batches, _READ_TYPES, absent_keys)
        self._chunks = [
            slice_columns(batch, begin, begin + CHUNK)
            for batch in batches
            for begin in range(0, len(batch["key"]), CHUNK)
        ]
        self.key, self.score, verified_score, audience = (
            join_column(batches, name) for name in ("key", "score", "verified_score", "audience")
        )
        self.slot = _assign_slots(self.key, previous_keys, previous_slots)
        is_scored = ~np.isnan(self.score)
        self.scored_people = int(np.count_nonzero(is_scored))
        """Number of people with a score."""
        # People without a verified score share the last rank; lists leave them out.
        ranked_score = np.where(is_scored, np.nan_to_num(verified_score), np.nan)
        self._rank, self._peers = _compute_ranks_and_peers(ranked_score, audience)

    def claimed_scores(self) -> dict[int, float]:
        """Return the scores of claimed people, by key."""
        is_scored = (self.key < 0) & ~np.isnan(self.score)
        return dict(zip(self.key[is_scored].tolist(), self.score[is_scored].tolist(), strict=True))

    def write_slots(self, file: Path) -> None:
        """Write the table of slots to a Parquet file."""
        slots = {"person": self.key, "slot": self.slot}
        self._connection.register("new_slots", slots)
        self._connection.execute(f"copy (from new_slots) to {quote_literal(file)} (format parquet)")

    def iter_chunks(self) -> Iterator[Mapping[str, Any]]:
        """Yield all rows, up to `CHUNK` at a time: `COLUMNS` as arrays, and `Texts`."""
        begin = 0
        for chunk in self._chunks:
            span = slice(begin, begin := begin + len(chunk["key"]))
            columns = chunk | {"slot": self.slot[span], "rank": self._rank[span], "peers": self._peers[span]}
            yield {name: columns[name] for name in COLUMNS}

    def iter_listed(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of people who appear in lists, with `COLUMNS`: claimed people, and the first ranks."""
        for columns in self.iter_chunks():
            rank = columns["rank"]
            listed = np.flatnonzero((columns["key"] < 0) | ((rank >= 1) & (rank <= LISTED_RANKS)))
            yield from zip(*(column.take(listed).tolist() for column in columns.values()), strict=True)


class SnapshotStore(Protocol):
    """A database that snapshots are written to and served from."""

    def build(self, rows: SnapshotRows, day_no: int) -> str:
        """Write rows to a new snapshot that is not served yet; return its id."""

    def serve(self, connection: sa.Connection, snapshot_id: str, scored_people: int, day_no: int) -> None:
        """Make a snapshot the served one, as part of a transaction; `scored_people` of its people have a score."""

    def unserve(self, connection: sa.Connection) -> None:
        """Make no snapshot the served one, as part of a transaction."""

    def delete_unserved(self, served_id: str) -> None:
        """Delete every snapshot except the served one."""

    def read_claimed_scores(self, served_id: str) -> dict[int, float]:
        """Return the scores of claimed people in the served snapshot, by key."""

    def erase(self, served_id: str, keys: list[int]) -> int:
        """Delete people from the served snapshot; return the number of rows deleted."""


@contextlib.contextmanager
def translate_driver_errors(location: object, error_type: type[Exception]) -> Iterator[None]:
    """Turn errors of a database driver that SQLAlchemy does not wrap into `HomeError`."""
    try:
        yield
    except error_type as cause:
        reason = " ".join(str(cause).split())
        raise HomeError(
            f"cannot write the served scores to {str(location)!r}: {reason}; check disk space and write permission"
        ) from None


def _table_sql(table: Path | None) -> str:
    if table is None or not any(table.glob("*.parquet")):
        return _EMPTY_TABLE_SQL
    return f"read_parquet({quote_literal(table / '*.parquet')}, hive_partitioning=false)"


def _scores_sql(connection: duckdb.DuckDBPyConnection, day: Path) -> str:
    """Return the SELECT of a day's scores with the column `audience`."""
    scores = _table_sql(day / "scores")
    columns = [row[0] for row in connection.execute(f"describe select * from {scores}").fetchall()]
    if "audience" in columns:
        return scores
    return _SCORES_WITH_AUDIENCE_SQL.format(scores=scores, points=_table_sql(day / "points"))


def _read_slots(connection: duckdb.DuckDBPyConnection, table: Path | None) -> tuple[Any, Any]:
    """Return the keys and slots of a table of slots, sorted by key."""
    columns = connection.execute(f"select person, slot from {_table_sql(table)}").fetchnumpy()
    # Sorting what is sorted, as it is unless it was recovered from PostgreSQL, takes as long as copying.
    order = np.argsort(columns["person"], kind="stable")
    return columns["person"][order], columns["slot"][order]


def _contains(sorted_keys: Any, keys: Any) -> Any:
    """
    Return of each key whether it is among sorted keys.

    >>> _contains(np.array([3, 5]), np.array([2, 3, 9])).tolist()
    [False, True, False]
    """
    positions = np.searchsorted(sorted_keys, keys)
    is_inside = positions < len(sorted_keys)
    is_inside[is_inside] = sorted_keys[positions[is_inside]] == keys[is_inside]
    return is_inside


def _assign_slots(keys: Any, previous_keys: Any, previous_slots: Any) -> Any:
    """
    Return everybody's slot: the previous one, or the next free one.

    >>> _assign_slots(np.array([3, 5, 7, 9]), np.array([5, 9]), np.array([1, 0])).tolist()
    [2, 1, 3, 0]
    """
    slots = np.full(len(keys), -1, np.int32)
    slots[np.searchsorted(keys, previous_keys)] = previous_slots
    is_new = slots < 0
    slots[is_new] = slots.max(initial=-1) + 1 + np.arange(np.count_nonzero(is_new))
    return slots


def _compute_ranks_and_peers(score: Any, audience: Any) -> tuple[Any, Any]:
    """
    Compute ranks and peers, with the null marker where the score is NaN, or the audience is -1 or less.

    A rank is 1 for the highest score, ties share one. Peers are the percent of people with a similar number of
    followers whose score is not higher.

    >>> ranks, peers = _compute_ranks_and_peers(
    ...     np.array([50.0, 40.0, 1.0, 99.0, np.nan, 50.0]), np.array([150, 160, 170, 5, 150, -1])
    ... )
    >>> ranks.tolist(), peers.round(1).tolist()
    ([2, 4, 5, 1, -1, 2], [100.0, 66.7, 33.3, 100.0, nan, nan])
    """
    order = _order_descending(score)
    ranks = np.empty(len(score), np.int32)
    ranks[order] = _rank_in_order(score[order])
    ranks[np.isnan(score)] = NULL_MARKERS["integer"]
    peers = np.full(len(score), NULL_MARKERS["double precision"])
    is_known = (audience >= 0) & ~np.isnan(score)
    band = np.where(is_known, np.floor(2 * np.log10(1.0 + np.maximum(audience, 0))), -1).astype(np.int8)
    # A stable sort keeps the order of scores within each band.
    order = order[np.argsort(band[order], kind="stable")]
    bounds = np.searchsorted(band[order], np.arange(band.max(initial=-1) + 2))
    for begin, end in pairwise(bounds.tolist()):
        members = order[begin:end]
        # An empty band divides an empty array.
        peers[members] = 100.0 * (len(members) - _rank_in_order(score[members]) + 1) / len(members)
    return ranks, peers


def _order_descending(scores: Any) -> Any:
    """
    Return the positions of scores, none negative, from high to low; equal ones in order, NaN last.

    Sorting by 16 bits at a time, which NumPy does by counting, takes half as long as sorting by the whole number.

    >>> _order_descending(np.array([0.0, 5.0, np.nan, 9.5, 5.0])).tolist()
    [3, 1, 4, 0, 2]
    """
    # The bits of numbers that are not negative are in the order of the numbers.
    descending = np.where(np.isnan(scores), _LAST, _LAST // 2 - scores.view(np.uint64))
    order = np.arange(len(scores))
    for shift in range(0, 64, 16):
        digits = (descending >> np.uint64(shift)).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order


def _rank_in_order(descending: Any) -> Any:
    """
    Compute the ranks of scores that are sorted, highest first.

    >>> _rank_in_order(np.array([9.0, 5.0, 5.0, 1.0])).tolist()
    [1, 2, 2, 4]
    """
    first_of_rank = np.flatnonzero(np.r_[True, descending[1:] != descending[:-1]][: len(descending)])
    return np.repeat(first_of_rank + 1, np.diff(np.r_[first_of_rank, len(descending)]))
