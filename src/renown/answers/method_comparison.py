"""What a switch of the method does to whom: the scores of one day by two methods, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renown.answers.score_moves import ScoreMove, explain_move, sum_points
from renown.engines.base import Engine
from renown.lake import Lake
from renown.scoring.points import load_points
from renown.store import PublishedTables

DECILES = tuple(range(0, 101, 10))
"""Percentiles of the differences, from the largest fall to the largest rise."""
DEFAULT_MOVES = 10

_Floats = NDArray[np.float64]
_Keys = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class MethodShift:
    """How the scores of many people differ."""

    name: str
    """Who they are."""
    people: int
    rank_correlation: float | None
    """Spearman; None if all scores are equal."""
    mean: float
    """Mean difference, in points."""
    deciles: tuple[float, ...]
    """Differences in points at each of `DECILES`."""


@dataclass(frozen=True, kw_only=True)
class MethodComparison:
    """Scores of a day by two methods."""

    day: str
    before_method: str
    after_method: str
    only_before: int
    """Number of people whom only the first method scores."""
    only_after: int
    shifts: tuple[MethodShift, ...]
    """Claimed people, and everybody."""
    rises: tuple[ScoreMove, ...]
    """Largest first; of claimed people, if anybody has claimed an account."""
    falls: tuple[ScoreMove, ...]


def compare_methods(
    before: PublishedTables, after: PublishedTables, engine: Engine, lake: Lake, *, n: int = DEFAULT_MOVES
) -> MethodComparison:
    """
    Compare the scores of a day by two methods.

    Parameters
    ----------
    before, after : PublishedTables
        The same day, by the method to switch from and by the method to switch to.
    engine : Engine
        A session that nothing else uses.
    lake : Lake
    n : int
        Number of largest rises, and of largest falls.
    """
    before_keys, before_scores = before.read_score_arrays()
    after_keys, after_scores = after.read_score_arrays()
    keys, before_rows, after_rows = np.intersect1d(before_keys, after_keys, assume_unique=True, return_indices=True)
    scores, new_scores = before_scores[before_rows], after_scores[after_rows]
    is_claimed = keys < 0
    shifts = [_summarize_shift("everybody", scores, new_scores)] if len(keys) else []
    if is_claimed.any():
        shifts.insert(0, _summarize_shift("claimed people", scores[is_claimed], new_scores[is_claimed]))
        keys, scores, new_scores = keys[is_claimed], scores[is_claimed], new_scores[is_claimed]
    order = _sort_by_difference(keys, new_scores - scores)
    differences = (new_scores - scores)[order]
    rising, falling = order[differences > 0][::-1][:n], order[differences < 0][:n]
    moving_keys = keys[np.concatenate([rising, falling])].tolist()
    points = [sum_points(load_points(engine, lake, tables, moving_keys)) for tables in (before, after)]
    return MethodComparison(
        day=before.day.day.isoformat(),
        before_method=before.day.method,
        after_method=after.day.method,
        only_before=len(before_keys) - len(before_rows),
        only_after=len(after_keys) - len(after_rows),
        shifts=tuple(shifts),
        rises=_explain_moves(before, after, keys[rising].tolist(), *points),
        falls=_explain_moves(before, after, keys[falling].tolist(), *points),
    )


def _sort_by_difference(keys: _Keys, differences: _Floats) -> NDArray[np.intp]:
    """Return the order by difference, the largest fall first; ties by key."""
    return np.lexsort((keys, differences))


def _summarize_shift(name: str, before: _Floats, after: _Floats) -> MethodShift:
    differences = after - before
    return MethodShift(
        name=name,
        people=len(differences),
        rank_correlation=_rank_correlation(before, after),
        mean=float(differences.mean()),
        deciles=tuple(map(float, np.percentile(differences, DECILES))),
    )


def _rank_correlation(first: _Floats, second: _Floats) -> float | None:
    if min(len(np.unique(first)), len(np.unique(second))) <= 1:
        return None
    return float(np.corrcoef(_mean_ranks(first), _mean_ranks(second))[0, 1])


def _mean_ranks(values: _Floats) -> _Floats:
    """Return ranks; ties share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: _Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks


def _explain_moves(
    before: PublishedTables,
    after: PublishedTables,
    keys: Sequence[int],
    points_before: Mapping[int, Mapping[str, float]],
    points_after: Mapping[int, Mapping[str, float]],
) -> tuple[ScoreMove, ...]:
    moves = (explain_move(before, after, key, points_before[key], points_after[key]) for key in keys)
    return tuple(move for move in moves if move)
