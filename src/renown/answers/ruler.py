"""A score on a ruler from 1 to 100: its confidence range, the goal, how many people are as high, and landmarks."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from renown.answers.hidden_ranks import HiddenRanks
from renown.answers.landmarks import Landmark
from renown.answers.simulate.range import ConfidenceRange
from renown.store import PublishedDayStore, PublishedTables
from renown.store.published.statistics import count_people_by_score

TOP_PERCENTS = (1, 10, 50)
"""Shares of all scored people that are marked on a ruler."""
_MIN_PEOPLE = 3
"""People above a mark; of fewer, it would be the score of one of them."""


@dataclass(frozen=True)
class TopScore:
    """The score that a share of all scored people reach."""

    percent: int
    """Percent of the people."""
    score: float
    """To a hundredth of a point."""


@dataclass(frozen=True, kw_only=True)
class Ruler:
    """A person's score among others."""

    name: str
    day: date
    score: float
    """1 to 100."""
    range: ConfidenceRange | None
    """None if nobody reacted."""
    goal: float
    top_scores: tuple[TopScore, ...]
    """Smallest share first; empty while too few people have a score."""
    landmarks: tuple[Landmark, ...]
    """Highest score first; only those that the operator lists."""


def find_top_scores(days: PublishedDayStore, day: date, hidden: HiddenRanks) -> tuple[TopScore, ...]:
    """
    Find the scores that `TOP_PERCENTS` of the people of a published day reach.

    Parameters
    ----------
    days : PublishedDayStore
    day : date
    hidden : HiddenRanks
        Ranks of people who are hidden from others: nobody counts them.
    """
    with PublishedTables(days.find(day)) as published:
        people_by_score = count_people_by_score(published)
    shown = sum(people for _, people in people_by_score) - len(hidden.ranks)
    targets = [(percent, shown * percent // 100) for percent in TOP_PERCENTS]
    return tuple(
        TopScore(percent, _find_score(people_by_score, target, hidden.ranks))
        for percent, target in targets
        if target >= _MIN_PEOPLE
    )


def _find_score(people_by_score: Sequence[tuple[int, int]], target: int, hidden_ranks: Sequence[int]) -> float:
    """Return the highest score that a number of shown people reach."""
    rank, reached = 1, 0
    for hundredths, people in people_by_score:
        hidden = bisect_right(hidden_ranks, rank + people - 1) - bisect_left(hidden_ranks, rank)
        rank, reached = rank + people, reached + people - hidden
        if reached >= target:
            return hundredths / 100
    raise AssertionError
