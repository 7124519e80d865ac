"""
Pages of a person: score with receipt and history, score changes, and comparison with other people.

The receipt is grouped by network and signal, to be expanded level by level.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import Explanation, Shares, SignalReceipt, Timeline
from renown.errors import InvalidInputError, PersonNotFoundError
from renown.store import ServedScore
from renown.web.api import queries
from renown.web.api.models import ComparisonResponse
from renown.web.pages.charts.bars import BarSegment, build_bar, build_ruler, build_waterfall
from renown.web.pages.charts.line import Figure, build_figure
from renown.web.pages.formatting import network_label, signal_label
from renown.web.pages.templates import render
from renown.web.state import AppState, get_app_state

SIGNAL_DESCRIPTIONS = {
    "amplification": "people who reposted",
    "conversation": "people who replied or mentioned the account",
    "approval": "people who liked",
    "audience": "people who follow",
    "curation": "lists that include the account",
}
"""What is counted for each signal; signals of other methods have no description."""

_HISTORY_DAYS = 90
_MAX_COMPARED = 5
_MAX_POSTS = 10
"""Maximum posts that a page shows; the API returns more."""
_MIN_POINTS = 0.005
"""Smallest change that is visible when rounded to a hundredth, in points."""


@dataclass(frozen=True)
class SignalLevel:
    """One signal of an account."""

    receipt: SignalReceipt
    description: str
    bar: tuple[BarSegment, ...]
    discounts: tuple[str, ...]
    """What counts only in part, in sentences."""


@dataclass(frozen=True)
class NetworkLevel:
    """All signals of a network."""

    network: str
    points: float
    bar: tuple[BarSegment, ...]
    signals: tuple[SignalLevel, ...]


def build_levels(explanation: Explanation, shares: Shares) -> list[NetworkLevel]:
    """Group a receipt by network, most points first."""
    points = {share.name: share.points for share in shares.networks}
    max_points, colours = max(points.values(), default=0.0), list(points)
    ordered = sorted(
        explanation.signals,
        key=lambda signal: (-points[signal.subject.network], signal.subject.network, -signal.subject.points),
    )
    return [
        _build_network_level(network, points[network], max_points, colours.index(network), list(group))
        for network, group in groupby(ordered, key=lambda signal: signal.subject.network)
    ]


def show_person(request: Request) -> Response:
    """Show a person's score, history, receipt, posts and influencers."""
    state = get_app_state(request)
    served_score = state.find_by_name(request.path_params["who"])
    timeline = answers.load_timeline(
        state.scores,
        state.days,
        state.lake,
        served_score.key,
        networks=state.list_account_networks(served_score),
        days=_HISTORY_DAYS,
    )
    profile = state.load_profile(served_score)
    standing = state.compute_standing(served_score, answers.DEFAULT_GOAL, answers.DEFAULT_STREAK_DAYS)
    response = queries.build_person(state, served_score, profile)
    return render(
        request,
        "person.html",
        person=response,
        standing=standing,
        ruler=build_ruler(
            served_score.score, low=response.range.low, high=response.range.high, goal=answers.DEFAULT_GOAL
        ),
        figure=_build_history_figure(served_score.name, timeline),
        shares=build_bar([share.points for share in response.shares.networks]),
        networks=build_levels(profile.explanation, response.shares),
        unjudged_networks=", ".join(map(network_label, profile.explanation.unjudged_networks)),
        receipt=profile.explanation.receipt,
        posts=profile.known_posts[:_MAX_POSTS],
        influence=queries.build_influence(served_score, profile),
        top=answers.round_top(standing.top_percent),
    )


def show_changes(request: Request) -> Response:
    """Show why a person's score changed between two published days."""
    state = get_app_state(request)
    served_score = state.find_by_name(request.path_params["who"])
    changes = queries.explain_changes(state, served_score, _parse_day(request, "day"), _parse_day(request, "since"))
    causes = [cause for cause in changes.causes if cause.signals or abs(cause.points) >= _MIN_POINTS]
    steps = build_waterfall([(changes.first, changes.first), *((part.before, part.after) for part in causes)])
    explanation = _find_explanation(state, served_score, date.fromisoformat(changes.last_day))
    return render(
        request,
        "why.html",
        changes=changes,
        causes=list(zip(causes, steps[1:], strict=True)),
        cause_labels=answers.CAUSES,
        discounts=[
            (signal.subject, sentences)
            for signal in (explanation.signals if explanation else ())
            if (sentences := _describe_discounts(signal))
        ],
        days=[
            past_day.day
            for past_day in reversed(answers.load_history(state.scores, served_score.key, days=_HISTORY_DAYS).days)
            if past_day.is_published
        ],
    )


