"""Plots: the evaluations of a method, each drawn as figures below each other on one scale."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from renown.answers import Evaluation, kind_of
from renown.method import Method
from renown.web.pages.drawing.scales import Dots, dots


@dataclass(frozen=True)
class Plot:
    """An evaluation as it is drawn."""

    title: str
    about: str
    better: str
    """Which end is: `right` or `left`."""
    digits: int
    """Decimals of its figures."""
    ends: int
    """Decimals of the scale's ends."""
    drawn: Dots


def plots(method: Method, judged: Mapping[str, Evaluation]) -> Iterator[Plot]:
    """Yield what the evaluations of a method say, in the order of its card."""
    by_kind = {kind_of(told): told for told in judged.values()}
    ours = f"method {method.version}"
    if told := by_kind.get("pairs"):
        about = (
            "AUC: how often it sides with the judge who said which of two people is more influential. "
            f"{told['people']} people, and nobody of a pair was learned from. A coin has 0.5."
        )
        yield Plot("Human judges", about, "right", 3, 2, _drawn(told, "both_new", ours, step=0.05))
    if told := by_kind.get("klout"):
        about = f"RMSE: how many points it is off the scores that Klout gave {told['accounts']} accounts."
        yield Plot("Klout's own scores", about, "left", 1, 0, _drawn(told, "rmse", ours, step=1.0))
    if told := by_kind.get("spread"):
        about = f"Rank correlation (Spearman) with who was reposted afterwards, of {told['accounts']} accounts."
        yield Plot("What came after", about, "right", 3, 1, _drawn(told, "every", ours, step=0.1))
        about = f"The same of the {told['active']} accounts that had been reposted five times."
        yield Plot("What came after, of the active", about, "right", 3, 1, _drawn(told, "active", ours, step=0.1))


def _drawn(told: Evaluation, column: str, ours: str, *, step: float) -> Dots:
    rows = [(row["name"], row[column], row.get("low"), row.get("high")) for row in told["rows"]]
    return dots([row for row in rows if row[1] is not None], ours=ours, step=step)
