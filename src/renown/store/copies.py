"""Copies: all scores of a day in a form that a page reads in a moment; one of them is served."""

import contextlib
from collections.abc import Iterator
from typing import Protocol

import sqlalchemy as sa

from renown.errors import HomeError
from renown.store.rows import Rows

LISTED = 100_000
"""Ranks that an index finds; further down a list is read from all rows."""
INDEXES = {
    "rank": f"(rank, key) where rank <= {LISTED}",
    "name": "(name) where key < 0",
    "claimed": "(rank, key) where key < 0",
}


class Copies(Protocol):
    """Where copies lie."""

    def build(self, rows: Rows, day_no: int) -> str:
        """Write rows to a new copy that nobody reads yet; return its name."""

    def serve(self, connection: sa.Connection, copy: str, scored: int, day_no: int) -> None:
        """Make a copy, in which so many have a score, the served one, as part of a transaction."""

    def tidy(self, served: str) -> None:
        """Remove every copy but the served one."""

    def erase(self, served: str, keys: list[int]) -> int:
        """Take people out of the served copy; return how many rows went."""


def percentile(scored: object, rank: str = "rank") -> str:
    """Return the expression of a percentile, which no row need hold."""
    return f"cast(100 as double precision) * ({scored} - {rank} + 1) / {scored} as percentile"


@contextlib.contextmanager
def explained(where: object, error: type[Exception]) -> Iterator[None]:
    """Say what was in the way of a driver, of whose errors SQLAlchemy does not know."""
    try:
        yield
    except error as said:
        why = " ".join(str(said).split())
        msg = f"cannot write the scores to serve to {str(where)!r}: {why}; is there room, and may you write there?"
        raise HomeError(msg) from None
