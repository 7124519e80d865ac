"""Store of people's subscriptions to notifications, by mail or webhook."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.database import purge_deleted_rows
from renown.store.schema import deliveries, people, subscriptions

MAIL, WEBHOOK = "mail", "webhook"
MAX_SUBSCRIPTIONS = 5
"""Maximum subscriptions of a person."""
MAX_ADDRESS_LENGTH = 1_000
UNCONFIRMED_RETENTION = timedelta(days=30)
"""Time for which unconfirmed subscriptions are kept."""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A person's subscription to notifications."""

    subscription_id: int
    key: int
    """Score key of the person."""
    channel: str
    """`mail` or `webhook`."""
    address: str
    """Mail address, or URL."""
    secret: str
    """Signs webhooks; in the links of mails."""
    min_points: float
    """Smallest move of the score that is told of."""
    is_weekly: bool
    """Whether only the summary of each week is sent."""
    quiet_from: int
    """Hour of the day, in the person's time zone, from which mails wait; equal to `quiet_until` for none."""
    quiet_until: int
    time_zone: str
    """IANA name of the person's time zone, such as Europe/Paris."""
    confirmed_at: datetime | None
    """When the owner of the mail address confirmed it; webhooks need no confirmation."""


class SubscriptionStore:
    """Subscriptions of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(
        self,
        key: int,
        *,
        channel: str,
        address: str,
        at: datetime,
        min_points: float = 1.0,
        is_weekly: bool = False,
        quiet_hours: tuple[int, int] = (0, 0),
    ) -> Subscription:
        """
        Subscribe a person, or change their subscription with the same channel and address.

        Raises
        ------
        InvalidInputError
            If the address is too long, or the person has too many subscriptions.
        """
        if len(address) > MAX_ADDRESS_LENGTH:
            raise InvalidInputError(f"the address has {len(address)} characters; use one of up to {MAX_ADDRESS_LENGTH}")
        values = {
            "min_points": min_points,
            "is_weekly": is_weekly,
            "quiet_from": quiet_hours[0],
            "quiet_until": quiet_hours[1],
        }
        existing = next((row for row in self.list_of(key) if (row.channel, row.address) == (channel, address)), None)
        if existing is None and len(self.list_of(key)) >= MAX_SUBSCRIPTIONS:
            raise InvalidInputError(f"there are {MAX_SUBSCRIPTIONS} subscriptions already; delete one first")
        with self._database.begin() as connection:
            if existing:
                condition = subscriptions.c.subscription_id == existing.subscription_id
                connection.execute(sa.update(subscriptions).where(condition).values(**values))
            else:
                row = {
                    "person_id": -key,
                    "channel": channel,
                    "address": address,
                    "secret": secrets.token_hex(24),
                    "created_at": at,
                    "confirmed_at": at if channel == WEBHOOK else None,
                }
                connection.execute(sa.insert(subscriptions).values(**row, **values))
        return next(row for row in self.list_of(key) if (row.channel, row.address) == (channel, address))

    def list_of(self, key: int) -> list[Subscription]:
        """Return a person's subscriptions, oldest first."""
        return self._select(subscriptions.c.person_id == -key)

    def all_confirmed(self) -> list[Subscription]:
        """Return all confirmed subscriptions."""
        return self._select(subscriptions.c.confirmed_at.is_not(None))

    def find_by_secret(self, secret: str) -> Subscription | None:
        """Return the subscription whose mails have this secret in their links; None if there is none."""
        return next(iter(self._select(subscriptions.c.secret == secret)), None) if secret else None

    def confirm(self, subscription: Subscription, *, at: datetime) -> None:
        """Record that the owner of the address wants the mails."""
        condition = subscriptions.c.subscription_id == subscription.subscription_id
        with self._database.begin() as connection:
            connection.execute(sa.update(subscriptions).where(condition).values(confirmed_at=at))

    def remove(self, subscription: Subscription) -> None:
        """Remove a subscription with its deliveries."""
        condition = subscriptions.c.subscription_id == subscription.subscription_id
        with self._database.begin() as connection:
            connection.execute(sa.delete(subscriptions).where(condition))
        purge_deleted_rows(self._database, subscriptions, deliveries)

    def purge(self, *, at: datetime, delivery_days: int) -> None:
        """Delete deliveries older than some days, 0 for none, and subscriptions that were never confirmed."""
        unconfirmed = sa.and_(
            subscriptions.c.confirmed_at.is_(None), subscriptions.c.created_at < at - UNCONFIRMED_RETENTION
        )
        with self._database.begin() as connection:
            if delivery_days:
                limit = at - timedelta(days=delivery_days)
                connection.execute(sa.delete(deliveries).where(deliveries.c.created_at < limit))
            connection.execute(sa.delete(subscriptions).where(unconfirmed))
        purge_deleted_rows(self._database, subscriptions, deliveries)

    def _select(self, condition: sa.ColumnElement[bool]) -> list[Subscription]:
        select = sa.select(subscriptions, people.c.time_zone).join(people)
        select = select.where(condition).order_by(subscriptions.c.subscription_id)
        with self._database.connect() as connection:
            return [to_subscription(row, row["time_zone"]) for row in connection.execute(select).mappings()]


def to_subscription(row: Mapping[Any, Any], time_zone: str) -> Subscription:
    """Build a subscription from a mapping of its columns, and the person's time zone."""
    return Subscription(
        subscription_id=row["subscription_id"],
        key=-row["person_id"],
        channel=row["channel"],
        address=row["address"],
        secret=row["secret"],
        min_points=row["min_points"],
        is_weekly=row["is_weekly"],
        quiet_from=row["quiet_from"],
        quiet_until=row["quiet_until"],
        time_zone=time_zone,
        confirmed_at=row["confirmed_at"],
    )
