"""Groups: people together, their challenges, and a log of their scores that shows whether it was changed."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from renown.errors import BadInput, NotInvited, UnknownGroup
from renown.records import day_number, day_of
from renown.store import chain, logs
from renown.store.chain import Entry, Verdict
from renown.store.database import scrub
from renown.store.days import PublishedDay
from renown.store.people import Person
from renown.store.schema import challenges, groups, invitations, members, openings, people
from renown.store.served import ServedScore
from renown.store.serving import HUNDREDTHS

JOIN_BY = ("claim", "invitation")
"""How a group is joined: by anybody who claimed an account, or by invitation only."""
INVITED_DAYS = 7
"""Days after which an invitation expires where nobody says another number."""
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
        _check_terms(name, title, goal, join_by)
        row = {"name": name, "title": title, "goal": goal, "join_by": join_by, "created_at": at}
        try:
            with self._database.begin() as connection:
                made = connection.execute(sa.insert(groups).values(**row).returning(groups)).one()
                logs.append(connection, (made.group_id, name), "created", {}, at=at, terms=_group(made).terms)
        except sa.exc.IntegrityError:
            msg = f"there is a group {name!r} already; choose another name, or join it with `renown group join`"
            raise BadInput(msg) from None
        return self.find(name)

    def all(self) -> list[Group]:
        """Return every group, by name."""
        with self._database.connect() as connection:
            return [_group(row) for row in connection.execute(sa.select(groups).order_by(groups.c.name))]

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
        return _group(row)

    def members(self, name: str) -> list[Member]:
        """Return who is in a group, in the order in which they joined."""
        with self._database.connect() as connection:
            return _members(connection, self.find(name).group_id)

    def of(self, key: int) -> list[Group]:
        """Return the groups that somebody is in, by name."""
        joined = groups.join(members)
        select = sa.select(groups).select_from(joined).where(members.c.person_id == -key).order_by(groups.c.name)
        with self._database.connect() as connection:
            return [_group(row) for row in connection.execute(select)]

    def invite(self, name: str, *, at: datetime, days: int = INVITED_DAYS) -> str:
        """Return an invitation: a secret word that lets one person join until it expires; only its digest is kept."""
        word = secrets.token_hex(16)
        row = {
            "digest": _digest(word),
            "group_id": self.find(name).group_id,
            "expires_at": at + timedelta(days=days),
        }
        with self._database.begin() as connection:
            connection.execute(sa.insert(invitations).values(**row))
        return word

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
            if person.key in {member.key for member in _members(connection, group.group_id)}:
                msg = f"{person.name!r} is in {name!r} already; see `renown group show {name}`"
                raise BadInput(msg)
            if group.join_by == "invitation":
                _use(connection, group, invitation, at)
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
        _check_goal(goal)
        if not at.date() <= first <= last:
            msg = (
                f"a challenge from {first} to {last} cannot be; it begins on {at.date()} or later, and ends after that"
            )
            raise BadInput(msg)
        with self._database.begin() as connection:
            logs.take_turn(connection, group.group_id)
            number = len(_challenges(connection, group.group_id)) + 1
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
        with self._database.connect() as connection:
            return _challenges(connection, self.find(name).group_id)

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
            known = f"1 to {len(found)} are" if found else "none is started; start one with `renown group challenge`"
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
                for member in _members(connection, group.group_id)
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
        with self._database.connect() as connection:
            return logs.since_joining(connection, self.find(name).group_id, challenge)

    def head(self, name: str) -> str:
        """Return the digest of the last entry of a group's log, for its members to keep."""
        with self._database.connect() as connection:
            return logs.head(connection, self.find(name).group_id)[1]

    def log(self, name: str) -> list[Entry]:
        """Return the log of a group, from its first entry."""
        with self._database.connect() as connection:
            return logs.entries(connection, self.find(name).group_id)

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
        with self._database.connect() as connection:
            entries, filed = logs.entries(connection, group.group_id), logs.places(connection, group.group_id)
        terms = [("created", 0, group.terms)]
        terms += [("challenge", one.number, one.terms) for one in self.challenges(name)]
        return chain.verify(name, entries, head=head, filed=filed, terms=terms)

    def forget(self, key: int) -> int:
        """Take a person out of every group and of every log, which stays verifiable; return how many rows went."""
        name = sa.select(people.c.name).where(people.c.person_id == -key).scalar_subquery()
        with self._database.begin() as connection:
            gone = connection.execute(sa.delete(openings).where(openings.c.member == name)).rowcount
            gone += connection.execute(sa.delete(members).where(members.c.person_id == -key)).rowcount
        scrub(self._database, openings, members)
        return gone


def _group(row: Any) -> Group:
    return Group(row.group_id, row.name, row.title, row.goal, row.join_by, _utc(row.created_at))


def _members(connection: sa.Connection, group_id: int) -> list[Member]:
    joined = members.join(people)
    select = sa.select(people.c.person_id, people.c.name, members.c.joined_at).select_from(joined)
    rows = connection.execute(select.where(members.c.group_id == group_id).order_by(members.c.number))
    return [Member(-person_id, name, _utc(at)) for person_id, name, at in rows]


def _challenges(connection: sa.Connection, group_id: int) -> list[Challenge]:
    select = sa.select(challenges).where(challenges.c.group_id == group_id).order_by(challenges.c.number)
    return [
        Challenge(row.number, day_of(row.first_no), day_of(row.last_no), row.goal, row.method, row.method_digest)
        for row in connection.execute(select)
    ]


def _use(connection: sa.Connection, group: Group, invitation: str | None, at: datetime) -> None:
    """
    Use an invitation up.

    Raises
    ------
    NotInvited
        Never with the invitation in its words: it may still be good for another group.
    """
    ask = f"ask for another one, of `renown group invite {group.name}`"
    if not invitation:
        msg = f"{group.name!r} is joined by invitation; {ask}, and give it with --invitation"
        raise NotInvited(msg)
    here = sa.and_(invitations.c.digest == _digest(invitation), invitations.c.group_id == group.group_id)
    row = connection.execute(sa.select(invitations).where(here)).one_or_none()
    if row is None:
        msg = f"that is no invitation to {group.name!r}; copy it whole, or {ask}"
        raise NotInvited(msg)
    if row.used_at is not None:
        msg = f"that invitation to {group.name!r} was used on {row.used_at.date()}; each is for one person: {ask}"
        raise NotInvited(msg)
    if _utc(row.expires_at) <= at:
        msg = f"that invitation to {group.name!r} expired on {row.expires_at.date()}; {ask}"
        raise NotInvited(msg)
    connection.execute(sa.update(invitations).where(here).values(used_at=at))


def _check_terms(name: str, title: str, goal: int, join_by: str) -> None:
    if not _NAME.fullmatch(name):
        msg = f"{name!r} cannot be a group's name; write up to 40 of a to z, digits and '-', as klout70"
        raise BadInput(msg)
    if not title.strip() or len(title) > _LONGEST_TITLE or not title.isprintable():
        msg = f"{title!r} cannot be a group's title; write 1 to {_LONGEST_TITLE} printable characters"
        raise BadInput(msg)
    if join_by not in JOIN_BY:
        msg = f"a group is joined by {' or '.join(JOIN_BY)}, not by {join_by!r}"
        raise BadInput(msg)
    _check_goal(goal)


def _check_goal(goal: int) -> None:
    if not 1 <= goal <= _HIGHEST:
        msg = f"the goal is {goal}; write a score of 1 to {_HIGHEST}"
        raise BadInput(msg)


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
