"""Store of webhooks of applications: each belongs to an API key, and has a position in the list of changes."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.api_keys import ApiKey
from renown.store.person_changes import PersonChangeStore
from renown.store.schema import api_keys, webhooks
from renown.store.subscriptions import MAX_ADDRESS_LENGTH, WEBHOOK

EVENTS = {
    "score.published": "a day was published",
    "person.changed": "scores, claims or consent of people changed",
    "person.departed": "people were hidden or erased: delete what you have of them",
}
"""Types of events, with what they mean."""
MAX_WEBHOOKS = 5
"""Maximum webhooks of an API key."""


@dataclass(frozen=True, kw_only=True)
class ApplicationWebhook:
    """A webhook of an application."""

    webhook_id: int
    key_digest: str
    """Digest of the API key; revoking it removes the webhook."""
    key_name: str
    address: str
    secret: str
    """Signs the messages."""
    events: tuple[str, ...]
    """Some of `EVENTS`."""
    position: tuple[int, int]
    """In the list of changes; what is before it was queued."""
    created_at: datetime

    channel = WEBHOOK


class WebhookStore:
    """The webhooks of applications of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._changes = PersonChangeStore(database)

    def add(self, key: ApiKey, address: str, events: Collection[str], *, at: datetime) -> ApplicationWebhook:
        """
        Add a webhook for events from now on, or change the events of the key's webhook with this URL.

        Raises
        ------
        InvalidInputError
            If there are no events or an unknown one, the URL is too long, or the key has too many webhooks.
        """
        if not events or not set(events) <= set(EVENTS):
            raise InvalidInputError(f"{', '.join(events) or 'nothing'} is not an event; choose of {', '.join(EVENTS)}")
        if len(address) > MAX_ADDRESS_LENGTH:
            raise InvalidInputError(f"the URL has {len(address)} characters; use one of up to {MAX_ADDRESS_LENGTH}")
        existing = self.list_of(key.digest)
        webhook = next((row for row in existing if row.address == address), None)
        if webhook is None and len(existing) >= MAX_WEBHOOKS:
            raise InvalidInputError(f"{key.name!r} has {MAX_WEBHOOKS} webhooks already; remove one first")
        text = ",".join(event for event in EVENTS if event in events)
        sequence, change_id = self._changes.last_position()
        with self._database.begin() as connection:
            if webhook:
                condition = webhooks.c.webhook_id == webhook.webhook_id
                connection.execute(sa.update(webhooks).where(condition).values(events=text))
            else:
                row = {"key_digest": key.digest, "address": address, "events": text, "created_at": at}
                row |= {"secret": secrets.token_hex(24), "sequence": sequence, "change_id": change_id}
                connection.execute(sa.insert(webhooks).values(**row))
        return next(row for row in self.list_of(key.digest) if row.address == address)

    def all(self) -> list[ApplicationWebhook]:
        """Return every webhook, oldest first."""
        return self._select(sa.true())

    def list_of(self, key_digest: str) -> list[ApplicationWebhook]:
        """Return the webhooks of an API key, oldest first."""
        return self._select(webhooks.c.key_digest == key_digest)

    def move(self, webhook: ApplicationWebhook, position: tuple[int, int]) -> None:
        """Record that the changes up to a position are queued."""
        condition = webhooks.c.webhook_id == webhook.webhook_id
        values = dict(zip(("sequence", "change_id"), position, strict=True))
        with self._database.begin() as connection:
            connection.execute(sa.update(webhooks).where(condition).values(**values))

    def remove(self, webhook: ApplicationWebhook) -> None:
        """Remove a webhook with its deliveries."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(webhooks).where(webhooks.c.webhook_id == webhook.webhook_id))

    def _select(self, condition: sa.ColumnElement[bool]) -> list[ApplicationWebhook]:
        select = sa.select(webhooks, api_keys.c.name.label("key_name")).join(api_keys)
        with self._database.connect() as connection:
            rows = connection.execute(select.where(condition).order_by(webhooks.c.webhook_id))
            return [to_webhook(row, row["key_name"]) for row in rows.mappings()]


def to_webhook(row: Mapping[Any, Any], key_name: str) -> ApplicationWebhook:
    """Build a webhook from a mapping of its columns."""
    return ApplicationWebhook(
        webhook_id=row["webhook_id"],
        key_digest=row["key_digest"],
        key_name=key_name,
        address=row["address"],
        secret=row["secret"],
        events=tuple(row["events"].split(",")),
        position=(row["sequence"], row["change_id"]),
        created_at=row["created_at"],
    )
