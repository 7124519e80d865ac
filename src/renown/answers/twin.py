"""The twin: who is most like somebody and has reached a target, and what they have more of."""

import math
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renown.answers.boards import Crowd
from renown.answers.receipt import Receipt
from renown.store import ServedScore

HOW = (
    "distance over all signals of all networks: the root of the sum of weight times the squared difference of the "
    "values ln(1 + follower-equivalents); 0 is alike in everything, and what weighs more in a score counts for more"
)


@dataclass(frozen=True)
class SideBySide:
    """One signal of one network, of somebody and of their twin."""

    network: str
    signal: str
    received: float
    """In the signal's unit, over all accounts there: trusted people, followers, lists."""
    twin_received: float
    points: float
    twin_points: float
    difference: float
    """Signed points that the twin has more."""


@dataclass(frozen=True)
class Twin:
    """Somebody beside the one who is most like them at or above a target."""

    who: str
    day: str
    """UTC day, as 2026-11-23."""
    target: float
    score: float
    """1 to 100."""
    twin: str | None
    """The twin's name; None where nobody who is shown is at or above the target."""
    twin_score: float | None
    distance: float | None
    """As `how` says."""
    among: int
    """Others who claimed accounts, may be shown, and are at or above the target."""
    signals: tuple[SideBySide, ...]
    """What the twin has most more of first; empty without a twin."""
    how: str
    """What is meant by most alike."""


def twin(
    of: ServedScore,
    crowd: Crowd,
    shown: Callable[[int], ServedScore | None],
    receipt_of: Callable[[ServedScore], Receipt],
    *,
    target: float,
    hidden: AbstractSet[int] = frozenset(),
) -> Twin:
    """
    Find who of a crowd is nearest to somebody at or above a target, and put both side by side.

    Parameters
    ----------
    of : ServedScore
    crowd : Crowd
        Of the same day.
    shown : callable
        Returns the score of a key that may be shown, else None; it is asked of the nearest first.
    receipt_of : callable
        Returns somebody's receipt.
    target : float
    hidden : set of int
        Keys that are known not to be shown: where they are many, to ask of each would take long.

    Notes
    -----
    As `HOW` says. Ten thousand people with forty signals are compared in a few milliseconds; equal
    distances go by key.
    """
    own = receipt_of(of)
    there = np.flatnonzero((crowd.scores >= target) & (crowd.keys != of.key) & ~np.isin(crowd.keys, list(hidden)))
    keys, squares = crowd.keys[there], _squares(own, crowd, there)
    places = np.lexsort((keys, squares))
    found, square = next(
        ((one, float(squares[place])) for place in places if (one := shown(int(keys[place])))), (None, None)
    )
    return Twin(
        of.name,
        of.day.isoformat(),
        target,
        of.score,
        found.name if found else None,
        found.score if found else None,
        None if square is None else math.sqrt(square),
        len(there),
        _side_by_side(own, receipt_of(found)) if found else (),
        HOW,
    )


def _squares(own: Receipt, crowd: Crowd, there: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the squared distances of some of a crowd."""
    point, outside = np.zeros(len(crowd.of)), 0.0
    column = {name: number for number, name in enumerate(crowd.of)}
    for name, (value, weight) in _values(own).items():
        if name in column:
            point[column[name]] = value
        else:
            outside += weight * value**2
    squares: NDArray[np.float64] = ((crowd.values[there] - point) ** 2) @ crowd.weights + outside
    return squares


def _values(told: Receipt) -> dict[tuple[str, str], tuple[float, float]]:
    """Return value and weight of each (network, signal), of the account that has most."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for row in told.points:
        key = (row.network, row.signal)
        found[key] = max(found.get(key, (0.0, row.weight)), (row.value, row.weight))
    return found


def _side_by_side(own: Receipt, other: Receipt) -> tuple[SideBySide, ...]:
    rows, mine, theirs = [], _sums(own), _sums(other)
    for network, signal in sorted({*mine, *theirs}):
        received, points = mine.get((network, signal), (0.0, 0.0))
        twin_received, twin_points = theirs.get((network, signal), (0.0, 0.0))
        rows.append(SideBySide(network, signal, received, twin_received, points, twin_points, twin_points - points))
    return tuple(sorted(rows, key=lambda row: -row.difference))


def _sums(told: Receipt) -> Mapping[tuple[str, str], tuple[float, float]]:
    sums: dict[tuple[str, str], tuple[float, float]] = {}
    for row in told.points:
        received, points = sums.get((row.network, row.signal), (0.0, 0.0))
        sums[row.network, row.signal] = (received + row.received, points + row.points)
    return sums
