"""Find the most similar person at or above a target score, and compare both signal by signal."""

import math
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renown.answers.comparison_band import ComparisonBand
from renown.answers.explain.receipt import Receipt
from renown.store import ServedScore

DISTANCE_DEFINITION = (
    "weighted Euclidean distance over followers, lists and reactions of all networks: the square root of the sum of "
    "weight times squared difference of the values ln(1 + follower-equivalents); 0 is identical, and weights are those "
    "of the score"
)


@dataclass(frozen=True, kw_only=True)
class SignalComparison:
    """One signal on one network, of a person and of the similar person."""

    network: str
    signal: str
    received: float
    """In the signal's unit, summed over the accounts on the network: trusted people, followers, lists."""
    similar_received: float
    points: float
    similar_points: float
    difference: float
    """Points of the similar person minus points of the person."""


@dataclass(frozen=True, kw_only=True)
class SimilarPerson:
    """A person compared with the most similar one at or above a target score."""

    name: str
    day: str
    """UTC day, as 2026-11-23."""
    target: float
    score: float
    """1 to 100."""
    similar_name: str | None
    """Name of the similar person; None if nobody visible is at or above the target."""
    similar_score: float | None
    distance: float | None
    """See `definition`."""
    similar_warnings: tuple[str, ...]
    """Reasons why there is not enough data about the similar person; empty if there is."""
    base: float
    """The 1 point that every score starts with; with it, the points of all signals sum to each score."""
    candidates: int
    """Number of other claimed, visible people at or above the target."""
    signals: tuple[SignalComparison, ...]
    """Largest difference first; empty if nobody was found."""
    definition: str
    """Definition of the distance."""


def find_similar_person(
    subject: ServedScore,
    band: ComparisonBand,
    find_visible: Callable[[int], ServedScore | None],
    load_receipt: Callable[[ServedScore], Receipt],
    *,
    target: float,
    hidden_keys: AbstractSet[int] = frozenset(),
    select_visible: Callable[[NDArray[np.int64]], NDArray[np.bool_]] | None = None,
) -> SimilarPerson:
    """
    Find the person nearest to a subject among those at or above a target score, and compare both.

    Parameters
    ----------
    subject : ServedScore
    band : ComparisonBand
        All claimed people of the same day.
    find_visible : callable
        Returns the served score of a key, or None if it must not be shown; called for the nearest first.
    load_receipt : callable
        Returns the receipt of a served score.
    target : float
    hidden_keys : set of int
        Keys known to be hidden; skipping them saves a call for each.
    select_visible : callable, optional
        Returns a mask of the visible ones of many keys; without it, all but `hidden_keys` are candidates.

    Notes
    -----
    The distance is `DISTANCE_DEFINITION`. Comparing 10,000 people with 40 signals takes a few milliseconds; ties
    are broken by key.
    """
    receipt = load_receipt(subject)
    is_shown = select_visible(band.keys) if select_visible else ~np.isin(band.keys, list(hidden_keys))
    candidates = np.flatnonzero((band.scores >= target) & (band.keys != subject.key) & is_shown)
    keys, squares = band.keys[candidates], _squared_distances(receipt, band, candidates)
    order = np.lexsort((keys, squares))
    match, square = next(
        ((candidate, float(squares[index])) for index in order if (candidate := find_visible(int(keys[index])))),
        (None, None),
    )
    similar_receipt = load_receipt(match) if match else None
    return SimilarPerson(
        name=subject.name,
        day=subject.day.isoformat(),
        target=target,
        score=subject.score,
        similar_name=match.name if match else None,
        similar_score=match.score if match else None,
        distance=None if square is None else math.sqrt(square),
        similar_warnings=similar_receipt.coverage.warnings if similar_receipt else (),
        base=receipt.base_score,
        candidates=len(candidates),
        signals=_compare_signals(receipt, similar_receipt) if similar_receipt else (),
        definition=DISTANCE_DEFINITION,
    )


def _squared_distances(receipt: Receipt, band: ComparisonBand, candidates: NDArray[np.intp]) -> NDArray[np.float64]:
    """Compute the squared distances from a receipt to some people of the band."""
    point, outside_distance = np.zeros(len(band.signals)), 0.0
    column = {name: index for index, name in enumerate(band.signals)}
    for name, (value, weight) in _largest_values(receipt, band.value_names).items():
        if name in column:
            point[column[name]] = value
        else:
            outside_distance += weight * value**2
    squares: NDArray[np.float64] = ((band.values[candidates] - point) ** 2) @ band.weights + outside_distance
    return squares


def _largest_values(receipt: Receipt, value_names: Mapping[str, str]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return value and weight of each (network, signal), of the account with the largest value; reactions once."""
    values: dict[tuple[str, str], tuple[float, float]] = {}
    for row in receipt.points:
        key = (row.network, value_names.get(row.signal, row.signal))
        values[key] = max(values.get(key, (0.0, row.weight)), (row.value, row.weight))
    return values


def _compare_signals(receipt: Receipt, similar_receipt: Receipt) -> tuple[SignalComparison, ...]:
    rows, own_sums, similar_sums = [], _sum_by_signal(receipt), _sum_by_signal(similar_receipt)
    for network, signal in sorted({*own_sums, *similar_sums}):
        received, points = own_sums.get((network, signal), (0.0, 0.0))
        similar_received, similar_points = similar_sums.get((network, signal), (0.0, 0.0))
        rows.append(
            SignalComparison(
                network=network,
                signal=signal,
                received=received,
                similar_received=similar_received,
                points=points,
                similar_points=similar_points,
                difference=similar_points - points,
            )
        )
    return tuple(sorted(rows, key=lambda row: -row.difference))


def _sum_by_signal(receipt: Receipt) -> Mapping[tuple[str, str], tuple[float, float]]:
    sums: dict[tuple[str, str], tuple[float, float]] = {}
    for row in receipt.points:
        received, points = sums.get((row.network, row.signal), (0.0, 0.0))
        sums[row.network, row.signal] = (received + row.received, points + row.points)
    return sums
