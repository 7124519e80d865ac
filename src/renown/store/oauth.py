"""Store of sign-ins at networks: applications that were registered there, and requests that wait for their answer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from renown.store.schema import oauth_clients, oauth_requests
from renown.store.secret_hash import hash_secret
from renown.store.sessions import Session

REQUEST_LIFETIME = timedelta(minutes=15)
"""Time in which people have to allow the access."""


@dataclass(frozen=True, kw_only=True)
class RegisteredClient:
    """An application that was registered at a server for signing in."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SignInRequest:
    """A sign-in that a visitor began."""

    state: str = field(repr=False)
    """Random; the answer repeats it. Only its hash is stored."""
    network: str
    account_id: str
    """Account that must sign in; empty for any one of the server."""
    handle: str
    issuer: str
    """URL of the server that must answer."""
    redirect_uri: str
    code_verifier: str = field(repr=False)
    dpop_key: str = field(default="", repr=False)
    """Private key as JSON (JWK); empty where tokens are not bound to a key."""


class OAuthStore:
    """The sign-ins of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def find_client(self, network: str, server: str, redirect_uri: str) -> RegisteredClient | None:
        """Return the application that was registered at a server; None if there is none."""
        select = sa.select(oauth_clients).where(_is_client(network, server, redirect_uri))
        with self._database.connect() as connection:
            row = connection.execute(select).one_or_none()
        return RegisteredClient(client_id=row.client_id, client_secret=row.client_secret) if row else None

    def save_client(
        self, network: str, server: str, redirect_uri: str, client: RegisteredClient, *, at: datetime
    ) -> None:
        """Save an application, in place of an earlier one."""
        key = {"network": network, "server": server, "redirect_uri": redirect_uri}
        values = {"client_id": client.client_id, "client_secret": client.client_secret, "registered_at": at}
        with self._database.begin() as connection:
            connection.execute(sa.delete(oauth_clients).where(_is_client(network, server, redirect_uri)))
            connection.execute(sa.insert(oauth_clients).values(**key, **values))

    def delete_client(self, network: str, server: str, redirect_uri: str) -> None:
        """Delete an application that its server does not know any more."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(oauth_clients).where(_is_client(network, server, redirect_uri)))

    def add_request(self, session: Session, request: SignInRequest, *, at: datetime) -> None:
        """Save a request of a session; an earlier one for the same network is void."""
        values = {name: getattr(request, name) for name in _REQUEST_COLUMNS}
        with self._database.begin() as connection:
            expired = oauth_requests.c.requested_at < at - REQUEST_LIFETIME
            is_same = sa.and_(oauth_requests.c.digest == session.digest, oauth_requests.c.network == request.network)
            connection.execute(sa.delete(oauth_requests).where(sa.or_(expired, is_same)))
            row = {"state": hash_secret(request.state), "digest": session.digest, "requested_at": at}
            connection.execute(sa.insert(oauth_requests).values(**row, **values))

    def pop_request(self, session: Session, state: str, *, at: datetime) -> SignInRequest | None:
        """Return the request of a session with a state, once; None if there is none, or it expired."""
        condition = sa.and_(oauth_requests.c.state == hash_secret(state), oauth_requests.c.digest == session.digest)
        with self._database.begin() as connection:
            row = connection.execute(sa.select(oauth_requests).where(condition)).one_or_none()
            deleted = connection.execute(sa.delete(oauth_requests).where(condition)).rowcount
        if row is None or not deleted or row.requested_at < at - REQUEST_LIFETIME:
            return None
        return SignInRequest(state=state, **{name: getattr(row, name) for name in _REQUEST_COLUMNS})


_REQUEST_COLUMNS = ("network", "account_id", "handle", "issuer", "redirect_uri", "code_verifier", "dpop_key")


def _is_client(network: str, server: str, redirect_uri: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        oauth_clients.c.network == network,
        oauth_clients.c.server == server,
        oauth_clients.c.redirect_uri == redirect_uri,
    )
