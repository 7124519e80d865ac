"""Plot evaluations, learned weights and score histories with Matplotlib."""

import textwrap
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from renown.answers import MethodComparison, Timeline, split_recomputed
from renown.answers.method_comparison import DECILES
from renown.answers.signal_words import signal_word
from renown.research.coverage import CoverageEvaluation
from renown.research.curves import LearnedCurves
from renown.research.klout import KloutEvaluation
from renown.research.learn import LearnedWeights
from renown.research.pairs import PairsEvaluation
from renown.research.rates import LearnedRates
from renown.research.spread import SpreadEvaluation
from renown.text import plural

_LABEL_WIDTH = 75
"""Characters of a line of a label."""
Drawable = (
    PairsEvaluation
    | Timeline
    | LearnedWeights
    | LearnedCurves
    | LearnedRates
    | KloutEvaluation
    | SpreadEvaluation
    | CoverageEvaluation
    | MethodComparison
)


def draw(answer: Drawable, path: Path) -> None:
    """Draw a result to a .png or .svg file."""
    # Reproducible files: no date, no random element ids.
    with rc_context({"svg.hashsalt": "renown"}):
        plot(answer).savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def plot(answer: Drawable) -> Figure:
    """Plot a result."""
    plotters: dict[type, Any] = {
        PairsEvaluation: _plot_agreement,
        Timeline: _plot_history,
        LearnedWeights: _plot_trade_off,
        LearnedCurves: _plot_curves,
        LearnedRates: _plot_rates,
        KloutEvaluation: _plot_klout,
        SpreadEvaluation: _plot_spread,
        CoverageEvaluation: _plot_coverage,
        MethodComparison: _plot_comparison,
    }
    figure: Figure = plotters[type(answer)](answer)
    return figure


def _plot_agreement(answer: PairsEvaluation) -> Figure:
    """Plot how well each ranking agrees with the judges, with confidence intervals."""
    rows = sorted(answer.rows, key=lambda row: row.both_new)
    colours = ["tab:blue" if row.learned else "tab:gray" for row in rows]
    # Sorted, "the same" is not below what it is the same as.
    names = [row.name.replace("the same", f"method {answer.method}") for row in rows]
    figure, axes = _new_row_figure(names)
    _draw_intervals(axes, [(row.low, row.both_new, row.high) for row in rows], colours, "{:.3f}")
    for colour, label in (("tab:blue", "learned from other people's judgements"), ("tab:gray", "not learned here")):
        axes.plot([], [], "o", color=colour, label=label)
    figure.legend(loc="outside lower center", ncols=2)
    _set_label(axes, f"AUC on new people, 95% confidence ({answer.pairs:,} judgements of {answer.people:,} people)")
    return figure


def _plot_trade_off(answer: LearnedWeights) -> Figure:
    """Plot AUC and weights against the strength of regularization."""
    figure = Figure(figsize=(8, 6), layout="constrained")
    auc_axes, weight_axes = figure.subplots(2, 1, sharex=True)
    shrinkages = [candidate.shrinkage for candidate in answer.candidates]
    aucs = [candidate.both_new for candidate in answer.candidates]
    auc_axes.errorbar(shrinkages, aucs, [candidate.error for candidate in answer.candidates], capsize=3)
    auc_axes.set_ylabel("AUC on new people\n± standard error of the\ndifference to the best")
    for index, name in enumerate(answer.signals):
        weight_axes.plot(
            shrinkages, [candidate.weights[index] for candidate in answer.candidates], marker="o", label=name
        )
    weight_axes.set_ylabel("weight")
    weight_axes.set_ylim(bottom=0)
    weight_axes.legend()
    weight_axes.set_xlabel("regularization towards equal weights")
    for axes in (auc_axes, weight_axes):
        axes.set_xscale("log")
        axes.axvline(answer.chosen.shrinkage, color="black", linestyle=":", linewidth=1, label="chosen")
    auc_axes.legend()
    return figure


def _plot_curves(answer: LearnedCurves) -> Figure:
    """Plot each learned curve next to that of the given method."""
    curves = [curve for curve in answer.curves if curve.points]
    figure = Figure(figsize=(5 * len(curves), 4), layout="constrained")
    for curve, axes in zip(curves, figure.subplots(1, len(curves), squeeze=False)[0], strict=True):
        values = [point.value for point in curve.points]
        axes.plot(values, [point.old for point in curve.points], color="tab:gray", linestyle=":", label="before")
        axes.plot(values, [point.new for point in curve.points], color="tab:blue", marker="o", label=answer.network)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(f"{curve.name} ({curve.accounts:,} accounts)")
        axes.legend()
    figure.axes[0].set_ylabel("follower-equivalents")
    return figure


