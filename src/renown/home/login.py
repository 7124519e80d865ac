"""Sign in at a network (OAuth 2 with PKCE), and store the tokens."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from renown.connectors.base import Connector
from renown.connectors.http import Client, ClientOptions, RequestBudget
from renown.connectors.http.api import ApiSpec
from renown.connectors.http.urls import Server
from renown.connectors.oauth import (
    AuthorizationRequest,
    OAuthClient,
    OAuthSpec,
    new_authorization_request,
    resolve_endpoint,
)
from renown.connectors.oauth_tokens import AccessTokens, exchange_code, exchange_long_lived, register_client
from renown.errors import CredentialError, InvalidInputError, InvalidSettingsError, RenownError
from renown.home.parts import Home
from renown.store import Credential

_MAX_REQUESTS, _MAX_SECONDS = 4, 60.0
"""Of one exchange with a server; waiting for people is not part of it."""


class CodeReceiver(Protocol):
    """Receives the code with which a network answers."""

    @property
    def redirect_uri(self) -> str:
        """Address to which the network sends the browser."""

    def receive(self, url: str, state: str) -> str:
        """Ask people to open a URL, and return the code of the answer."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """What somebody signs in for."""

    connector: Connector
    spec: OAuthSpec
    base_url: str
    """Base URL of the server."""
    account_id: str = ""
    """Account that alone is read with the tokens; empty for all, or if only their owner is."""
    handle: str = ""
    """Handle of the account that has to sign in, if the tokens are needed to look it up."""


@dataclass(frozen=True)
class LoginResult:
    """What was stored."""

    credential: Credential
    missing_scopes: tuple[str, ...]
    """Scopes that the connector needs and the network did not grant."""


def prepare_login(home: Home, connector: Connector, *, server: str, handle: str, account_id: str) -> Login:
    """
    Find out where to sign in.

    Parameters
    ----------
    home : Home
    connector : Connector
    server : str
        Host of the server; empty for that of the account, the settings or the network.
    handle, account_id : str
        Of the account that alone is read with the tokens; empty for all.

    Raises
    ------
    InvalidInputError
        If the network has no sign-in, or many servers and none is named.
    """
    if connector.oauth is None:
        raise InvalidInputError(
            f"renown cannot sign in at {connector.network}; copy a token from its settings, and run "
            f"`renown credentials set {connector.network}`"
        )
    own_server = home.settings.network(connector.network).server
    if connector.has_many_servers and not (server or handle or own_server):
        raise InvalidInputError(
            f"{connector.network} has many servers; add --server HOST, or --account {connector.example}"
        )
    base_url = f"https://{server}" if server else home.server_url(connector, handle)
    expected_handle = handle if connector.oauth.is_personal else ""
    return Login(
        connector=connector, spec=connector.oauth, base_url=base_url, account_id=account_id, handle=expected_handle
    )


def log_in(home: Home, login: Login, receiver: CodeReceiver, *, clock: Callable[[], float] = time.time) -> LoginResult:
    """
    Sign in, and store the tokens before they are first used.

    Raises
    ------
    CredentialError
        If the access is denied, or is to another account; then what was stored before is kept.
    InvalidSettingsError
        If the operator has to register an application first.
    """
    client = _find_oauth_client(home, login, receiver.redirect_uri)
    request = new_authorization_request(client, receiver.redirect_uri, has_pkce=login.spec.has_pkce)
    code = receiver.receive(request.url(login.spec, login.base_url), request.state)
    token_url = resolve_endpoint(login.spec.token_url, login.base_url)
    # The verifier, or else the code, is known to the HTTP client for redaction only.
    with _open_client(home, login, token_url, request.code_verifier or code, ApiSpec(auth_header="")) as http_client:
        tokens = exchange_code(http_client, token_url, code, request)
    if login.spec.long_lived:
        with _open_client(home, login, login.base_url, tokens.access_token, login.connector.api) as http_client:
            tokens = exchange_long_lived(http_client, login.base_url, login.spec.long_lived, client.client_secret)
    credential = _build_credential(login, tokens, request, token_url, now=clock())
    if login.spec.is_personal:
        credential = msgspec.structs.replace(credential, account_id=_read_owner(home, login, credential))
    home.check_credential(credential)
    previous = home.credentials.load(credential.key)
    home.credentials.save(credential)
    try:
        _check_owner(home, login, credential)
    except RenownError:
        if previous:
            home.credentials.save(previous)
        else:
            home.credentials.remove(*credential.key)
        raise
    granted = tokens.scope.replace(",", " ").split() or login.spec.scopes
    return LoginResult(credential, tuple(scope for scope in login.spec.scopes if scope not in granted))


def _find_oauth_client(home: Home, login: Login, redirect_uri: str) -> OAuthClient:
    """Return the application of the settings, or one that is registered for this login."""
    network = login.connector.network
    settings = home.settings.network(network)
    if settings.client_id:
        return OAuthClient(settings.client_id, settings.client_secret, login.spec.secret_in_form)
    if not login.spec.register_url:
        raise InvalidSettingsError(
            f"{network} lets only registered applications sign in; register one with the redirect address "
            f"{redirect_uri}, and set client_id (and client_secret, if there is one) of networks.{network}"
        )
    with _open_client(home, login, login.base_url, None, ApiSpec()) as http_client:
        return register_client(http_client, login.spec, redirect_uri)


def _open_client(home: Home, login: Login, url: str, token: str | None, api: ApiSpec) -> Client:
    """Open a client that sends each request once."""
    private = home.settings.network(login.connector.network).private
    server = Server(url, token=token, private_ok=private)
    return Client(
        server,
        RequestBudget(_MAX_REQUESTS, _MAX_SECONDS),
        clock=time.time,
        sleep=time.sleep,
        seed=0,
        meter=home.open_meter(login.connector, server, None) if api.quota else None,
        options=ClientOptions(contact=home.settings.collect.contact, max_attempts=1, api=api),
    )


def _build_credential(
    login: Login, tokens: AccessTokens, request: AuthorizationRequest, token_url: str, *, now: float
) -> Credential:
    connector = login.connector
    return Credential(
        network=connector.network,
        server=Server(login.base_url, private_ok=True).url().host if connector.has_many_servers else "",
        account_id=login.account_id,
        access_token=tokens.access_token,
        expires_at=int(now) + tokens.expires_in if tokens.expires_in else 0,
        refresh_token=tokens.refresh_token,
        token_url=token_url if tokens.refresh_token else "",
        client_id=request.client.client_id,
        client_secret=request.client.client_secret,
        secret_in_form=request.client.secret_in_form,
    )


def _check_owner(home: Home, login: Login, credential: Credential) -> None:
    """Check that somebody signed in as the account that the tokens are to be used for."""
    if login.account_id and login.spec.read_owner:
        with _open_client(home, login, login.base_url, credential.access_token, login.connector.api) as client:
            _check_same(login.spec.read_owner(client), login.account_id, login.account_id)


def _read_owner(home: Home, login: Login, credential: Credential) -> str:
    """Return whose tokens these are; check that it is the account that was named."""
    if login.spec.read_owner is None:
        return ""
    with _open_client(home, login, login.base_url, credential.access_token, login.connector.api) as client:
        owner_id = login.spec.read_owner(client)
        if login.handle:
            profile = login.connector.find(client, login.handle, now=datetime.now(UTC))
            _check_same(owner_id, profile.account_id, login.handle)
    return owner_id


def _check_same(owner_id: str, account_id: str, name: str) -> None:
    if owner_id != account_id:
        raise CredentialError(
            f"{owner_id} signed in, not {name}; sign out there, and sign in as the account of --account"
        )
