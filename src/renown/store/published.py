"""Published rows: read one day's scores and points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
from numpy.typing import NDArray

from renown.steps import literal
from renown.store.day import PublishedDay
from renown.store.erasure import HELD


@dataclass(frozen=True)
class Score:
    """A person's score of a day, as it was published."""

    person: int
    """Below zero a claimed person, else the account's key."""
    name: str
    score: float
    """1 to 100."""
    strength: int
    """Billionths of a follower-equivalent."""
    accounts: int
    networks: int
    people: int
    """People reached in the window, distinct on each account."""
    days: int
    """Days observed of the window, on the network seen most."""


@dataclass(frozen=True)
class Strength:
    """What one account of a person moved."""

    account: int
    network: str
    strength: int
    """Billionths of a follower-equivalent."""
    weights: int
    """Millionths; sum of the weights of what could be observed."""
    people: int
    days: int


@dataclass(frozen=True)
class Points:
    """What one signal of one account added to a person's score."""

    network: str
    account: int
    signal: str
    received: int
    """Millionths of the signal's unit: trusted people, followers, lists."""
    value: float
    """ln(1 + follower-equivalents)."""
    weight: int
    """Millionths, before renormalising."""
    points: float


@dataclass(frozen=True)
class Claimed:
    """Everybody who claimed accounts and has a score, with what each signal gave them."""

    keys: NDArray[np.int64]
    """Ascending, below zero."""
    scores: NDArray[np.float64]
    """Of each key."""
    of: list[tuple[str, str, int]]
    """Network, signal and weight in millionths of each column."""
    people: NDArray[np.int64]
    """Whose each value is."""
    columns: NDArray[np.int64]
    """Of which column."""
    values: NDArray[np.float64]
    """ln(1 + follower-equivalents); of more accounts on one network, the largest."""


class Published:
    """One published day, opened for reading."""

    def __init__(self, day: PublishedDay) -> None:
        self.of = day
        self._connection = duckdb.connect(config={"threads": 2, "autoload_known_extensions": False})

    def leaders(self, n: int) -> list[Score]:
        """Return the `n` highest scores, equal ones by name."""
        return self._read(Score, "scores", "order by score desc, name limit ?", n)

    def score(self, person: int) -> Score | None:
        """Return a person's score, None where it was not scored."""
        return next(iter(self._read(Score, "scores", "where person = ?", person)), None)

    def scored(self, people: Sequence[int]) -> list[Score]:
        """Return the scores of those people who were scored, highest first."""
        listed = ", ".join(map(str, people)) or "null"
        return self._read(Score, "scores", f"where person in ({listed}) order by score desc, name")

    def scores(self, people: Sequence[int]) -> dict[int, float]:
        """Return the scores of those people who were scored, by their keys."""
        select = f"select person, score from {self._files('scores')} where list_contains(?, person)"
        return dict(self._connection.execute(select, [list(people)]).fetchall())

    def strengths(self, person: int) -> list[Strength]:
        """Return what each account of a person moved, strongest first."""
        return self._read(Strength, "strengths", "where person = ? order by strength desc, network, account", person)

    def points(self, person: int) -> list[Points]:
        """Return a person's points, most first."""
        return self._read(Points, "points", "where person = ? order by points desc, network, account, signal", person)

    def networks(self) -> list[str]:
        """Return the networks on which somebody was scored."""
        select = f"select distinct network from {self._files('strengths')} order by network"
        return [network for (network,) in self._connection.execute(select).fetchall()]

    def claimed(self) -> Claimed:
        """Return what each signal gave everybody who claimed accounts, without a Python object for any."""
        largest = f"""
            select person, network, signal, max(value) as value, max(weight) as weight
            from {self._files("points")} where person < 0 group by person, network, signal"""
        of = f"select network, signal, max(weight) from ({largest}) group by network, signal order by network, signal"
        numbered = f"select person, dense_rank() over (order by network, signal) - 1 as place, value from ({largest})"
        scores = f"select person, score from {self._files('scores')} where person < 0 order by person"
        people, values = (self._connection.execute(select).fetchnumpy() for select in (scores, numbered))
        return Claimed(
            people["person"],
            people["score"],
            self._connection.execute(of).fetchall(),
            values["person"],
            values["place"],
            values["value"],
        )

    def weights(self) -> dict[int, float]:
        """Return, of each signal, the mean weight of an actor, in millionths: who acted on many counts for each."""
        select = f"select signal, sum(weight * targets) / sum(targets) from {self._files('actors')} group by signal"
        return dict(self._connection.execute(select).fetchall())

    def ratios(self, network: str, audience: str) -> list[tuple[str, int, float]]:
        """
        Return, of each other signal on a network, how many accounts have it, and their median followers per unit.

        Parameters
        ----------
        network : str
        audience : str
            Name of the signal that counts followers.
        """
        points = self._files("points")
        return self._connection.execute(
            f"""
            select p.signal, count(*), median(a.received / p.received)
            from (select account, received from {points} where network = ? and signal = ? and received > 0) a
            join {points} p on p.account = a.account and p.signal <> ? and p.received > 0
            group by p.signal order by p.signal""",
            [network, audience, audience],
        ).fetchall()

    def export(self, table: str, to: Path) -> int:
        """Write one published table to a Parquet or CSV file in a stable order; return the number of rows."""
        form = "format csv, header" if to.suffix == ".csv" else "format parquet"
        order = {"scores": "score desc, name", "points": "person, network, account, signal"}[table]
        select = f"select * from {self._files(table)} order by {order}"
        return int(self._connection.execute(f"copy ({select}) to {literal(to)} ({form})").fetchall()[0][0])

    def held(self, table: str, keys: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a published table that people and accounts are in, as `erase` finds them."""
        files = self.of.files(table)
        if not files:
            return
        where = " or ".join(f"list_contains(?, {column})" for column in HELD[table])
        select = (
            f"select * from read_parquet([{', '.join(map(literal, files))}], hive_partitioning=false) where {where}"
        )
        found = self._connection.execute(select, [list(keys)] * len(HELD[table]))
        names = [column[0] for column in found.description or ()]
        yield from (dict(zip(names, row, strict=True)) for row in found.fetchall())

    def close(self) -> None:
        """Close the files."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Return the day itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self.close()

    def _read(self, record: Any, table: str, rest: str, *values: object) -> list[Any]:
        columns = ", ".join(f'"{field.name}"' for field in fields(record))
        rows = self._connection.execute(f"select {columns} from {self._files(table)} {rest}", list(values)).fetchall()
        return [record(*row) for row in rows]

    def _files(self, table: str) -> str:
        listed = ", ".join(map(literal, self.of.files(table)))
        return f"read_parquet([{listed}], hive_partitioning=false)"
