"""Learning: weights from pairwise judgements, and what they are worth on strangers."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Rows = NDArray[np.intp]


def fit(differences: Floats, won: Booleans, shrinkage: float) -> Floats:
    """
    Return non-negative weights that sum to 1 and say best who was judged more influential.

    Parameters
    ----------
    differences : ndarray of shape (n_pairs, n_signals)
        Values of the first less those of the second.
    won : ndarray of shape (n_pairs,)
        Whether the first was judged more influential.
    shrinkage : float
        Pull towards even weights, at least 0.

    Returns
    -------
    ndarray of shape (n_signals,)

    Notes
    -----
    Logistic regression on differences without an intercept, the model of Bradley and
    Terry (1952, Biometrika 39), with the convex penalty shrinkage * sum((w - mean(w))**2).
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - heavy, and of the extra `learn`

    sign = np.where(won, 1.0, -1.0)
    signals = differences.shape[1]

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = sign * (differences @ weights)
        uneven = weights - weights.mean()
        slope = -(sign / (1 + np.exp(np.clip(margin, -700, 700)))) @ differences / len(sign)
        return float(np.logaddexp(0, -margin).mean() + shrinkage * uneven @ uneven), slope + 2 * shrinkage * uneven

    found = minimize(loss, np.full(signals, 0.1), jac=True, bounds=[(0, None)] * signals, method="L-BFGS-B")
    total = found.x.sum()
    return found.x / total if total > 0 else np.full(signals, 1 / signals)


def auc(margins: Floats, won: Booleans) -> float:
    """
    Return the share of (won, lost) that the margins put in the right order; ties count half.

    References
    ----------
    Hanley and McNeil (1982), Radiology 143, 29-36.
    """
    _, inverse, counts = np.unique(margins, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    winners = int(won.sum())
    if not 0 < winners < len(won):
        return float("nan")
    return float((ranks[won].sum() - winners * (winners + 1) / 2) / (winners * (len(won) - winners)))


def evenness(weights: Floats) -> float:
    """Return how many of the signals count, as a share: exp(entropy) ÷ number of signals; 1 is even."""
    positive = weights[weights > 0]
    return float(np.exp(-(positive * np.log(positive)).sum()) / len(weights))


@dataclass(frozen=True)
class Fold:
    """One split of people: who is learned from, who is judged."""

    learn: Booleans
    """Pairs of which both people may be learned from."""
    both_new: Booleans
    """Pairs of which neither was seen."""
    one_new: Booleans
    """Pairs of which one was seen."""


def strangers(first: Rows, second: Rows, people: int, *, folds: int, seed: int) -> Iterator[Fold]:
    """
    Split pairs by person, so that nobody who is judged was learned from.

    Random folds over pairs leak: a person who recurs in many pairs is recognised by their figures alone.
    """
    group = np.random.default_rng(seed).integers(0, folds, people)
    for fold in range(folds):
        one, other = group[first] == fold, group[second] == fold
        yield Fold(~one & ~other, one & other, one ^ other)


def resampled(first: Rows, second: Rows, people: int, *, times: int, seed: int) -> Iterator[Rows]:
    """
    Yield rows of pairs as drawn by a bootstrap over people: a pair comes as often as both of its people.

    Judgements of one person are not independent; resampling pairs would make intervals too narrow.
    """
    draw = np.random.default_rng(seed)
    for _ in range(times):
        drawn = np.bincount(draw.integers(0, people, people), minlength=people)
        yield np.repeat(np.arange(len(first)), drawn[first] * drawn[second])
