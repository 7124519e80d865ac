"""Terms of groups and challenges: their records, and checks of what people enter."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import chain, count
from typing import Any

from renown.errors import InvalidInputError

JOIN_BY = ("claim", "invitation")
"""How a group can be joined: by anybody who claimed an account, or by invitation only."""
_GROUP_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MAX_TITLE_LENGTH = 100
_MAX_DERIVED_LENGTH = 32
"""Maximum characters of a name that is derived from a title, with room for a number behind it."""
_MAX_GOAL = 100


@dataclass(frozen=True, kw_only=True)
class GoalOrigin:
    """Where a goal comes from: a percentile of the scores of a home's people on a day."""

    percentile: int
    people: int
    """Number of people with a score."""
    day: str
    """UTC day, as 2026-11-23."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of people."""

    group_id: int
    name: str
    title: str
    goal: float
    """Score to reach, 1 to 100, to a hundredth."""
    join_by: str
    """One of `JOIN_BY`."""
    created_at: datetime
    goal_origin: GoalOrigin | None
    """None if the goal was chosen as a score."""

    @property
    def terms(self) -> dict[str, Any]:
        """Fields of the log entry that records the group's creation."""
        origin = asdict(self.goal_origin) if self.goal_origin else None
        return {"title": self.title, "goal": self.goal, "join_by": self.join_by, "goal_origin": origin}


@dataclass(frozen=True)
class Member:
    """A member of a group."""

    key: int
    """Score key of the person."""
    name: str
    joined_at: datetime


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """A competition to reach a goal within a range of days, all scored by one method."""

    number: int
    """1, 2, 3 … within its group."""
    first: date
    last: date
    goal: float
    """Score to reach, 1 to 100, to a hundredth."""
    method: str
    """Version of the method that scores all of its days, even if the home's method changes."""
    method_digest: str

    @property
    def terms(self) -> dict[str, Any]:
        """Fields of the log entry that records the challenge's start."""
        days = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        return {**days, "goal": self.goal, "method": self.method, "method_digest": self.method_digest}


def check_terms(name: str, title: str, goal: float, join_by: str) -> None:
    """
    Check that the terms of a group are valid.

    Raises
    ------
    InvalidInputError
    """
    if not _GROUP_NAME.fullmatch(name):
        raise InvalidInputError(
            f"{name!r} cannot be a group's name; write up to 40 of a to z, digits and '-', as klout70"
        )
    if not title.strip() or len(title) > _MAX_TITLE_LENGTH or not title.isprintable():
        raise InvalidInputError(
            f"{title!r} cannot be a group's title; write 1 to {_MAX_TITLE_LENGTH} printable characters"
        )
    if join_by not in JOIN_BY:
        raise InvalidInputError(f"a group is joined by {' or '.join(JOIN_BY)}, not by {join_by!r}")
    check_goal(goal)


def derive_name(title: str, existing_names: Collection[str]) -> str:
    """
    Derive a group's name, which is in its URLs, from its title.

    Parameters
    ----------
    title : str
    taken : collection of str
        Names of other groups.

    Examples
    --------
    >>> derive_name("Seventy by Summer!", {"group"}), derive_name("七十", {"group"}), derive_name("A", {"a"})
    ('seventy-by-summer', 'group-2', 'a-2')
    """
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", ascii_title.lower()).strip("-")[:_MAX_DERIVED_LENGTH].strip("-") or "group"
    names = chain([base], (f"{base}-{number}" for number in count(2)))
    return next(name for name in names if name not in existing_names)


def normalize_goal(goal: float) -> float:
    """
    Return a goal as log entries have it: a whole score without decimals, as all goals were at first.

    Examples
    --------
    >>> normalize_goal(70.0), normalize_goal(72.5)
    (70, 72.5)
    """
    return int(goal) if goal == int(goal) else goal


def check_goal(goal: float) -> None:
    """
    Check that a goal is a score, to a hundredth, as scores are displayed.

    Raises
    ------
    InvalidInputError
    """
    if not 1 <= goal <= _MAX_GOAL or round(goal, 2) != goal:
        raise InvalidInputError(f"the goal is {goal:g}; write a score of 1 to {_MAX_GOAL}, with at most two decimals")
