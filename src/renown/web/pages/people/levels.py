"""Levels: a receipt as a page opens it, networks, then signals, then people and posts, each with its bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from renown.answers import Explanation, Shares, SignalReceipt
from renown.web.pages.drawing.scales import Piece, bar

MEANS = {
    "amplification": "people who passed on what you said",
    "conversation": "people who answered or mentioned you",
    "approval": "people who liked what you said",
    "audience": "followers",
    "curation": "lists that people put you on",
}
"""What signals are, in a reader's words; one of another method stands by its name alone."""


@dataclass(frozen=True)
class SignalLevel:
    """A signal of an account."""

    of: SignalReceipt
    means: str
    bar: tuple[Piece, ...]


@dataclass(frozen=True)
class NetworkLevel:
    """All signals of a network."""

    network: str
    points: float
    bar: tuple[Piece, ...]
    signals: tuple[SignalLevel, ...]


def levels(told: Explanation, shares: Shares) -> list[NetworkLevel]:
    """Return a receipt by network, most points first."""
    points = {share.name: share.points for share in shares.networks}
    whole, colours = max(points.values(), default=0.0), list(points)
    ordered = sorted(told.signals, key=lambda each: (-points[each.of.network], each.of.network, -each.of.points))
    return [
        _level(network, points[network], whole, colours.index(network), list(each))
        for network, each in groupby(ordered, key=lambda each: each.of.network)
    ]


def _level(network: str, points: float, whole: float, colour: int, signals: Sequence[SignalReceipt]) -> NetworkLevel:
    most = max(each.of.points for each in signals)
    return NetworkLevel(
        network,
        points,
        bar([points], whole=whole, colour=colour),
        tuple(
            SignalLevel(each, MEANS.get(each.of.signal, ""), bar([each.of.points], whole=most, colour=colour))
            for each in signals
        ),
    )
