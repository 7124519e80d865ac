"""
Snapshots: all scores of one day in a form that pages read fast; one snapshot is served at a time.

The rows of a snapshot are everybody of a published day with their rank, sorted by key.
"""

import contextlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
import sqlalchemy as sa

from renown.errors import HomeError
from renown.steps import quote_literal
from renown.store.serving.columns import COLUMNS

CHUNK = 100_000
"""Rows copied at a time: few enough for the encoded chunk to stay in the processor's cache."""
_EMPTY_TABLE_SQL = "(select 0::bigint as person, 0::bigint as received, '' as signal, 0 as slot where false)"
_ROWS_SQL = """
select coalesce(s.person, k.person) as key, k.slot, s.name, s.score, s.verified_score, s.people::bigint as people,
  s.days::integer as days, s.networks::integer as networks, s.accounts::integer as accounts,
  s.strength::bigint as strength, (s.audience // 1000000)::bigint as audience
from {scores} s full join {slots} k on k.person = s.person
order by key"""
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
    Everybody who ever had a score; people without one that day have nulls except in key and slot.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Not shared: it gets tables of this object.
    day : Path
        Folder of the published day.
    slots : Path, optional
        Folder of the previous table of slots (everybody who had a score before); new people get the next slots.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, day: Path, slots: Path | None) -> None:
        self._connection = connection
        connection.execute("set preserve_insertion_order = false")
        rows_sql = _ROWS_SQL.format(scores=_scores_sql(connection, day), slots=_table_sql(slots))
        connection.execute(f"create or replace table wide as {rows_sql}")
        # A cursor does not start in the database of its connection.
        [(database,)] = connection.execute("select current_database()").fetchall()
        self._table = f'"{database}".wide'
        # From here on, rows are matched by position.
        connection.execute("set preserve_insertion_order = true")
        columns = connection.execute("select key, slot, score, verified_score, audience from wide").fetchnumpy()
        self.key = columns["key"]
        self.slot = _assign_slots(np.ma.filled(columns["slot"], -1))
        self.score = np.ma.filled(columns["score"], np.nan)
        """NaN for no score."""
        self.scored_people = int(np.count_nonzero(~np.isnan(self.score)))
        """Number of people with a score."""
        # People without a verified score share the last rank; lists leave them out.
        ranked_score = np.where(np.isnan(self.score), np.nan, np.ma.filled(columns["verified_score"], 0.0))
        with ThreadPoolExecutor(2) as threads:
            ranks = threads.submit(_compute_ranks, ranked_score)
            peers = threads.submit(_compute_peers, ranked_score, np.ma.filled(columns["audience"], -1))
            self._rank, self._peers = ranks.result(), peers.result()

    def claimed_scores(self) -> dict[int, float]:
        """Return the scores of claimed people, by key."""
        is_scored = (self.key < 0) & ~np.isnan(self.score)
        return dict(zip(self.key[is_scored].tolist(), self.score[is_scored].tolist(), strict=True))

    def write_slots(self, file: Path) -> None:
        """Write the table of slots to a Parquet file."""
        slots = {"person": self.key, "slot": self.slot}
        self._connection.register("new_slots", slots)
        self._connection.execute(f"copy (from new_slots) to {quote_literal(file)} (format parquet)")

    def relation(self) -> duckdb.DuckDBPyRelation:
        """Return all rows, with `COLUMNS`, as a DuckDB relation."""
        self._connection.register("known", {"slot": self.slot, "rank": self._rank, "peers": self._peers})
        computed = {"slot": "k.slot", "rank": "nullif(k.rank, 0)", "peers": "nullif(k.peers, 0)"}
        columns = ", ".join(f"{computed.get(name, f'w.{name}')} as {name}" for name in COLUMNS)
        return self._connection.sql(f"select {columns} from wide w positional join known k")

    def chunk_offsets(self) -> range:
        """Return the offset of each chunk's first row."""
        return range(0, len(self.key), CHUNK)

    def read_chunk(self, offset: int) -> Mapping[str, Any]:
        """Return `COLUMNS` of `CHUNK` rows from an offset as arrays, masked where null; thread-safe."""
        span = slice(offset, offset + CHUNK)
        keys = self.key[span]
        sql = f"from {self._table} where key between ? and ?"
        result = self._connection.cursor().execute(sql, [int(keys[0]), int(keys[-1])])
        computed = {"slot": self.slot[span]}
        computed |= {
            name: np.ma.masked_equal(values[span], 0) for name, values in (("rank", self._rank), ("peers", self._peers))
        }
        columns = result.fetchnumpy() | computed
        return {name: columns[name] for name in COLUMNS}


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


def _assign_slots(slots: Any) -> Any:
    """Assign the next free slots where the slot is -1."""
    is_new = slots < 0
    slots[is_new] = slots.max(initial=-1) + 1 + np.arange(np.count_nonzero(is_new))
    return slots


def _compute_ranks(score: Any) -> Any:
    """
    Compute ranks: 1 for the highest score, ties share a rank; 0 if the score is NaN.

    >>> _compute_ranks(np.array([5.0, np.nan, 9.0, 5.0, 1.0])).tolist()
    [2, 0, 1, 2, 4]
    """
    order = np.argsort(-score)  # NaN comes last
    descending = score[order]
    first_of_rank = np.flatnonzero(np.r_[True, descending[1:] != descending[:-1]])
    ranks = np.empty(len(score), np.int32)
    ranks[order] = np.repeat((first_of_rank + 1).astype(np.int32), np.diff(np.r_[first_of_rank, len(score)]))
    ranks[np.isnan(score)] = 0
    return ranks


def _compute_peers(score: Any, audience: Any) -> Any:
    """
    Compute the percent of people with a similar number of followers whose score is not higher; 0 if unknown.

    >>> _compute_peers(np.array([50.0, 40.0, 1.0, 99.0, np.nan]), np.array([150, 160, 170, 5, 150])).round(1).tolist()
    [100.0, 66.7, 33.3, 100.0, 0.0]
    """
    is_known = (audience >= 0) & ~np.isnan(score)
    band = np.where(is_known, np.floor(2 * np.log10(1.0 + np.maximum(audience, 0))), -1).astype(np.int8)
    peers = np.zeros(len(score))
    for band_number in range(band.max(initial=-1) + 1):
        members = np.flatnonzero(band == band_number)
        # An empty band divides an empty array.
        peers[members] = 100.0 * (len(members) - _compute_ranks(score[members]) + 1) / len(members)
    return peers
