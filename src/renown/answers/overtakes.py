"""Overtakes: who got ahead of whom in a race, from the members' scores by day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

_MAX_MEMBERS = 24
"""Members whose overtakes are found, those listed first: others would fill the list with the middle of the field."""
_MAX_OVERTAKES = 12

ScoresByDay = Mapping[date, float | None]


@dataclass(frozen=True)
class Overtake:
    """A member who got ahead of another."""

    day: str
    """First UTC day on which they were ahead, as 2026-11-23."""
    name: str
    overtaken: str


def find_overtakes(scores: Mapping[str, ScoresByDay]) -> tuple[Overtake, ...]:
    """
    Find who overtook whom between two successive days with scores, newest first.

    Parameters
    ----------
    scores : mapping of str to mapping of date to float
        Scores by day of each member, highest rank first; only the first 24 members are compared.

    Examples
    --------
    >>> monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    >>> find_overtakes({"ada": {monday: 50.0, tuesday: 52.0}, "bob": {monday: 51.0, tuesday: 51.5}})
    (Overtake(day='2026-11-24', name='ada', overtaken='bob'),)
    """
    members = list(scores.items())[:_MAX_MEMBERS]
    days = sorted({day for _, by_day in members for day in by_day})
    overtakes: list[Overtake] = []
    for before, after in reversed(list(pairwise(days))):
        overtakes += [
            Overtake(after.isoformat(), name, other)
            for name, own in members
            for other, others in members
            if _is_ahead(others.get(before), own.get(before)) and _is_ahead(own.get(after), others.get(after))
        ]
        if len(overtakes) >= _MAX_OVERTAKES:
            break
    return tuple(overtakes[:_MAX_OVERTAKES])


def rank_scores(scores: Iterable[float | None]) -> dict[float | None, int]:
    """
    Return the rank of each score: 1 for the highest, equal scores share a rank.

    Examples
    --------
    >>> rank_scores([50.0, 60.0, 50.0, 40.0])
    {60.0: 1, 50.0: 2, 40.0: 4}
    """
    ranks: dict[float | None, int] = {}
    for rank, score in enumerate(sorted(scores, key=lambda score: -(score or 0)), 1):
        ranks.setdefault(score, rank)
    return ranks


def _is_ahead(score: float | None, other: float | None) -> bool:
    return score is not None and other is not None and score > other
