"""Store of the challenges of groups."""

from datetime import date, datetime

import sqlalchemy as sa

from renown.errors import GroupNotFoundError, InvalidInputError
from renown.records import day_number
from renown.store.groups.log_entries import append_entry
from renown.store.groups.rows import lock_group, read_challenges, read_group, read_groups
from renown.store.groups.terms import Challenge, Group, check_goal, normalize_goal
from renown.store.published.day import PublishedDay
from renown.store.schema import challenges


class ChallengeStore:
    """The challenges of all groups of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def start(
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
        with self._database.connect() as connection:
            group = read_group(connection, name)
        goal = group.goal if goal is None else normalize_goal(goal)
        check_goal(goal)
        if not at.date() <= first <= last:
            raise InvalidInputError(
                f"a challenge cannot run from {first} to {last}; begin on {at.date()} or later, and end no earlier"
            )
        with self._database.begin() as connection:
            lock_group(connection, group.group_id)
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
            append_entry(connection, key, "challenge", {}, at=at, challenge=number, terms=challenge.terms)
        return challenge

    def by_group(self, name: str) -> list[Challenge]:
        """Return the challenges of a group, sorted by number."""
        with self._database.connect() as connection:
            return read_challenges(connection, read_group(connection, name).group_id)

    def find(self, name: str, number: int) -> Challenge:
        """
        Return a challenge of a group.

        Raises
        ------
        GroupNotFoundError
            If the group has no challenge of that number.
        """
        group_challenges = self.by_group(name)
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

    def find_running(self, day: date) -> list[tuple[Group, Challenge]]:
        """Return the challenges that run on a day, with their groups."""
        with self._database.connect() as connection:
            return [
                (group, challenge)
                for group in read_groups(connection)
                for challenge in read_challenges(connection, group.group_id)
                if challenge.first <= day <= challenge.last
            ]
