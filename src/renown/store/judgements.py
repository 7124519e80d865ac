"""Judgements: whom people called more influential than whom; methods learn from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from renown.errors import BadInput
from renown.store.database import scrub, utc
from renown.store.schema import judgements

_LONGEST_NAME = 100


@dataclass(frozen=True)
class Judgement:
    """Somebody said that one is more influential than the other."""

    winner: int
    """What scores call them: below zero a claimed person, else an account."""
    loser: int
    judge: str
    """Who said so; empty where nobody wanted to be named."""
    at: datetime


class Judgements:
    """What people said."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, winner: int, loser: int, *, judge: str, at: datetime) -> None:
        """
        Keep a judgement, in place of the same judge's other one of these two.

        Raises
        ------
        BadInput
            If both are one, or the judge's name cannot be one.
        """
        if winner == loser:
            msg = "somebody cannot be more influential than themself; name two people"
            raise BadInput(msg)
        if len(judge) > _LONGEST_NAME or not judge.isprintable():
            msg = (
                f"{judge[:_LONGEST_NAME]!r} cannot be a judge's name; write up to {_LONGEST_NAME} printable characters"
            )
            raise BadInput(msg)
        pair = (winner, loser)
        before = sa.and_(judgements.c.winner.in_(pair), judgements.c.loser.in_(pair), judgements.c.judge == judge)
        with self._database.begin() as connection:
            connection.execute(sa.delete(judgements).where(before))
            connection.execute(sa.insert(judgements).values(winner=winner, loser=loser, judge=judge, at=at))

    def all(self) -> list[Judgement]:
        """Return every judgement, in the order in which they were said."""
        columns = (judgements.c.winner, judgements.c.loser, judgements.c.judge, judgements.c.at)
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(*columns).order_by(judgements.c.judgement_id)).all()
        return [Judgement(winner, loser, judge, utc(at)) for winner, loser, judge, at in rows]

    def forget(self, keys: Sequence[int], *, judge: str) -> int:
        """Take out what was said of people and accounts, and by somebody; return how many rows went."""
        theirs = [judgements.c.winner.in_(keys), judgements.c.loser.in_(keys), judgements.c.judge == judge]
        with self._database.begin() as connection:
            gone = connection.execute(sa.delete(judgements).where(sa.or_(*theirs))).rowcount
        scrub(self._database, judgements)
        return gone
