"""Find which scores are within reach of a home's own people, so that a group's goal can be chosen in their terms."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from renown.errors import DayNotPublishedError, InvalidInputError
from renown.scoring.replay import read_constants
from renown.store import GoalOrigin, PeopleStore, PublishedDayStore, PublishedTables

MIN_PEOPLE = 3
"""People with a score that a percentile needs; of fewer, it would be the score of one of them."""
_SCORE_SPAN = 99
"""Points between the lowest and the highest score."""


@dataclass(frozen=True, kw_only=True)
class FriendRule:
    """How a method counts the reactions of friends: people who react to each other."""

    days: int
    """Days within which they do so."""
    share: float
    """Share of what others gave up to which reactions of friends count in full."""

    def describe(self) -> str:
        """
        Describe the rule to those who race each other.

        Examples
        --------
        >>> FriendRule(days=30, share=0.1).describe().partition(": ")[2]
        'such reactions count in full only up to 10% of what others gave'
        """
        return (
            f"people who react to each other within {self.days} days add hardly anything to each other's scores: such "
            f"reactions count in full only up to {self.share:.0%} of what others gave"
        )


@dataclass(frozen=True, kw_only=True)
class ReachableScores:
    """Scores of the people of a home on a day: claimed accounts, consent given, without self-provided figures."""

    day: date
    method: str
    scores: tuple[float, ...]
    """Lowest first; at least one."""
    points_per_decade: float
    """Points that ten times the strength add."""
    friends: FriendRule | None = None
    """None if the method counts reactions of friends as all others."""

    @property
    def highest(self) -> float:
        """The highest score."""
        return self.scores[-1]

    @property
    def median(self) -> float:
        """The median score."""
        return statistics.median(self.scores)

    def percentile(self, percent: int) -> float:
        """
        Return the lowest score of anybody that at least `percent` % of the people do not exceed.

        Raises
        ------
        InvalidInputError
            If fewer than `MIN_PEOPLE` people have a score.
        """
        if len(self.scores) < MIN_PEOPLE:
            raise InvalidInputError(
                f"only {len(self.scores)} of the claimed people had a score on {self.day}, and a percentile needs "
                f"{MIN_PEOPLE}; choose a score",
                remedy="or claim more accounts with `renown add`",
            )
        return self.scores[max(0, math.ceil(percent / 100 * len(self.scores)) - 1)]

    def strength_factor(self, points: float) -> float:
        """Return by how much the strength grows if a score rises by these points."""
        return float(10 ** (points / self.points_per_decade))


@dataclass(frozen=True, kw_only=True)
class GoalMeaning:
    """What a goal means for the people of a home."""

    goal: float
    people: int
    """Number of people with a score."""
    reached: int
    """How many of them are at the goal or above it."""
    points_from_highest: float
    """Points from the highest score to the goal; negative if it is above the goal."""
    factor_from_highest: float
    """How many times the strength of the highest score it takes."""
    points_from_median: float
    factor_from_median: float


def load_reachable_scores(days: PublishedDayStore, people: PeopleStore) -> ReachableScores | None:
    """Load the scores of consenting people on the latest published day; None if there is no day or nobody has one."""
    keys = [person.key for person in people.all_consenting() if person.accounts]
    try:
        latest_day = days.find()
    except DayNotPublishedError:
        return None
    with PublishedTables(latest_day) as published:
        scores = sorted(published.read_verified_scores(keys).values())
        constants = read_constants(published)
    if not scores:
        return None
    return ReachableScores(
        day=latest_day.day,
        method=latest_day.method,
        scores=tuple(scores),
        points_per_decade=_SCORE_SPAN / constants["score_decades"],
        friends=find_friend_rule(constants),
    )


def find_friend_rule(constants: Mapping[str, float]) -> FriendRule | None:
    """Find how a method counts reactions of friends, by its constants; None if it counts them as all others."""
    if "friend_days" not in constants:
        return None
    return FriendRule(days=int(constants["friend_days"]), share=constants["stranger_share"])


def choose_goal(reachable: ReachableScores, percent: int) -> tuple[int, GoalOrigin]:
    """
    Choose the goal at a percentile of the people's scores: a whole score, rounded down, with its origin.

    Rounded up, the goal could be above the score of everybody.

    Raises
    ------
    InvalidInputError
        As `ReachableScores.percentile`.
    """
    goal = math.floor(reachable.percentile(percent))
    return goal, GoalOrigin(percentile=percent, people=len(reachable.scores), day=reachable.day.isoformat())


def explain_goal(reachable: ReachableScores, goal: float) -> GoalMeaning:
    """Explain how far a goal is from the highest and from the median score."""
    from_highest, from_median = goal - reachable.highest, goal - reachable.median
    return GoalMeaning(
        goal=goal,
        people=len(reachable.scores),
        reached=sum(score >= goal for score in reachable.scores),
        points_from_highest=from_highest,
        factor_from_highest=reachable.strength_factor(from_highest),
        points_from_median=from_median,
        factor_from_median=reachable.strength_factor(from_median),
    )
