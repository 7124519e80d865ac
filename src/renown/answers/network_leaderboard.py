"""The leaderboard of a network, as arrays of ranks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renown.answers.visibility import Visibility
from renown.engines.base import Row

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
_RANK_DTYPE = [
    ("rank", np.int64),
    ("person", np.int64),
    ("score", np.float64),
    ("strength", np.int64),
    ("people", np.int64),
    ("accounts", np.int64),
]


@dataclass(frozen=True, kw_only=True)
class LeaderboardRank:
    """One row of a network's leaderboard."""

    rank: int
    """1 for the highest; equal scores share a rank."""
    key: int
    """A claimed person if negative, otherwise an account."""
    score: float
    """1 to 100: the score from this network alone."""
    strength: float
    """Follower-equivalents on this network."""
    people: int
    """People reached on this network in the window, summed over the person's accounts."""
    accounts: int


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """Leaderboard of a network, highest score first, ties ordered by key."""

    ranks: Integers
    """Shape (ranks,), ascending."""
    keys: Integers
    """Shape (ranks,), ascending within equal ranks."""
    scores: Floats
    strengths: Integers
    """Billionths of a follower-equivalent."""
    people: Integers
    accounts: Integers

    @classmethod
    def from_rows(cls, rows: list[Row]) -> "Leaderboard":
        """Return the leaderboard with rows of (rank, person, score, strength, people, accounts)."""
        columns = np.array(rows, dtype=_RANK_DTYPE)
        return cls(
            ranks=columns["rank"],
            keys=columns["person"],
            scores=columns["score"],
            strengths=columns["strength"],
            people=columns["people"],
            accounts=columns["accounts"],
        )

    def select(self, visibility: Visibility) -> "Leaderboard":
        """Return the leaderboard of the visible people alone, with ranks that do not count the others."""
        mask = visibility.select(self.keys)
        if mask.all():
            return self
        scores = self.scores[mask]
        # Scores descend, so the first row of each score gives the rank of all rows with it.
        is_first = np.append(True, scores[1:] != scores[:-1])[: len(scores)]
        return Leaderboard(
            ranks=np.maximum.accumulate(np.where(is_first, np.arange(1, len(scores) + 1), 0)),
            keys=self.keys[mask],
            scores=scores,
            strengths=self.strengths[mask],
            people=self.people[mask],
            accounts=self.accounts[mask],
        )

    def ranks_after(self, rank: int, key: int) -> Iterator[LeaderboardRank]:
        """Yield the rows after a (rank, key) cursor."""
        first, end = np.searchsorted(self.ranks, [rank, rank + 1])
        start = int(first + np.searchsorted(self.keys[first:end], key, side="right"))
        for index in range(start, len(self.ranks)):
            yield LeaderboardRank(
                rank=int(self.ranks[index]),
                key=int(self.keys[index]),
                score=float(self.scores[index]),
                strength=int(self.strengths[index]) / 1e9,
                people=int(self.people[index]),
                accounts=int(self.accounts[index]),
            )
