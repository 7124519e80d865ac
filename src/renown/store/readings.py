"""Readings: how far each account was read, when it was last seen, and what went wrong."""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from renown.store.schema import readings


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
        where = sa.and_(readings.c.network == network, readings.c.account_id == account_id)
        with self._database.connect() as connection:
            row = connection.execute(sa.select(readings).where(where)).one_or_none()
        return Reading(row[0], row[1], row[2], _utc(row[3]), _utc(row[4]) if row[4] else None, row[5]) if row else None

    def keep(self, reading: Reading) -> None:
        """Keep how far an account was read, in place of what was kept before."""
        where = sa.and_(readings.c.network == reading.network, readings.c.account_id == reading.account_id)
        row = {name: getattr(reading, name) for name in readings.c.keys()}  # noqa: SIM118 - columns, no mapping
        with self._database.begin() as connection:
            connection.execute(sa.delete(readings).where(where))
            connection.execute(sa.insert(readings).values(**row))

    def forget(self, network: str, account_id: str) -> None:
        """Take out what is kept of an account."""
        where = sa.and_(readings.c.network == network, readings.c.account_id == account_id)
        with self._database.begin() as connection:
            connection.execute(sa.delete(readings).where(where))


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
