"""Pages of the method: description, constants, steps, model card, changelog; and a ranking with custom weights."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from renown import answers, research
from renown.answers import CustomScore
from renown.method.changelog import load_score_changes
from renown.method.constants import Constant
from renown.method.curves import Curve
from renown.method.file import Method, load_evaluations
from renown.method.signals import Signal
from renown.store import PublishedDay
from renown.web.api import queries
from renown.web.identities import load_identities
from renown.web.pages.charts.bars import ScoreShift, build_bar, build_score_shift
from renown.web.pages.charts.evaluations import build_evaluation_plots
from renown.web.pages.markdown import render_markdown, render_sections
from renown.web.pages.templates import render
from renown.web.state import get_app_state

_MAX_LISTED_DAYS = 30
"""Maximum published days that are listed."""


@dataclass(frozen=True)
class _ConstantRow:
    """A constant as a table row."""

    name: str
    constant: Constant
    digits: int
    """Decimals needed to write the value exactly."""


@dataclass(frozen=True, kw_only=True)
class _SignalRow:
    """A signal as a table row."""

    signal: Signal
    reads: str
    weight: float
    """Percent."""
    rate: _ConstantRow
    network_rates: tuple[_ConstantRow, ...]
    """Rates of single networks that differ."""
    missing_networks: tuple[str, ...]
    """Networks on which the signal cannot be observed."""


@dataclass(frozen=True)
class _CurveTable:
    """A curve to follower-equivalents as a table."""

    name: str
    curve: Curve
    digits: int
    """Decimals needed to write its values exactly."""


@dataclass(frozen=True)
class _WeightRow:
    """A signal's default weight and custom weight."""

    signal: str
    factor: str
    """Factor of the default weight, as text for a form field."""
    default_percent: float
    """Percent."""
    custom_percent: float
    """Percent."""


@dataclass(frozen=True)
class _MethodSpan:
    """Consecutive published days of one method."""

    method: str
    digest: str
    first: date
    last: date
    days: int


def show_method(request: Request) -> Response:
    """Show the method: description, constants, steps, evaluations, changelog and published days."""
    state = get_app_state(request)
    scoring_method, days = state.load_method(), state.days.all()
    evaluation_results = load_evaluations(scoring_method)
    return render(
        request,
        "method.html",
        method=scoring_method,
        constants=[_constant_row(name, constant) for name, constant in scoring_method.constants.items()],
        values={name: constant.value for name, constant in scoring_method.constants.items()},
        signals=[_signal_row(scoring_method, signal) for signal in scoring_method.signals],
        weights=[(name, 100 * weight.value) for name, weight in answers.list_weights(scoring_method).items()],
        weights_bar=build_bar([weight.value for weight in answers.list_weights(scoring_method).values()]),
        tenfold=99 / scoring_method["score_decades"],
        card=render_sections(
            research.render_model_card(scoring_method, evaluation_results.values(), method_page="#constants")
        ),
        plots=build_evaluation_plots(scoring_method, evaluation_results),
        scores=[(score_change.release, render_markdown(score_change.text)) for score_change in load_score_changes()],
        spans=_group_days_by_method([day for day in days if day.is_default])[::-1],
        curves=_curve_tables(scoring_method),
        days=days[: -_MAX_LISTED_DAYS - 1 : -1],
        published=len(days),
    )


def show_custom_weights(request: Request) -> Response:
    """Show the ranking with custom weights; the weights are stored only in the URL."""
    factors = {name: text.strip() for name, text in request.query_params.items() if text.strip()}
    highlighted = factors.pop("who", None)
    state = get_app_state(request)
    result = queries.score_with_weights(state, factors, name=highlighted)
    shown = (*result.ranking, *filter(None, [result.selected]))
    return render(
        request,
        "custom_weights.html",
        identities=load_identities(state, {score.name for score in shown}),
        result=result,
        name=highlighted or "",
        max_factor=answers.MAX_FACTOR,
        weights=[
            _WeightRow(weight.signal, f"{weight.factor:g}", 100 * weight.default_weight, 100 * weight.weight)
            for weight in result.weights
        ],
        ranking=_ranking_rows(result.ranking),
        risen=_ranking_rows(result.largest_rises),
        fallen=_ranking_rows(result.largest_falls),
        selected=_ranking_rows([result.selected] if result.selected else []),
        default_bar=build_bar([weight.default_weight for weight in result.weights]),
        custom_bar=build_bar([weight.weight for weight in result.weights]),
        evaluation=load_evaluations(state.load_method()).get("pairs"),
    )


def _ranking_rows(scores: Iterable[CustomScore]) -> list[tuple[CustomScore, int, ScoreShift]]:
    """Return each row with the number of ranks gained, and its before/after chart."""
    return [
        (score, score.rank_before - score.rank, build_score_shift(score.score_before, score.score)) for score in scores
    ]


def _constant_row(name: str, constant: Constant) -> _ConstantRow:
    return _ConstantRow(name, constant, _count_decimals(constant.value))


def _curve_tables(scoring_method: Method) -> list[_CurveTable]:
    """Return the general curves, then those of networks."""
    own_curves = sorted(scoring_method.network_curves.items())
    return [
        *(_curve_table(name, curve) for name, curve in scoring_method.curves.items()),
        *(_curve_table(f"{name} on {network}", curve) for (network, name), curve in own_curves),
    ]


def _curve_table(name: str, curve: Curve) -> _CurveTable:
    return _CurveTable(name, curve, max(_count_decimals(value) for value, _ in curve.points))


def _count_decimals(value: float) -> int:
    """Count the decimals that write a value exactly, up to six."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def _signal_row(scoring_method: Method, signal: Signal) -> _SignalRow:
    profile_labels = {"followers": "followers on the profile", "lists": "lists that include the account"}
    return _SignalRow(
        signal=signal,
        reads=profile_labels.get(signal.reads) or ", ".join(signal.verbs),
        weight=100 * signal.weight.value,
        rate=_constant_row(signal.name, signal.rate),
        network_rates=tuple(
            _constant_row(network, rate)
            for (network, name), rate in sorted(scoring_method.rates.items())
            if name == signal.name
        ),
        missing_networks=tuple(network for network, name in sorted(scoring_method.lacks) if name == signal.name),
    )


def _group_days_by_method(days: Iterable[PublishedDay]) -> list[_MethodSpan]:
    """Group published days into consecutive runs of one method, oldest first; a run may have gaps."""
    spans = []
    for (version, digest), run in groupby(days, key=lambda day: (day.method, day.method_digest)):
        run_days = list(run)
        spans.append(_MethodSpan(version, digest, run_days[0].day, run_days[-1].day, len(run_days)))
    return spans
