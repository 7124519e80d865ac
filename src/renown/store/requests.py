"""Store of privacy requests: a durable queue of opt-outs and erasures, each kept until it is done."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from renown.store.schema import privacy_requests
from renown.store.secret_hash import hash_secret

OPT_OUT, ERASE = "opt-out", "erase"
"""Kinds of request."""
DONE_RETENTION = timedelta(days=30)
"""Retention of finished requests, so that their ticket can still be looked up."""
_TICKET_BYTES = 24
"""Random bytes of a ticket."""


@dataclass(frozen=True, kw_only=True)
class PrivacyRequest:
    """A request to opt out or to be erased."""

    digest: str = field(repr=False)
    """SHA-256 of the ticket with which it can be looked up."""
    kind: str
    """`OPT_OUT` or `ERASE`."""
    key: int | None
    """Score key of the person; None for an unclaimed account, and after the person is erased."""
    account: tuple[str, str] | None
    """(network, account_id) of an unclaimed account."""
    requested_at: datetime
    tried_at: datetime | None
    """When it was last started; None while it is queued."""
    done_at: datetime | None

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do: it is done, or its person no longer exists."""
        return self.done_at is not None or (self.key is None and self.account is None)


class PrivacyRequestStore:
    """The queue of privacy requests of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, kind: str, *, at: datetime, key: int | None = None, account: tuple[str, str] | None = None) -> str:
        """Queue a request of a person or of an unclaimed account; return the ticket with which it can be looked up."""
        ticket = secrets.token_urlsafe(_TICKET_BYTES)
        network, account_id = account or (None, None)
        subject = {"person_id": None if key is None else -key, "network": network, "account_id": account_id}
        with self._database.begin() as connection:
            connection.execute(sa.delete(privacy_requests).where(privacy_requests.c.done_at < at - DONE_RETENTION))
            connection.execute(
                sa.insert(privacy_requests).values(digest=hash_secret(ticket), kind=kind, requested_at=at, **subject)
            )
        return ticket

    def find(self, ticket: str) -> PrivacyRequest | None:
        """Return the request with this ticket; None if it is unknown, or was done longer ago than `DONE_RETENTION`."""
        return next(iter(self._find(privacy_requests.c.digest == hash_secret(ticket))), None)

    def list_open(self) -> list[PrivacyRequest]:
        """Return all open requests, oldest first."""
        return self._find(privacy_requests.c.done_at.is_(None))

    def list_open_of(self, key: int) -> list[PrivacyRequest]:
        """Return a person's open requests, oldest first."""
        return self._find(sa.and_(privacy_requests.c.person_id == -key, privacy_requests.c.done_at.is_(None)))

    def mark_started(self, request: PrivacyRequest, *, at: datetime) -> None:
        """Record that work on a request has started."""
        self._update(request, tried_at=at)

    def mark_done(self, request: PrivacyRequest, *, at: datetime) -> None:
        """Record that a request is done, and anonymize it."""
        self._update(request, done_at=at, person_id=None, network=None, account_id=None)

    def withdraw(self, key: int, kind: str) -> int:
        """Withdraw a person's open requests of a kind; return how many there were."""
        condition = sa.and_(
            privacy_requests.c.person_id == -key, privacy_requests.c.kind == kind, privacy_requests.c.done_at.is_(None)
        )
        with self._database.begin() as connection:
            return connection.execute(sa.delete(privacy_requests).where(condition)).rowcount

    def _update(self, request: PrivacyRequest, **values: object) -> None:
        with self._database.begin() as connection:
            connection.execute(
                sa.update(privacy_requests).where(privacy_requests.c.digest == request.digest).values(**values)
            )

    def _find(self, where: sa.ColumnElement[bool]) -> list[PrivacyRequest]:
        with self._database.connect() as connection:
            rows = connection.execute(
                sa.select(privacy_requests)
                .where(where)
                .order_by(privacy_requests.c.requested_at, privacy_requests.c.digest)
            ).all()
        return [
            PrivacyRequest(
                digest=row.digest,
                kind=row.kind,
                key=None if row.person_id is None else -row.person_id,
                account=(row.network, row.account_id) if row.network else None,
                requested_at=row.requested_at,
                tried_at=row.tried_at,
                done_at=row.done_at,
            )
            for row in rows
        ]
