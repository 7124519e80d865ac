"""Sessions: visitors of the web, whose they were proven to be, and the accounts that they say are theirs."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from renown.errors import BadInput
from renown.store.database import utc
from renown.store.people import token
from renown.store.schema import session_accounts, sessions

STRANGERS = timedelta(days=1)
"""How long a session lasts in which nobody is signed in: long enough to change a profile on another device."""
IDLE = timedelta(days=7)
"""How long a session lasts that nobody uses."""
LONGEST = timedelta(days=30)
"""How long a session lasts at the most; then an account is to be proven again."""
TOKEN = timedelta(days=1)
"""How long a token is looked for; asked for again, there is another one."""
MOST = 10
"""Accounts that one session may be proving at once."""
_NOTED = timedelta(hours=1)
"""Use is noted no more often, so that reading pages does not write."""
_BYTES = 32
"""Of chance in a cookie: nobody guesses 256 bits, so a plain digest is enough."""


@dataclass(frozen=True)
class Proving:
    """An account that a visitor says is theirs."""

    network: str
    account_id: str
    handle: str
    """The name that they asked for it by."""
    token: str = field(repr=False)
    """What the account is to say; this session's alone."""
    asked_at: datetime
    proof: str
    """One of `PROOFS`; empty as long as nothing was seen."""


@dataclass(frozen=True)
class Session:
    """A visitor."""

    digest: str = field(repr=False)
    """SHA-256 of the secret in their cookie, which is kept nowhere."""
    key: int | None
    """What scores call the person who is signed in; None where nobody is."""
    made_at: datetime
    used_at: datetime
    accounts: tuple[Proving, ...]

    def proving(self, network: str, account_id: str) -> Proving:
        """
        Return an account of theirs.

        Raises
        ------
        BadInput
            If this session never asked for it, or too long ago.
        """
        for one in self.accounts:
            if (one.network, one.account_id) == (network, account_id):
                return one
        msg = "this account is not being proven here, or not any more; say again which account is yours"
        raise BadInput(msg)


