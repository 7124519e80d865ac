"""Search for the smallest increases that reach a target, in few passes over the steps of the method."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_VALUES_PER_PASS = 48
"""Number of values that are simulated per lever in the first pass."""
_FEW_VALUES, _NEAR_VALUES = 12, 12
"""The same in later passes: evenly spaced, and on either side of the estimate."""


@dataclass(frozen=True)
class SearchRange:
    """A range of increases: `low` does not reach the target, and the smallest that does is at most `high`."""

    low: int
    """-1 before the first pass."""
    high: int
    low_score: float | None = None
    """None if it was not simulated."""
    high_score: float | None = None


def find_smallest_increases(
    simulate: Callable[[Sequence[tuple[str, int]]], Sequence[float]],
    maxima: Mapping[str, int],
    targets: Mapping[str, float],
) -> dict[str, tuple[int | None, float]]:
    """
    Find the smallest increase of each lever that reaches its target, searching all levers in the same passes.

    Parameters
    ----------
    simulate : callable
        Returns the scores of (lever, increase) pairs; must be monotone in the increase.
    maxima : mapping of str to int
        Lever to its largest increase.
    targets : mapping of str to float
        Lever to its target.

    Returns
    -------
    dict of str to (int or None, float)
        The increase and its score; None and the score of the largest increase if that does not reach the target.

    Examples
    --------
    >>> maxima, targets = {"a": 100, "b": 1000}, {"a": 12, "b": 70}
    >>> find_smallest_increases(lambda pairs: [1 + number / 10 for _, number in pairs], maxima, targets)
    {'a': (None, 11.0), 'b': (690, 70.0)}
    """
    increases: dict[str, tuple[int | None, float]] = {}
    ranges = {lever: SearchRange(-1, maximum) for lever, maximum in maxima.items()}
    while ranges:
        candidates = {lever: spread_between(search_range, targets[lever]) for lever, search_range in ranges.items()}
        pairs = [(lever, number) for lever, numbers in candidates.items() for number in numbers]
        scores = dict(zip(pairs, simulate(pairs), strict=True))
        for lever, numbers in candidates.items():
            reached = next((number for number in numbers if scores[lever, number] >= targets[lever]), None)
            low, low_score = max(
                ((number, scores[lever, number]) for number in numbers if reached is not None and number < reached),
                default=(ranges[lever].low, ranges[lever].low_score),
            )
            if reached is None or reached - low == 1:
                increases[lever] = (reached, scores[lever, numbers[-1] if reached is None else reached])
                del ranges[lever]
            else:
                ranges[lever] = SearchRange(low, reached, low_score, scores[lever, reached])
    return increases


def spread_between(search_range: SearchRange, target: float) -> list[int]:
    """
    Return the values to simulate above `low`, up to `high`, in ascending order.

    In the first pass they are geometrically spaced. Later, some are evenly spaced, and the others surround the place
    where the target is by the scores at both ends, the denser the nearer: the score is nearly linear in the logarithm
    of an increase, so this estimate is mostly off by little.

    Examples
    --------
    >>> spread_between(SearchRange(7, 10), 70)
    [8, 9, 10]
    >>> len(spread_between(SearchRange(-1, 1_000_000), 70)), spread_between(SearchRange(-1, 1_000_000), 70)[-1]
    (47, 1000000)
    """
    low, high = search_range.low, search_range.high
    span, positions = high - low, range(1, _VALUES_PER_PASS + 1)
    if span <= _VALUES_PER_PASS:
        return list(range(low + 1, high + 1))
    if low < 0:
        return sorted({low + 1, *(low + round(span ** (position / _VALUES_PER_PASS)) for position in positions)})
    values = {low - (-span * position // _FEW_VALUES) for position in range(1, _FEW_VALUES + 1)}
    estimate = _interpolate(search_range, target)
    distances = {0, *(round((span / 2) ** (position / _NEAR_VALUES)) for position in range(_NEAR_VALUES + 1))}
    values |= {estimate + sign * distance for distance in distances for sign in (-1, 1)}
    return sorted(value for value in values if low < value <= high)


def _interpolate(search_range: SearchRange, target: float) -> int:
    """Estimate where the target is reached, as if the score rose with the logarithm of the increase."""
    low, high = search_range.low, search_range.high
    if search_range.low_score is None or search_range.high_score is None:
        return (low + high) // 2
    rise = search_range.high_score - search_range.low_score
    share = (target - search_range.low_score) / rise if rise > 0 else 0.5
    factor = math.exp(min(max(share, 0.0), 1.0) * math.log((high + 1) / (low + 1)))
    return round((low + 1) * factor) - 1
