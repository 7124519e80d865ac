"""Shares: how much of a score came by each network and by each signal."""

from collections.abc import Iterable
from dataclasses import dataclass

from renown.answers.receipt import Receipt


@dataclass(frozen=True)
class Share:
    """One slice of a score."""

    name: str
    """Of the network, or of the signal."""
    points: float
    percent: float
    """Of the score."""


@dataclass(frozen=True)
class Shares:
    """A score cut twice; with what everybody has, each cut sums to it, and to 100 percent."""

    everybody: Share
    """The point that everybody has."""
    networks: tuple[Share, ...]
    """Most first."""
    signals: tuple[Share, ...]
    """Over all networks, most first."""


def shares(told: Receipt) -> Shares:
    """Cut a receipt by network and by signal."""
    return Shares(
        Share("everybody", told.everybody, 100 * told.everybody / told.score),
        _cut(told.score, ((row.network, row.points) for row in told.points)),
        _cut(told.score, ((row.signal, row.points) for row in told.points)),
    )


def _cut(score: float, rows: Iterable[tuple[str, float]]) -> tuple[Share, ...]:
    sums: dict[str, float] = {}
    for name, points in rows:
        sums[name] = sums.get(name, 0.0) + points
    cut = (Share(name, points, 100 * points / score) for name, points in sums.items())
    return tuple(sorted(cut, key=lambda share: (-share.points, share.name)))
