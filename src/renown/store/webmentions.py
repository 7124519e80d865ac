"""Store of webmentions that this server received: a bounded queue, and what of them is in the lake."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renown.store.schema import webmentions

MAX_WAITING = 10_000
"""Maximum webmentions that wait for verification."""
MAX_WAITING_PER_SOURCE, MAX_WAITING_PER_ACCOUNT = 100, 1_000
"""The same of one host that sends, and for one site."""


@dataclass(frozen=True, kw_only=True)
class Webmention:
    """A statement that a page (the source) links a page of a site (the target)."""

    source: str
    target: str
    account_id: str
    """The site of the target."""
    source_host: str
    received_at: datetime
    """UTC instant at which it was first received."""
    due_at: datetime | None = None
    """UTC instant from which on the source is to be fetched; None if that is done."""
    attempts: int = 0
    """How often the source did not answer."""
    verb: str = ""
    """Verb of the act in the lake; empty if there is none."""
    actor_id: str = ""
    """Actor of that act."""
    withdrawals: int = 0
    """How often an act was undone: the next one has another id."""

    @property
    def digest(self) -> str:
        """What identifies the pair of pages."""
        return hashlib.sha256(f"{self.source}\n{self.target}".encode()).hexdigest()


class WebmentionStore:
    """The webmentions that a home received."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, mention: Webmention) -> bool:
        """Queue a webmention, again if it is known; return False if too many are waiting (rate limit)."""
        waiting = webmentions.c.due_at.is_not(None)
        is_same = webmentions.c.digest == mention.digest
        limits = [
            (waiting, MAX_WAITING),
            (waiting & (webmentions.c.source_host == mention.source_host), MAX_WAITING_PER_SOURCE),
            (waiting & (webmentions.c.account_id == mention.account_id), MAX_WAITING_PER_ACCOUNT),
        ]
        with self._database.begin() as connection:
            row = connection.execute(sa.select(webmentions.c.due_at).where(is_same)).first()
            if row and row.due_at is not None:
                return True
            for condition, limit in limits:
                count = connection.scalar(sa.select(sa.func.count()).select_from(webmentions).where(condition))
                if (count or 0) >= limit:
                    return False
            if row:
                # The instant at which it was first received stays: an update is no new act.
                connection.execute(sa.update(webmentions).where(is_same).values(due_at=mention.received_at, attempts=0))
            else:
                connection.execute(sa.insert(webmentions).values(**_to_row(mention), due_at=mention.received_at))
        return True

    def list_due(self, now: datetime, limit: int) -> list[Webmention]:
        """List webmentions whose source is to be fetched, the oldest first."""
        is_due = webmentions.c.due_at <= now
        order = (webmentions.c.due_at, webmentions.c.digest)
        return self._list(sa.select(webmentions).where(is_due).order_by(*order).limit(limit))

    def save(self, mention: Webmention) -> None:
        """Save what is known of a webmention after its source was fetched."""
        values = _to_row(mention) | {"due_at": mention.due_at}
        with self._database.begin() as connection:
            connection.execute(sa.update(webmentions).where(webmentions.c.digest == mention.digest).values(**values))

    def remove(self, mention: Webmention) -> None:
        """Remove a webmention."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(webmentions).where(webmentions.c.digest == mention.digest))

    def find_by_account(self, account_ids: Collection[str]) -> list[Webmention]:
        """List the webmentions for sites, or by them."""
        return self._list(sa.select(webmentions).where(_concerns(account_ids)).order_by(webmentions.c.digest))

    def erase(self, account_ids: Collection[str]) -> int:
        """Delete the webmentions for sites, or by them; return how many."""
        with self._database.begin() as connection:
            return connection.execute(sa.delete(webmentions).where(_concerns(account_ids))).rowcount

    def _list(self, select: sa.Select[Any]) -> list[Webmention]:
        with self._database.connect() as connection:
            rows = connection.execute(select).all()
        return [
            Webmention(
                source=row.source,
                target=row.target,
                account_id=row.account_id,
                source_host=row.source_host,
                received_at=row.received_at,
                due_at=row.due_at,
                attempts=row.attempts,
                verb=row.verb,
                actor_id=row.actor_id,
                withdrawals=row.withdrawals,
            )
            for row in rows
        ]


def _to_row(mention: Webmention) -> dict[str, str | int | datetime]:
    return {
        "digest": mention.digest,
        "source": mention.source,
        "target": mention.target,
        "account_id": mention.account_id,
        "source_host": mention.source_host,
        "received_at": mention.received_at,
        "attempts": mention.attempts,
        "verb": mention.verb,
        "actor_id": mention.actor_id,
        "withdrawals": mention.withdrawals,
    }


def _concerns(account_ids: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.or_(
        webmentions.c.account_id.in_(account_ids),
        webmentions.c.actor_id.in_(account_ids),
        webmentions.c.source_host.in_(account_ids),
    )
