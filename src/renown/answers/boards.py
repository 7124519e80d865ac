"""Boards: who leads on a network, and what claimed people get, in memory until another day is served."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renown.answers.evidence import method_of
from renown.answers.standing import no_score
from renown.engines.base import Row
from renown.engines.duckdb import DuckDB
from renown.method import INPUTS, MILLION, Method, tables
from renown.records import day_number
from renown.steps import Step
from renown.store import Days, Published, PublishedDay, Served

LISTED = 100_000
"""Places of a network that a board holds; it ends there."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_ROW = [
    ("rank", np.int64),
    ("person", np.int64),
    ("score", np.float64),
    ("strength", np.int64),
    ("people", np.int64),
    ("accounts", np.int64),
]
_STRENGTHS = {
    "person": "bigint",
    "account": "bigint",
    "network": "string",
    "strength": "bigint",
    "people": "bigint",
    "days": "bigint",
}


@dataclass(frozen=True)
class Place:
    """Somebody's place on a network."""

    rank: int
    """1 for the highest; equal scores share a rank."""
    key: int
    """Below zero a claimed person, else an account."""
    score: float
    """1 to 100: what the person would score with this network alone."""
    strength: float
    """Follower-equivalents on this network."""
    people: int
    """People reached there in the window, summed over the person's accounts."""
    accounts: int


@dataclass(frozen=True)
class Board:
    """The places on a network, highest score first, equal ones by key."""

    ranks: Integers
    """Shape (places,), ascending."""
    keys: Integers
    """Shape (places,), ascending among equal ranks."""
    scores: Floats
    strengths: Integers
    """Billionths of a follower-equivalent."""
    people: Integers
    accounts: Integers

    def after(self, rank: int, key: int) -> Iterator[Place]:
        """Yield the places behind a rank and key."""
        first, beyond = np.searchsorted(self.ranks, [rank, rank + 1])
        start = int(first + np.searchsorted(self.keys[first:beyond], key, side="right"))
        for place in range(start, len(self.ranks)):
            yield Place(
                int(self.ranks[place]),
                int(self.keys[place]),
                float(self.scores[place]),
                int(self.strengths[place]) / 1e9,
                int(self.people[place]),
                int(self.accounts[place]),
            )


@dataclass(frozen=True)
class Crowd:
    """Everybody who claimed accounts and has a score, each by the value of every signal on every network."""

    keys: Integers
    """Shape (people,), ascending."""
    scores: Floats
    """Shape (people,)."""
    of: tuple[tuple[str, str], ...]
    """(network, signal) of each column."""
    weights: Floats
    """Shape (columns,): each signal's share of a network's strength."""
    values: Floats
    """Shape (people, columns): ln(1 + follower-equivalents), of the account that has most; 0 where there is nothing."""


class Boards:
    """
    What is read once of a served day's published rows, and then asked for from memory.

    A day's strengths and points lie in Parquet files, which one pass of some tenths of a second reads for ten million
    people; an index in the store would be made every day for every account, asked for or not.

    Parameters
    ----------
    reader : callable
        Opens a session of the engine that answers questions.
    days : Days
    served : Served
        Whose copy says whether what is held is of the day that is served.
    """

    def __init__(self, reader: Callable[[], DuckDB], days: Days, served: Served) -> None:
        self._reader, self._days, self._served = reader, days, served
        self._lock = threading.Lock()
        self._copy: str | None = None
        self._held: dict[tuple[str, bool], Board] = {}
        self._networks: tuple[str, ...] = ()
        self._crowd: Crowd | None = None

    def board(self, network: str, *, everyone: bool) -> Board:
        """
        Return the places on a network, of claimed people or of everyone; none where nobody is scored there.

        Raises
        ------
        NotPublished
            If no day is served yet.
        """
        with self._lock:
            self._turn()
            if network not in self._networks:
                return _board([])
            if (network, everyone) not in self._held:
                self._held[network, everyone] = self._read_board(network, everyone=everyone)
            return self._held[network, everyone]

    def crowd(self) -> Crowd:
        """
        Return everybody who claimed accounts, to be compared.

        Raises
        ------
        NotPublished
            If no day is served yet.
        """
        with self._lock:
            self._turn()
            if self._crowd is None:
                self._crowd = self._read_crowd()
            return self._crowd

    def _turn(self) -> None:
        """Let go of what is of another day than the served one."""
        copy = self._served.copy()
        if copy is None:
            raise no_score(None)
        if copy != self._copy:
            with Published(self._day()) as published:
                self._networks = tuple(published.networks())
            self._held, self._crowd, self._copy = {}, None, copy

    def _day(self) -> PublishedDay:
        return self._days.find(self._served.day())

    def _read_board(self, network: str, *, everyone: bool) -> Board:
        """Let the method's own step score what each person is worth on this network alone."""
        day = self._day()
        with Published(day) as published, self._reader() as engine:
            method = method_of(published)
            engine.scan("published_strengths", day.files("strengths"), _STRENGTHS)
            engine.table("asked", [(network,)], {"network": "string"})
            some = "" if everyone else "where s.person < 0"
            listed = ", ".join(f"s.{column}" for column in _STRENGTHS)
            there = f"select {listed} from published_strengths s join asked q on q.network = s.network {some}"
            engine.run(Step("strengths", there, _STRENGTHS))
            engine.table("constants", _constants(method, day), INPUTS["constants"])
            engine.run(next(step for step in method.steps if step.name == "scores"))
            rows = engine.rows(f"""
                select rank() over (order by score desc) as rank, person, score, strength, people, accounts
                from scores order by rank, person limit {LISTED}""")
        return _board(rows)

    def _read_crowd(self) -> Crowd:
        with Published(self._day()) as published:
            found = published.claimed()
        values = np.zeros((len(found.keys), len(found.of)))
        values[np.searchsorted(found.keys, found.people), found.columns] = found.values
        return Crowd(
            found.keys,
            found.scores,
            tuple((network, signal) for network, signal, _ in found.of),
            np.array([weight / MILLION for _, _, weight in found.of]),
            values,
        )


def _board(rows: list[Row]) -> Board:
    held = np.array(rows, dtype=_ROW)
    return Board(*(held[name] for name, _ in _ROW))


def _constants(method: Method, day: PublishedDay) -> list[tuple[object, ...]]:
    return tables(method, day_number(day.day), coverage=(), days={})["constants"]
