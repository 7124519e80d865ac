"""Served scores: what a page asks of one person, in one read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import dropwhile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renown.records import day_number, day_of
from renown.store.copies import LISTED
from renown.store.database import utc
from renown.store.history import History
from renown.store.reader import reader
from renown.store.schema import days as published
from renown.store.schema import serving

_TOLD = "key, name, score, percentile, rank, people, days, networks, accounts, strength, audience, peers"
_DAY_NO = _TOLD.count(",") + 1
_COLUMNS = f"{_TOLD}, day_no, slot, copy"
_FIND = f"select {_COLUMNS} from {{person}} where score is not null"
_BY_NAME = f"select {_COLUMNS} from {{listed}} where name = :name and key < 0 and score is not null"
_SLOT = "select slot, copy, day_no from {person}"
_NEXT = f"select {_COLUMNS} from {{rows}} where (rank, key) > (:rank, :key) and {{most}} order by rank, key limit :n"
_CLAIMED = _NEXT.format(rows="{listed}", most="key < 0 and rank is not null")
_BELOW = "select min(rank) from {ranks} where rank > :rank"
_FIRST_BELOW = f"select min(rank) from {{listed}} where rank > :rank and rank <= {LISTED}"
_DAY = sa.select(serving.c.day_no)
_SERVED_DAY = sa.and_(serving.c.day_no == published.c.day_no, serving.c.method == published.c.method)
_SCORED = sa.select(published.c.people).join(serving, _SERVED_DAY)
_PUBLISHED = sa.select(published.c.published_at).join(serving, _SERVED_DAY)
_LISTED = _NEXT.format(rows="{listed}", most=f"rank <= {LISTED}")
_UNLISTED = _NEXT.format(rows="served", most="rank is not null")


@dataclass(frozen=True)
class ServedScore:
    """A person's score, as it is served."""

    key: int
    """Below zero a claimed person, else the account's key."""
    name: str
    """The person's name; ``network:id`` of an account that nobody claimed."""
    score: float
    """1 to 100."""
    percentile: float
    """Percent of the people scored that day whose score is not higher; 100 for the first."""
    rank: int
    """1 for the highest; equal scores share a rank."""
    people: int
    """People reached in the window."""
    days: int
    """Days observed of the window."""
    networks: int
    accounts: int
    strength: int
    """Billionths of a follower-equivalent."""
    audience: int | None
    """Followers, summed over the person's accounts; None where no account's are known."""
    peers: float | None
    """
    Percent of the people of like audience, scored that day, whose score is not higher; None where it is unknown.

    Alike are those whose followers are in the same half of a power of ten, ``floor(2 log10(1 + audience))``: within
    it they differ by a factor of 3.2 at the most, six points of score, so that who stands out does so by what others do
    with what they say. Narrower bands would hold but a few of the best known; wider ones would compare followers.
    """
    day: date
    slot: int = field(default=-1, repr=False)
    """Place in history."""
    copy: str = field(default="", repr=False)
    """The copy that it was read from."""


