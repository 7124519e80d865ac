"""Version of who is visible to others, and when it last changed, so that no cache outlives a change."""

import time
from dataclasses import dataclass

import sqlalchemy as sa

from renown.store.person_changes import CONSENT, record_change_of_all
from renown.store.schema import visibility
from renown.store.serving.read import open_reader

_STATE_SQL = "select version, changed_at from visibility"


@dataclass(frozen=True)
class VisibilityVersion:
    """Version of who is visible."""

    number: int
    """Grows with every change."""
    changed_at: int
    """Seconds since 1970-01-01 00:00 UTC: the first full second after the last change; 0 if there was none."""


class VisibilityStore:
    """
    The version of who is visible: consent, claims, proofs, opt-outs, erasures, group members and the settings.

    Every transaction that changes one of them calls `record_visibility_change`.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._reader = open_reader(database)

    def version(self) -> VisibilityVersion:
        """Return the current version."""
        rows = self._reader.read_rows(_STATE_SQL, {})
        if not rows:
            # The reader returns nothing before the first day is served.
            with self._database.connect() as connection:
                rows = list(connection.execute(sa.text(_STATE_SQL)))
        [(number, changed_at)] = rows
        return VisibilityVersion(number, changed_at)

    def record_settings(self, settings: str) -> None:
        """Record the settings that decide who is visible; a change if others were in use before."""
        with self._database.begin() as connection:
            previous_settings = connection.scalar(sa.select(visibility.c.settings))
            if settings == previous_settings:
                return
            connection.execute(sa.update(visibility).values(settings=settings))
            if previous_settings:
                record_visibility_change(connection)
                record_change_of_all(connection, CONSENT)


def record_visibility_change(connection: sa.Connection) -> None:
    """
    Record, in the transaction of a change, that somebody became visible or hidden.

    The time is the clock's and not an argument, because HTTP clients compare it with the date of their copy. It grows
    with every change, even if the clock goes back.
    """
    next_second = int(time.time()) + 1
    changed_at = sa.case(
        (visibility.c.changed_at >= next_second, visibility.c.changed_at + 1), else_=sa.literal(next_second)
    )
    connection.execute(sa.update(visibility).values(version=visibility.c.version + 1, changed_at=changed_at))
