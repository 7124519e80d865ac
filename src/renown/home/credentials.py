"""Renew the access token of a credential before it expires."""

import time
from collections.abc import Callable
from dataclasses import replace

import msgspec

from renown.connectors.base import Connector
from renown.connectors.http import Client, ClientOptions, RequestBudget
from renown.connectors.http.api import ApiSpec
from renown.connectors.http.urls import Server
from renown.connectors.oauth import OAuthClient
from renown.connectors.oauth_tokens import renew_access, renew_long_lived
from renown.errors import BudgetExceededError, CredentialError, NetworkUnavailableError
from renown.store import Credential, CredentialStore

_MIN_VALID_SECONDS = 60
_RENEWAL_SECONDS = 60.0
"""Time limit of a renewal."""


def renew_if_expiring(
    store: CredentialStore,
    credential: Credential,
    *,
    needed_seconds: float,
    private_ok: bool,
    clock: Callable[[], float] = time.time,
) -> Credential:
    """
    Return a credential that is valid for some time; renew its access token if it is not.

    A new refresh token is on the disk before the new access token is used: many networks accept each only once, and
    losing one means to sign in again.

    Parameters
    ----------
    store : CredentialStore
    credential : Credential
    needed_seconds : float
        How long the access token has to be valid.
    private_ok : bool
        Whether its server may be in a private network.
    clock : callable, optional
        Returns now, in seconds since 1970.

    Raises
    ------
    CredentialError
        If the network no longer accepts the refresh token.
    """
    if not _is_expiring(credential, needed_seconds, clock()):
        return credential
    with store.lock(credential):
        # Another process may have renewed it meanwhile.
        current = store.find(credential.network, credential.server, credential.account_id) or credential
        if not _is_expiring(current, needed_seconds, clock()):
            return current
        # The token is known to the client for redaction only.
        server = Server(current.token_url, token=current.refresh_token, private_ok=private_ok)
        options = ClientOptions(max_attempts=1, api=ApiSpec(auth_header=""))
        budget = RequestBudget(1, _RENEWAL_SECONDS)
        with Client(server, budget, clock=clock, sleep=time.sleep, seed=0, options=options) as client:
            tokens = renew_access(
                client,
                current.token_url,
                current.refresh_token,
                OAuthClient(current.client_id, current.client_secret, current.secret_in_form),
            )
        renewed = msgspec.structs.replace(
            current,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token or current.refresh_token,
            expires_at=int(clock()) + tokens.expires_in if tokens.expires_in else 0,
        )
        store.save(renewed)
    return renewed


def renew_long_lived_if_due(
    store: CredentialStore,
    credential: Credential,
    connector: Connector,
    server: Server,
    *,
    clock: Callable[[], float] = time.time,
) -> Credential:
    """
    Return a credential of a network without refresh tokens; renew its token if it is due.

    A token whose expiry nobody knows, because it was copied from a page of the network, is due at once. If the network
    refuses (it does so on a token's first day), the token is used as it is: reading tells whether it is still valid.
    """
    spec = connector.oauth.long_lived if connector.oauth else None
    if spec is None or credential.refresh_token or credential.expires_at - clock() > spec.renew_below:
        return credential
    with store.lock(credential):
        # Another process may have renewed it meanwhile.
        current = store.load(credential.key) or credential
        if current.expires_at - clock() > spec.renew_below:
            return current
        own_server = replace(server, token=current.access_token)
        options = ClientOptions(max_attempts=1, api=connector.api)
        budget = RequestBudget(1, _RENEWAL_SECONDS)
        try:
            with Client(own_server, budget, clock=clock, sleep=time.sleep, seed=0, options=options) as client:
                tokens = renew_long_lived(client, server.base_url, spec)
        except (CredentialError, NetworkUnavailableError, BudgetExceededError):
            return current
        renewed = msgspec.structs.replace(
            current, access_token=tokens.access_token, expires_at=int(clock()) + tokens.expires_in
        )
        store.save(renewed)
    return renewed


def _is_expiring(credential: Credential, needed_seconds: float, now: float) -> bool:
    is_renewable = bool(credential.refresh_token and credential.token_url)
    needed_until = now + max(needed_seconds, _MIN_VALID_SECONDS)
    return is_renewable and 0 < credential.expires_at < needed_until
