"""Compute a person's standing: rank, percentile, changes, records and streaks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from renown.answers.hidden_ranks import HiddenRanks, find_departed_ranks
from renown.errors import DayNotPublishedError, InvalidInputError, PersonNotFoundError
from renown.records import day_from_number
from renown.store import ServedScore, ServedScoreStore, compute_changes

DEFAULT_GOAL, DEFAULT_STREAK_DAYS = 70.0, 30
"""Default goal: a score of 70 or more on 30 consecutive days."""
CHANGE_SPANS = {"day_change": 1, "week_change": 7, "month_change": 30}
"""Fields of a standing to the number of days over which they tell the change."""
_ALL_DAYS = 1_000_000

ScoreHistory = Sequence[tuple[date, float | None]]
"""(day, score) of published days, oldest first; None if there was no score."""


@dataclass(frozen=True)
class Streak:
    """Consecutive days at or above the goal."""

    days: int
    first_day: str | None
    """UTC day, as 2026-11-23; None if the streak is empty."""
    last_day: str | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A person's rank on the served day, with figures of their history."""

    name: str
    day: str
    """UTC day, as 2026-11-23."""
    score: float
    """1 to 100."""
    rank: int | None
    """1 for the highest; equal scores share a rank; None if all figures come from the person's own archive."""
    percentile: float | None
    """Percent of all scored people whose score is not higher; None without a rank."""
    top_percent: float | None
    """Percent of all scored people whose score is at least as high; never 0; None without a rank."""
    scored_people: int
    """All people whom the rank counts."""
    followers: int | None
    """Followers summed over all accounts; None if unknown."""
    peer_percentile: float | None
    """As `percentile`, among people with about as many followers."""
    day_change: float | None
    """Points in 1 day; None if there was no score a day before. Changes, highest and lowest count recomputed days."""
    week_change: float | None
    """Points in 7 days."""
    month_change: float | None
    """Points in 30 days."""
    highest: float
    highest_day: str
    """The last day with the highest score."""
    lowest: float
    lowest_day: str
    """The first day with the lowest score."""
    recomputed: tuple[str, ...]
    """Those of `day_change`, `week_change`, `month_change`, `highest` and `lowest` that use a recomputed score."""
    average: float
    """Mean over the published days with a score."""
    scored_days: int
    """Number of published days with a score."""
    goal: float
    """The required score."""
    in_a_row: int
    """The required number of consecutive days."""
    current_streak: Streak
    """The current streak, up to the served day."""
    longest_streak: Streak
    """The longest streak; the first one of equal length."""
    has_met_goal: bool
    """Whether the current streak has the required number of days."""
    goal_met_since: str | None
    """The day on which it reached that number; None if it has not."""


def compute_standing(
    score_store: ServedScoreStore,
    key: int,
    *,
    goal: float = DEFAULT_GOAL,
    in_a_row: int = DEFAULT_STREAK_DAYS,
    hidden: HiddenRanks | None = None,
) -> Standing:
    """
    Compute a person's standing on the served day.

    Parameters
    ----------
    score_store : ServedScoreStore
    key : int
        Score key of the person.
    goal : float
        Score that a day needs to count, compared to a hundredth of a point, as scores are displayed.
    in_a_row : int
        Required number of consecutive days. A day that was not published neither breaks a streak nor counts; a
        published day without a score breaks it.
    hidden : HiddenRanks, optional
        Ranks that the person's own does not count; by default those of people who opted out or were erased since.

    Raises
    ------
    InvalidInputError
        If `in_a_row` is below 1.
    DayNotPublishedError
        If no day is served yet.
    PersonNotFoundError
        If they have no score on the served day.
    """
    if in_a_row < 1:
        raise InvalidInputError(f"{in_a_row} days in a row is not possible; ask for 1 or more")
    served_score = score_store.find(key)
    if served_score is None:
        raise no_score_error(score_store.day())
    hidden = find_departed_ranks(score_store) if hidden is None else hidden
    shown = hidden.exclude(served_score) if served_score.verified_score is not None else None
    history = _load_history(score_store, served_score)
    recomputed = read_recomputed_scores(score_store, key, day_from_number(0), served_score.day)
    records = _find_records(served_score, history, recomputed)
    scores = [score for _, score in history if score is not None] or [served_score.score]
    current_streak, longest_streak = _pick_streaks(history, goal)
    has_met_goal = len(current_streak) >= in_a_row
    return Standing(
        name=served_score.name,
        day=served_score.day.isoformat(),
        score=served_score.score,
        rank=shown.rank if shown else None,
        percentile=shown.percentile if shown else None,
        top_percent=hidden.top_percent(score_store, served_score.rank) if shown else None,
        scored_people=hidden.count_people(score_store, served_score.rank),
        followers=served_score.audience,
        peer_percentile=served_score.peers,
        **records,
        average=round(sum(scores) / len(scores), 2),
        scored_days=len(scores),
        goal=goal,
        in_a_row=in_a_row,
        current_streak=_to_streak(current_streak),
        longest_streak=_to_streak(longest_streak),
        has_met_goal=has_met_goal,
        goal_met_since=current_streak[in_a_row - 1].isoformat() if has_met_goal else None,
    )


