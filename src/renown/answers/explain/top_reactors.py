"""Who reacts most to a person: named accounts by the points that they give over all signals."""

from dataclasses import dataclass

from renown.answers.explain.explanation import Explanation


@dataclass(frozen=True)
class TopReactor:
    """An account that reacts to a person."""

    name: str
    """``network:handle``, or its id if it has no handle."""
    acts: int
    """Number of acts in the window."""
    points: float
    """Points of score that they give."""


def rank_reactors(explanation: Explanation) -> list[TopReactor]:
    """
    Return the named accounts of an explanation that react to the person, most points first.

    An explanation lists the accounts with the most points of each signal, so that with fewer points may be missing.
    """
    totals: dict[int, TopReactor] = {}
    for line in explanation.actors():
        if line.kind == "actor" and ":" in line.name:
            total = totals.get(line.account, TopReactor(line.name, 0, 0.0))
            totals[line.account] = TopReactor(line.name, total.acts + line.count, total.points + line.points)
    return sorted(totals.values(), key=lambda reactor: (-reactor.points, reactor.name))
