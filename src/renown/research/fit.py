"""Fit signal weights to pairwise judgements, and split and resample pairs by person for evaluation."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Indices = NDArray[np.intp]


def fit_weights(differences: Floats, first_won: Booleans, shrinkage: float) -> Floats:
    """
    Fit the non-negative weights, summing to 1, that best predict who was judged more influential.

    Parameters
    ----------
    differences : ndarray of shape (n_pairs, n_signals)
        Values of the first person minus those of the second.
    first_won : ndarray of shape (n_pairs,)
        Whether the first person was judged more influential.
    shrinkage : float
        Regularization towards equal weights, at least 0.

    Returns
    -------
    ndarray of shape (n_signals,)

    Notes
    -----
    Logistic regression on differences without an intercept, i.e. the model of Bradley and
    Terry (1952, Biometrika 39), with the convex penalty shrinkage * sum((w - mean(w))**2).
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - heavy, and of the extra `learn`

    sign = np.where(first_won, 1.0, -1.0)
    signals = differences.shape[1]

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = sign * (differences @ weights)
        deviation = weights - weights.mean()
        gradient = -(sign / (1 + np.exp(np.clip(margin, -700, 700)))) @ differences / len(sign)
        mean_loss = float(np.logaddexp(0, -margin).mean() + shrinkage * deviation @ deviation)
        return mean_loss, gradient + 2 * shrinkage * deviation

    solution = minimize(loss, np.full(signals, 0.1), jac=True, bounds=[(0, None)] * signals, method="L-BFGS-B")
    total = solution.x.sum()
    return solution.x / total if total > 0 else np.full(signals, 1 / signals)


def auc(margins: Floats, first_won: Booleans) -> float:
    """
    Compute the AUC: the share of (winner, loser) pairs that the margins order correctly; ties count half.

    References
    ----------
    Hanley and McNeil (1982), Radiology 143, 29-36.
    """
    _, inverse, counts = np.unique(margins, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    winners = int(first_won.sum())
    if not 0 < winners < len(first_won):
        return float("nan")
    return float((ranks[first_won].sum() - winners * (winners + 1) / 2) / (winners * (len(first_won) - winners)))


def evenness(weights: Floats) -> float:
    """Return the effective share of signals that count: exp(entropy) ÷ number of signals; 1 for equal weights."""
    positive = weights[weights > 0]
    return float(np.exp(-(positive * np.log(positive)).sum()) / len(weights))


@dataclass(frozen=True)
class Fold:
    """One cross-validation split by person."""

    training: Booleans
    """Training pairs: neither person is held out."""
    both_new: Booleans
    """Test pairs of which both people are held out."""
    one_new: Booleans
    """Test pairs of which one person is held out."""


def split_by_person(first: Indices, second: Indices, people: int, *, folds: int, seed: int) -> Iterator[Fold]:
    """
    Split pairs by person for cross-validation, so that nobody in a test pair occurs in training.

    Random folds over pairs would leak: a person who occurs in many pairs is recognized by their figures.
    """
    group = np.random.default_rng(seed).integers(0, folds, people)
    for fold in range(folds):
        first_held_out, second_held_out = group[first] == fold, group[second] == fold
        yield Fold(
            ~first_held_out & ~second_held_out, first_held_out & second_held_out, first_held_out ^ second_held_out
        )


def resample_pairs(first: Indices, second: Indices, people: int, *, replicates: int, seed: int) -> Iterator[Indices]:
    """
    Yield indices of pairs by bootstrap resampling of people: a pair occurs once per draw of both of its people.

    Judgements about one person are not independent; resampling pairs would make confidence intervals too narrow.
    """
    generator = np.random.default_rng(seed)
    for _ in range(replicates):
        draws = np.bincount(generator.integers(0, people, people), minlength=people)
        yield np.repeat(np.arange(len(first)), draws[first] * draws[second])