class Sessions:
    """The sessions of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def begin(self, *, at: datetime) -> tuple[str, Session]:
        """Begin a session in which nobody is signed in; return the secret for its cookie, this once."""
        secret = secrets.token_urlsafe(_BYTES)
        mark = digest(secret)
        with self._database.begin() as connection:
            _sweep(connection, at)
            connection.execute(sa.insert(sessions).values(digest=mark, person_id=None, made_at=at, used_at=at))
        return secret, Session(mark, None, at, at, ())

    def find(self, secret: str, *, at: datetime) -> Session | None:
        """Return the session of a secret; None where there is none, or none any more."""
        mark = digest(secret)
        with self._database.connect() as connection:
            row = connection.execute(sa.select(sessions).where(sessions.c.digest == mark, _alive(at))).one_or_none()
            if row is None:
                return None
            accounts = _accounts(connection, mark, at)
        if at - utc(row.used_at) > _NOTED:
            with self._database.begin() as connection:
                connection.execute(sa.update(sessions).where(sessions.c.digest == mark).values(used_at=at))
        key = None if row.person_id is None else -row.person_id
        return Session(mark, key, utc(row.made_at), utc(row.used_at), accounts)

    def ask(self, session: Session, network: str, account_id: str, handle: str, *, at: datetime) -> Proving:
        """
        Give an account a token of this session's own; the one it has where it is still looked for.

        Raises
        ------
        BadInput
            If the session is proving too many.
        """
        there = [one for one in session.accounts if (one.network, one.account_id) == (network, account_id)]
        if there:
            return there[0]
        if len(session.accounts) >= MOST:
            msg = f"{MOST} accounts are being proven here already; prove one of them, or try again tomorrow"
            raise BadInput(msg)
        made = Proving(network, account_id, handle, token(), at, "")
        row = {"digest": session.digest, "network": network, "account_id": account_id}
        with self._database.begin() as connection:
            connection.execute(sa.delete(session_accounts).where(_is(session.digest, network, account_id)))
            connection.execute(sa.insert(session_accounts).values(**row, handle=handle, token=made.token, asked_at=at))
        return made

    def proved(self, session: Session, network: str, account_id: str, proof: str, *, at: datetime) -> None:
        """Note what was seen of an account."""
        here = _is(session.digest, network, account_id)
        with self._database.begin() as connection:
            connection.execute(sa.update(session_accounts).where(here).values(proof=proof, proved_at=at))

    def drop(self, session: Session, network: str, account_id: str) -> None:
        """Prove an account no more: its token is spent, or it was a mistake."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(session_accounts).where(_is(session.digest, network, account_id)))

    def sign_in(self, session: Session, key: int, *, at: datetime) -> str:
        """Let a session be a person's, under a new secret, which is returned this once."""
        return self._renew(session, key, at)

    def renew(self, session: Session, *, at: datetime) -> str:
        """
        Put a session under a new secret, which is returned this once.

        Whoever knew the old one, and may have planted it, is left with nothing: a token that the visitor is
        about to publish must be of use to nobody else.
        """
        return self._renew(session, session.key, at if session.key is None else session.made_at)

    def _renew(self, session: Session, key: int | None, made_at: datetime) -> str:
        secret = secrets.token_urlsafe(_BYTES)
        row = {"digest": digest(secret), "person_id": None if key is None else -key}
        with self._database.begin() as connection:
            used_at = max(made_at, session.used_at)
            connection.execute(sa.insert(sessions).values(**row, made_at=made_at, used_at=used_at))
            theirs = session_accounts.c.digest == session.digest
            connection.execute(sa.update(session_accounts).where(theirs).values(digest=row["digest"]))
            if not connection.execute(sa.delete(sessions).where(sessions.c.digest == session.digest)).rowcount:
                msg = "you were signed out, or signed in elsewhere in this browser; open the page again"
                raise BadInput(msg)
        return secret

    def end(self, session: Session) -> None:
        """Sign out."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.digest == session.digest))

    def end_all(self, key: int) -> int:
        """Sign a person out wherever they are signed in; return of how many sessions."""
        with self._database.begin() as connection:
            return connection.execute(sa.delete(sessions).where(sessions.c.person_id == -key)).rowcount

    def of(self, key: int) -> list[tuple[datetime, datetime]]:
        """Return when each session of a person was made and last used, oldest first."""
        select = sa.select(sessions.c.made_at, sessions.c.used_at).where(sessions.c.person_id == -key)
        with self._database.connect() as connection:
            rows = connection.execute(select.order_by(sessions.c.made_at)).all()
        return [(utc(made_at), utc(used_at)) for made_at, used_at in rows]

    def sweep(self, *, at: datetime) -> int:
        """Take out sessions that are over; return how many."""
        with self._database.begin() as connection:
            return _sweep(connection, at)


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _alive(at: datetime) -> sa.ColumnElement[bool]:
    signed_in = sessions.c.person_id.is_not(None)
    begun = sa.or_(signed_in, sessions.c.made_at > at - STRANGERS)
    return sa.and_(begun, sessions.c.made_at > at - LONGEST, sessions.c.used_at > at - IDLE)


def _sweep(connection: sa.Connection, at: datetime) -> int:
    return connection.execute(sa.delete(sessions).where(sa.not_(_alive(at)))).rowcount


def _accounts(connection: sa.Connection, mark: str, at: datetime) -> tuple[Proving, ...]:
    young = sa.and_(session_accounts.c.digest == mark, session_accounts.c.asked_at > at - TOKEN)
    rows = connection.execute(sa.select(session_accounts).where(young).order_by(session_accounts.c.asked_at))
    return tuple(
        Proving(row.network, row.account_id, row.handle, row.token, utc(row.asked_at), row.proof) for row in rows
    )


def _is(mark: str, network: str, account_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        session_accounts.c.digest == mark,
        session_accounts.c.network == network,
        session_accounts.c.account_id == account_id,
    )
