"""The receipt as expandable levels: networks, then signals, each with a bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from renown import answers
from renown.answers import Explanation, Shares, SignalReceipt
from renown.store import FirstScorePoints
from renown.web.pages.charts.bars import BarSegment, build_bar

SIGNAL_DESCRIPTIONS = {
    "amplification": "people who reposted",
    "conversation": "people who replied or mentioned the account",
    "approval": "people who liked",
    "audience": "people who follow",
    "curation": "lists that include the account",
}
"""What is counted for each signal; signals of other methods have no description."""


@dataclass(frozen=True)
class SignalLevel:
    """One signal of an account."""

    receipt: SignalReceipt
    description: str
    bar: tuple[BarSegment, ...]
    discounts: tuple[str, ...]
    """What counts only in part, in sentences."""


@dataclass(frozen=True)
class NetworkLevel:
    """All signals of a network."""

    network: str
    points: float
    bar: tuple[BarSegment, ...]
    signals: tuple[SignalLevel, ...]


@dataclass(frozen=True)
class FirstScoreLine:
    """One signal of an account in the receipt of a first score."""

    points: FirstScorePoints
    description: str
    bar: tuple[BarSegment, ...]


def build_first_score_lines(rows: Sequence[FirstScorePoints]) -> list[FirstScoreLine]:
    """Lay out the points of a first score, a colour for each network."""
    full_value, networks = max((row.points for row in rows), default=0.0), list(dict.fromkeys(r.network for r in rows))
    return [
        FirstScoreLine(
            row,
            SIGNAL_DESCRIPTIONS.get(row.signal, ""),
            build_bar([row.points], full_value=full_value, first_colour=networks.index(row.network)),
        )
        for row in rows
    ]


def build_levels(explanation: Explanation, shares: Shares) -> list[NetworkLevel]:
    """Group a receipt by network, most points first."""
    points = {share.name: share.points for share in shares.networks}
    max_points, colours = max(points.values(), default=0.0), list(points)
    ordered = sorted(
        explanation.signals,
        key=lambda signal: (-points[signal.subject.network], signal.subject.network, -signal.subject.points),
    )
    return [
        _build_network_level(network, points[network], max_points, colours.index(network), list(group))
        for network, group in groupby(ordered, key=lambda signal: signal.subject.network)
    ]


def _build_network_level(
    network: str, points: float, max_points: float, colour: int, signals: Sequence[SignalReceipt]
) -> NetworkLevel:
    max_signal_points = max(signal.subject.points for signal in signals)
    return NetworkLevel(
        network,
        points,
        build_bar([points], full_value=max_points, first_colour=colour),
        tuple(
            SignalLevel(
                signal,
                SIGNAL_DESCRIPTIONS.get(signal.subject.signal, ""),
                build_bar([signal.subject.points], full_value=max_signal_points, first_colour=colour),
                describe_discounts(signal),
            )
            for signal in signals
        ),
    )


def describe_discounts(signal: SignalReceipt) -> tuple[str, ...]:
    """Describe what counts only in part in a signal."""
    return tuple(
        answers.describe_discount(discount, signal.subject.signal)
        for discount in signal.discounts
        if discount.counted < discount.full
    )
