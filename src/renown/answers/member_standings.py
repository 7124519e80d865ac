"""Standings of the members of a group: rank, rise, streak, and odds of reaching the goal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from renown.answers.overtakes import rank_scores
from renown.answers.simulate.forecast import estimate_reach_probability, estimate_trend
from renown.method.parameters import MAX_SCORE

HORIZON_DAYS = 30
"""Days ahead for which odds are computed while no challenge runs; else they are for its last day."""
_MIN_DISTANCE = 1.0
"""Lower bound of the points from start to 100, so that a tiny rise close to 100 does not count as all of it."""
_PLACES_DAYS = 7
"""Days over which gained ranks are counted."""


@dataclass(frozen=True)
class DayScore:
    """A member's score on a day."""

    day: str
    score: float | None
    """Points, rounded to a hundredth; None if they had no score."""


@dataclass(frozen=True, kw_only=True)
class MemberStanding:
    """A member's rank, rise and odds."""

    rank: int | None
    """1 for the highest score; equal scores share a rank; None without a score."""
    name: str
    score: float | None
    """The latest score, rounded to a hundredth."""
    start: float | None
    """Their first score: the one served when they joined, or the first one logged after that."""
    rise: float | None
    """Points from start to score."""
    handicap: float | None
    """The rise as a share of the points from start to 100; negative for a fall."""
    to_go: float | None
    """Points from the score to the goal; 0 at or above it."""
    day_change: float | None
    """Points since the day before; None without a score then."""
    places_gained: int | None
    """Ranks gained in the last seven days, negative if lost; None without a score then."""
    started_above: bool
    """Whether the first score was at or above the goal already."""
    reached_on: str | None
    """First day with a score at or above the goal; None for those who started above."""
    streak: int
    """Consecutive days, up to the latest, with a score at or above the goal."""
    odds: float | None
    """Probability that they reach the goal in time; 1 once they have; None if there is too little data."""
    recomputed_days: int
    """Days of the trend behind the odds whose scores were recomputed; 0 without odds."""
    scores: tuple[DayScore, ...]
    """Oldest first."""
    note: str
    """Why the score here is lower than on the member's page, or missing; empty if it is the same."""

    @property
    def scores_by_day(self) -> dict[date, float | None]:
        """The scores by day, oldest first."""
        return {date.fromisoformat(day_score.day): day_score.score for day_score in self.scores}


def build_member_standing(
    name: str,
    scores: dict[date, float | None],
    goal: float,
    odds: float | None,
    *,
    recomputed_days: int = 0,
    note: str = "",
) -> MemberStanding:
    """Return a member's standing without a rank; `scores` are oldest first."""
    known_scores = {day: score for day, score in scores.items() if score is not None}
    score, start = next(reversed(scores.values()), None), next(iter(known_scores.values()), None)
    rise = None if score is None or start is None else round(score - start, 2)
    started_above = start is not None and start >= goal
    reached_on = next((day for day, value in known_scores.items() if value >= goal and not started_above), None)
    day = max(scores, default=date.min)
    before = scores.get(day - timedelta(days=1)) if scores else None
    return MemberStanding(
        rank=None,
        name=name,
        score=score,
        start=start,
        rise=rise,
        handicap=None if rise is None or start is None else rise / max(MAX_SCORE - start, _MIN_DISTANCE),
        to_go=None if score is None else round(max(goal - score, 0.0), 2),
        day_change=None if score is None or before is None else round(score - before, 2),
        places_gained=None,
        started_above=started_above,
        reached_on=reached_on.isoformat() if reached_on else None,
        streak=_count_streak(scores, goal),
        odds=odds,
        recomputed_days=recomputed_days,
        scores=tuple(DayScore(day.isoformat(), value) for day, value in scores.items()),
        note=note,
    )


def _count_streak(scores: Mapping[date, float | None], goal: float) -> int:
    day, days = max(scores, default=date.min), 0
    while (scores.get(day) or 0) >= goal:
        day, days = day - timedelta(days=1), days + 1
    return days


def compute_odds(
    scores: dict[date, float | None], past_scores: Mapping[date, float | None], goal: float, last_day: date | None
) -> float | None:
    """Compute the odds of reaching a goal by the last day, or within `HORIZON_DAYS`; None with too little data."""
    if any(score is not None and score >= goal for score in scores.values()):
        return 1.0
    day, score = next(reversed(scores.items()), (None, None))
    if day is None or score is None:
        return None
    remaining_days = (last_day - day).days if last_day else HORIZON_DAYS
    if remaining_days <= 0:
        return 0.0
    score_trend = estimate_trend({day: score for day, score in past_scores.items() if score is not None})
    return estimate_reach_probability(score_trend, goal - score, remaining_days) if score_trend else None


def rank_members(unranked: Sequence[MemberStanding], latest_day: date | None) -> tuple[MemberStanding, ...]:
    """Rank members by score, ties ordered by name, those without a score last."""
    rows = sorted(unranked, key=lambda row: (-(row.score or 0), row.name))
    ranks = rank_scores(row.score for row in rows)
    earlier = {}
    if latest_day:
        day = latest_day - timedelta(days=_PLACES_DAYS)
        earlier = {row.name: score for row in rows if (score := row.scores_by_day.get(day)) is not None}
    earlier_ranks = rank_scores(earlier.values())

    def count_places_gained(row: MemberStanding) -> int | None:
        return earlier_ranks[earlier[row.name]] - ranks[row.score] if row.score and row.name in earlier else None

    return tuple(
        replace(row, rank=ranks[row.score], places_gained=count_places_gained(row)) if row.score else row
        for row in rows
    )
