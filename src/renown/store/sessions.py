"""Store of web sessions: who is signed in, and the accounts that a visitor is verifying."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.people import generate_token
from renown.store.schema import oauth_requests, session_accounts, sessions
from renown.store.secret_hash import hash_secret

ANONYMOUS_LIFETIME = timedelta(days=1)
"""Lifetime of an anonymous session: long enough to change a profile on another device."""
IDLE_TIMEOUT = timedelta(days=7)
"""Idle timeout of a session."""
MAX_LIFETIME = timedelta(days=30)
"""Maximum lifetime of a session; after it, an account must be verified again."""
TOKEN_LIFETIME = timedelta(days=1)
"""Lifetime of a verification token; after it, a new one is generated."""
MAX_VERIFICATIONS = 10
"""Accounts that a session may be verifying at a time."""
_USED_AT_INTERVAL = timedelta(hours=1)
"""Minimum interval between updates of `used_at`, so that reading pages rarely writes."""
_SECRET_BYTES = 32
"""Random bytes of a session cookie: 256 bits cannot be guessed, so a plain hash without salt is enough."""


@dataclass(frozen=True, kw_only=True)
class ClaimProof:
    """An account that a visitor is verifying as theirs."""

    network: str
    account_id: str
    handle: str
    """The handle that they entered."""
    token: str = field(repr=False)
    """Token that the account's profile must contain; unique to this session."""
    requested_at: datetime
    proof: str
    """One of `PROOFS`; empty until it is verified."""


@dataclass(frozen=True)
class Session:
    """A visitor's session."""

    digest: str = field(repr=False)
    """SHA-256 of the secret in the cookie; the secret itself is not stored."""
    key: int | None
    """Score key of the signed-in person; None for an anonymous session."""
    created_at: datetime
    used_at: datetime
    accounts: tuple[ClaimProof, ...]

    def find_verification(self, network: str, account_id: str) -> ClaimProof:
        """
        Return the verification of an account in this session.

        Raises
        ------
        InvalidInputError
            If it was not requested in this session, or expired.
        """
        for account in self.accounts:
            if (account.network, account.account_id) == (network, account_id):
                return account
        raise InvalidInputError(
            "this account is not being verified here, or its token expired; enter the account again"
        )


