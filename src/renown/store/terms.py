"""Terms: what a group and a challenge are, and who is in it, as rows say it."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from renown.errors import BadInput
from renown.records import day_of
from renown.store.database import utc
from renown.store.schema import challenges, members, people

JOIN_BY = ("claim", "invitation")
"""How a group is joined: by anybody who claimed an account, or by invitation only."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LONGEST_TITLE = 100
_HIGHEST = 100


@dataclass(frozen=True)
class Group:
    """People together."""

    group_id: int
    name: str
    title: str
    goal: int
    """Score to reach, 1 to 100."""
    join_by: str
    """One of `JOIN_BY`."""
    created_at: datetime

    @property
    def terms(self) -> dict[str, Any]:
        """What its log's first entry says."""
        return {"title": self.title, "goal": self.goal, "join_by": self.join_by}


@dataclass(frozen=True)
class Member:
    """A person in a group."""

    key: int
    """What scores call the person."""
    name: str
    joined_at: datetime


@dataclass(frozen=True)
class Challenge:
    """A race to a goal within some days, all scored by one method."""

    number: int
    """1, 2, 3 … within its group."""
    first: date
    last: date
    goal: int
    """Score to reach, 1 to 100."""
    method: str
    """Version of the method that scores all of its days, whatever the home's is by then."""
    method_digest: str

    @property
    def terms(self) -> dict[str, Any]:
        """What the log says when it starts."""
        days = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        return {**days, "goal": self.goal, "method": self.method, "method_digest": self.method_digest}


def group_of(row: Any) -> Group:
    """Return the group of a row."""
    return Group(row.group_id, row.name, row.title, row.goal, row.join_by, utc(row.created_at))


def members_of(connection: sa.Connection, group_id: int) -> list[Member]:
    """Return who is in a group, in the order in which they joined."""
    joined = members.join(people)
    select = sa.select(people.c.person_id, people.c.name, members.c.joined_at).select_from(joined)
    rows = connection.execute(select.where(members.c.group_id == group_id).order_by(members.c.number))
    return [Member(-person_id, name, utc(at)) for person_id, name, at in rows]


def challenges_of(connection: sa.Connection, group_id: int) -> list[Challenge]:
    """Return the challenges of a group, by number."""
    select = sa.select(challenges).where(challenges.c.group_id == group_id).order_by(challenges.c.number)
    return [
        Challenge(row.number, day_of(row.first_no), day_of(row.last_no), row.goal, row.method, row.method_digest)
        for row in connection.execute(select)
    ]


def check_terms(name: str, title: str, goal: int, join_by: str) -> None:
    """
    Refuse what cannot be a group's.

    Raises
    ------
    BadInput
    """
    if not _NAME.fullmatch(name):
        msg = f"{name!r} cannot be a group's name; write up to 40 of a to z, digits and '-', as klout70"
        raise BadInput(msg)
    if not title.strip() or len(title) > _LONGEST_TITLE or not title.isprintable():
        msg = f"{title!r} cannot be a group's title; write 1 to {_LONGEST_TITLE} printable characters"
        raise BadInput(msg)
    if join_by not in JOIN_BY:
        msg = f"a group is joined by {' or '.join(JOIN_BY)}, not by {join_by!r}"
        raise BadInput(msg)
    check_goal(goal)


def check_goal(goal: int) -> None:
    """
    Refuse what is no score.

    Raises
    ------
    BadInput
    """
    if not 1 <= goal <= _HIGHEST:
        msg = f"the goal is {goal}; write a score of 1 to {_HIGHEST}"
        raise BadInput(msg)
