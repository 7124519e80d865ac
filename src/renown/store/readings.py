"""Readings: how far each account was read, when it was last seen, and what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from renown.store.database import utc
from renown.store.schema import reading_counts, readings


@dataclass(frozen=True)
class Reading:
    """How far an account was read."""

    network: str
    account_id: str
    cursor: str
    """Where to read on from; its network's connector knows what it says."""
    tried_at: datetime
    """UTC instant at which it was last tried."""
    seen_at: datetime | None
    """UTC instant at which it was last read to the end; None where it never was."""
    said: str
    """What went wrong the last time; empty where nothing did."""


class Readings:
    """What is kept of reading accounts; never more than the lake has acknowledged."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def find(self, network: str, account_id: str) -> Reading | None:
        """Return how far an account was read, None where it never was."""
        return next(iter(self._find(_of(readings, network, account_id))), None)

    def all(self) -> list[Reading]:
        """Return how far every account was read."""
        return self._find(sa.true())

    def counts(self, network: str, account_id: str) -> dict[tuple[str, str], int]:
        """Return (post, verb) to what the network said when that list of an account's was last read."""
        columns = (reading_counts.c.post_id, reading_counts.c.verb, reading_counts.c.count)
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(*columns).where(_of(reading_counts, network, account_id))).all()
        return {(post, verb): count for post, verb, count in rows}

    def keep(
        self, reading: Reading, counts: Mapping[tuple[str, str], int] | None = None, *, since: datetime | None = None
    ) -> None:
        """
        Keep how far an account was read, in place of what was kept before.

        Parameters
        ----------
        reading : Reading
        counts : mapping of (post, verb) to int, optional
            What the network said of lists that were read.
        since : datetime, optional
            Counts read before this UTC instant are of posts that no longer count, and go.
        """
        account = (reading.network, reading.account_id)
        row = {name: getattr(reading, name) for name in readings.c.keys()}  # noqa: SIM118 - columns, no mapping
        with self._database.begin() as connection:
            connection.execute(sa.delete(readings).where(_of(readings, *account)))
            connection.execute(sa.insert(readings).values(**row))
            for (post, verb), count in (counts or {}).items():
                one = sa.and_(
                    _of(reading_counts, *account), reading_counts.c.post_id == post, reading_counts.c.verb == verb
                )
                values = (*account, post, verb, count, reading.tried_at)
                connection.execute(sa.delete(reading_counts).where(one))
                connection.execute(sa.insert(reading_counts).values(values))
            if since:
                old = sa.and_(_of(reading_counts, *account), reading_counts.c.read_at < since)
                connection.execute(sa.delete(reading_counts).where(old))

    def _find(self, where: sa.ColumnElement[bool]) -> list[Reading]:
        select = sa.select(readings).where(where).order_by(readings.c.network, readings.c.account_id)
        with self._database.connect() as connection:
            rows = connection.execute(select).all()
        return [
            Reading(network, account_id, cursor, utc(tried), utc(seen) if seen else None, said)
            for network, account_id, cursor, tried, seen, said in rows
        ]


def _of(table: sa.Table, network: str, account_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.network == network, table.c.account_id == account_id)
