"""Rows: everybody of a published day with their ranks, sorted by key, ready to be copied to a database."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from renown.steps import literal

CHUNK = 100_000
"""Rows that are copied at a time: what is made of them stays in the processor's cache."""
COLUMNS = {
    "key": "bigint",
    "slot": "integer",
    "name": "text",
    "score": "double precision",
    "rank": "integer",
    "people": "bigint",
    "days": "integer",
    "networks": "integer",
    "accounts": "integer",
    "strength": "bigint",
    "audience": "bigint",
    "peers": "double precision",
}
"""Columns and their types in SQLite and in PostgreSQL."""
_NOBODY = "(select 0::bigint as person, 0::bigint as received, '' as signal, 0 as slot where false)"
_WIDE = """
with audiences as (
  -- Who is not claimed is an account, which has one row: grouping ten million of them would take six seconds.
  select person, received from {points} where signal = 'audience' and person >= 0
  union all
  select person, sum(received) from {points} where signal = 'audience' and person < 0 group by person)
select coalesce(s.person, k.person) as key, k.slot, s.name, s.score, s.people::bigint as people,
  s.days::integer as days, s.networks::integer as networks, s.accounts::integer as accounts,
  s.strength::bigint as strength, (a.received // 1000000)::bigint as audience
from {scores} s full join {slots} k on k.person = s.person left join audiences a on a.person = s.person
order by key"""


class Rows:
    """
    Everybody who ever had a score; with nulls but for key and slot who has none that day.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Of its own.
    day : Path
        The published day's folder.
    slots : Path, optional
        The folder of the table of slots, those who had a score before; the others get the next ones.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, day: Path, slots: Path | None) -> None:
        self._connection = connection
        parts = {"scores": _files(day / "scores"), "points": _files(day / "points"), "slots": _files(slots)}
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"create or replace table wide as {_WIDE.format(**parts)}")
        # From here on, a row's place says whose it is.
        connection.execute("set preserve_insertion_order = true")
        found = connection.execute("select key, slot, score, audience from wide").fetchnumpy()
        self.key = found["key"]
        self.slot = _given(np.ma.filled(found["slot"], -1))
        self.score = np.ma.filled(found["score"], np.nan)
        """NaN where there is none."""
        self.scored = int(np.count_nonzero(~np.isnan(self.score)))
        """How many have one."""
        with ThreadPoolExecutor(2) as threads:
            ranks = threads.submit(_ranks, self.score)
            peers = threads.submit(_peers, self.score, np.ma.filled(found["audience"], -1))
            self._rank, self._peers = ranks.result(), peers.result()

    def write_slots(self, file: Path) -> None:
        """Write the table of slots."""
        slots = {"person": self.key, "slot": self.slot}
        self._connection.register("given", slots)
        self._connection.execute(f"copy (from given) to {literal(file)} (format parquet)")

    def relation(self) -> duckdb.DuckDBPyRelation:
        """Return all rows, with `COLUMNS`."""
        self._connection.register("known", {"slot": self.slot, "rank": self._rank, "peers": self._peers})
        known = {"slot": "k.slot", "rank": "nullif(k.rank, 0)", "peers": "nullif(k.peers, 0)"}
        columns = ", ".join(f"{known.get(name, f'w.{name}')} as {name}" for name in COLUMNS)
        return self._connection.sql(f"select {columns} from wide w positional join known k")

    def chunks(self) -> range:
        """Return the place at which each chunk begins."""
        return range(0, len(self.key), CHUNK)

    def chunk(self, first: int) -> Mapping[str, Any]:
        """Return `COLUMNS` of the next `CHUNK` rows as arrays, masked where they are null; any thread may ask."""
        place = slice(first, first + CHUNK)
        keys = self.key[place]
        found = self._connection.cursor().execute("from wide where key between ? and ?", [int(keys[0]), int(keys[-1])])
        known = {"slot": self.slot[place]}
        known |= {name: np.ma.masked_equal(of[place], 0) for name, of in (("rank", self._rank), ("peers", self._peers))}
        columns = found.fetchnumpy() | known
        return {name: columns[name] for name in COLUMNS}


def _files(table: Path | None) -> str:
    if table is None or not any(table.glob("*.parquet")):
        return _NOBODY
    return f"read_parquet({literal(table / '*.parquet')}, hive_partitioning=false)"


def _given(slots: Any) -> Any:
    """Give the next slots to those who have -1."""
    new = slots < 0
    slots[new] = slots.max(initial=-1) + 1 + np.arange(np.count_nonzero(new))
    return slots


def _ranks(score: Any) -> Any:
    """
    Return 1 for the highest score, equal ones sharing a rank; 0 where it is NaN.

    >>> _ranks(np.array([5.0, np.nan, 9.0, 5.0, 1.0])).tolist()
    [2, 0, 1, 2, 4]
    """
    order = np.argsort(-score)  # NaN comes last
    falling = score[order]
    first = np.flatnonzero(np.r_[True, falling[1:] != falling[:-1]])
    ranks = np.empty(len(score), np.int32)
    ranks[order] = np.repeat((first + 1).astype(np.int32), np.diff(np.r_[first, len(score)]))
    ranks[np.isnan(score)] = 0
    return ranks


def _peers(score: Any, audience: Any) -> Any:
    """
    Return percent of the people of like audience whose score is not higher; 0 where either is unknown.

    >>> _peers(np.array([50.0, 40.0, 1.0, 99.0, np.nan]), np.array([150, 160, 170, 5, 150])).round(1).tolist()
    [100.0, 66.7, 33.3, 100.0, 0.0]
    """
    known = (audience >= 0) & ~np.isnan(score)
    band = np.where(known, np.floor(2 * np.log10(1.0 + np.maximum(audience, 0))), -1).astype(np.int8)
    peers = np.zeros(len(score))
    for one in range(band.max(initial=-1) + 1):
        here = np.flatnonzero(band == one)
        peers[here] = 100.0 * (len(here) - _ranks(score[here]) + 1) / len(here)  # zero people divide nothing
    return peers
