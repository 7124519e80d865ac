"""Pages and share cards of a person's week and year, from published days."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renown import answers
from renown.answers import PastDay, WeekReview, YearReview
from renown.web.api import review_queries
from renown.web.identities import load_identities
from renown.web.pages.charts.figure import Figure, build_figure
from renown.web.pages.charts.line import DayNotes
from renown.web.pages.formatting import DEFAULT_LOCALE, build_formatters, pluralize
from renown.web.pages.people.share_card import ShareCard, choose_names, respond_with_card
from renown.web.pages.people.viewer import is_owner, mark_private
from renown.web.pages.templates import render
from renown.web.people import find_by_name
from renown.web.redaction import find_page_names, list_names_for_owner
from renown.web.state import get_app_state

_WEEK = timedelta(days=7)
_MAX_NAMES = 30
"""New people whom the owner sees by name."""

Formatters = Mapping[str, Callable[..., str]]


def show_week(request: Request) -> Response:
    """Show a person's week; its owner sees who is new by name."""
    state = get_app_state(request)
    subject = find_by_name(state, request.path_params["who"])
    by_owner = is_owner(request, subject)
    review, changes = review_queries.load_week_review(state, subject, request.path_params["week"])
    monday = date.fromisoformat(review.first_day)
    new_people = changes.people.new_people if changes and by_owner else ()
    seen_names = list_names_for_owner(state, new_people)
    response = render(
        request,
        "week.html",
        identities=load_identities(state, {review.name}),
        review=review,
        changes=changes,
        figure=_build_figure(review.days, first_day=monday, last_day=monday + _WEEK - timedelta(days=1)),
        previous_week=answers.format_week(monday - _WEEK) if review.compared_day < review.first_day else None,
        next_week=answers.format_week(monday + _WEEK) if subject.day >= monday + _WEEK else None,
        page_names=find_page_names(state, new_people),
        new_people=[reactor for reactor in new_people if reactor.name in seen_names][:_MAX_NAMES],
    )
    return mark_private(response, by_owner=by_owner)


def show_year(request: Request) -> Response:
    """Show a person's year."""
    state = get_app_state(request)
    subject = find_by_name(state, request.path_params["who"])
    review = review_queries.load_year_review(state, subject, request.path_params["year"])
    first_day = date(review.year, 1, 1)
    return render(
        request,
        "year.html",
        identities=load_identities(state, {review.name}),
        review=review,
        figure=_build_figure(review.days, first_day=first_day, last_day=date(review.year, 12, 31)),
        previous_year=review.year - 1 if review.compared_day < first_day.isoformat() else None,
        next_year=review.year + 1 if subject.day.year > review.year else None,
    )


def redirect_to_latest_week(request: Request) -> Response:
    """Redirect to a person's latest week."""
    subject = find_by_name(get_app_state(request), request.path_params["who"])
    return RedirectResponse(review_queries.latest_week_path(subject), 303)


def redirect_to_latest_year(request: Request) -> Response:
    """Redirect to a person's latest year."""
    subject = find_by_name(get_app_state(request), request.path_params["who"])
    return RedirectResponse(review_queries.latest_year_path(subject), 303)


def serve_week_card(request: Request) -> Response:
    """Serve the share card of a week."""
    state, formatters = get_app_state(request), build_formatters(DEFAULT_LOCALE)
    subject = find_by_name(state, request.path_params["who"])
    review, _ = review_queries.load_week_review(state, subject, request.path_params["week"])
    new_people = review.new_people or 0
    noun = pluralize(new_people, "new person", "new people")
    people = f" · {formatters['number'](new_people)} {noun}" if new_people else ""
    return respond_with_card(
        ShareCard(
            names=choose_names(state, subject),
            score=formatters["number"](review.score),
            summary=_describe_change(review, "this week", formatters) + people,
            period=f"{formatters['day_of_year'](review.first_day)} to {formatters['day'](review.last_day)}",
            scores=_list_scores(review.days),
            caption="Monday to Sunday" if review.is_over else "this week so far",
        )
    )


def serve_year_card(request: Request) -> Response:
    """Serve the share card of a year."""
    state, formatters = get_app_state(request), build_formatters(DEFAULT_LOCALE)
    subject = find_by_name(state, request.path_params["who"])
    review = review_queries.load_year_review(state, subject, request.path_params["year"])
    highest = f"highest {formatters['number'](review.highest, 1)} on {formatters['day_of_year'](review.highest_day)}"
    return respond_with_card(
        ShareCard(
            names=choose_names(state, subject),
            score=formatters["number"](review.score),
            summary=_describe_change(review, f"in {review.year}", formatters),
            period=f"{review.year}",
            scores=_list_scores(review.days),
            caption=highest,
        )
    )


def _describe_change(review: WeekReview | YearReview, period: str, formatters: Formatters) -> str:
    """
    Describe how a score changed.

    Examples
    --------
    >>> from types import SimpleNamespace as Review
    >>> [_describe_change(Review(change=n), "this week", build_formatters(DEFAULT_LOCALE)) for n in (1.26, -2.0, 0.0)]
    ['Up 1.3 this week', 'Down 2.0 this week', 'Unchanged this week']
    """
    change = review.change
    if change is None:
        return "The first published day"
    points = formatters["number"](abs(change), 1)
    if not round(change, 1):
        return f"Unchanged {period}"
    return f"{'Up' if change > 0 else 'Down'} {points} {period}"


def _build_figure(days: Sequence[PastDay], *, first_day: date, last_day: date) -> Figure:
    """Build the chart of a period, which is shown whole, also if it is not over."""
    first_scored = min((date.fromisoformat(past_day.day) for past_day in days), default=first_day)
    day_before = (first_scored - timedelta(days=1)).isoformat()
    gaps = [(first_day.isoformat(), day_before, "not published")] if first_day < first_scored else []
    notes = DayNotes(gaps=gaps)
    return build_figure(
        [("score", days)], goal=answers.DEFAULT_GOAL, first_day=first_day, last_day=last_day, notes=notes
    )


def _list_scores(days: Sequence[PastDay]) -> tuple[float | None, ...]:
    """Return one score for each day from the first to the last; None for days without one."""
    scores = {date.fromisoformat(past_day.day): past_day.score for past_day in days}
    first, last = min(scores), max(scores)
    return tuple(scores.get(first + timedelta(days=offset)) for offset in range((last - first).days + 1))
