"""What the command line prints of learning and judging a method."""

from renown.cli.prints import console, new_table
from renown.jobs.evaluate import Agreement
from renown.jobs.learn import Learned
from renown.jobs.rates import Rates
from renown.jobs.scale import Scale
from renown.jobs.spread import Spread


def learned(answer: Learned) -> None:
    """Print the trade-off between agreement and evenness, and what was chosen."""
    title = f"{answer.pairs:,} judgements of {answer.people:,} people"
    table = new_table(title, "pull>", *(f"{name}>" for name in answer.signals), "even>", "AUC>", "±>")
    for one in answer.tried:
        weights = [f"{weight:.3f}" for weight in one.weights]
        figures = (f"{one.evenness:.2f}", f"{one.both_new:.4f}", f"{one.error:.4f}")
        table.add_row(f"{one.shrinkage:.2g}", *weights, *figures, style="bold" if one == answer.chosen else "")
    console.print(table)
    console.print(
        f"AUC is on strangers; chosen is {answer.chosen.shrinkage:.2g}, the strongest pull towards even weights "
        "that is behind the best by no more than its error"
    )
    for name in answer.stated:
        console.print(f"{name} is not judged in this file: its weight stays as it was stated")


def agreement(answer: Agreement) -> None:
    """Print how well each order of people agrees with the judges."""
    title = f"method {answer.method}, {answer.pairs:,} judgements of {answer.people:,} people"
    table = new_table(title, "order by", "both new>", "95 %>", "one new>", "pair>", "right>")
    for row in answer.rows:
        span = f"{row.low:.3f} {row.high:.3f}"
        others = (f"{row.one_new:.4f}", f"{row.pair:.4f}") if row.learned else ("", "")
        table.add_row(row.name, f"{row.both_new:.4f}", span, *others, f"{row.accuracy:.1%}")
    console.print(table)
    console.print("AUC by who of a pair was learned from: nobody (both new), one, or both in other pairs, which leaks")


def scale(answer: Scale) -> None:
    """Print how close ways of scoring come to Klout's scores."""
    title = f"method {answer.method}, {answer.accounts:,} accounts with Klout scores, from public figures alone"
    table = new_table(title, "scored by", "RMSE>", "95 %>", "bias>", "Spearman>")
    for row in answer.rows:
        table.add_row(
            row.name, f"{row.rmse:.2f}", f"{row.low:.2f} {row.high:.2f}", f"{row.bias:+.2f}", f"{row.spearman:.3f}"
        )
    console.print(table)


def spread(answer: Spread) -> None:
    """Print what orders of accounts are worth for what came after the cut."""
    title = f"known until {answer.cut}, foretold {answer.horizon} days: distinct people who passed posts on"
    table = new_table(
        title, "order by", f"all {answer.accounts:,}>", f"reposted 5 times {answer.active:,}>", "NDCG@100>", "top 100>"
    )
    for row in answer.rows:
        table.add_row(row.name, _rank(row.every), _rank(row.active), f"{row.ndcg:.3f}", f"{row.overlap:.0%}")
    console.print(table)
    console.print("the first two are Spearman's rank correlations")


def rates(answer: Rates) -> None:
    """Print what a unit of each signal is worth on a network, and was."""
    table = new_table(
        f"{answer.network}, {answer.day}", "signal", "accounts>", "was>", "follower-equivalents per unit>"
    )
    for rate in answer.rates:
        table.add_row(rate.signal, f"{rate.accounts:,}", f"{rate.old:,.4g}", f"{rate.new:,.4g}")
    console.print(table)


def _rank(value: float | None) -> str:
    return "all alike" if value is None else f"{value:.4f}"
