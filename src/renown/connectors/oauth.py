"""
OAuth 2 of networks: sign in with an authorization code and PKCE, renew access.

Each function is one exchange of the protocol; `home.login` puts them together and stores the tokens.

References
----------
RFC 6749 (OAuth 2), 7636 (PKCE), 8252 (native apps: loopback redirect); docs.joinmastodon.org, methods "apps".
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from renown.connectors.http.error_rules import Action, ErrorRule
from renown.errors import CredentialError, InvalidInputError, NetworkRefusedError

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

_ENDED = (ErrorRule(action=Action.SIGN_IN, statuses={HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}),)
"""How token endpoints refuse a code or a refresh token (RFC 6749, 5.2)."""

CLIENT_NAME = "renown"
"""Name under which an application registers itself; networks show it to whoever signs in."""


@dataclass(frozen=True, kw_only=True)
class LongLivedSpec:
    """How Meta's networks give tokens that are valid for 60 days, in place of refresh tokens."""

    exchange_url: str
    """Where a token of an hour is exchanged for one of 60 days; relative to the server's base URL, like `renew_url`."""
    exchange_grant: str
    renew_url: str
    """Where a token that is at least a day old, and has not expired, is exchanged for one that is valid for 60 days."""
    renew_grant: str
    renew_below: int = 53 * 86_400
    """Seconds of validity below which it is renewed: once a week."""


@dataclass(frozen=True, kw_only=True)
class OAuthSpec:
    """How people sign in at a network; a URL is absolute, or relative to the server's base URL."""

    authorize_url: str
    """Where people allow the access (RFC 6749, 3.1)."""
    token_url: str
    """Where codes and refresh tokens are exchanged for access tokens (RFC 6749, 3.2)."""
    scopes: tuple[str, ...]
    """What the connector needs to read."""
    register_url: str = ""
    """Where applications register themselves; empty if the operator registers one and names it in the settings."""
    manual_redirect: str = ""
    """Redirect URI with which the network shows the code, to be pasted; empty if it has none."""
    params: Mapping[str, str] = field(default_factory=dict)
    """More parameters of the authorization URL."""
    secret_in_form: bool = False
    """Whether the application's secret is sent in the form; else in the header, which the standard prefers."""
    read_owner: "Callable[[Client], str] | None" = None
    """Returns the permanent id of the account that the client's token belongs to; None if the network does not tell."""
    is_personal: bool = False
    """Whether tokens read their owner's account only: then they are stored for that account."""
    scope_separator: str = " "
    """What separates scopes in the authorization URL; a blank by the standard (RFC 6749, 3.3)."""
    long_lived: LongLivedSpec | None = None
    """How tokens are exchanged and renewed, where there are no refresh tokens."""


@dataclass(frozen=True)
class OAuthClient:
    """A registered application."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    """Empty for a public client (RFC 6749, 2.1)."""
    secret_in_form: bool = False
    """Whether the network takes the secret in the form (RFC 6749, 2.3.1)."""


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """One attempt to sign in."""

    client: OAuthClient
    redirect_uri: str
    state: str = field(repr=False)
    """Random; an answer without it is not to this request (RFC 6749, 10.12)."""
    code_verifier: str = field(repr=False)
    """Random; who has only the code cannot exchange it (RFC 7636, 1)."""

    def params(self, scopes: Sequence[str], separator: str = " ") -> dict[str, str]:
        """Return the parameters of the request (RFC 6749, 4.1.1)."""
        digest = hashlib.sha256(self.code_verifier.encode("ascii")).digest()
        return {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": separator.join(scopes),
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
            "code_challenge_method": "S256",
        }

    def url(self, spec: OAuthSpec, base_url: str) -> str:
        """Return the URL at which people allow the access."""
        params = self.params(spec.scopes, spec.scope_separator)
        return f"{resolve_endpoint(spec.authorize_url, base_url)}?{urlencode({**params, **spec.params})}"


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


def new_authorization_request(client: OAuthClient, redirect_uri: str) -> AuthorizationRequest:
    """Return a request with random secrets; a verifier has 43 to 128 characters (RFC 7636, 4.1)."""
    return AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        state=secrets.token_urlsafe(32),
        code_verifier=secrets.token_urlsafe(64),
    )


def resolve_endpoint(url: str, base_url: str) -> str:
    """
    Return the absolute URL of an endpoint.

    Examples
    --------
    >>> resolve_endpoint("oauth/token", "https://a.example/"), resolve_endpoint("https://b.example/token", "")
    ('https://a.example/oauth/token', 'https://b.example/token')
    """
    return url if "://" in url else f"{base_url.rstrip('/')}/{url.lstrip('/')}"


def parse_pasted_code(text: str, state: str) -> str:
    """
    Return the code of a pasted text: the address to which the network sent the browser, or the code that it showed.

    Raises
    ------
    CredentialError, InvalidInputError
        See `parse_redirect`.

    Examples
    --------
    >>> parse_pasted_code("http://127.0.0.1:4000/?code=abc&state=s", "s"), parse_pasted_code(" abc ", "s")
    ('abc', 'abc')
    """
    text = text.strip()
    return text if re.fullmatch(r"[\w.~+/:|-]+", text) else parse_redirect(urlsplit(text).query, state)


def parse_redirect(query: str, state: str) -> str:
    """
    Return the code of the query with which the network sent the browser back.

    Parameters
    ----------
    query : str
    state : str
        State of the request.

    Raises
    ------
    CredentialError
        If the access was denied.
    InvalidInputError
        If it has no code, or is not the answer to this request.

    Examples
    --------
    >>> parse_redirect("code=abc&state=s", "s")
    'abc'
    """
    values = {name: value for name, (value, *_) in parse_qs(query).items()}
    if not hmac.compare_digest(values.get("state", "").encode(), state.encode()):
        raise InvalidInputError("this is not the answer to the present request; open the printed address again")
    if "error" in values:
        # The server's text is not quoted: anybody can send the browser here.
        raise CredentialError("the network did not allow the access; sign in again and allow it")
    if not values.get("code"):
        raise InvalidInputError("the address has no code; copy all of it")
    return values["code"]


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
        "code_verifier": request.code_verifier,
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
