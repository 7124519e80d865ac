"""Wishes: to be left alone, or erased; kept until they are done, whatever happens to who works on them."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from renown.store.database import utc
from renown.store.schema import wishes
from renown.store.sessions import digest

OPT_OUT, ERASE = "opt-out", "erase"
"""What people can wish."""
KEPT = timedelta(days=30)
"""How long it can be looked up that a wish was done."""
_BYTES = 24


@dataclass(frozen=True)
class Wish:
    """What somebody asked for."""

    digest: str = field(repr=False)
    """SHA-256 of the ticket that it is looked up by."""
    kind: str
    """`OPT_OUT` or `ERASE`."""
    key: int | None
    """What scores call the person; None for an account that nobody claimed, and once they are erased."""
    account: tuple[str, str] | None
    """(network, account_id) that nobody claimed."""
    asked_at: datetime
    tried_at: datetime | None
    """When it was last begun; None where it waits."""
    done_at: datetime | None

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do: it was done, or there is nobody any more whom it is about."""
        return self.done_at is not None or (self.key is None and self.account is None)


class Wishes:
    """The wishes of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, kind: str, *, at: datetime, key: int | None = None, account: tuple[str, str] | None = None) -> str:
        """Keep a wish of a person, or of an account that nobody claimed; return the ticket to look it up by."""
        ticket = secrets.token_urlsafe(_BYTES)
        network, account_id = account or (None, None)
        whose = {"person_id": None if key is None else -key, "network": network, "account_id": account_id}
        with self._database.begin() as connection:
            connection.execute(sa.delete(wishes).where(wishes.c.done_at < at - KEPT))
            connection.execute(sa.insert(wishes).values(digest=digest(ticket), kind=kind, asked_at=at, **whose))
        return ticket

    def find(self, ticket: str) -> Wish | None:
        """Return the wish of a ticket; None where there is none, or it was done long ago."""
        return next(iter(self._all(wishes.c.digest == digest(ticket))), None)

    def open(self) -> list[Wish]:
        """Return the wishes that are not done, oldest first."""
        return self._all(wishes.c.done_at.is_(None))

    def of(self, key: int) -> list[Wish]:
        """Return a person's wishes that are not done, oldest first."""
        return self._all(sa.and_(wishes.c.person_id == -key, wishes.c.done_at.is_(None)))

    def begin(self, wish: Wish, *, at: datetime) -> None:
        """Note that somebody works on a wish."""
        self._set(wish, tried_at=at)

    def done(self, wish: Wish, *, at: datetime) -> None:
        """Note that a wish is done; whose it was is not kept."""
        self._set(wish, done_at=at, person_id=None, network=None, account_id=None)

    def take_back(self, key: int, kind: str) -> int:
        """Forget what a person wished and does not any more; return how many wishes."""
        here = sa.and_(wishes.c.person_id == -key, wishes.c.kind == kind, wishes.c.done_at.is_(None))
        with self._database.begin() as connection:
            return connection.execute(sa.delete(wishes).where(here)).rowcount

    def _set(self, wish: Wish, **values: object) -> None:
        with self._database.begin() as connection:
            connection.execute(sa.update(wishes).where(wishes.c.digest == wish.digest).values(**values))

    def _all(self, where: sa.ColumnElement[bool]) -> list[Wish]:
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(wishes).where(where).order_by(wishes.c.asked_at, wishes.c.digest)).all()
        return [
            Wish(
                row.digest,
                row.kind,
                None if row.person_id is None else -row.person_id,
                (row.network, row.account_id) if row.network else None,
                utc(row.asked_at),
                row.tried_at and utc(row.tried_at),
                row.done_at and utc(row.done_at),
            )
            for row in rows
        ]
