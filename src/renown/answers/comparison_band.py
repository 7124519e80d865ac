"""The claimed people of a day as vectors of signal values, to find similar ones."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from renown.answers.network_leaderboard import Floats, Integers
from renown.method.parameters import MILLION
from renown.scoring.replay import load_value_names
from renown.store import PublishedTables
from renown.store.published.statistics import read_signal_matrix


@dataclass(frozen=True, kw_only=True)
class ComparisonBand:
    """All claimed people with a score, each as a vector of signal values, to find similar ones."""

    keys: Integers
    """Shape (people,), ascending."""
    scores: Floats
    """Shape (people,)."""
    signals: tuple[tuple[str, str], ...]
    """(network, signal) of each column; reactions that have one value together are one column."""
    weights: Floats
    """Shape (columns,): weight of each signal in the strength on its network."""
    values: Floats
    """Shape (people, columns): ln(1 + follower-equivalents) of the person's largest account; 0 if there is none."""
    value_names: Mapping[str, str]
    """Signal to the name in `signals` of the value that it is a part of."""

    @classmethod
    def read(cls, published: PublishedTables) -> "ComparisonBand":
        """Read the claimed people of a published day."""
        value_names = load_value_names(published)
        matrix = read_signal_matrix(published, value_names)
        values = np.zeros((len(matrix.keys), len(matrix.signals)))
        values[np.searchsorted(matrix.keys, matrix.row_keys), matrix.columns] = matrix.values
        return cls(
            keys=matrix.keys,
            scores=matrix.scores,
            signals=tuple((network, signal) for network, signal, _ in matrix.signals),
            weights=np.array([weight / MILLION for _, _, weight in matrix.signals]),
            values=values,
            value_names=value_names,
        )
