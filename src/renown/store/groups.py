"""Store of groups, their members and challenges, and the tamper-evident log of their scores."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from renown.errors import GroupNotFoundError, InvalidInputError
from renown.records import day_number
from renown.store import group_log, group_terms
from renown.store.database import purge_deleted_rows
from renown.store.group_log import GroupLogEntry, LogVerification
from renown.store.group_terms import (
    Challenge,
    GoalOrigin,
    Group,
    Member,
    check_goal,
    check_terms,
    normalize_goal,
    read_challenges,
    read_members,
    set_owner,
    to_group,
)
from renown.store.people import Person
from renown.store.published.day import PublishedDay
from renown.store.schema import challenges, group_owners, groups, members, openings, people
from renown.store.serving.history import HUNDREDTHS_PER_POINT
from renown.store.serving.scores import ServedScore
from renown.store.visibility import record_visibility_change

T = TypeVar("T")


class GroupStore:
    """The groups of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

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
                group_log.append_entry(
                    connection, (group_row.group_id, name), "created", {}, at=at, terms=to_group(group_row).terms
                )
                if owner:
                    set_owner(connection, group_row.group_id, owner)
        except sa.exc.IntegrityError:
            raise InvalidInputError(
                f"there is a group {name!r} already; choose another name",
                remedy="or join it with `renown group join`",
            ) from None
        return self.find(name)

    def all(self) -> list[Group]:
        """Return every group, sorted by name."""
        with self._database.connect() as connection:
            return [to_group(row) for row in connection.execute(sa.select(groups).order_by(groups.c.name))]

    def find(self, name: str) -> Group:
        """
        Return the group of this name.

        Raises
        ------
        GroupNotFoundError
        """
        with self._database.connect() as connection:
            row = connection.execute(sa.select(groups).where(groups.c.name == name)).one_or_none()
        if row is None:
            raise GroupNotFoundError(
                f"there is no group {name!r}; choose one from the list of groups",
                remedy="`renown group list` prints it, `renown group create` creates one",
            )
        return to_group(row)

    def members(self, name: str) -> list[Member]:
        """Return the members of a group, in the order in which they joined."""
        return self._query_group(name, read_members)

    def by_member(self, key: int) -> list[Group]:
        """Return the groups that a person is a member of, sorted by name."""
        tables = groups.join(members)
        select = sa.select(groups).select_from(tables).where(members.c.person_id == -key).order_by(groups.c.name)
        with self._database.connect() as connection:
            return [to_group(row) for row in connection.execute(select)]

    def invite(self, name: str, *, at: datetime, days: int = group_terms.INVITATION_DAYS, people: int = 1) -> str:
        """Create an invitation: a secret that lets people join until it expires; only its hash is stored."""
        group = self.find(name)
        with self._database.begin() as connection:
            return group_terms.create_invitation(connection, group, at=at, days=days, people=people)

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
            group_log.lock_group(connection, group.group_id)
            if person.key in {member.key for member in read_members(connection, group.group_id)}:
                raise InvalidInputError(
                    f"{person.name!r} is in {name!r} already", remedy=f"see `renown group show {name}`"
                )
            if group.join_by == "invitation":
                group_terms.use_invitation(connection, group, invitation, at)
            day = latest_score.day if latest_score else None
            number = group_log.append_entry(connection, (group.group_id, name), "joined", start_score, at=at, day=day)
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
            group_log.lock_group(connection, group.group_id)
            if not connection.execute(sa.delete(members).where(condition)).rowcount:
                raise InvalidInputError(f"{person.name!r} is not in {name!r}", remedy=f"see `renown group show {name}`")
            owned = sa.and_(group_owners.c.group_id == group.group_id, group_owners.c.person_id == person.person_id)
            is_owner = connection.execute(sa.delete(group_owners).where(owned)).rowcount
            if is_owner and read_members(connection, group.group_id):
                raise InvalidInputError(
                    f"{person.name!r} owns {name!r}; hand the group over to another member before leaving it"
                )
            group_log.append_entry(connection, (group.group_id, name), "left", {person.name: None}, at=at)
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
                group_log.lock_group(connection, group.group_id)
                condition = groups.c.group_id == group.group_id
                connection.execute(sa.update(groups).where(condition).values(**changed))
                group_log.append_entry(connection, (group.group_id, name), "changed", {}, at=at, terms=changed)
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
            group_log.lock_group(connection, group.group_id)
            if person.key not in {member.key for member in read_members(connection, group.group_id)}:
                raise InvalidInputError(
                    f"{person.name!r} is not in {name!r}, so they cannot own it; let them join first"
                )
            set_owner(connection, group.group_id, person)

    def start_challenge(
        self, name: str, *, first: date, last: date, method_day: PublishedDay, at: datetime, goal: float | None = None
    ) -> Challenge:
        """
        Start a challenge of a group.

        Parameters
        ----------
        name : str
        first, last : date
            Its first and last UTC day.
        method_day : PublishedDay
            A day by the method that scores the whole challenge.
        at : datetime
            UTC instant.
        goal : float, optional
            Score to reach; the group's goal by default.

        Raises
        ------
        InvalidInputError
            If it begins before today or ends before it begins, or the goal is not a score.
        """
        group = self.find(name)
        goal = group.goal if goal is None else normalize_goal(goal)
        check_goal(goal)
        if not at.date() <= first <= last:
            raise InvalidInputError(
                f"a challenge cannot run from {first} to {last}; begin on {at.date()} or later, and end no earlier"
            )
        with self._database.begin() as connection:
            group_log.lock_group(connection, group.group_id)
            number = len(read_challenges(connection, group.group_id)) + 1
            challenge = Challenge(
                number=number,
                first=first,
                last=last,
                goal=goal,
                method=method_day.method,
                method_digest=method_day.method_digest,
            )
            days = {"first_no": day_number(first), "last_no": day_number(last)}
            row = {"group_id": group.group_id, "number": number, **days, "goal": goal}
            method = {"method": challenge.method, "method_digest": challenge.method_digest}
            connection.execute(sa.insert(challenges).values(**row, **method))
            key = (group.group_id, name)
            group_log.append_entry(connection, key, "challenge", {}, at=at, challenge=number, terms=challenge.terms)
        return challenge

    def challenges(self, name: str) -> list[Challenge]:
        """Return the challenges of a group, sorted by number."""
        return self._query_group(name, read_challenges)

    def find_challenge(self, name: str, number: int) -> Challenge:
        """
        Return a challenge of a group.

        Raises
        ------
        GroupNotFoundError
            If the group has no challenge of that number.
        """
        group_challenges = self.challenges(name)
        if not 1 <= number <= len(group_challenges):
            if not group_challenges:
                raise GroupNotFoundError(
                    f"{name!r} has no challenge {number}; none is started",
                    remedy="start one with `renown group challenge`",
                )
            last = len(group_challenges)
            raise GroupNotFoundError(
                f"{name!r} has no challenge {number}; it has {f'1 to {last}' if last > 1 else 'only challenge 1'}"
            )
        return group_challenges[number - 1]

    def running_challenges(self, day: date) -> list[tuple[Group, Challenge]]:
        """Return the challenges that run on a day, with their groups."""
        pairs = ((group, challenge) for group in self.all() for challenge in self.challenges(group.name))
        return [(group, challenge) for group, challenge in pairs if challenge.first <= day <= challenge.last]

    def record_scores(
        self, group: Group, day: PublishedDay, scores: Mapping[int, float], *, at: datetime, challenge: int = 0
    ) -> int | None:
        """
        Log the members' scores of a published day, unless the log has them already (idempotent).

        If a score differs from the one logged for that day, a correction is appended; entries are
        never rewritten. Members who joined after the day are left out.

        Parameters
        ----------
        group : Group
        day : PublishedDay
        scores : mapping of int to float
            Score by person's key; members without a score are missing.
        at : datetime
            UTC instant.
        challenge : int
            0 for the group itself.

        Returns
        -------
        int or None
            Number of the new entry; None if nothing is new.
        """
        with self._database.begin() as connection:
            group_log.lock_group(connection, group.group_id)
            new_scores = {
                member.name: round(scores[member.key] * HUNDREDTHS_PER_POINT) if member.key in scores else None
                for member in read_members(connection, group.group_id)
                if member.joined_at.date() <= day.day
            }
            logged_scores = group_log.read_logged_scores(connection, group.group_id, challenge, day.day)
            if new_scores.items() <= logged_scores.items():
                return None
            terms = {"method": day.method, "inputs": day.inputs}
            is_correction = group_log.is_day_logged(connection, group.group_id, challenge, day.day)
            return group_log.append_entry(
                connection,
                (group.group_id, group.name),
                "correction" if is_correction else "scores",
                new_scores,
                at=at,
                day=day.day,
                challenge=challenge,
                terms=terms,
            )

    def withdraw_days(self, connection: sa.Connection, days: Iterable[date], *, at: datetime) -> int:
        """
        Log, in a transaction, that days were taken back; their scores stay in the log, but do not count any more.

        Returns
        -------
        int
            Number of new entries.
        """
        entries = 0
        for group in self.all():
            group_log.lock_group(connection, group.group_id)
            for challenge in (0, *(row.number for row in self.challenges(group.name))):
                for day in days:
                    if group_log.read_logged_scores(connection, group.group_id, challenge, day):
                        group_log.append_entry(
                            connection,
                            (group.group_id, group.name),
                            group_log.WITHDRAWN,
                            {},
                            at=at,
                            day=day,
                            challenge=challenge,
                        )
                        entries += 1
        return entries

    def scores(self, name: str, challenge: int = 0) -> dict[str, dict[date, float | None]]:
        """Return every member's scores by day, oldest first, as last logged since the member joined."""
        return self._query_group(name, partial(group_log.read_scores_since_joining, challenge=challenge))

    def head_and_member_count(self, name: str) -> tuple[str, int]:
        """Return the digest of the last log entry, with which the log can be verified later, and the member count."""
        group_id = self.find(name).group_id
        count = sa.select(sa.func.count()).select_from(members).where(members.c.group_id == group_id)
        with self._database.connect() as connection:
            return group_log.read_head(connection, group_id)[1], connection.scalar(count) or 0

    def log(self, name: str) -> list[GroupLogEntry]:
        """Return the log of a group, oldest entry first."""
        return self._query_group(name, group_log.read_entries)

    def latest_entries(self, name: str, n: int) -> list[GroupLogEntry]:
        """Return the last `n` log entries, newest first, without the openings of their commitments."""
        return self._query_group(name, partial(group_log.read_latest_entries, n=n))

    def verify_log(self, name: str, *, head: str | None = None) -> LogVerification:
        """
        Verify a group's log, and compare it with the other tables of the store.

        Parameters
        ----------
        name : str
        head : str, optional
            A digest from an earlier verification; the log must contain it.
        """
        group = self.find(name)
        with self._database.begin() as connection:
            group_log.lock_group(connection, group.group_id)  # an entry written meanwhile would look like a fault
            entries = group_log.read_entries(connection, group.group_id)
            index_keys = group_log.read_index_keys(connection, group.group_id)
            group_challenges = read_challenges(connection, group.group_id)
        terms = [
            ("created", 0, group.terms),
            *(("challenge", challenge.number, challenge.terms) for challenge in group_challenges),
        ]
        return group_log.verify_log(name, entries, head=head, index_keys=index_keys, terms=terms)

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

    def _query_group(self, name: str, query: Callable[[sa.Connection, int], T]) -> T:
        group_id = self.find(name).group_id
        with self._database.connect() as connection:
            return query(connection, group_id)
