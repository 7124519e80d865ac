"""Print learned weights, rates and curves, and evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from renown.answers.signal_words import signal_word
from renown.cli.output import console, new_table
from renown.text import plural

if TYPE_CHECKING:
    from rich.table import Table

    from renown.research.coverage import CoverageEvaluation
    from renown.research.curves import LearnedCurves
    from renown.research.klout import KloutEvaluation
    from renown.research.learn import LearnedWeights
    from renown.research.pairs import PairsEvaluation
    from renown.research.rates import LearnedRates
    from renown.research.spread import SpreadEvaluation


def print_learned_weights(answer: LearnedWeights) -> None:
    """Print the trade-off between accuracy and equal weights, and the chosen weights."""
    title = f"{answer.pairs:,} judgements of {answer.people:,} people"
    table = new_table(
        title,
        "regularization>",
        *(f"{signal_word(name)}>" for name in answer.signals),
        "evenness>",
        "AUC>",
        "±>",
    )
    for candidate in answer.candidates:
        weights = [f"{weight:.3f}" for weight in candidate.weights]
        figures = (f"{candidate.evenness:.2f}", f"{candidate.both_new:.4f}", f"{candidate.error:.4f}")
        table.add_row(
            _format_significant(candidate.shrinkage, 2),
            *weights,
            *figures,
            style="bold" if candidate == answer.chosen else "",
        )
    console.print(table)
    console.print(
        f"AUC is on new people; chosen: {_format_significant(answer.chosen.shrinkage, 2)}, the strongest "
        "regularization (towards equal weights) whose AUC is within one standard error of the best"
    )
    for name in answer.unjudged_signals:
        console.print(f"{signal_word(name)}: not in this file, so the weight stays as it was")


def print_agreement(answer: PairsEvaluation) -> None:
    """Print how well each ranking of people agrees with the judges."""
    title = f"method {answer.method}, {answer.pairs:,} judgements of {answer.people:,} people"
    table = new_table(title, "ranked by", "both new>", "95%>", "one new>", "pair new>", "accuracy>")
    for row in answer.rows:
        span = f"{row.low:.3f} {row.high:.3f}"
        other_cells = (f"{row.one_new:.4f}", f"{row.pair:.4f}") if row.learned else ("", "")
        table.add_row(row.name, f"{row.both_new:.4f}", span, *other_cells, f"{row.accuracy:.1%}")
    console.print(table)
    console.print(
        "AUC on pairs of which both people, one person or only the pair is new, that is not in the training data; "
        "only the first is free of leakage",
        soft_wrap=True,
    )


def print_coverage(answer: CoverageEvaluation) -> None:
    """Print how scores from some values differ from the scores from all of them."""
    title = (
        f"method {answer.method}, {answer.people:,} people: points more or less than from {', '.join(answer.values)}"
    )
    starts = [band.min_followers for band in answer.rows[0].bands if any(_band_people(answer, band.min_followers))]
    bands = [f"{'under 10' if start == 0 else format(start, ',') + '+'}>" for start in starts]
    table = new_table(title, "seen", "people>", "of others nothing>", "median>", "middle half>", "deciles>", *bands)
    for row in answer.rows:
        medians = {band.min_followers: band.median for band in row.bands}
        table.add_row(
            row.name,
            f"{row.people:,}",
            f"{answer.people - row.people:,}",
            f"{row.median:+z.2f}",
            f"{row.low_quartile:+z.1f} {row.high_quartile:+z.1f}",
            f"{row.low_decile:+z.1f} {row.high_decile:+z.1f}",
            *("" if medians[start] is None else f"{medians[start]:+z.1f}" for start in starts),
        )
    console.print(table)
    console.print(
        "the last columns are medians by number of followers; people of whom nothing is seen have no score to compare",
        soft_wrap=True,
    )


def _band_people(answer: CoverageEvaluation, start: int) -> list[int]:
    return [band.people for row in answer.rows for band in row.bands if band.min_followers == start]


def print_klout_evaluation(answer: KloutEvaluation) -> None:
    """Print how close each way of scoring comes to Klout's scores."""
    title = f"method {answer.method}, {answer.accounts:,} accounts with Klout scores, scored from profile counts only"
    table = new_table(title, "scored by", "RMSE>", "95%>", "bias>", "Spearman>")
    for row in answer.rows:
        table.add_row(
            row.name, f"{row.rmse:.2f}", f"{row.low:.2f} {row.high:.2f}", f"{row.bias:+z.2f}", f"{row.spearman:.3f}"
        )
    console.print(table)
    console.print(
        f"this evaluation sees no {' and no '.join(answer.unseen)}: the file has followers and lists only, but Klout "
        "scored reactions, too",
        soft_wrap=True,
    )


