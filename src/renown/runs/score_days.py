"""Score days on request: publish them, log group scores, and renew what follows from the latest day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from renown import scoring
from renown.progress import Progress
from renown.runs.group_scores import UnscoredChallenge, publish_group_scores
from renown.runs.past import recompute_missing_days
from renown.runs.profiles import build_profiles
from renown.runs.resources import RunResources
from renown.store import PublishedDay, check_day_order


@dataclass(frozen=True)
class ScoredDays:
    """Result of scoring days."""

    days: tuple[PublishedDay, ...]
    """Oldest first."""
    missing: tuple[UnscoredChallenge, ...]
    """Challenges that need a day's scores by another method."""


def score_days(
    resources: RunResources, first: date, last: date, *, now: Callable[[], datetime], progress: Progress
) -> ScoredDays:
    """
    Score and publish the days from first to last; the caller has the lock of runs.

    Raises
    ------
    InvalidInputError
        If the first day is after the last one.
    """
    check_day_order(first, last)
    days: list[PublishedDay] = []
    missing: list[UnscoredChallenge] = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        days.append(_score_day(resources, day, now(), progress))
        missing += publish_group_scores(resources.days, resources.groups, day, now=now()).missing
    recompute_missing_days(resources, now=now(), progress=progress)
    if days[-1] == resources.days.find():
        build_profiles(
            resources.open_reader,
            resources.lake,
            resources.people,
            resources.profiles,
            days[-1],
            previous_day=resources.days.find_previous(days[-1]),
            progress=progress,
        )
    return ScoredDays(tuple(days), tuple(missing))


def _score_day(resources: RunResources, day: date, now: datetime, progress: Progress) -> PublishedDay:
    with resources.open_engine() as engine:
        return scoring.score(
            engine,
            resources.lake,
            resources.days,
            resources.people,
            resources.method,
            day=day,
            now=now,
            progress=progress,
        )
