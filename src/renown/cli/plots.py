"""Plots, where people would rather look."""

from pathlib import Path

from matplotlib.figure import Figure

from renown.errors import BadInput
from renown.jobs.evaluate import Agreement
from renown.jobs.learn import Learned
from renown.jobs.scale import Scale
from renown.jobs.spread import Spread

_FORMS = (".png", ".svg")


def agreement(answer: Agreement, path: Path) -> None:
    """Draw how well each order of people agrees with the judges, with its interval."""
    figure = Figure(figsize=(8, 0.6 * len(answer.rows) + 1.4), layout="constrained")
    axes = figure.subplots()
    rows = sorted(answer.rows, key=lambda row: row.both_new)
    for place, row in enumerate(rows):
        axes.plot(
            [row.low, row.high], [place, place], color="tab:blue" if row.learned else "tab:gray", linewidth=4, alpha=0.4
        )
        axes.plot(row.both_new, place, "o", color="tab:blue" if row.learned else "tab:gray")
        axes.annotate(f"{row.both_new:.3f}", (row.both_new, place), (0, 7), textcoords="offset points", ha="center")
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.3)
    axes.set_xlabel(f"AUC on strangers, 95 % over people ({answer.pairs:,} judgements of {answer.people:,} people)")
    _save(figure, path)


def trade_off(answer: Learned, path: Path) -> None:
    """Draw AUC against evenness, and the weights along the way."""
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
    _save(figure, path)


def scale(answer: Scale, path: Path) -> None:
    """Draw how far ways of scoring are from Klout's scores."""
    figure = Figure(figsize=(8, 0.6 * len(answer.rows) + 1.4), layout="constrained")
    axes = figure.subplots()
    rows = sorted(answer.rows, key=lambda row: -row.rmse)
    for place, row in enumerate(rows):
        axes.plot([row.low, row.high], [place, place], color="tab:gray", linewidth=4, alpha=0.4)
        axes.plot(row.rmse, place, "o", color="tab:blue")
        axes.annotate(f"{row.rmse:.1f}", (row.rmse, place), (0, 7), textcoords="offset points", ha="center")
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.3)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"RMSE to Klout's score, points, 95 % over {answer.accounts:,} accounts")
    _save(figure, path)


def spread(answer: Spread, path: Path) -> None:
    """Draw the rank correlations of orders before the cut with spread after it."""
    figure = Figure(figsize=(8, 0.6 * len(answer.rows) + 1.4), layout="constrained")
    axes = figure.subplots()
    rows = sorted(answer.rows, key=lambda row: row.active or 0)
    axes.plot(
        [row.active or 0 for row in rows], range(len(rows)), "o", label=f"reposted 5 times or more ({answer.active:,})"
    )
    axes.plot([row.every or 0 for row in rows], range(len(rows)), "s", label=f"all ({answer.accounts:,})")
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_xlabel(f"Spearman with distinct reposters in the {answer.horizon} days from {answer.cut} on")
    axes.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    if path.suffix not in _FORMS:
        msg = f"--plot is {str(path)!r}; write a file that ends in {' or '.join(_FORMS)}"
        raise BadInput(msg)
    figure.savefig(path, dpi=150)