def print_spread_evaluation(answer: SpreadEvaluation) -> None:
    """Print how well each ranking of accounts predicts reposts after the cut."""
    means = f"means over {len(answer.cuts)} cuts: " if answer.cuts else ""
    days = plural(answer.horizon, "day")
    title = f"{means}data before {answer.cut} predicts {days} from it on: distinct people who reposted"
    table = new_table(
        title,
        "ranked by",
        f"all {answer.accounts:,}>",
        f"reposted 5 times {answer.active:,}>",
        "NDCG@100>",
        "top 100>",
    )
    for row in answer.rows:
        table.add_row(
            row.name,
            _format_correlation(row.every),
            _format_correlation(row.active),
            f"{row.ndcg:.4f}",
            f"{row.overlap:.0%}",
        )
    console.print(table)
    if answer.cuts:
        console.print(_new_cuts_table(answer))
    console.print(
        "the first two columns are Spearman's rank correlations; top 100 is the overlap with the true top 100"
    )


def _new_cuts_table(answer: SpreadEvaluation) -> Table:
    """Return the method's own figures at each cut."""
    name = f"method {answer.method}"
    table = new_table(f"{name} at each cut", "cut", "accounts>", "all>", "active>", "reposted 5 times>", "NDCG@100>")
    for cut in answer.cuts:
        [row] = [row for row in cut.rows if row.name == name]
        correlations = (_format_correlation(row.every), f"{cut.active:,}", _format_correlation(row.active))
        table.add_row(cut.cut, f"{cut.accounts:,}", *correlations, f"{row.ndcg:.4f}")
    return table


def print_rates(answer: LearnedRates) -> None:
    """Print the old and new exchange rate of each signal on a network."""
    table = new_table(
        f"{answer.network}, {answer.day}", "signal", "accounts>", "old>", "follower-equivalents per unit>"
    )
    for rate in answer.rates:
        table.add_row(
            signal_word(rate.signal),
            f"{rate.accounts:,}",
            _format_significant(rate.old, 4),
            _format_significant(rate.new, 4),
        )
    console.print(table)


def print_curves(answer: LearnedCurves) -> None:
    """Print the points of each curve of a network, next to the equivalents by the given method."""
    for curve in answer.curves:
        if not curve.points:
            console.print(
                f"{curve.name}: too few accounts ({curve.accounts:,}) have followers and {curve.name}, "
                "so the curve stays as it was"
            )
            continue
        title = f"{answer.network}, {answer.day}: {curve.accounts:,} accounts with followers and {curve.name}"
        table = new_table(title, f"{curve.name}>", "accounts>", "old>", "follower-equivalents>")
        for point in curve.points:
            table.add_row(
                _format_significant(point.value, 4), f"{point.accounts:,}", f"{point.old:,.0f}", f"{point.new:,.0f}"
            )
        console.print(table)


def _format_significant(value: float, digits: int) -> str:
    """Return a number with so many significant digits, large ones without an exponent."""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:.{digits}g}"


def _format_correlation(value: float | None) -> str:
    return "all equal" if value is None else f"{value:.4f}"
