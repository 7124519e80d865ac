"""Store of judgements: pairwise comparisons of influence by people, from which method weights are learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.database import purge_deleted_rows
from renown.store.schema import judgements

_MAX_NAME_LENGTH = 100


@dataclass(frozen=True)
class Judgement:
    """A judge's opinion that one of two is more influential than the other."""

    winner: int
    """Score key: negative for a claimed person, else an account's key."""
    loser: int
    judge: str
    """Name of the judge; empty if anonymous."""
    at: datetime


class JudgementStore:
    """All judgements of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, winner: int, loser: int, *, judge: str, at: datetime) -> None:
        """
        Add a judgement, replacing an earlier one of the same pair by the same judge.

        Raises
        ------
        InvalidInputError
            If winner and loser are the same, or the judge's name is invalid.
        """
        if winner == loser:
            raise InvalidInputError("a person cannot be more influential than themself; name two people")
        if len(judge) > _MAX_NAME_LENGTH or not judge.isprintable():
            raise InvalidInputError(
                f"{judge[:_MAX_NAME_LENGTH]!r} cannot be a judge's name; "
                f"write up to {_MAX_NAME_LENGTH} printable characters"
            )
        pair = (winner, loser)
        same_pair = sa.and_(judgements.c.winner.in_(pair), judgements.c.loser.in_(pair), judgements.c.judge == judge)
        with self._database.begin() as connection:
            connection.execute(sa.delete(judgements).where(same_pair))
            connection.execute(sa.insert(judgements).values(winner=winner, loser=loser, judge=judge, at=at))

    def all(self) -> list[Judgement]:
        """Return every judgement, oldest first."""
        columns = (judgements.c.winner, judgements.c.loser, judgements.c.judge, judgements.c.at)
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(*columns).order_by(judgements.c.judgement_id)).all()
        return [Judgement(winner, loser, judge, at) for winner, loser, judge, at in rows]

    def erase(self, keys: Sequence[int], *, judge: str) -> int:
        """Delete judgements about these people and accounts, and by this judge; return the number of rows deleted."""
        conditions = [judgements.c.winner.in_(keys), judgements.c.loser.in_(keys), judgements.c.judge == judge]
        with self._database.begin() as connection:
            deleted_rows = connection.execute(sa.delete(judgements).where(sa.or_(*conditions))).rowcount
        purge_deleted_rows(self._database, judgements)
        return deleted_rows
