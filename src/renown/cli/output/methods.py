"""Print what a switch of the method does to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from renown.answers.method_comparison import DECILES
from renown.answers.signal_words import signal_word
from renown.cli.output import console, escape_text, new_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from renown.answers import MethodComparison, ScoreMove


def print_method_comparison(answer: MethodComparison) -> None:
    """Print the distribution of differences, then the largest rises and falls with the points behind them."""
    switch = f"{answer.before_method} to {answer.after_method}"
    console.print(_new_shifts_table(answer, f"{answer.day}, method {switch}: difference in points"))
    for title, moves in (("largest rises", answer.rises), ("largest falls", answer.falls)):
        if moves:
            console.print(_new_moves_table(f"{title}, method {switch}", moves))
    if answer.only_before or answer.only_after:
        console.print(
            f"only method {answer.before_method} scores {answer.only_before:,} people, "
            f"only method {answer.after_method} {answer.only_after:,}"
        )


def _new_shifts_table(answer: MethodComparison, title: str) -> Table:
    table = new_table(title, "", *(f"{shift.name}>" for shift in answer.shifts))
    table.add_row("people", *(f"{shift.people:,}" for shift in answer.shifts))
    table.add_row("rank correlation", *(_format_correlation(shift.rank_correlation) for shift in answer.shifts))
    table.add_row("mean", *(f"{shift.mean:+z.1f}" for shift in answer.shifts))
    labels = {0: "lowest", 50: "median", 100: "highest"}
    for index, percent in enumerate(DECILES):
        label = labels.get(percent, f"{percent}%")
        table.add_row(label, *(f"{shift.deciles[index]:+z.1f}" for shift in answer.shifts))
    return table


def _new_moves_table(title: str, moves: Sequence[ScoreMove]) -> Table:
    table = new_table(title, "person…", "before>", "after>", "difference>", "points by signal")
    for move in moves:
        signals = (f"{signal_word(change.signal)} {change.before:.1f} to {change.after:.1f}" for change in move.signals)
        scores = (f"{move.before:.1f}", f"{move.after:.1f}", f"{move.difference:+z.1f}")
        table.add_row(escape_text(move.name), *scores, escape_text(", ".join(signals)))
    return table


def _format_correlation(value: float | None) -> str:
    return "all equal" if value is None else f"{value:.3f}"
