"""Shares of a score: the points of a receipt summed by network and by signal."""

from collections.abc import Iterable
from dataclasses import dataclass

from renown.answers.explain.receipt import Receipt


@dataclass(frozen=True)
class Share:
    """Points of one network or signal."""

    name: str
    """Name of the network or signal."""
    points: float
    percent: float
    """Percent of the score."""


@dataclass(frozen=True)
class Shares:
    """A score split by network and by signal; each split plus `base` sums to the score, and to 100 percent."""

    base: Share
    """The 1 point that every score starts with."""
    networks: tuple[Share, ...]
    """Largest first."""
    signals: tuple[Share, ...]
    """Summed over all networks, largest first."""


def compute_shares(receipt: Receipt) -> Shares:
    """Sum the points of a receipt by network and by signal."""
    return Shares(
        Share("everybody", receipt.base_score, 100 * receipt.base_score / receipt.score),
        _group_shares(receipt.score, ((row.network, row.points) for row in receipt.points)),
        _group_shares(receipt.score, ((row.signal, row.points) for row in receipt.points)),
    )


def _group_shares(score: float, rows: Iterable[tuple[str, float]]) -> tuple[Share, ...]:
    sums: dict[str, float] = {}
    for name, points in rows:
        sums[name] = sums.get(name, 0.0) + points
    shares = (Share(name, points, 100 * points / score) for name, points in sums.items())
    return tuple(sorted(shares, key=lambda share: (-share.points, share.name)))
