"""Store of the logs of groups: who scored what on which day, in a form that shows later changes."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa

from renown.store.groups.log import WITHDRAWN, GroupLogEntry, LogVerification, verify_log
from renown.store.groups.log_entries import append_entry, read_entries, read_index_keys, read_latest_entries
from renown.store.groups.logged_scores import is_day_logged, read_logged_scores, read_scores_since_joining
from renown.store.groups.rows import lock_group, read_challenges, read_group, read_groups, read_members
from renown.store.groups.terms import Group
from renown.store.published.day import PublishedDay
from renown.store.serving.history import HUNDREDTHS_PER_POINT


class GroupLogStore:
    """The logs of all groups of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

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
            lock_group(connection, group.group_id)
            new_scores = {
                member.name: round(scores[member.key] * HUNDREDTHS_PER_POINT) if member.key in scores else None
                for member in read_members(connection, group.group_id)
                if member.joined_at.date() <= day.day
            }
            logged_scores = read_logged_scores(connection, group.group_id, challenge, day.day)
            if new_scores.items() <= logged_scores.items():
                return None
            terms = {"method": day.method, "inputs": day.inputs}
            is_correction = is_day_logged(connection, group.group_id, challenge, day.day)
            return append_entry(
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
        for group in read_groups(connection):
            lock_group(connection, group.group_id)
            for challenge in (0, *(row.number for row in read_challenges(connection, group.group_id))):
                for day in days:
                    if read_logged_scores(connection, group.group_id, challenge, day):
                        key = (group.group_id, group.name)
                        append_entry(connection, key, WITHDRAWN, {}, at=at, day=day, challenge=challenge)
                        entries += 1
        return entries

    def read_scores(self, name: str, challenge: int = 0) -> dict[str, dict[date, float | None]]:
        """Return every member's scores by day, oldest first, as last logged since the member joined."""
        with self._database.connect() as connection:
            return read_scores_since_joining(connection, read_group(connection, name).group_id, challenge)

    def read_entries(self, name: str) -> list[GroupLogEntry]:
        """Return the log of a group, oldest entry first."""
        with self._database.connect() as connection:
            return read_entries(connection, read_group(connection, name).group_id)

    def read_latest_entries(self, name: str, n: int) -> list[GroupLogEntry]:
        """Return the last `n` log entries, newest first, without the openings of their commitments."""
        with self._database.connect() as connection:
            return read_latest_entries(connection, read_group(connection, name).group_id, n)

    def verify(self, name: str, *, head: str | None = None) -> LogVerification:
        """
        Verify a group's log, and compare it with the other tables of the store.

        Parameters
        ----------
        name : str
        head : str, optional
            A digest from an earlier verification; the log must contain it.
        """
        with self._database.begin() as connection:
            group = read_group(connection, name)
            lock_group(connection, group.group_id)  # an entry written meanwhile would look like a fault
            entries = read_entries(connection, group.group_id)
            index_keys = read_index_keys(connection, group.group_id)
            group_challenges = read_challenges(connection, group.group_id)
        terms = [
            ("created", 0, group.terms),
            *(("challenge", challenge.number, challenge.terms) for challenge in group_challenges),
        ]
        return verify_log(name, entries, head=head, index_keys=index_keys, terms=terms)
