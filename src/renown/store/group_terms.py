"""
Terms of groups: records of groups, members and challenges, input checks, and invitations.

An invitation is a secret that lets one person, or a number of people, join a group.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import chain, count
from typing import Any

import sqlalchemy as sa

from renown.errors import InvalidInputError, InvitationError
from renown.records import day_from_number
from renown.store.database import as_utc
from renown.store.people import Person
from renown.store.schema import challenges, group_owners, invitations, members, people

JOIN_BY = ("claim", "invitation")
"""How a group can be joined: by anybody who claimed an account, or by invitation only."""
_GROUP_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MAX_TITLE_LENGTH = 100
_MAX_DERIVED_LENGTH = 32
"""Maximum characters of a name that is derived from a title, with room for a number behind it."""
_MAX_GOAL = 100

INVITATION_DAYS = 7
"""Days after which an invitation expires, by default."""
MAX_INVITED = 1_000
"""Maximum people who can join with one invitation."""
_EXPIRED_RETENTION = timedelta(days=30)
"""Time for which expired invitations are kept, to say that they expired."""


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


def to_group(row: Any) -> Group:
    """Convert a row to a group."""
    return Group(
        group_id=row.group_id,
        name=row.name,
        title=row.title,
        goal=normalize_goal(row.goal),
        join_by=row.join_by,
        created_at=as_utc(row.created_at),
        goal_origin=GoalOrigin(**row.goal_origin) if row.goal_origin else None,
    )


def read_members(connection: sa.Connection, group_id: int) -> list[Member]:
    """Return the members of a group, in the order in which they joined."""
    tables = members.join(people)
    select = sa.select(people.c.person_id, people.c.name, members.c.joined_at).select_from(tables)
    rows = connection.execute(select.where(members.c.group_id == group_id).order_by(members.c.number))
    return [Member(-person_id, name, as_utc(at)) for person_id, name, at in rows]


def set_owner(connection: sa.Connection, group_id: int, person: Person) -> None:
    """Make a person the owner of a group."""
    connection.execute(sa.delete(group_owners).where(group_owners.c.group_id == group_id))
    connection.execute(sa.insert(group_owners).values(group_id=group_id, person_id=person.person_id))


def read_challenges(connection: sa.Connection, group_id: int) -> list[Challenge]:
    """Return the challenges of a group, sorted by number."""
    select = sa.select(challenges).where(challenges.c.group_id == group_id).order_by(challenges.c.number)
    return [
        Challenge(
            number=row.number,
            first=day_from_number(row.first_no),
            last=day_from_number(row.last_no),
            goal=normalize_goal(row.goal),
            method=row.method,
            method_digest=row.method_digest,
        )
        for row in connection.execute(select)
    ]


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


def derive_name(title: str, taken: Collection[str]) -> str:
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
    return next(name for name in names if name not in taken)


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


def create_invitation(connection: sa.Connection, group: Group, *, at: datetime, days: int, people: int) -> str:
    """Create an invitation for a number of people and return its secret; only its hash is stored."""
    if not 1 <= people <= MAX_INVITED:
        raise InvalidInputError(f"an invitation cannot be for {people} people; choose 1 to {MAX_INVITED}")
    connection.execute(sa.delete(invitations).where(invitations.c.expires_at < at - _EXPIRED_RETENTION))
    secret = secrets.token_hex(16)
    row = {
        "digest": _hash_invitation(secret),
        "group_id": group.group_id,
        "expires_at": at + timedelta(days=days),
        "uses_left": people,
    }
    connection.execute(sa.insert(invitations).values(**row))
    return secret


def use_invitation(connection: sa.Connection, group: Group, invitation: str | None, at: datetime) -> None:
    """
    Use up an invitation.

    Raises
    ------
    InvitationError
        The message never contains the invitation: it may still be valid for another group.
    """
    hint, source = "ask a member for a new one", f"they get it from `renown group invite {group.name}`"
    if not invitation:
        raise InvitationError(
            f"{group.name!r} is joined by invitation; {hint}", remedy=f"{source}; pass it with --invitation"
        )
    condition = sa.and_(invitations.c.digest == _hash_invitation(invitation), invitations.c.group_id == group.group_id)
    row = connection.execute(sa.select(invitations).where(condition)).one_or_none()
    if row is None:
        raise InvitationError(f"this is not an invitation to {group.name!r}; copy all of it, or {hint}", remedy=source)
    if row.uses_left <= 0:
        raise InvitationError(
            f"this invitation to {group.name!r} was used up on {row.used_at.date()}, by as many people as it was for: "
            f"{hint}",
            remedy=source,
        )
    if as_utc(row.expires_at) <= at:
        raise InvitationError(
            f"this invitation to {group.name!r} expired on {row.expires_at.date()}; {hint}", remedy=source
        )
    values = {"used_at": at, "uses_left": invitations.c.uses_left - 1}
    connection.execute(sa.update(invitations).where(condition).values(**values))


def _hash_invitation(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
