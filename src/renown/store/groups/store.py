"""Store of groups, their members and owners."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.database import purge_deleted_rows
from renown.store.groups.challenges import ChallengeStore
from renown.store.groups.invitations import INVITATION_DAYS, create_invitation, use_invitation
from renown.store.groups.log_entries import append_entry, read_head
from renown.store.groups.rows import lock_group, read_group, read_groups, read_members, to_group
from renown.store.groups.score_log import GroupLogStore
from renown.store.groups.terms import GoalOrigin, Group, Member, check_terms, normalize_goal
from renown.store.person import Person
from renown.store.schema import group_owners, groups, members, openings, people
from renown.store.serving.history import HUNDREDTHS_PER_POINT
from renown.store.serving.scores import ServedScore
from renown.store.visibility import record_visibility_change


class GroupStore:
    """The groups of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self.challenges = ChallengeStore(database)
        self.log = GroupLogStore(database)

    def create(
        self,
        name: str,
        *,
        goal: float,
        at: datetime,
        title: str = "",
        join_by: str = "claim",
        goal_origin: GoalOrigin | None = None,
        owner: Person | None = None,
    ) -> Group:
        """
        Create a group without members.

        Parameters
        ----------
        name : str
        goal : float
            Score to reach.
        at : datetime
            UTC instant.
        title : str
            The name by default.
        join_by : str
            One of `JOIN_BY`.
        goal_origin : GoalOrigin, optional
            Where the goal comes from, if it was not chosen as a score.
        owner : Person, optional
            Who may change its terms and start challenges; without one, only the operator can.

        Raises
        ------
        InvalidInputError
            If the name exists, or a name, title, goal or `join_by` is invalid.
        """
        title = title or name
        check_terms(name, title, goal, join_by)
        origin = asdict(goal_origin) if goal_origin else None
        row = {"name": name, "title": title, "goal": goal, "join_by": join_by, "created_at": at, "goal_origin": origin}
        try:
            with self._database.begin() as connection:
                group_row = connection.execute(sa.insert(groups).values(**row).returning(groups)).one()
                append_entry(
                    connection, (group_row.group_id, name), "created", {}, at=at, terms=to_group(group_row).terms
                )
                if owner:
                    _set_owner(connection, group_row.group_id, owner)
        except sa.exc.IntegrityError:
            raise InvalidInputError(
                f"there is a group {name!r} already; choose another name",
                remedy="or join it with `renown group join`",
            ) from None
        return self.find(name)

    def all(self) -> list[Group]:
        """Return every group, sorted by name."""
        with self._database.connect() as connection:
            return read_groups(connection)

    def find(self, name: str) -> Group:
        """
        Return the group of this name.

        Raises
        ------
        GroupNotFoundError
        """
        with self._database.connect() as connection:
            return read_group(connection, name)

    def members(self, name: str) -> list[Member]:
        """Return the members of a group, in the order in which they joined."""
        with self._database.connect() as connection:
            return read_members(connection, read_group(connection, name).group_id)

    def by_member(self, key: int) -> list[Group]:
        """Return the groups that a person is a member of, sorted by name."""
        tables = groups.join(members)
        select = sa.select(groups).select_from(tables).where(members.c.person_id == -key).order_by(groups.c.name)
        with self._database.connect() as connection:
            return [to_group(row) for row in connection.execute(select)]

    def invite(self, name: str, *, at: datetime, days: int = INVITATION_DAYS, people: int = 1) -> str:
        """Create an invitation: a secret that lets people join until it expires; only its hash is stored."""
        group = self.find(name)
        with self._database.begin() as connection:
            return create_invitation(connection, group, at=at, days=days, people=people)

    def join(
        self,
        name: str,
        person: Person,
        *,
        at: datetime,
        invitation: str | None = None,
        latest_score: ServedScore | None = None,
    ) -> None:
        """
        Add a person to a group.

        Parameters
        ----------
        name : str
        person : Person
        at : datetime
            UTC instant.
        invitation : str, optional
            What `invite` returned; required if the group is joined by invitation.
        latest_score : ServedScore, optional
            The person's served score, their starting score; without it, the first score that is logged.

        Raises
        ------
        InvalidInputError
            If they claimed no account, or are a member.
        InvitationError
            If the invitation is missing, unknown, used or expired.
        """
        group = self.find(name)
        if not person.accounts:
            raise InvalidInputError(
                f"{person.name!r} has claimed no account, and only people can join groups",
                remedy="claim one with `renown add`",
            )
        start_score = {person.name: round(latest_score.score * HUNDREDTHS_PER_POINT) if latest_score else None}
        with self._database.begin() as connection:
            lock_group(connection, group.group_id)
            if person.key in {member.key for member in read_members(connection, group.group_id)}:
                raise InvalidInputError(
                    f"{person.name!r} is in {name!r} already", remedy=f"see `renown group show {name}`"
                )
            if group.join_by == "invitation":
                use_invitation(connection, group, invitation, at)
            day = latest_score.day if latest_score else None
            number = append_entry(connection, (group.group_id, name), "joined", start_score, at=at, day=day)
            row = {"group_id": group.group_id, "person_id": person.person_id, "joined_at": at, "number": number}
            connection.execute(sa.insert(members).values(**row))
            record_visibility_change(connection)

    def leave(self, name: str, person: Person, *, at: datetime) -> None:
        """
        Remove a person from a group; their logged scores stay until the person is erased.

        Raises
        ------
        InvalidInputError
            If they are not a member, or own the group and others are left in it.
        """
        group = self.find(name)
        condition = sa.and_(members.c.group_id == group.group_id, members.c.person_id == person.person_id)
        with self._database.begin() as connection:
            lock_group(connection, group.group_id)
            if not connection.execute(sa.delete(members).where(condition)).rowcount:
                raise InvalidInputError(f"{person.name!r} is not in {name!r}", remedy=f"see `renown group show {name}`")
            owned = sa.and_(group_owners.c.group_id == group.group_id, group_owners.c.person_id == person.person_id)
            is_owner = connection.execute(sa.delete(group_owners).where(owned)).rowcount
            if is_owner and read_members(connection, group.group_id):
                raise InvalidInputError(
                    f"{person.name!r} owns {name!r}; hand the group over to another member before leaving it"
                )
            append_entry(connection, (group.group_id, name), "left", {person.name: None}, at=at)
            record_visibility_change(connection)

    def change_terms(self, name: str, *, at: datetime, title: str | None = None, goal: float | None = None) -> Group:
        """
        Change the title or the goal of a group; the log records it. Challenges keep their own goals.

        Raises
        ------
        InvalidInputError
            If the title or the goal is not valid.
        """
        group = self.find(name)
        changed: dict[str, Any] = {}
        if title is not None and title != group.title:
            changed["title"] = title
        if goal is not None and goal != group.goal:
            changed |= {"goal": normalize_goal(goal), "goal_origin": None}
        check_terms(name, changed.get("title", group.title), changed.get("goal", group.goal), group.join_by)
        if changed:
            with self._database.begin() as connection:
                lock_group(connection, group.group_id)
                condition = groups.c.group_id == group.group_id
                connection.execute(sa.update(groups).where(condition).values(**changed))
                append_entry(connection, (group.group_id, name), "changed", {}, at=at, terms=changed)
                record_visibility_change(connection)
        return self.find(name)

    def find_owner(self, name: str) -> int | None:
        """Return the score key of a group's owner; None if only the operator can change it."""
        owner = sa.select(group_owners.c.person_id).where(group_owners.c.group_id == self.find(name).group_id)
        with self._database.connect() as connection:
            person_id = connection.scalar(owner)
        return None if person_id is None else -person_id

    def count_owned(self, person: Person) -> int:
        """Return how many groups a person owns."""
        owned = sa.select(sa.func.count()).where(group_owners.c.person_id == person.person_id)
        with self._database.connect() as connection:
            return connection.scalar(owned) or 0

    def hand_over(self, name: str, person: Person) -> None:
        """
        Make a member the owner of a group.

        Raises
        ------
        InvalidInputError
            If they are not a member.
        """
        group = self.find(name)
        with self._database.begin() as connection:
            lock_group(connection, group.group_id)
            if person.key not in {member.key for member in read_members(connection, group.group_id)}:
                raise InvalidInputError(
                    f"{person.name!r} is not in {name!r}, so they cannot own it; let them join first"
                )
            _set_owner(connection, group.group_id, person)

    def head_and_member_count(self, name: str) -> tuple[str, int]:
        """Return the digest of the last log entry, with which the log can be verified later, and the member count."""
        group_id = self.find(name).group_id
        count = sa.select(sa.func.count()).select_from(members).where(members.c.group_id == group_id)
        with self._database.connect() as connection:
            return read_head(connection, group_id)[1], connection.scalar(count) or 0

    def erase(self, key: int) -> int:
        """Erase a person from every group and log, which stay verifiable; return the number of rows deleted."""
        if key >= 0:
            return 0  # an unclaimed account is never a member
        name = sa.select(people.c.name).where(people.c.person_id == -key).scalar_subquery()
        with self._database.begin() as connection:
            deleted_rows = connection.execute(sa.delete(openings).where(openings.c.member == name)).rowcount
            deleted_rows += connection.execute(sa.delete(members).where(members.c.person_id == -key)).rowcount
            record_visibility_change(connection)
        purge_deleted_rows(self._database, openings, members)
        return deleted_rows


def _set_owner(connection: sa.Connection, group_id: int, person: Person) -> None:
    """Make a person the owner of a group."""
    connection.execute(sa.delete(group_owners).where(group_owners.c.group_id == group_id))
    connection.execute(sa.insert(group_owners).values(group_id=group_id, person_id=person.person_id))