def find_streaks(history: ScoreHistory, goal: float) -> list[list[date]]:
    """
    Find the streaks of published days at or above a goal, oldest first.

    Examples
    --------
    >>> past = [(date(2024, 2, n), score) for n, score in enumerate((70, 71, None, 70, 69), 1)]
    >>> [len(streak) for streak in find_streaks(past, 70)]
    [2, 1]
    """
    runs: list[list[date]] = [[]]
    for day, score in history:
        if score is not None and score >= goal:
            runs[-1].append(day)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def format_top(top: float) -> str:
    """
    Format a top percentage, rounded up so that it is not overstated.

    Examples
    --------
    >>> [format_top(top) for top in (100, 4.8, 4.81, 0.01234)]
    ['top 100%', 'top 4.8%', 'top 4.9%', 'top 0.02%']
    """
    rounded, digits = round_top(top)
    return f"top {rounded:.{digits}f}%"


def describe_top(top: float | None) -> str:
    """
    Describe a top percentage for a picture; without one, say why there is none.

    Examples
    --------
    >>> describe_top(4.8), describe_top(None)
    ('top 4.8% of all people scored', 'not ranked: all figures come from their own archive')
    """
    if top is None:
        return "not ranked: all figures come from their own archive"
    return f"{format_top(top)} of all people scored"


def round_top(top: float) -> tuple[float, int]:
    """
    Round a top percentage up, so that it is not overstated, and return it with its number of decimals.

    Examples
    --------
    >>> [round_top(top) for top in (100, 4.8, 4.81, 0.01234)]
    [(100.0, 0), (4.8, 1), (4.9, 1), (0.02, 2)]
    """
    digits = max(1, -math.floor(math.log10(top)))
    rounded = math.ceil(round(top * 10**digits, 6)) / 10**digits
    return rounded, 0 if rounded.is_integer() else digits


def no_score_error(day: date | None, name: str = "this person") -> DayNotPublishedError | PersonNotFoundError:
    """Return the error that explains why a person has no score on the served day."""
    if day is None:
        return DayNotPublishedError("no day is served yet", remedy="publish one with `renown run`")
    return PersonNotFoundError(
        f"{name} has no score on {day}: there is no data of their accounts in the window",
        remedy="collect or import more of it",
    )


def read_recomputed_scores(score_store: ServedScoreStore, key: int, first: date, last: date) -> dict[date, float]:
    """Return a person's recomputed scores of a span of days, to a hundredth of a point, as published ones."""
    rows = score_store.recomputed.read(key, first, last)
    return {row.day: round(row.score, 2) for row in rows if row.score is not None}


def _load_history(score_store: ServedScoreStore, served_score: ServedScore) -> ScoreHistory:
    # A later day may have been published since the snapshot that is served.
    history = score_store.read_history(served_score.key, _ALL_DAYS)
    return [(day, score) for day, score in history if day <= served_score.day]


def _find_records(served_score: ServedScore, history: ScoreHistory, recomputed: Mapping[date, float]) -> dict[str, Any]:
    """Return changes, highest and lowest score over published and recomputed days, and which use the latter."""
    published = dict(history)
    days = {**recomputed, **published}
    scores = [(score, day) for day, score in days.items() if score is not None] or [
        (served_score.score, served_score.day)
    ]
    # Of equal scores, the first lowest day and the last highest day.
    (lowest, lowest_day), (highest, highest_day) = min(scores), max(scores)
    points = compute_changes(list(days.items()))
    changes = {name: points[span] for name, span in CHANGE_SPANS.items()}
    compared_days = {name: served_score.day - timedelta(days=span) for name, span in CHANGE_SPANS.items()}
    used_days = {**compared_days, "highest": highest_day, "lowest": lowest_day}
    return {
        **changes,
        "highest": highest,
        "highest_day": highest_day.isoformat(),
        "lowest": lowest,
        "lowest_day": lowest_day.isoformat(),
        "recomputed": tuple(
            name
            for name, day in used_days.items()
            if day in recomputed and day not in published and changes.get(name, 0.0) is not None
        ),
    }


def _pick_streaks(history: ScoreHistory, goal: float) -> tuple[list[date], list[date]]:
    """Return the days of the current streak, up to the last day of a history, and of the longest one."""
    streaks = find_streaks(history, goal)
    current_streak = streaks[-1] if streaks and history[-1][0] in streaks[-1] else []
    return current_streak, max(streaks, key=len, default=[])


def _to_streak(days: Sequence[date]) -> Streak:
    return Streak(len(days), days[0].isoformat(), days[-1].isoformat()) if days else Streak(0, None, None)
