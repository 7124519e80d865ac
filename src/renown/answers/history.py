"""History: somebody's past scores, day by day."""

from dataclasses import dataclass
from datetime import timedelta

from renown.answers.standing import no_score
from renown.store import Served


@dataclass(frozen=True)
class PastDay:
    """One day of a history."""

    day: str
    """UTC day, as 2026-11-23."""
    score: float | None
    """To a hundredth of a point; None where there was none."""
    published: bool
    """Whether anybody was scored that day; False: nobody knows what the score was."""


@dataclass(frozen=True)
class History:
    """Past scores up to the served day."""

    first_day: str
    """The first with a score of those asked for."""
    last_day: str
    days: tuple[PastDay, ...]
    """Every day from the first to the last, oldest first."""


def history(served: Served, key: int, *, days: int = 90) -> History:
    """
    Return somebody's scores of the last days, from the first on which they had one.

    Raises
    ------
    NotPublished
        If no day is served yet.
    UnknownWho
        If they had no score on any of these days.
    """
    past = dict(served.history(key, days))
    if not past:
        raise no_score(served.day())
    first, last = min(past), max(past)
    each = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    told = tuple(PastDay(day.isoformat(), past.get(day), day in past) for day in each)
    return History(first.isoformat(), last.isoformat(), told)
