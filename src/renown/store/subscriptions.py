"""
Store of subscriptions to notifications, by mail or webhook, and of the queue of deliveries (outbox).

A delivery is queued once per subscription and notification, retried with growing delays, and given up after a week.
Then it stays as a dead letter until it is purged.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.database import as_utc, purge_deleted_rows
from renown.store.schema import deliveries, people, subscriptions

MAIL, WEBHOOK = "mail", "webhook"
MAX_SUBSCRIPTIONS = 5
"""Maximum subscriptions of a person."""
MAX_ADDRESS_LENGTH = 1_000
_RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1_440, 2_880, 4_320))
"""Delays after each failed attempt; after the last one the delivery is given up."""
_LEASE = timedelta(minutes=10)
"""Time for which a delivery belongs to the process that sends it."""
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


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A queued message."""

    delivery_id: str
    subscription: Subscription
    content: dict[str, Any]
    created_at: datetime
    attempts: int
    """Attempts before this one."""
    sent_at: datetime | None
    gave_up_at: datetime | None
    error: str


class SubscriptionStore:
    """Subscriptions and deliveries of a home."""

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
        same = next((row for row in self.list_of(key) if (row.channel, row.address) == (channel, address)), None)
        if same is None and len(self.list_of(key)) >= MAX_SUBSCRIPTIONS:
            raise InvalidInputError(f"there are {MAX_SUBSCRIPTIONS} subscriptions already; delete one first")
        with self._database.begin() as connection:
            if same:
                condition = subscriptions.c.subscription_id == same.subscription_id
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

    def queue(
        self, subscription: Subscription, message_key: str, content: dict[str, Any], *, at: datetime, due_at: datetime
    ) -> bool:
        """Queue a message unless the subscription had it before; return whether it is new."""
        same = sa.and_(
            deliveries.c.subscription_id == subscription.subscription_id, deliveries.c.message_key == message_key
        )
        row = {
            "delivery_id": secrets.token_hex(16),
            "subscription_id": subscription.subscription_id,
            "message_key": message_key,
            "content": content,
            "created_at": at,
            "due_at": due_at,
            "attempts": 0,
            "error": "",
        }
        try:
            with self._database.begin() as connection:
                if connection.scalar(sa.select(sa.func.count()).select_from(deliveries).where(same)):
                    return False
                connection.execute(sa.insert(deliveries).values(**row))
        except sa.exc.IntegrityError:
            return False  # another process queued it at the same moment
        return True

    def claim_due(self, *, at: datetime) -> Delivery | None:
        """Claim the delivery that is due longest, for this process alone; None if none is due."""
        is_open = sa.and_(deliveries.c.sent_at.is_(None), deliveries.c.gave_up_at.is_(None), deliveries.c.due_at <= at)
        oldest = sa.select(deliveries.c.delivery_id).where(is_open).order_by(deliveries.c.due_at).limit(1)
        while True:
            with self._database.begin() as connection:
                delivery_id = connection.scalar(oldest)
                if delivery_id is None:
                    return None
                condition = sa.and_(deliveries.c.delivery_id == delivery_id, is_open)
                if connection.execute(sa.update(deliveries).where(condition).values(due_at=at + _LEASE)).rowcount:
                    return next(iter(self._select_deliveries(connection, deliveries.c.delivery_id == delivery_id)))

    def record_sent(self, delivery: Delivery, *, at: datetime) -> None:
        """Record that a message was accepted."""
        self._update_delivery(delivery, sent_at=at, error="", attempts=delivery.attempts + 1)

    def record_failure(self, delivery: Delivery, error: str, *, at: datetime, is_final: bool = False) -> None:
        """Record a failed attempt; the next one is due later, or the delivery is given up."""
        attempts = delivery.attempts + 1
        values: dict[str, Any] = {"attempts": attempts, "error": error[:300]}
        if is_final or attempts > len(_RETRY_DELAYS):
            values["gave_up_at"] = at
        else:
            values["due_at"] = at + _RETRY_DELAYS[attempts - 1]
        self._update_delivery(delivery, **values)

    def list_deliveries(self, key: int | None = None, *, failed_only: bool = False) -> list[Delivery]:
        """Return deliveries of a person or of everybody, newest first; with `failed_only` those given up."""
        condition = sa.true() if key is None else subscriptions.c.person_id == -key
        if failed_only:
            condition = sa.and_(condition, deliveries.c.gave_up_at.is_not(None))
        with self._database.connect() as connection:
            return self._select_deliveries(connection, condition)

    def drop_unsent(self, connection: sa.Connection, days: Collection[date]) -> int:
        """Delete, in a transaction, the messages about some days that were not sent yet; return how many."""
        is_unsent = sa.and_(deliveries.c.sent_at.is_(None), deliveries.c.gave_up_at.is_(None))
        select = sa.select(deliveries.c.delivery_id, deliveries.c.content).where(is_unsent)
        texts = {day.isoformat() for day in days}
        dropped = [row.delivery_id for row in connection.execute(select) if row.content.get("day") in texts]
        connection.execute(sa.delete(deliveries).where(deliveries.c.delivery_id.in_(dropped)))
        return len(dropped)

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

    def _update_delivery(self, delivery: Delivery, **values: object) -> None:
        condition = deliveries.c.delivery_id == delivery.delivery_id
        with self._database.begin() as connection:
            connection.execute(sa.update(deliveries).where(condition).values(**values))

    def _select(self, condition: sa.ColumnElement[bool]) -> list[Subscription]:
        select = sa.select(subscriptions, people.c.time_zone).join(people)
        select = select.where(condition).order_by(subscriptions.c.subscription_id)
        with self._database.connect() as connection:
            return [_to_subscription(row) for row in connection.execute(select)]

    @staticmethod
    def _select_deliveries(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Delivery]:
        tables = deliveries.join(subscriptions).join(people)
        columns = [column for column in deliveries.c if column.name not in {"subscription_id", "created_at"}]
        select = sa.select(
            subscriptions, people.c.time_zone, *columns, deliveries.c.created_at.label("queued_at")
        ).select_from(tables)
        order = (deliveries.c.created_at.desc(), deliveries.c.delivery_id)
        return [
            Delivery(
                delivery_id=row.delivery_id,
                subscription=_to_subscription(row),
                content=row.content,
                created_at=as_utc(row.queued_at),
                attempts=row.attempts,
                sent_at=row.sent_at and as_utc(row.sent_at),
                gave_up_at=row.gave_up_at and as_utc(row.gave_up_at),
                error=row.error,
            )
            for row in connection.execute(select.where(condition).order_by(*order))
        ]


def _to_subscription(row: Any) -> Subscription:
    return Subscription(
        subscription_id=row.subscription_id,
        key=-row.person_id,
        channel=row.channel,
        address=row.address,
        secret=row.secret,
        min_points=row.min_points,
        is_weekly=row.is_weekly,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        time_zone=row.time_zone,
        confirmed_at=row.confirmed_at and as_utc(row.confirmed_at),
    )
