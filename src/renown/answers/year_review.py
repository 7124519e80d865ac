"""Review a person's calendar year from published days: its line, highest, lowest, biggest day, and months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from renown.answers.history import PastDay
from renown.answers.week_review import DayMove, find_best_day
from renown.errors import InvalidInputError, PersonNotFoundError

_MIN_DAYS = 30
"""Published days below which a year is marked as not enough data; stated, as for a score."""

ScoreHistory = Sequence[tuple[date, float | None]]


@dataclass(frozen=True, kw_only=True)
class MonthReview:
    """A month of a person's year."""

    month: str
    """First day of the month, as 2026-11-01."""
    days: int
    """Published days with a score."""
    score: float
    """Score on the last of them."""
    change: float | None
    """Signed points since the last published day of the months before; None if there is none in the year or before."""
    highest: float
    lowest: float


@dataclass(frozen=True, kw_only=True)
class YearReview:
    """A person's calendar year."""

    name: str
    year: int
    is_over: bool
    """Whether 31 December is published."""
    score: float
    """Score on the last published day of the year."""
    score_day: str
    change: float | None
    """Signed points since `compared_day`; None if that is `score_day`."""
    compared_day: str
    """The last published day of the year before; the first of this year if there is none."""
    days: tuple[PastDay, ...]
    """Published days with a score, oldest first."""
    highest: float
    highest_day: str
    """The last day with the highest score."""
    lowest: float
    lowest_day: str
    """The first day with the lowest score."""
    biggest_day: DayMove | None
    """The day with the largest rise; None if the score rose on none."""
    months: tuple[MonthReview, ...]
    """Months with a published score, oldest first."""
    message: str
    """What there is not enough data for; empty if nothing is missing."""


def parse_year(text: str) -> int:
    """
    Parse a calendar year.

    Raises
    ------
    InvalidInputError
        If the text is not one.

    Examples
    --------
    >>> parse_year("2026")
    2026
    """
    if not (text.isascii() and text.isdecimal() and len(text) == len("2026") and int(text)):
        raise InvalidInputError(f"{text[:100]!r} is not a year; write it as 2026")
    return int(text)


def review_year(name: str, history: ScoreHistory, year: int, *, published_until: date) -> YearReview:
    """
    Review a year.

    Parameters
    ----------
    name : str
        Name of the person.
    history : sequence of (date, float or None)
        Scores by published day, oldest first, from before the year on.
    year : int
    published_until : date
        The last published day.

    Raises
    ------
    PersonNotFoundError
        If they have no published score in that year.
    """
    known = [(day, score) for day, score in history if score is not None]
    scores, earlier = [row for row in known if row[0].year == year], [row for row in known if row[0].year < year]
    if not scores:
        raise PersonNotFoundError(
            f"no score of {name} is published in {year}; /api/people/{name}/history lists the days with one"
        )
    line = [*earlier[-1:], *scores]
    (compared_day, compared), (last_day, score) = line[0], line[-1]
    # Of equal scores, the first lowest day and the last highest day, as in standings.
    by_score = [(day_score, day) for day, day_score in scores]
    (lowest, lowest_day), (highest, highest_day) = min(by_score), max(by_score)
    return YearReview(
        name=name,
        year=year,
        is_over=published_until >= date(year, 12, 31),
        score=score,
        score_day=last_day.isoformat(),
        change=round(score - compared, 2) if compared_day < last_day else None,
        compared_day=compared_day.isoformat(),
        days=tuple(PastDay(day.isoformat(), day_score, is_published=True) for day, day_score in scores),
        highest=highest,
        highest_day=highest_day.isoformat(),
        lowest=lowest,
        lowest_day=lowest_day.isoformat(),
        biggest_day=find_best_day(line),
        months=tuple(_review_months(scores, earlier[-1][1] if earlier else None)),
        message=""
        if len(scores) >= _MIN_DAYS
        else f"not enough data: {len(scores)} published days, a year needs {_MIN_DAYS}",
    )


def _review_months(scores: Sequence[tuple[date, float]], before: float | None) -> list[MonthReview]:
    months = []
    for (year, month), rows in groupby(scores, lambda row: (row[0].year, row[0].month)):
        values = [score for _, score in rows]
        months.append(
            MonthReview(
                month=date(year, month, 1).isoformat(),
                days=len(values),
                score=values[-1],
                change=None if before is None else round(values[-1] - before, 2),
                highest=max(values),
                lowest=min(values),
            )
        )
        before = values[-1]
    return months