def show_comparison(request: Request) -> Response:
    """Show two to five people side by side; with fewer, show the form."""
    names = [name.strip() for name in request.query_params.getlist("who") if name.strip()]
    if len(names) > _MAX_COMPARED:
        raise InvalidInputError(f"{len(names)} people are too many to compare; choose at most {_MAX_COMPARED}")
    if len(names) < 2:  # noqa: PLR2004 - two are needed to compare
        return render(request, "compare.html", names=names, comparison=None)
    state = get_app_state(request)
    comparison = queries.compare_people(state, names)
    series = [
        (score.name, history.days) for score, history in zip(comparison.people, comparison.histories, strict=True)
    ]
    return render(
        request,
        "compare.html",
        names=names,
        comparison=comparison,
        signals=_comparison_rows(comparison),
        figure=build_figure(series, goal=answers.DEFAULT_GOAL),
    )


def _find_explanation(state: AppState, subject: ServedScore, day: date) -> Explanation | None:
    """Return the explanation of a score on a day; None if there was no score."""
    try:
        return queries.load_explanation(state, subject, day)
    except PersonNotFoundError:
        return None


def _build_network_level(
    network: str, points: float, max_points: float, colour: int, signals: Sequence[SignalReceipt]
) -> NetworkLevel:
    max_signal_points = max(signal.subject.points for signal in signals)
    return NetworkLevel(
        network,
        points,
        build_bar([points], full_value=max_points, first_colour=colour),
        tuple(
            SignalLevel(
                signal,
                SIGNAL_DESCRIPTIONS.get(signal.subject.signal, ""),
                build_bar([signal.subject.points], full_value=max_signal_points, first_colour=colour),
                _describe_discounts(signal),
            )
            for signal in signals
        ),
    )


def _describe_discounts(signal: SignalReceipt) -> tuple[str, ...]:
    """Describe what counts only in part in a signal."""
    noun = signal_label(signal.subject.signal)
    return tuple(
        answers.describe_discount(discount, noun) for discount in signal.discounts if discount.counted < discount.full
    )


@dataclass(frozen=True)
class _ComparisonCell:
    """Points that one person has from one signal."""

    points: float
    bar: tuple[BarSegment, ...]


@dataclass(frozen=True)
class _ComparisonRow:
    """One signal of all compared people."""

    signal: str
    description: str
    cells: tuple[_ComparisonCell, ...]


def _build_history_figure(name: str, timeline: Timeline) -> Figure:
    return build_figure(
        [(name, timeline.days)],
        goal=answers.DEFAULT_GOAL,
        annotations=[
            (change.day, f"method {change.before} was replaced by method {change.method}")
            for change in timeline.method_changes
        ],
        gaps=[
            (gap.first_day, gap.last_day, f"no data from {network_label(gap.network)}")
            for gap in timeline.coverage_gaps
        ],
    )


def _comparison_rows(comparison: ComparisonResponse) -> list[_ComparisonRow]:
    """Build the table of points by signal, most points first."""
    max_points = {
        signal: max(points.get(signal, 0.0) for points in comparison.signals)
        for points in comparison.signals
        for signal in points
    }
    full_value = max(max_points.values(), default=0.0)
    return [
        _ComparisonRow(
            signal,
            SIGNAL_DESCRIPTIONS.get(signal, ""),
            tuple(
                _ComparisonCell(
                    points.get(signal, 0.0),
                    build_bar([points.get(signal, 0.0)], full_value=full_value, first_colour=index),
                )
                for index, points in enumerate(comparison.signals)
            ),
        )
        for signal in sorted(max_points, key=lambda name: -max_points[name])
    ]


def _parse_day(request: Request, name: str) -> date | None:
    """Parse a date from a query parameter; None if it is missing."""
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{name} is {text!r}, which is not a date; write it as 2026-11-23") from None