class SessionStore:
    """The web sessions of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def create(self, *, at: datetime) -> tuple[str, Session]:
        """Create an anonymous session; return the secret for its cookie, which cannot be read again."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        secret_hash = hash_secret(secret)
        with self._database.begin() as connection:
            _delete_expired(connection, at)
            connection.execute(
                sa.insert(sessions).values(digest=secret_hash, person_id=None, created_at=at, used_at=at)
            )
        return secret, Session(secret_hash, None, at, at, ())

    def find(self, secret: str, *, at: datetime) -> Session | None:
        """Return the session with this secret; None if it is unknown or expired."""
        secret_hash = hash_secret(secret)
        with self._database.connect() as connection:
            row = connection.execute(
                sa.select(sessions).where(sessions.c.digest == secret_hash, _is_alive(at))
            ).one_or_none()
            if row is None:
                return None
            accounts = _read_accounts(connection, secret_hash, at)
        if at - row.used_at > _USED_AT_INTERVAL:
            with self._database.begin() as connection:
                connection.execute(sa.update(sessions).where(sessions.c.digest == secret_hash).values(used_at=at))
        key = None if row.person_id is None else -row.person_id
        return Session(secret_hash, key, row.created_at, row.used_at, accounts)

    def request_verification(
        self, session: Session, network: str, account_id: str, handle: str, *, at: datetime
    ) -> ClaimProof:
        """
        Begin to verify an account: create a token for this session; an account in progress keeps its token.

        Raises
        ------
        InvalidInputError
            If the session is verifying too many accounts.
        """
        existing = [
            account for account in session.accounts if (account.network, account.account_id) == (network, account_id)
        ]
        if existing:
            return existing[0]
        if len(session.accounts) >= MAX_VERIFICATIONS:
            raise InvalidInputError(
                f"{MAX_VERIFICATIONS} accounts are being verified here already; "
                "verify one of them, or try again tomorrow"
            )
        claim_proof = ClaimProof(
            network=network, account_id=account_id, handle=handle, token=generate_token(), requested_at=at, proof=""
        )
        row = {"digest": session.digest, "network": network, "account_id": account_id}
        with self._database.begin() as connection:
            connection.execute(sa.delete(session_accounts).where(_is_account(session.digest, network, account_id)))
            connection.execute(
                sa.insert(session_accounts).values(**row, handle=handle, token=claim_proof.token, requested_at=at)
            )
        return claim_proof

    def record_proof(self, session: Session, network: str, account_id: str, proof: str, *, at: datetime) -> None:
        """Record the proof of an account."""
        condition = _is_account(session.digest, network, account_id)
        with self._database.begin() as connection:
            connection.execute(sa.update(session_accounts).where(condition).values(proof=proof, proved_at=at))

    def drop_verification(self, session: Session, network: str, account_id: str) -> None:
        """Stop verifying an account: its token is used up, or it was a mistake."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(session_accounts).where(_is_account(session.digest, network, account_id)))

    def sign_in(self, session: Session, key: int, *, at: datetime) -> str:
        """Sign a person in: bind the session to them and replace its secret; return the new secret."""
        return self._rotate_secret(session, key, at)

    def rotate_secret(self, session: Session, *, at: datetime) -> str:
        """
        Replace a session's secret; return the new secret, which cannot be read again.

        This prevents session fixation: somebody who planted the old cookie must gain nothing from the token
        that the visitor is about to publish.
        """
        return self._rotate_secret(session, session.key, at if session.key is None else session.created_at)

    def _rotate_secret(self, session: Session, key: int | None, created_at: datetime) -> str:
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        row = {"digest": hash_secret(secret), "person_id": None if key is None else -key}
        with self._database.begin() as connection:
            used_at = max(created_at, session.used_at)
            connection.execute(sa.insert(sessions).values(**row, created_at=created_at, used_at=used_at))
            condition = session_accounts.c.digest == session.digest
            connection.execute(sa.update(session_accounts).where(condition).values(digest=row["digest"]))
            is_own_request = oauth_requests.c.digest == session.digest
            connection.execute(sa.update(oauth_requests).where(is_own_request).values(digest=row["digest"]))
            if not connection.execute(sa.delete(sessions).where(sessions.c.digest == session.digest)).rowcount:
                raise InvalidInputError("you were signed out, or signed in again in this browser; reload the page")
        return secret

    def sign_out(self, session: Session) -> None:
        """Sign out: delete the session."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.digest == session.digest))

    def sign_out_everywhere(self, key: int) -> int:
        """Sign a person out everywhere; return the number of sessions deleted."""
        with self._database.begin() as connection:
            return connection.execute(sa.delete(sessions).where(sessions.c.person_id == -key)).rowcount

    def list_times(self, key: int) -> list[tuple[datetime, datetime]]:
        """Return (created_at, used_at) of each session of a person, oldest first."""
        select = sa.select(sessions.c.created_at, sessions.c.used_at).where(sessions.c.person_id == -key)
        with self._database.connect() as connection:
            rows = connection.execute(select.order_by(sessions.c.created_at)).all()
        return [(created_at, used_at) for created_at, used_at in rows]

    def delete_expired(self, *, at: datetime) -> int:
        """Delete expired sessions; return how many."""
        with self._database.begin() as connection:
            return _delete_expired(connection, at)


def _is_alive(at: datetime) -> sa.ColumnElement[bool]:
    is_signed_in = sessions.c.person_id.is_not(None)
    is_young = sa.or_(is_signed_in, sessions.c.created_at > at - ANONYMOUS_LIFETIME)
    return sa.and_(is_young, sessions.c.created_at > at - MAX_LIFETIME, sessions.c.used_at > at - IDLE_TIMEOUT)


def _delete_expired(connection: sa.Connection, at: datetime) -> int:
    return connection.execute(sa.delete(sessions).where(sa.not_(_is_alive(at)))).rowcount


def _read_accounts(connection: sa.Connection, secret_hash: str, at: datetime) -> tuple[ClaimProof, ...]:
    condition = sa.and_(session_accounts.c.digest == secret_hash, session_accounts.c.requested_at > at - TOKEN_LIFETIME)
    rows = connection.execute(sa.select(session_accounts).where(condition).order_by(session_accounts.c.requested_at))
    return tuple(
        ClaimProof(
            network=row.network,
            account_id=row.account_id,
            handle=row.handle,
            token=row.token,
            requested_at=row.requested_at,
            proof=row.proof,
        )
        for row in rows
    )


def _is_account(secret_hash: str, network: str, account_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        session_accounts.c.digest == secret_hash,
        session_accounts.c.network == network,
        session_accounts.c.account_id == account_id,
    )
