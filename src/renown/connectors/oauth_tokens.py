"""
OAuth 2 of networks: exchange codes for tokens, and renew them.

Each function is one request to a token endpoint; `home.login` puts them together and stores the tokens.

References
----------
RFC 6749 (OAuth 2), 7636 (PKCE); docs.joinmastodon.org, methods "apps".
"""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from renown.connectors.http.error_rules import Action, ErrorRule
from renown.connectors.oauth import AuthorizationRequest, LongLivedSpec, OAuthClient, OAuthSpec, resolve_endpoint
from renown.errors import CredentialError, NetworkRefusedError

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

_ENDED = (ErrorRule(action=Action.SIGN_IN, statuses={HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}),)
"""How token endpoints refuse a code or a refresh token (RFC 6749, 5.2)."""
CLIENT_NAME = "renown"
"""Name under which an application registers itself; networks show it to whoever signs in."""


class AccessTokens(msgspec.Struct):
    """The response of a token endpoint (RFC 6749, 5.1)."""

    access_token: str
    expires_in: int = 0
    """Seconds; 0 if the server does not tell."""
    refresh_token: str = ""
    """A new refresh token; empty if the old one stays valid."""
    scope: str = ""
    """What was granted, separated by blanks; empty if all that was asked for."""

    def __repr__(self) -> str:
        """Show no secret."""
        return f"<AccessTokens for {self.expires_in} s>"


class _TokenResponse(AccessTokens):
    """The response of a token endpoint, some of which put it into a list (Instagram)."""

    access_token: str = ""
    data: list[AccessTokens] = []

    @property
    def tokens(self) -> AccessTokens:
        """The tokens; raise `CredentialError` if there are none."""
        tokens: AccessTokens = self if self.access_token or not self.data else self.data[0]
        if not tokens.access_token:
            raise CredentialError("the network sent no access token; sign in again")
        return tokens


class _Registration(msgspec.Struct):
    """The response to a registration."""

    client_id: str
    client_secret: str = ""


def register_client(client: "Client", spec: OAuthSpec, redirect_uri: str) -> OAuthClient:
    """Register an application at a server that lets applications register themselves, as Mastodon does."""
    form = {"client_name": CLIENT_NAME, "redirect_uris": redirect_uri, "scopes": " ".join(spec.scopes)}
    registration: _Registration = client.post(spec.register_url, form=form, response_type=_Registration).body
    return OAuthClient(registration.client_id, registration.client_secret, spec.secret_in_form)


def exchange_code(client: "Client", token_url: str, code: str, request: AuthorizationRequest) -> AccessTokens:
    """
    Exchange an authorization code for tokens.

    Parameters
    ----------
    client : Client
        Of the server of `token_url`, with one attempt: a code is accepted once.
    token_url, code : str
    request : AuthorizationRequest

    Raises
    ------
    CredentialError
        If the server does not accept the code.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": request.redirect_uri,
        **({"code_verifier": request.code_verifier} if request.code_verifier else {}),
    }
    return _request_tokens(client, token_url, form, request.client, ("refuses the code", "sign in again"))


def renew_access(client: "Client", token_url: str, refresh_token: str, oauth_client: OAuthClient) -> AccessTokens:
    """
    Renew an access token.

    Parameters
    ----------
    client : Client
        Of the server of `token_url`, with one attempt: a refresh token that is accepted once must not be sent twice.
    token_url, refresh_token : str
    oauth_client : OAuthClient

    Raises
    ------
    CredentialError
        If the server no longer accepts the refresh token.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    refusal = ("refuses to renew the access", "sign in again with `renown login`, or set a new token")
    return _request_tokens(client, token_url, form, oauth_client, refusal)


def exchange_long_lived(client: "Client", base_url: str, spec: LongLivedSpec, client_secret: str) -> AccessTokens:
    """Exchange the client's token, which is valid for an hour, for one that is valid for 60 days."""
    params = {"grant_type": spec.exchange_grant, "client_secret": client_secret}
    return _fetch_tokens(client, resolve_endpoint(spec.exchange_url, base_url), params)


def renew_long_lived(client: "Client", base_url: str, spec: LongLivedSpec) -> AccessTokens:
    """Exchange the client's token for a new one that is valid for 60 days."""
    return _fetch_tokens(client, resolve_endpoint(spec.renew_url, base_url), {"grant_type": spec.renew_grant})


def _fetch_tokens(client: "Client", url: str, params: Mapping[str, str]) -> AccessTokens:
    try:
        tokens: AccessTokens = client.get(url, params, response_type=AccessTokens, errors=_ENDED).body
    except NetworkRefusedError as error:
        # The server's text is not quoted: it may repeat a secret of the request.
        raise CredentialError(
            f"{client.host} refuses to exchange the token ({error.status}); sign in again, or set a new token",
            status=error.status,
        ) from None
    return tokens


def _request_tokens(
    client: "Client", token_url: str, form: Mapping[str, str], oauth_client: OAuthClient, refusal: tuple[str, str]
) -> AccessTokens:
    """Send a form to a token endpoint, with the credentials of the application (RFC 6749, 2.3.1)."""
    headers: dict[str, str] = {}
    client_form: dict[str, str] = {}
    if oauth_client.client_secret and not oauth_client.secret_in_form:
        pair = f"{oauth_client.client_id}:{oauth_client.client_secret}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
    else:
        values = {"client_id": oauth_client.client_id, "client_secret": oauth_client.client_secret}
        client_form = {name: value for name, value in values.items() if value}
    try:
        response: _TokenResponse = client.post(
            token_url, form={**form, **client_form}, headers=headers, response_type=_TokenResponse, errors=_ENDED
        ).body
    except NetworkRefusedError as error:
        # The server's text is not quoted: it may repeat a secret of the request.
        status = f" ({error.status})" if error.status else ""
        problem, advice = refusal
        raise CredentialError(f"{client.host} {problem}{status}; {advice}", status=error.status) from None
    return response.tokens
