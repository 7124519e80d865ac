"""The method's pages: what it does, its constants, steps, card and changelog; and other weights to try."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import TriedScore
from renown.method import Constant, Method, Signal, evaluations, moves_of_scores
from renown.store import PublishedDay
from renown.web import views
from renown.web.pages.drawing.plots import plots
from renown.web.pages.drawing.scales import Move, bar, move
from renown.web.pages.prose import prose
from renown.web.pages.render import render
from renown.web.site import site_of

_LATEST = 30
"""Published days that are listed one by one."""


@dataclass(frozen=True)
class _Line:
    """A constant as a table shows it."""

    name: str
    of: Constant
    digits: int
    """Decimals that write it whole."""


@dataclass(frozen=True)
class _Evidence:
    """A signal as a table shows it."""

    of: Signal
    reads: str
    weight: float
    """Percent."""
    rate: _Line
    elsewhere: tuple[_Line, ...]
    """Rates of its own on single networks."""
    lacking: tuple[str, ...]
    """Networks that cannot show it."""


@dataclass(frozen=True)
class _Weight:
    """A signal's weight as it is, and as it is tried."""

    signal: str
    times: str
    """What it is multiplied by, as a form's field writes it."""
    learned: float
    """Percent."""
    tried: float
    """Percent."""


@dataclass(frozen=True)
class _Span:
    """Published days in a row by one method."""

    method: str
    digest: str
    first: date
    last: date
    days: int


def method(request: Request) -> Response:
    """Show the method: in plain words, in numbers, as it runs, how well it does, and what changed."""
    site = site_of(request)
    used, days = site.method(), site.days.all()
    judged = evaluations(used)
    return render(
        request,
        "method.html",
        method=used,
        constants=[_line(name, constant) for name, constant in used.constants.items()],
        value={name: constant.value for name, constant in used.constants.items()},
        signals=[_evidence(used, signal) for signal in used.signals],
        weights=bar([signal.weight.value for signal in used.signals]),
        tenfold=99 / used["score_decades"],
        card=prose(answers.card(used, judged.values(), page="#constants")),
        plots=list(plots(used, judged)),
        scores=[(each.release, prose(each.text)) for each in moves_of_scores()],
        spans=_spans([day for day in days if day.own])[::-1],
        days=days[: -_LATEST - 1 : -1],
        published=len(days),
    )


def trial(request: Request) -> Response:
    """Show the ranking by other weights; the address holds them, nothing else does."""
    asked = {name: text.strip() for name, text in request.query_params.items() if text.strip()}
    who = asked.pop("who", None)
    told = views.trial(site_of(request), asked, who=who)
    return render(
        request,
        "try.html",
        told=told,
        who=who or "",
        most=answers.MOST_TIMES,
        weights=[_Weight(one.signal, f"{one.times:g}", 100 * one.learned, 100 * one.tried) for one in told.weights],
        ranking=_drawn(told.ranking),
        risen=_drawn(told.risen),
        fallen=_drawn(told.fallen),
        asked=_drawn([told.asked] if told.asked else []),
        learned=bar([weight.learned for weight in told.weights]),
        tried=bar([weight.tried for weight in told.weights]),
        judged=evaluations(site_of(request).method()).get("pairs"),
    )


def _drawn(rows: Iterable[TriedScore]) -> list[tuple[TriedScore, int, Move]]:
    """Return each row with the ranks that it rose by, and where it is drawn."""
    return [(row, row.rank_before - row.rank, move(row.score_before, row.score)) for row in rows]


def _line(name: str, of: Constant) -> _Line:
    return _Line(name, of, len(f"{of.value:.6f}".rstrip("0").partition(".")[2]))


def _evidence(used: Method, signal: Signal) -> _Evidence:
    figures = {"followers": "followers on the profile", "lists": "lists that hold the account"}
    return _Evidence(
        signal,
        figures.get(signal.reads) or ", ".join(signal.verbs),
        100 * signal.weight.value,
        _line(signal.name, signal.rate),
        tuple(_line(network, rate) for (network, name), rate in sorted(used.rates.items()) if name == signal.name),
        tuple(network for network, name in sorted(used.lacks) if name == signal.name),
    )


def _spans(days: Iterable[PublishedDay]) -> list[_Span]:
    """Return runs of days by one method, oldest first; a day may be missing within."""
    spans = []
    for (version, digest), run in groupby(days, key=lambda day: (day.method, day.method_digest)):
        each = list(run)
        spans.append(_Span(version, digest, each[0].day, each[-1].day, len(each)))
    return spans
