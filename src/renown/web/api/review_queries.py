"""Queries about a past week or year, shared by API routes and pages."""

from datetime import date

from renown import answers
from renown.answers import Changes, WeekFigures, WeekReview, YearReview
from renown.store import ServedScore
from renown.web.explanations import load_past_changes
from renown.web.ranks import list_group_standings, read_past_standing
from renown.web.state import AppState

_DAYS_BEFORE_WEEK = 8
"""Days up to the one before the week before a Monday: the end of that week is what a week is compared with."""
_DAYS_BEFORE_YEAR = 32
"""The same for the last month before a year."""


def load_week_review(state: AppState, subject: ServedScore, week: str) -> tuple[WeekReview, Changes | None]:
    """
    Load the review of a week such as 2026-W47, with why the score changed, with all names.

    Raises
    ------
    InvalidInputError
        If the text is not a week.
    PersonNotFoundError
        If they have no published score in that week.
    """
    monday = answers.parse_week(week)
    history = state.scores.read_history(subject.key, max(1, (subject.day - monday).days + _DAYS_BEFORE_WEEK))
    span = answers.select_week(subject.name, history, monday)
    first, last = span.compared[0], span.last[0]
    changes = load_past_changes(state, subject, first, last) if first < last else None
    rank, people = read_past_standing(state, subject, last)
    rank_before, _ = read_past_standing(state, subject, first)
    figures = WeekFigures(changes=changes, people=people, rank=rank, rank_before=rank_before)
    standings = list_group_standings(state, subject)
    return answers.review_week(subject.name, span, figures, standings, published_until=subject.day), changes


def load_year_review(state: AppState, subject: ServedScore, year: str) -> YearReview:
    """
    Load the review of a year such as 2026.

    Raises
    ------
    InvalidInputError
        If the text is not a year.
    PersonNotFoundError
        If they have no published score in that year.
    """
    number = answers.parse_year(year)
    days = (subject.day - date(number, 1, 1)).days + _DAYS_BEFORE_YEAR
    history = state.scores.read_history(subject.key, max(1, days))
    return answers.review_year(subject.name, history, number, published_until=subject.day)


def latest_week_path(subject: ServedScore) -> str:
    """Return the path of a person's latest week, relative to the path that ends with `week`."""
    return f"week/{answers.format_week(subject.day)}"


def latest_year_path(subject: ServedScore) -> str:
    """Return the path of a person's latest year, relative to the path that ends with `year`."""
    return f"year/{subject.day.year}"
