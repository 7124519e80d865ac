"""Page that compares two to five people."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.errors import InvalidInputError, PersonNotFoundError
from renown.web.api import queries
from renown.web.api.models import ComparisonResponse
from renown.web.identities import load_identities
from renown.web.pages.charts.bars import BarSegment, build_bar
from renown.web.pages.charts.figure import build_figure
from renown.web.pages.errors import describe_missing_person
from renown.web.pages.people.receipt_levels import SIGNAL_DESCRIPTIONS
from renown.web.pages.templates import render
from renown.web.state import get_app_state


def show_comparison(request: Request) -> Response:
    """Show two to five people side by side; with fewer, show the form."""
    names = [name.strip() for name in request.query_params.getlist("who") if name.strip()]
    if len(names) > answers.MAX_COMPARED:
        problem = f"{len(names)} people are too many to compare. These are the first {answers.MAX_COMPARED}."
        return render(request, "compare.html", status=400, names=names, comparison=None, problem=problem)
    if len(names) < answers.MIN_COMPARED:
        return render(request, "compare.html", names=names, comparison=None, problem="")
    state = get_app_state(request)
    try:
        comparison = queries.compare_people(state, names)
    except PersonNotFoundError as error:
        problem = describe_missing_person(error)
        return render(request, "compare.html", status=404, names=names, comparison=None, problem=problem)
    except InvalidInputError:
        problem = "These are the same person. Name two different people."
        return render(request, "compare.html", status=400, names=names, comparison=None, problem=problem)
    series = [
        (score.name, history.days) for score, history in zip(comparison.people, comparison.histories, strict=True)
    ]
    return render(
        request,
        "compare.html",
        identities=load_identities(state, [score.name for score in comparison.people]),
        names=names,
        problem="",
        comparison=comparison,
        signals=_comparison_rows(comparison),
        figure=build_figure(series, goal=answers.DEFAULT_GOAL),
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