class Served:
    """
    The scores that are served.

    Parameters
    ----------
    database : sa.Engine
    published : Path
        Folder of the published days.
    """

    def __init__(self, database: sa.Engine, published: Path) -> None:
        self._database = database
        self._history = History(database, published)
        self._reader = reader(database)

    def find(self, key: int) -> ServedScore | None:
        """Return somebody's score; None where they have none on the served day."""
        return next(iter(self._scores(_FIND, {"key": key})), None)

    def by_name(self, name: str) -> ServedScore | None:
        """Return the score of a claimed person; None where nobody of that name has one."""
        return next(iter(self._scores(_BY_NAME, {"name": name})), None)

    def leaders(self, n: int, *, after: tuple[int, int] = (0, 0)) -> list[ServedScore]:
        """Return the next `n` people after a (rank, key), by rank, equal ones by key."""
        place = {"rank": after[0], "key": after[1]}
        found = self._scores(_LISTED, place | {"n": n})
        if len(found) == n:
            return found
        if found:
            place = {"rank": found[-1].rank, "key": found[-1].key}
        return found + self._scores(_UNLISTED, place | {"n": n - len(found)})

    def claimed(self, n: int, *, after: tuple[int, int] = (0, 0)) -> list[ServedScore]:
        """Return the next `n` claimed people after a (rank, key), by rank."""
        return self._scores(_CLAIMED, {"rank": after[0], "key": after[1], "n": n})

    def history(self, key: int, days: int = 90) -> list[tuple[date, float | None]]:
        """
        Return somebody's past scores to a hundredth of a point, oldest first.

        Parameters
        ----------
        key : int
        days : int
            How many days up to the served one; it begins with the first on which they had a score.

        Returns
        -------
        list of (date, float or None)
            None where they had no score that day.
        """
        for slot, copy, last in self._rows(_SLOT, {"key": key}):
            return list(dropwhile(lambda scored: scored[1] is None, self._history.past(slot, copy, last, days)))
        return []

    def moved(self, of: ServedScore, spans: Sequence[int] = (1, 7, 30)) -> dict[int, float | None]:
        """Return as `changes` does of a score that was found, with four looks at its history in place of a month's."""
        last = day_number(of.day)
        now, *then = self._history.on(of.slot, of.copy, [last, *(last - span for span in spans)])
        return {span: _move(score, now) for span, score in zip(spans, then, strict=True)}

    def changes(self, key: int, spans: Sequence[int] = (1, 7, 30)) -> dict[int, float | None]:
        """Return, of each number of days, how far somebody's score moved in them; None where one end has no score."""
        return moves(self.history(key, max(spans) + 1), spans)

    def top(self, rank: int) -> float:
        """Return the percent of the people scored whose score is at least as high as that of a rank; never 0."""
        below = self._below(_FIRST_BELOW, rank) or self._below(_BELOW, rank)
        with self._database.connect() as connection:
            scored = connection.scalar(_SCORED)
        # Who was forgotten since the day was scored is not counted, and left a rank behind.
        return min(100.0, 100.0 * (below - 1) / scored) if below and scored else 100.0

    def copy(self) -> str | None:
        """Return the name of what is served, another one after each publication; None where nothing is yet."""
        with self._database.connect() as connection:
            copy: str | None = connection.scalar(sa.select(serving.c.copy))
        return copy

    def day(self) -> date | None:
        """Return the served day; None where none is yet."""
        with self._database.connect() as connection:
            day_no = connection.scalar(_DAY)
        return None if day_no is None else day_of(day_no)

    def _below(self, read: str, rank: int) -> int | None:
        return next((row[0] for row in self._rows(read, {"rank": rank})), None)

    def published_at(self) -> datetime | None:
        """Return the UTC instant at which the served day was published; None where none is."""
        with self._database.connect() as connection:
            at = connection.scalar(_PUBLISHED)
        return at and utc(at)

    def _scores(self, read: str, values: Mapping[str, Any]) -> list[ServedScore]:
        rows = [list(row) for row in self._rows(read, values)]
        for row in rows:
            row[_DAY_NO] = day_of(row[_DAY_NO])
        return [ServedScore(*row) for row in rows]

    def _rows(self, read: str, values: Mapping[str, Any]) -> list[Any]:
        of = self._reader
        return of.rows(read.format(person=of.person, listed=of.listed, ranks=of.ranks), values)


def moves(past: Sequence[tuple[date, float | None]], spans: Sequence[int] = (1, 7, 30)) -> dict[int, float | None]:
    """Return, of each number of days, how far a history moved in them up to its last day."""
    scores = dict(past)
    if not scores:
        return dict.fromkeys(spans)
    last = max(scores)
    return {span: _move(scores.get(last - timedelta(days=span)), scores[last]) for span in spans}


def _move(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else round(after - before, 2)
