"""
Store of the queue of deliveries (outbox), of people's subscriptions and applications' webhooks.

A delivery is queued once per recipient and message, retried with growing delays, and given up after a week. Then it
stays as a dead letter, which can be queued again, until it is purged.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from renown.store.schema import api_keys, deliveries, people, subscriptions, webhooks
from renown.store.subscriptions import Subscription, to_subscription
from renown.store.webhooks import ApplicationWebhook, to_webhook

_RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1_440, 2_880, 4_320))
"""Delays after each failed attempt; after the last one the delivery is given up."""
_LEASE = timedelta(minutes=10)
"""Time for which a delivery belongs to the process that sends it."""
Recipient = Subscription | ApplicationWebhook


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A queued message."""

    delivery_id: str
    recipient: Recipient
    content: dict[str, Any]
    created_at: datetime
    attempts: int
    """Attempts before this one."""
    sent_at: datetime | None
    gave_up_at: datetime | None
    error: str


class DeliveryStore:
    """The queue of deliveries of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def queue(
        self, recipient: Recipient, message_key: str, content: dict[str, Any], *, at: datetime, due_at: datetime
    ) -> bool:
        """Queue a message unless the recipient had it before; return whether it is new."""
        column, number = _find_column(recipient)
        is_same = sa.and_(column == number, deliveries.c.message_key == message_key)
        row = {
            "delivery_id": secrets.token_hex(16),
            column.name: number,
            "message_key": message_key,
            "content": content,
            "created_at": at,
            "due_at": due_at,
            "attempts": 0,
            "error": "",
        }
        try:
            with self._database.begin() as connection:
                if connection.scalar(sa.select(sa.func.count()).select_from(deliveries).where(is_same)):
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

    def list_all(self, key: int | None = None, *, failed_only: bool = False) -> list[Delivery]:
        """Return deliveries of a person or of everybody, newest first; with `failed_only` those given up."""
        condition = sa.true() if key is None else subscriptions.c.person_id == -key
        if failed_only:
            condition = sa.and_(condition, deliveries.c.gave_up_at.is_not(None))
        with self._database.connect() as connection:
            return self._select_deliveries(connection, condition)

    def list_dead_letters(self, *, limit: int, offset: int = 0) -> list[Delivery]:
        """Return the deliveries that were given up, newest first."""
        with self._database.connect() as connection:
            return self._select_deliveries(connection, deliveries.c.gave_up_at.is_not(None), limit=limit, offset=offset)

    def list_failed_of(self, webhook: ApplicationWebhook) -> list[Delivery]:
        """Return the dead letters of an application's webhook, newest first."""
        condition = sa.and_(deliveries.c.webhook_id == webhook.webhook_id, deliveries.c.gave_up_at.is_not(None))
        with self._database.connect() as connection:
            return self._select_deliveries(connection, condition)

    def redeliver(self, delivery: Delivery, *, at: datetime) -> None:
        """Queue a dead letter again, as if it was new; its id stays."""
        self._update_delivery(delivery, gave_up_at=None, attempts=0, due_at=at, error="")

    def drop_unsent(self, connection: sa.Connection, days: Collection[date]) -> int:
        """Delete, in a transaction, the messages about some days that were not sent yet; return how many."""
        is_unsent = sa.and_(deliveries.c.sent_at.is_(None), deliveries.c.gave_up_at.is_(None))
        select = sa.select(deliveries.c.delivery_id, deliveries.c.content).where(is_unsent)
        texts = {day.isoformat() for day in days}
        dropped = [row.delivery_id for row in connection.execute(select) if row.content.get("day") in texts]
        connection.execute(sa.delete(deliveries).where(deliveries.c.delivery_id.in_(dropped)))
        return len(dropped)

    def _update_delivery(self, delivery: Delivery, **values: object) -> None:
        condition = deliveries.c.delivery_id == delivery.delivery_id
        with self._database.begin() as connection:
            connection.execute(sa.update(deliveries).where(condition).values(**values))

    @staticmethod
    def _select_deliveries(
        connection: sa.Connection, condition: sa.ColumnElement[bool], *, limit: int | None = None, offset: int = 0
    ) -> list[Delivery]:
        tables = deliveries.outerjoin(subscriptions).outerjoin(webhooks).outerjoin(api_keys)
        tables = tables.outerjoin(people, people.c.person_id == subscriptions.c.person_id)
        select = (
            sa.select(deliveries, subscriptions, webhooks, api_keys.c.name, people.c.time_zone)
            .select_from(tables)
            .where(condition)
        )
        order = (deliveries.c.created_at.desc(), deliveries.c.delivery_id)
        page = select.order_by(*order).limit(limit).offset(offset)
        return [_to_delivery(row) for row in connection.execute(page).mappings()]


def _find_column(recipient: Recipient) -> tuple[sa.Column[Any], int]:
    """Return the column of deliveries that names a recipient, and its value."""
    if isinstance(recipient, ApplicationWebhook):
        return deliveries.c.webhook_id, recipient.webhook_id
    return deliveries.c.subscription_id, recipient.subscription_id


def _to_delivery(row: sa.RowMapping) -> Delivery:
    recipient: Recipient
    if row[deliveries.c.webhook_id] is None:
        recipient = to_subscription({column.name: row[column] for column in subscriptions.c}, row[people.c.time_zone])
    else:
        recipient = to_webhook({column.name: row[column] for column in webhooks.c}, row[api_keys.c.name])
    return Delivery(
        delivery_id=row[deliveries.c.delivery_id],
        recipient=recipient,
        content=row[deliveries.c.content],
        created_at=row[deliveries.c.created_at],
        attempts=row[deliveries.c.attempts],
        sent_at=row[deliveries.c.sent_at],
        gave_up_at=row[deliveries.c.gave_up_at],
        error=row[deliveries.c.error],
    )
