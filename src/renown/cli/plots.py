"""Plots, where people would rather look."""

from datetime import date
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from renown.answers import Timeline
from renown.jobs.evaluate import Agreement
from renown.jobs.learn import Learned
from renown.jobs.scale import Scale
from renown.jobs.spread import Spread


def draw(answer: Agreement | Timeline | Learned | Scale | Spread, path: Path) -> None:
    """Draw an answer to a file."""
    drawn: dict[type, Any] = {
        Agreement: _agreement,
        Timeline: _history,
        Learned: _trade_off,
        Scale: _scale,
        Spread: _spread,
    }
    # The same answer is the same file: no date, no random names of its parts.
    with rc_context({"svg.hashsalt": "renown"}):
        drawn[type(answer)](answer).savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _agreement(answer: Agreement) -> Figure:
    """Return how well each order of people agrees with the judges, with its interval."""
    rows = sorted(answer.rows, key=lambda row: row.both_new)
    colours = ["tab:blue" if row.learned else "tab:gray" for row in rows]
    figure, axes = _rows([row.name for row in rows])
    _intervals(axes, [(row.low, row.both_new, row.high) for row in rows], colours, "{:.3f}")
    axes.set_xlabel(f"AUC on strangers, 95 % over people ({answer.pairs:,} judgements of {answer.people:,} people)")
    return figure


def _trade_off(answer: Learned) -> Figure:
    """Return AUC against evenness, and the weights along the way."""
    figure = Figure(figsize=(8, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    pulls = [one.shrinkage for one in answer.tried]
    above.errorbar(pulls, [one.both_new for one in answer.tried], [one.error for one in answer.tried], capsize=3)
    above.set_ylabel("AUC on strangers")
    for place, name in enumerate(answer.signals):
        below.plot(pulls, [one.weights[place] for one in answer.tried], marker="o", label=name)
    below.set_ylabel("weight")
    below.set_ylim(bottom=0)
    below.legend()
    below.set_xlabel("pull towards even weights")
    for axes in (above, below):
        axes.set_xscale("log")
        axes.axvline(answer.chosen.shrinkage, color="black", linestyle=":", linewidth=1)
    return figure


def _scale(answer: Scale) -> Figure:
    """Return how far ways of scoring are from Klout's scores."""
    rows = sorted(answer.rows, key=lambda row: -row.rmse)
    figure, axes = _rows([row.name for row in rows])
    _intervals(axes, [(row.low, row.rmse, row.high) for row in rows], ["tab:blue"] * len(rows), "{:.1f}")
    axes.set_xlim(left=0)
    axes.set_xlabel(f"RMSE to Klout's score, points, 95 % over {answer.accounts:,} accounts")
    return figure


def _spread(answer: Spread) -> Figure:
    """Return the rank correlations of orders before the cut with spread after it."""
    rows = sorted(answer.rows, key=lambda row: row.active or 0)
    figure, axes = _rows([row.name for row in rows])
    places = range(len(rows))
    axes.plot([row.active or 0 for row in rows], places, "o", label=f"reposted 5 times or more ({answer.active:,})")
    axes.plot([row.every or 0 for row in rows], places, "s", label=f"all ({answer.accounts:,})")
    axes.set_xlabel(f"Spearman with distinct reposters in the {answer.horizon} days from {answer.cut} on")
    axes.legend()
    return figure


def _history(answer: Timeline) -> Figure:
    """Return a score day by day; days without one are gaps."""
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    axes = figure.subplots()
    days: Any = [date.fromisoformat(row.day) for row in answer.days]
    scores = [float("nan") if row.score is None else row.score for row in answer.days]
    axes.plot(days, scores, color="tab:blue", marker="o", markersize=2)
    axes.set_ylabel("score")
    axes.margins(y=0.2)
    figure.autofmt_xdate()
    return figure


def _rows(names: list[str]) -> tuple[Figure, Axes]:
    """Return a figure with a row for each name, the first at the bottom."""
    figure = Figure(figsize=(8, 0.6 * len(names) + 1.4), layout="constrained")
    axes = figure.subplots()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, len(names) - 0.3)
    return figure, axes


def _intervals(axes: Axes, rows: list[tuple[float, float, float]], colours: list[str], form: str) -> None:
    """Draw (low, value, high) as a dot on a bar, the value written above it."""
    for place, ((low, value, high), colour) in enumerate(zip(rows, colours, strict=True)):
        axes.plot([low, high], [place, place], color=colour, linewidth=4, alpha=0.4)
        axes.plot(value, place, "o", color=colour)
        axes.annotate(form.format(value), (value, place), (0, 7), textcoords="offset points", ha="center")
