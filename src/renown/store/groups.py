"""Groups: people together, their challenges, and a log of their scores that shows whether it was changed."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from renown.errors import BadInput, UnknownGroup
from renown.records import day_number
from renown.store import chain, invitations, logs
from renown.store.chain import Entry, Verdict
from renown.store.database import scrub
from renown.store.day import PublishedDay
from renown.store.history import HUNDREDTHS
from renown.store.people import Person
from renown.store.schema import challenges, groups, members, openings, people
from renown.store.served import ServedScore
from renown.store.terms import Challenge, Group, Member, challenges_of, check_goal, check_terms, group_of, members_of

Read = TypeVar("Read")


class Groups:
    """The groups of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def create(self, name: str, *, goal: int, at: datetime, title: str = "", join_by: str = "claim") -> Group:
        """
        Make a group without members.

        Raises
        ------
        BadInput
            If there is one of that name, or it cannot be a group's name, title, goal or way to join.
        """
        title = title or name
        check_terms(name, title, goal, join_by)
        row = {"name": name, "title": title, "goal": goal, "join_by": join_by, "created_at": at}
        try:
            with self._database.begin() as connection:
                made = connection.execute(sa.insert(groups).values(**row).returning(groups)).one()
                logs.append(connection, (made.group_id, name), "created", {}, at=at, terms=group_of(made).terms)
        except sa.exc.IntegrityError:
            msg = f"there is a group {name!r} already; choose another name, or join it with `renown group join`"
            raise BadInput(msg) from None
        return self.find(name)

    def all(self) -> list[Group]:
        """Return every group, by name."""
        with self._database.connect() as connection:
            return [group_of(row) for row in connection.execute(sa.select(groups).order_by(groups.c.name))]

    def find(self, name: str) -> Group:
        """
        Return the group of this name.

        Raises
        ------
        UnknownGroup
        """
        with self._database.connect() as connection:
            row = connection.execute(sa.select(groups).where(groups.c.name == name)).one_or_none()
        if row is None:
            msg = f"there is no group {name!r}; see `renown group list`, or make one with `renown group create`"
            raise UnknownGroup(msg)
        return group_of(row)

    def members(self, name: str) -> list[Member]:
        """Return who is in a group, in the order in which they joined."""
        return self._read(name, members_of)

    def of(self, key: int) -> list[Group]:
        """Return the groups that somebody is in, by name."""
        joined = groups.join(members)
        select = sa.select(groups).select_from(joined).where(members.c.person_id == -key).order_by(groups.c.name)
        with self._database.connect() as connection:
            return [group_of(row) for row in connection.execute(select)]

    def invite(self, name: str, *, at: datetime, days: int = invitations.INVITED_DAYS) -> str:
        """Return an invitation: a secret word that lets one person join until it expires; only its digest is kept."""
        group = self.find(name)
        with self._database.begin() as connection:
            return invitations.invite(connection, group, at=at, days=days)

    def join(
        self,
        name: str,
        person: Person,
        *,
        at: datetime,
        invitation: str | None = None,
        latest: ServedScore | None = None,
    ) -> None:
        """
        Let a person into a group.

        Parameters
        ----------
        name : str
        person : Person
        at : datetime
            UTC instant.
        invitation : str, optional
            What `invite` returned; needed where the group is joined by invitation.
        latest : ServedScore, optional
            The person's score as it is served: they start with it, or with the first one that is logged.

        Raises
        ------
        BadInput
            If they claimed no account, or are in it.
        NotInvited
            If the invitation is missing, unknown, used or expired.
        """
        group = self.find(name)
        if not person.accounts:
            msg = f"{person.name!r} has claimed no account; claim one with `renown add`: groups are of people"
            raise BadInput(msg)
        start = {person.name: round(latest.score * HUNDREDTHS) if latest else None}
        with self._database.begin() as connection:
            logs.take_turn(connection, group.group_id)
            if person.key in {member.key for member in members_of(connection, group.group_id)}:
                msg = f"{person.name!r} is in {name!r} already; see `renown group show {name}`"
                raise BadInput(msg)
            if group.join_by == "invitation":
                invitations.use(connection, group, invitation, at)
            day = latest.day if latest else None
            number = logs.append(connection, (group.group_id, name), "joined", start, at=at, day=day)
            row = {"group_id": group.group_id, "person_id": person.person_id, "joined_at": at, "number": number}
            connection.execute(sa.insert(members).values(**row))

    def leave(self, name: str, person: Person, *, at: datetime) -> None:
        """
        Let a person out of a group; what was logged of them stays, unless they ask to be forgotten.

        Raises
        ------
        BadInput
            If they are not in it.
        """
        group = self.find(name)
        here = sa.and_(members.c.group_id == group.group_id, members.c.person_id == person.person_id)
        with self._database.begin() as connection:
            logs.take_turn(connection, group.group_id)
            if not connection.execute(sa.delete(members).where(here)).rowcount:
                msg = f"{person.name!r} is not in {name!r}; see `renown group show {name}`"
                raise BadInput(msg)
            logs.append(connection, (group.group_id, name), "left", {person.name: None}, at=at)

    def start(
        self, name: str, *, first: date, last: date, by: PublishedDay, at: datetime, goal: int | None = None
    ) -> Challenge:
        """
        Start a challenge of a group.

        Parameters
        ----------
        name : str
        first, last : date
            Its first and last UTC day.
        by : PublishedDay
            A day by the method that is frozen for it.
        at : datetime
            UTC instant.
        goal : int, optional
            Score to reach; the group's without it.

        Raises
        ------
        BadInput
            If it would begin before today or end before it begins, or the goal is no score.
        """
        group = self.find(name)
        goal = group.goal if goal is None else goal
        check_goal(goal)
        if not at.date() <= first <= last:
            msg = (
                f"a challenge from {first} to {last} cannot be; it begins on {at.date()} or later, and ends no earlier"
            )
            raise BadInput(msg)
        with self._database.begin() as connection:
            logs.take_turn(connection, group.group_id)
            number = len(challenges_of(connection, group.group_id)) + 1
            made = Challenge(number, first, last, goal, by.method, by.method_digest)
            days = {"first_no": day_number(first), "last_no": day_number(last)}
            row = {"group_id": group.group_id, "number": number, **days, "goal": goal}
            method = {"method": made.method, "method_digest": made.method_digest}
            connection.execute(sa.insert(challenges).values(**row, **method))
            key = (group.group_id, name)
            logs.append(connection, key, "challenge", {}, at=at, challenge=number, terms=made.terms)
        return made

    def challenges(self, name: str) -> list[Challenge]:
        """Return the challenges of a group, by number."""
        return self._read(name, challenges_of)

    def challenge(self, name: str, number: int) -> Challenge:
        """
        Return a challenge of a group.

        Raises
        ------
        UnknownGroup
            If it has none of that number.
        """
        found = self.challenges(name)
        if not 1 <= number <= len(found):
            known = f"it has 1 to {len(found)}" if found else "none is started; start one with `renown group challenge`"
            msg = f"{name!r} has no challenge {number}; {known}"
            raise UnknownGroup(msg)
        return found[number - 1]

    def running(self, day: date) -> list[tuple[Group, Challenge]]:
        """Return the challenges that a day counts for, with their groups."""
        found = ((group, one) for group in self.all() for one in self.challenges(group.name))
        return [(group, one) for group, one in found if one.first <= day <= one.last]

    def record(
        self, group: Group, of: PublishedDay, scores: Mapping[int, float], *, at: datetime, challenge: int = 0
    ) -> int | None:
        """
        Log the members' scores of a published day, unless the log has them already.

        A score that differs from what was logged of that day makes an entry of its own, a
        correction; nothing is ever rewritten. Who joined after the day is not in it.

        Parameters
        ----------
        group : Group
        of : PublishedDay
        scores : mapping of int to float
            Person's key to score; who is missing had none.
        at : datetime
            UTC instant.
        challenge : int
            0: the group itself.

        Returns
        -------
        int or None
            The entry's number; None where nothing is new.
        """
        with self._database.begin() as connection:
            logs.take_turn(connection, group.group_id)
            told = {
                member.name: round(scores[member.key] * HUNDREDTHS) if member.key in scores else None
                for member in members_of(connection, group.group_id)
                if member.joined_at.date() <= of.day
            }
            before = logs.known(connection, group.group_id, challenge, of.day)
            if told.items() <= before.items():
                return None
            terms = {"method": of.method, "inputs": of.inputs}
            again = logs.is_logged(connection, group.group_id, challenge, of.day)
            return logs.append(
                connection,
                (group.group_id, group.name),
                "correction" if again else "scores",
                told,
                at=at,
                day=of.day,
                challenge=challenge,
                terms=terms,
            )

    def scores(self, name: str, challenge: int = 0) -> dict[str, dict[date, float | None]]:
        """Return every member's scores by day, oldest first, as they were logged last since the member joined."""
        return self._read(name, partial(logs.since_joining, challenge=challenge))

    def state(self, name: str) -> tuple[str, int]:
        """Return the digest of the last entry of a group's log, for its members to keep, and how many there are."""
        group_id = self.find(name).group_id
        count = sa.select(sa.func.count()).select_from(members).where(members.c.group_id == group_id)
        with self._database.connect() as connection:
            return logs.head(connection, group_id)[1], connection.scalar(count) or 0

    def log(self, name: str) -> list[Entry]:
        """Return the log of a group, from its first entry."""
        return self._read(name, logs.entries)

    def latest(self, name: str, n: int) -> list[Entry]:
        """Return the last entries of a group's log, the latest first, without what opens their commitments."""
        return self._read(name, partial(logs.latest, n=n))

    def verify(self, name: str, *, head: str | None = None) -> Verdict:
        """
        Recompute a group's log, and compare what the store says beside it.

        Parameters
        ----------
        name : str
        head : str, optional
            A digest that somebody kept.
        """
        group = self.find(name)
        with self._database.begin() as connection:
            logs.take_turn(connection, group.group_id)  # what is written meanwhile would look like a fault
            entries, filed = logs.entries(connection, group.group_id), logs.places(connection, group.group_id)
            started = challenges_of(connection, group.group_id)
        terms = [("created", 0, group.terms), *(("challenge", one.number, one.terms) for one in started)]
        return chain.verify(name, entries, head=head, filed=filed, terms=terms)

    def forget(self, key: int) -> int:
        """Take a person out of every group and of every log, which stays verifiable; return how many rows went."""
        if key >= 0:
            return 0  # an account that nobody claimed is in no group
        name = sa.select(people.c.name).where(people.c.person_id == -key).scalar_subquery()
        with self._database.begin() as connection:
            gone = connection.execute(sa.delete(openings).where(openings.c.member == name)).rowcount
            gone += connection.execute(sa.delete(members).where(members.c.person_id == -key)).rowcount
        scrub(self._database, openings, members)
        return gone

    def _read(self, name: str, read: Callable[[sa.Connection, int], Read]) -> Read:
        group_id = self.find(name).group_id
        with self._database.connect() as connection:
            return read(connection, group_id)
