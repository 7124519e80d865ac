"""Columns of published tables as arrays, without a Python object for each person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class SignalMatrix:
    """Sparse matrix of signal values of all claimed people with a score: one entry per person, network and signal."""

    keys: NDArray[np.int64]
    """Score keys, ascending, all negative."""
    scores: NDArray[np.float64]
    """Score of each key."""
    signals: list[tuple[str, str, int]]
    """(network, signal or value, weight in millionths) of each column."""
    row_keys: NDArray[np.int64]
    """Score key of each value."""
    columns: NDArray[np.int64]
    """Column of each value."""
    values: NDArray[np.float64]
    """ln(1 + follower-equivalents); the largest of a person's accounts on a network."""


@dataclass(frozen=True, kw_only=True)
class AccountFigures:
    """What the accounts of a network received, without those of which the owner provided a figure; shape (n,)."""

    followers: NDArray[np.float64]
    """Number of followers; NaN if unknown."""
    lists: NDArray[np.float64]
    """Number of lists; NaN if unknown."""
    reactions_value: NDArray[np.float64]
    """ln(1 + follower-equivalents of the reactions); NaN if there are none. Only days with a ledger have one value."""
