"""Standing: somebody's place, how it moved, and how long it has held."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from renown.errors import BadInput, NotPublished, UnknownWho
from renown.store import Served, moves

GOAL, IN_A_ROW = 70.0, 30
"""What a club asks for: a score of 70 or more on 30 days in a row."""
_ALL_DAYS = 1_000_000

Past = Sequence[tuple[date, float | None]]
"""Published days, oldest first, with the score of each; None where there was none."""


@dataclass(frozen=True)
class Streak:
    """Days in a row."""

    days: int
    first_day: str | None
    """UTC day, as 2026-11-23; None where it has no day."""
    last_day: str | None


@dataclass(frozen=True)
class Standing:
    """Somebody's place on the served day, and in their history."""

    who: str
    day: str
    """UTC day, as 2026-11-23."""
    score: float
    """1 to 100."""
    rank: int
    """1 for the highest; equal scores share a rank."""
    percentile: float
    """Percent of the people scored whose score is not higher."""
    top: float
    """Percent of the people scored whose score is at least as high; never 0."""
    audience: int | None
    """Followers over all accounts; None where they are not known."""
    peers: float | None
    """As `percentile`, among people of like audience."""
    day_change: float | None
    """Points in a day; None where there was no score at its beginning."""
    week_change: float | None
    month_change: float | None
    """Points in 30 days."""
    highest: float
    highest_day: str
    """The first on which it was."""
    lowest: float
    lowest_day: str
    average: float
    """Over the days with a score."""
    scored: int
    """Days with a score."""
    goal: float
    """Score that is asked for."""
    in_a_row: int
    """Days in a row that are asked for."""
    current: Streak
    """Days at or above the goal, up to this one."""
    longest: Streak
    """The first of the longest."""
    met: bool
    """Whether the goal has held for so many days, up to this one."""
    met_since: str | None
    """The day on which it had held for so many."""


def standing(served: Served, key: int, *, goal: float = GOAL, in_a_row: int = IN_A_ROW) -> Standing:
    """
    Return somebody's standing on the served day.

    Parameters
    ----------
    served : Served
    key : int
        What scores call them.
    goal : float
        Score from which on a day counts, compared to a hundredth of a point, as scores are shown.
    in_a_row : int
        Days in a row that are asked for. A day that is not published neither breaks a row nor counts; one
        without a score breaks it.

    Raises
    ------
    BadInput
        If no day in a row is asked for.
    NotPublished
        If no day is served yet.
    UnknownWho
        If they have no score on the served day.
    """
    if in_a_row < 1:
        msg = f"{in_a_row} days in a row are asked for; ask for 1 or more"
        raise BadInput(msg)
    found = served.find(key)
    if found is None:
        raise no_score(served.day())
    # A next day may have been published since.
    past = [(day, score) for day, score in served.history(key, _ALL_DAYS) if day <= found.day]
    scores = [(score, day) for day, score in past if score is not None] or [(found.score, found.day)]
    (low, low_day), (high, high_day) = min(scores), max(scores)  # of equal ones the first, and the last
    moved = moves(past)
    rows = streaks(past, goal)
    current = rows[-1] if rows and past[-1][0] in rows[-1] else []
    met = len(current) >= in_a_row
    return Standing(
        found.name,
        found.day.isoformat(),
        found.score,
        found.rank,
        found.percentile,
        served.top(found.rank),
        found.audience,
        found.peers,
        day_change=moved[1],
        week_change=moved[7],
        month_change=moved[30],
        highest=high,
        highest_day=high_day.isoformat(),
        lowest=low,
        lowest_day=low_day.isoformat(),
        average=round(sum(score for score, _ in scores) / len(scores), 2),
        scored=len(scores),
        goal=goal,
        in_a_row=in_a_row,
        current=_streak(current),
        longest=_streak(max(rows, key=len, default=[])),
        met=met,
        met_since=current[in_a_row - 1].isoformat() if met else None,
    )


def streaks(past: Past, goal: float) -> list[list[date]]:
    """
    Return the rows of days at or above a goal, oldest first.

    Examples
    --------
    >>> past = [(date(2024, 2, n), score) for n, score in enumerate((70, 71, None, 70, 69), 1)]
    >>> [len(row) for row in streaks(past, 70)]
    [2, 1]
    """
    rows: list[list[date]] = [[]]
    for day, score in past:
        if score is not None and score >= goal:
            rows[-1].append(day)
        elif rows[-1]:
            rows.append([])
    return [row for row in rows if row]


def top_said(top: float) -> str:
    """
    Return how a place is said, rounded so that it holds.

    Examples
    --------
    >>> [top_said(top) for top in (100, 4.8, 4.81, 0.01234)]
    ['top 100 %', 'top 4.8 %', 'top 4.9 %', 'top 0.02 %']
    """
    up, digits = top_shown(top)
    return f"top {up:.{digits}f} %"


def top_shown(top: float) -> tuple[float, int]:
    """
    Return a place rounded up, so that it holds, and the digits that it is written with.

    Examples
    --------
    >>> [top_shown(top) for top in (100, 4.8, 4.81, 0.01234)]
    [(100.0, 0), (4.8, 1), (4.9, 1), (0.02, 2)]
    """
    digits = max(1, -math.floor(math.log10(top)))
    up = math.ceil(round(top * 10**digits, 6)) / 10**digits
    return up, 0 if up.is_integer() else digits


def no_score(day: date | None) -> NotPublished | UnknownWho:
    """Return why somebody has no score on the served day."""
    if day is None:
        return NotPublished("no day is served yet; publish one with `renown run`")
    return UnknownWho(f"they have no score on {day}: nothing was seen of them in the window; collect more of them")


def _streak(row: Sequence[date]) -> Streak:
    return Streak(len(row), row[0].isoformat(), row[-1].isoformat()) if row else Streak(0, None, None)
