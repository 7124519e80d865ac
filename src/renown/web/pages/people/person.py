"""A person's pages: the score with its receipt, why it moved, and people side by side."""

from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import Timeline
from renown.errors import BadInput
from renown.web import views
from renown.web.pages.drawing.figures import Figure, figure
from renown.web.pages.drawing.scales import Piece, bar, ruler, waterfall
from renown.web.pages.people.levels import MEANS, levels
from renown.web.pages.render import render
from renown.web.pages.spoken import network
from renown.web.shapes import Compared
from renown.web.site import site_of

_DAYS = 90
_MOST_COMPARED = 5
_POSTS = 10
"""Best posts that a page shows; our API has more."""
_LEAST = 0.005
"""Points of a move that show, rounded to a hundredth."""


@dataclass(frozen=True)
class _Cell:
    """Points of one person by one signal."""

    points: float
    bar: tuple[Piece, ...]


@dataclass(frozen=True)
class _Row:
    """One signal of all who are compared."""

    signal: str
    means: str
    cells: tuple[_Cell, ...]


def person(request: Request) -> Response:
    """Show somebody's score, its past, and what it is made of."""
    site = site_of(request)
    found = site.find(request.path_params["who"])
    past = answers.timeline(site.served, site.days, site.lake, found.key, networks=site.networks(found), days=_DAYS)
    drawn, standing = site.portrait(found), answers.standing(site.served, found.key)
    told = views.person(site, found, drawn)
    return render(
        request,
        "person.html",
        person=told,
        standing=standing,
        ruler=ruler(found.score, low=told.range.low, high=told.range.high, goal=answers.GOAL),
        figure=_figure(found.name, past),
        shares=bar([share.points for share in told.shares.networks]),
        networks=levels(drawn.explanation, told.shares),
        receipt=drawn.explanation.receipt,
        posts=drawn.known_posts[:_POSTS],
        influence=views.influence(found, drawn),
        top=answers.top_shown(standing.top),
    )


def why(request: Request) -> Response:
    """Show why somebody's score moved between two published days."""
    site = site_of(request)
    found = site.find(request.path_params["who"])
    moved = views.changes(site, found, _day(request, "day"), _day(request, "since"))
    parts = [part for part in moved.parts if part.signals or abs(part.points) >= _LEAST]
    falls = waterfall([(moved.first, moved.first), *((part.before, part.after) for part in parts)])
    return render(
        request,
        "why.html",
        moved=moved,
        parts=list(zip(parts, falls[1:], strict=True)),
        says=answers.PARTS,
        days=[
            each.day for each in reversed(answers.history(site.served, found.key, days=_DAYS).days) if each.published
        ],
    )


def compare(request: Request) -> Response:
    """Show two to five people side by side; without them, ask who."""
    asked = [who.strip() for who in request.query_params.getlist("who") if who.strip()]
    if len(asked) > _MOST_COMPARED:
        msg = f"{len(asked)} people are too many to compare; ask for at most {_MOST_COMPARED}"
        raise BadInput(msg)
    if len(asked) < 2:  # noqa: PLR2004 - two are needed to compare
        return render(request, "compare.html", asked=asked, compared=None)
    site = site_of(request)
    compared = views.compared(site, asked)
    lines = [
        (one.who, [(each.day, each.score) for each in past.days])
        for one, past in zip(compared.people, compared.histories, strict=True)
    ]
    return render(
        request,
        "compare.html",
        asked=asked,
        compared=compared,
        signals=_compared(compared),
        figure=figure(lines, goal=answers.GOAL),
    )


def _figure(who: str, past: Timeline) -> Figure:
    return figure(
        [(who, [(each.day, each.score) for each in past.days])],
        goal=answers.GOAL,
        marks=[(each.day, f"method {each.method}, {each.before} until then") for each in past.switches],
        spans=[(each.first_day, each.last_day, f"{network(each.network)} was not seen") for each in past.unseen],
    )


def _compared(compared: Compared) -> list[_Row]:
    """Return points by signal, the signals that give most first."""
    most = {
        signal: max(points.get(signal, 0.0) for points in compared.signals)
        for points in compared.signals
        for signal in points
    }
    whole = max(most.values(), default=0.0)
    return [
        _Row(
            signal,
            MEANS.get(signal, ""),
            tuple(
                _Cell(points.get(signal, 0.0), bar([points.get(signal, 0.0)], whole=whole, colour=place))
                for place, points in enumerate(compared.signals)
            ),
        )
        for signal in sorted(most, key=lambda each: -most[each])
    ]


def _day(request: Request, name: str) -> date | None:
    """Return a day of the query, None where there is none."""
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{name} is {text!r}, which is no day; write one as 2026-11-23"
        raise BadInput(msg) from None
