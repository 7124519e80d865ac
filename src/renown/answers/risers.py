"""Risers: claimed people whose verified score rose most over a week."""

from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter

from renown.store import PublishedDay, PublishedDayStore, PublishedTables, RecomputedScoreReader

WEEK = timedelta(days=7)
_MAX_GAP = timedelta(days=3)
"""How much earlier the compared day may be, if a day was not scored."""
_MAX_RISERS = 200
"""People kept of whom pages show the first few that are visible."""


@dataclass(frozen=True)
class Riser:
    """A person whose score rose."""

    key: int
    """Score key."""
    rise: float
    """Points."""


def find_risers(days: PublishedDayStore, recomputed: RecomputedScoreReader, served_day: date) -> list[Riser]:
    """
    Find the claimed people whose verified score rose most over the week before a published day, largest rise first.

    Where no day was published a week before, as in a new home, recomputed scores of that day count. Scores of
    different methods are not compared.
    """
    last = days.find(served_day)
    first = _find_day_before(days, last)
    before = _read_scores(first) if first else recomputed.read_day(last.day - WEEK, last.method)
    after = _read_scores(last)
    rises = [(key, round(score - before[key], 2)) for key, score in after.items() if key in before]
    rises.sort(key=itemgetter(1), reverse=True)
    return [Riser(key, rise) for key, rise in rises[:_MAX_RISERS] if rise > 0]


def _find_day_before(days: PublishedDayStore, last: PublishedDay) -> PublishedDay | None:
    """Return the published day a week before, or shortly before that; None if there is none of the same method."""
    candidates = [
        day
        for day in days.all()
        if day.method_digest == last.method_digest and last.day - WEEK - _MAX_GAP <= day.day <= last.day - WEEK
    ]
    return max(candidates, key=lambda day: day.day, default=None)


def _read_scores(day: PublishedDay) -> dict[int, float]:
    with PublishedTables(day) as published:
        return published.read_claimed_scores()