def _plot_rates(answer: LearnedRates) -> Figure:
    """Plot what a unit of each signal is worth on a network, next to its rate in the given method."""
    rates = answer.rates[::-1]
    figure, axes = _new_row_figure([f"{signal_word(rate.signal)} ({rate.accounts:,} accounts)" for rate in rates])
    bars = [(rate.low_quartile, rate.new, rate.high_quartile) for rate in rates]
    _draw_intervals(axes, bars, ["tab:blue"] * len(rates), "{:,.2f}")
    axes.plot([rate.old for rate in rates], range(len(rates)), "|", color="black", markersize=14)
    for marker, colour, label in (("|", "black", "before"), ("o", "tab:blue", answer.network)):
        axes.plot([], [], marker, color=colour, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axes.xaxis.set_major_formatter("{x:,.6g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    figure.legend(loc="outside lower center", ncols=2)
    _set_label(axes, f"follower-equivalents per unit on {answer.day}: median and middle half of the accounts")
    return figure


def _plot_klout(answer: KloutEvaluation) -> Figure:
    """Plot how far each way of scoring is from Klout's scores."""
    rows = sorted(answer.rows, key=lambda row: -row.rmse)
    figure, axes = _new_row_figure(
        [row.name.replace("its audience", f"method {answer.method}, followers") for row in rows]
    )
    _draw_intervals(axes, [(row.low, row.rmse, row.high) for row in rows], ["tab:blue"] * len(rows), "{:.1f}")
    axes.set_xlim(left=0)
    _set_label(axes, f"RMSE to Klout's score in points, 95% confidence ({answer.accounts:,} accounts)")
    return figure


def _plot_spread(answer: SpreadEvaluation) -> Figure:
    """Plot the rank correlation of each ranking before the cut with reposts after it."""
    rows = sorted(answer.rows, key=lambda row: row.active or 0)
    figure, axes = _new_row_figure([row.name for row in rows])
    positions = range(len(rows))
    axes.plot([row.active or 0 for row in rows], positions, "o", label=f"reposted 5 times or more ({answer.active:,})")
    axes.plot([row.every or 0 for row in rows], positions, "s", label=f"all ({answer.accounts:,})")
    _set_label(axes, f"Spearman correlation with distinct reposters, {plural(answer.horizon, 'day')} from {answer.cut}")
    axes.legend()
    return figure


def _plot_coverage(answer: CoverageEvaluation) -> Figure:
    """Plot how scores from some values differ from those from all: median, middle half, and deciles."""
    rows = answer.rows[::-1]
    figure, axes = _new_row_figure([row.name for row in rows])
    for position, row in enumerate(rows):
        axes.plot([row.low_decile, row.high_decile], [position, position], color="tab:gray", linewidth=1)
    bars = [(row.low_quartile, row.median, row.high_quartile) for row in rows]
    _draw_intervals(axes, bars, ["tab:blue"] * len(rows), "{:+z.1f}")
    axes.axvline(0, color="black", linestyle=":", linewidth=1)
    _set_label(
        axes,
        f"points above or below the score from all values: median, middle half, deciles ({answer.people:,} people)",
    )
    return figure


def _plot_comparison(answer: MethodComparison) -> Figure:
    """Plot how far the scores of two methods differ: median, 20 to 80% and 10 to 90% of the people."""
    shifts = answer.shifts[::-1]
    figure, axes = _new_row_figure([f"{shift.name} ({shift.people:,})" for shift in shifts])
    differences = [dict(zip(DECILES, shift.deciles, strict=True)) for shift in shifts]
    for position, deciles in enumerate(differences):
        axes.plot([deciles[10], deciles[90]], [position, position], color="tab:gray", linewidth=1)
    bars = [(deciles[20], deciles[50], deciles[80]) for deciles in differences]
    _draw_intervals(axes, bars, ["tab:blue"] * len(bars), "{:+z.1f}")
    axes.axvline(0, color="black", linestyle=":", linewidth=1)
    _set_label(
        axes,
        f"points by which method {answer.after_method} is above or below method {answer.before_method} "
        f"on {answer.day}: median, 20 to 80%, 10 to 90% of people",
    )
    return figure


def _plot_history(answer: Timeline) -> Figure:
    """Plot a score day by day; days without a score are gaps, recomputed days are dashed."""
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    axes = figure.subplots()
    days: Any = [date.fromisoformat(row.day) for row in answer.days]
    published, recomputed = split_recomputed([(row.score, row.recomputed) for row in answer.days])
    axes.plot(days, _to_floats(published), color="tab:blue", marker="o", markersize=2)
    lows, highs = (_to_floats([getattr(row.range, end, None) for row in answer.days]) for end in ("low", "high"))
    axes.fill_between(days, lows, highs, color="tab:blue", alpha=0.15, linewidth=0)
    if any(row.recomputed for row in answer.days):
        axes.plot(days, _to_floats(recomputed), color="tab:blue", alpha=0.6, linestyle="--", label="computed later")
        axes.legend()
    axes.set_ylabel("score")
    axes.margins(y=0.2)
    figure.autofmt_xdate()
    return figure


def _to_floats(scores: Sequence[float | None]) -> list[float]:
    return [float("nan") if score is None else score for score in scores]


def _new_row_figure(names: list[str]) -> tuple[Figure, Axes]:
    """Return a figure with one row per name, the first at the bottom."""
    figure = Figure(figsize=(8, 0.6 * len(names) + 1.4), layout="constrained")
    axes = figure.subplots()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, len(names) - 0.3)
    return figure, axes


def _set_label(axes: Axes, text: str) -> None:
    """Label the figures of a row figure, in as many lines as fit beside the names of the rows."""
    axes.set_xlabel(textwrap.fill(text, _LABEL_WIDTH))


def _draw_intervals(axes: Axes, rows: list[tuple[float, float, float]], colours: list[str], number_format: str) -> None:
    """Draw each (low, value, high) as a dot on a bar, with the value above it."""
    for position, ((low, value, high), colour) in enumerate(zip(rows, colours, strict=True)):
        axes.plot([low, high], [position, position], color=colour, linewidth=4, alpha=0.4)
        axes.plot(value, position, "o", color=colour)
        axes.annotate(number_format.format(value), (value, position), (0, 7), textcoords="offset points", ha="center")
