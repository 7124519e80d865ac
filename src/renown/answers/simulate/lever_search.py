"""Search for the smallest increase of each of a person's levers that reaches a target score."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from renown.answers.simulate.increase_search import SearchRange, find_smallest_increases, spread_between
from renown.answers.simulate.ledger_levers import AnyLevers
from renown.answers.simulate.levers import ALL, EVERYTHING, WhatIfChange
from renown.engines.base import Engine

MAX_PEOPLE = 1_000_000
"""Largest increase of people in the window that is searched."""
MAX_PROFILE_COUNT = 100_000_000
"""Largest increase of followers or lists that is searched; as many as a score of 100 stands for."""
MAX_PERCENT = 10_000
"""Largest increase of all reactions that is searched, in percent; about a hundred times as many."""
FURTHER = "further"
"""Key of the search for the increase of everything that reaches the further target."""


class IncreaseSearch:
    """
    Search for the smallest increases of a person's levers, with the scores that were simulated so far.

    Parameters
    ----------
    levers : AnyLevers
    engine : Engine
    known_scores : dict of (str, int) to float
        Scores by lever and increase.
    """

    def __init__(self, levers: AnyLevers, engine: Engine, known_scores: dict[tuple[str, int], float]) -> None:
        self._levers, self._engine, self._known_scores = levers, engine, known_scores
        self.maxima = _find_maxima(levers)

    def find(self, targets: Mapping[str, float]) -> dict[str, tuple[int | None, float]]:
        """Find the smallest increase of each lever that reaches its target; `FURTHER` is that of everything."""
        maxima = {lever: self.maxima[ALL if lever == FURTHER else lever] for lever in targets}
        return find_smallest_increases(self._simulate, maxima, targets)

    def _simulate(self, pairs: Sequence[tuple[str, int]]) -> list[float]:
        pairs = [(ALL if lever == FURTHER else lever, increase) for lever, increase in pairs]
        new_pairs = [pair for pair in dict.fromkeys(pairs) if pair not in self._known_scores]
        if new_pairs:
            scores = self._levers.simulate_scores(self._engine, to_states(self._levers, new_pairs))
            self._known_scores.update(zip(new_pairs, scores, strict=True))
        return [self._known_scores[pair] for pair in pairs]


def list_first_pairs(levers: AnyLevers) -> list[tuple[str, int]]:
    """Return the (lever, increase) pairs of the first pass of the search, which do not depend on the target."""
    return [
        (lever, increase)
        for lever, maximum in _find_maxima(levers).items()
        for increase in spread_between(SearchRange(-1, maximum), 0.0)
    ]


def to_states(levers: AnyLevers, pairs: Iterable[tuple[str, int]]) -> list[Any]:
    """Return the state of the levers after each (lever, increase) pair."""
    return [levers.apply_changes([_to_change(lever, increase)]) for lever, increase in pairs]


def _find_maxima(levers: AnyLevers) -> dict[str, int]:
    """Return the largest increase of each lever that is searched."""
    maxima = {
        lever.key: MAX_PEOPLE if levers.is_about_people(key) else MAX_PROFILE_COUNT
        for key, lever in levers.levers.items()
    }
    return maxima | {EVERYTHING: MAX_PERCENT, ALL: MAX_PERCENT}


def _to_change(subject: str, increase: int) -> WhatIfChange:
    return (
        WhatIfChange(subject, 0, Fraction(100 + increase, 100))
        if subject in (EVERYTHING, ALL)
        else WhatIfChange(subject, increase, Fraction(1))
    )
