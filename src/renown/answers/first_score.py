"""The first score of somebody who has no published one yet: the recomputed days of the window, up to today."""

from dataclasses import dataclass
from datetime import date, timedelta

from renown.answers.history import PastDay
from renown.method.parameters import BASE_SCORE
from renown.store import FirstScorePoints, RecomputedScore, ServedScoreStore


@dataclass(frozen=True, kw_only=True)
class FirstScore:
    """A score that is not published, and how it came about."""

    score: float
    """1 to 100."""
    day: str
    """UTC day, as 2026-11-23: the last that was computed."""
    days: tuple[PastDay, ...]
    """Every day from the first with a score to the last, oldest first; all are recomputed."""
    base_score: float
    """The 1 point that every score starts with."""
    points: tuple[FirstScorePoints, ...]
    """Most points first; with `base_score` they sum to the score. Empty if they are not known."""
    has_jump: bool
    """Whether the last day is far from the day before: followers are counted from the day on which they are read."""


_JUMP = 2.0
"""Points that a day must rise to be explained by the followers, which no earlier day has."""


def load_first_score(
    score_store: ServedScoreStore,
    key: int,
    *,
    today: date,
    days: int = 90,
    points: tuple[FirstScorePoints, ...] = (),
) -> FirstScore | None:
    """
    Load the first score of a person; None if none was computed yet.

    Parameters
    ----------
    score_store : ServedScoreStore
    key : int
        Score key of somebody without a published score.
    today : date
    days : int
        Most days to load, up to today.
    points : tuple of FirstScorePoints, optional
        Points of the last day, which the job that computed the score stored.
    """
    rows = [
        row
        for row in score_store.recomputed.read(key, today - timedelta(days=days - 1), today)
        if row.score is not None
    ]
    if not rows:
        return None
    scores = [row.score for row in rows if row.score is not None]
    return FirstScore(
        score=scores[-1],
        day=rows[-1].day.isoformat(),
        days=tuple(map(_to_past_day, rows)),
        base_score=BASE_SCORE,
        points=points,
        has_jump=len(scores) > 1 and scores[-1] - scores[-2] > _JUMP,
    )


def _to_past_day(row: RecomputedScore) -> PastDay:
    score = None if row.score is None else round(row.score, 2)
    return PastDay(row.day.isoformat(), score, is_published=False, recomputed=True)
