"""Page that tells why a score changed between two published days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import Changes, Explanation
from renown.answers.explain.attribution import SignalMove
from renown.answers.explain.causes import ChangeCause
from renown.errors import InvalidInputError, PersonNotFoundError
from renown.store import ServedScore
from renown.web.api import queries
from renown.web.explanations import load_changes
from renown.web.identities import load_identities
from renown.web.pages.charts.bars import WaterfallStep, build_waterfall
from renown.web.pages.people.receipt_levels import describe_discounts
from renown.web.pages.people.viewer import is_owner, list_seen_names, mark_private
from renown.web.pages.templates import render
from renown.web.people import find_by_name
from renown.web.redaction import find_page_names
from renown.web.state import AppState, get_app_state

_HISTORY_DAYS = 90
_MIN_POINTS = 0.005
"""Smallest change that is visible when rounded to a hundredth, in points."""


@dataclass(frozen=True)
class _CauseRow:
    """One cause with its bar, which begins at 0."""

    cause: ChangeCause
    bar: WaterfallStep
    signals: tuple[SignalMove, ...]
    """Those with a visible change."""


def show_changes(request: Request) -> Response:
    """Show why a person's score changed between two published days."""
    state = get_app_state(request)
    served_score = find_by_name(state, request.path_params["who"])
    by_owner = is_owner(request, served_score)
    days = queries.find_compared_days(state, _parse_day(request, "day"), _parse_day(request, "since"))
    changes = load_changes(state, served_score, *days)
    page_names = find_page_names(state, changes.actors())
    changes = changes.redact_names(list_seen_names(state, changes.actors(), page_names.keys(), by_owner=by_owner))
    explanation = _find_explanation(state, served_score, date.fromisoformat(changes.last_day))
    response = render(
        request,
        "why.html",
        identities=load_identities(state, {changes.name}),
        is_owner=by_owner,
        page_names=page_names,
        changes=changes,
        window=explanation.receipt.coverage.window if explanation else _HISTORY_DAYS,
        causes=list(_list_causes(changes)),
        cause_labels=answers.CAUSES,
        discounts=[
            (signal.subject, sentences)
            for signal in (explanation.signals if explanation else ())
            if (sentences := describe_discounts(signal))
        ],
        days=[
            past_day.day
            for past_day in reversed(answers.load_history(state.scores, served_score.key, days=_HISTORY_DAYS).days)
            if past_day.is_published
        ],
    )
    return mark_private(response, by_owner=by_owner)


def _list_causes(changes: Changes) -> Iterator[_CauseRow]:
    """Yield the visible causes, the largest first, each with a bar to the left or right of 0."""
    causes = [cause for cause in changes.causes if abs(cause.points) >= _MIN_POINTS]
    causes.sort(key=lambda cause: -abs(cause.points))
    for cause, step in zip(causes, build_waterfall([(0.0, cause.points) for cause in causes]), strict=True):
        yield _CauseRow(cause, step, tuple(move for move in cause.signals if abs(move.points) >= _MIN_POINTS))


def _find_explanation(state: AppState, subject: ServedScore, day: date) -> Explanation | None:
    """Return the explanation of a score on a day; None if there was no score."""
    try:
        return queries.load_explanation(state, subject, day)
    except PersonNotFoundError:
        return None


def _parse_day(request: Request, name: str) -> date | None:
    """Parse a date from a query parameter; None if it is missing."""
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{name} is {text!r}, which is not a date; write it as 2026-11-23") from None
