"""Rows of groups, their members and challenges, read in a transaction of the caller."""

from typing import Any

import sqlalchemy as sa

from renown.errors import GroupNotFoundError
from renown.records import day_from_number
from renown.store.groups.terms import Challenge, GoalOrigin, Group, Member, normalize_goal
from renown.store.schema import challenges, groups, members, people


def to_group(row: Any) -> Group:
    """Convert a row to a group."""
    return Group(
        group_id=row.group_id,
        name=row.name,
        title=row.title,
        goal=normalize_goal(row.goal),
        join_by=row.join_by,
        created_at=row.created_at,
        goal_origin=GoalOrigin(**row.goal_origin) if row.goal_origin else None,
    )


def read_groups(connection: sa.Connection) -> list[Group]:
    """Return every group, sorted by name."""
    return [to_group(row) for row in connection.execute(sa.select(groups).order_by(groups.c.name))]


def read_group(connection: sa.Connection, name: str) -> Group:
    """
    Return the group of this name.

    Raises
    ------
    GroupNotFoundError
    """
    row = connection.execute(sa.select(groups).where(groups.c.name == name)).one_or_none()
    if row is None:
        raise GroupNotFoundError(
            f"there is no group {name!r}; choose one from the list of groups",
            remedy="`renown group list` prints it, `renown group create` creates one",
        )
    return to_group(row)


def lock_group(connection: sa.Connection, group_id: int) -> None:
    """Lock a group against other writers until the transaction ends; call it first in the transaction."""
    is_group = groups.c.group_id == group_id
    connection.execute(sa.update(groups).where(is_group).values(group_id=group_id))


def read_members(connection: sa.Connection, group_id: int) -> list[Member]:
    """Return the members of a group, in the order in which they joined."""
    tables = members.join(people)
    select = sa.select(people.c.person_id, people.c.name, members.c.joined_at).select_from(tables)
    rows = connection.execute(select.where(members.c.group_id == group_id).order_by(members.c.number))
    return [Member(-person_id, name, at) for person_id, name, at in rows]


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
