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
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from renown.errors import CredentialError, InvalidInputError
from renown.records import DAY_SECONDS

if TYPE_CHECKING:
    from renown.connectors.http.client import Client


@dataclass(frozen=True, kw_only=True)
class LongLivedSpec:
    """How Meta's networks give tokens that are valid for 60 days, in place of refresh tokens."""

    exchange_url: str
    """Where a token of an hour is exchanged for one of 60 days; relative to the server's base URL, like `renew_url`."""
    exchange_grant: str
    renew_url: str
    """Where a token that is at least a day old, and has not expired, is exchanged for one that is valid for 60 days."""
    renew_grant: str
    renew_below: int = 53 * DAY_SECONDS
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
    has_pkce: bool = True
    """Whether the network has PKCE (RFC 7636); without it, only the secret keeps others from exchanging a code."""
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
    """Random; who has only the code cannot exchange it (RFC 7636, 1). Empty if the network does not have that."""

    def params(self, scopes: Sequence[str], separator: str = " ") -> dict[str, str]:
        """Return the parameters of the request (RFC 6749, 4.1.1)."""
        params = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": separator.join(scopes),
            "state": self.state,
        }
        if not self.code_verifier:
            return params
        digest = hashlib.sha256(self.code_verifier.encode("ascii")).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
        return {**params, "code_challenge": challenge, "code_challenge_method": "S256"}

    def url(self, spec: OAuthSpec, base_url: str) -> str:
        """Return the URL at which people allow the access."""
        params = self.params(spec.scopes, spec.scope_separator)
        return f"{resolve_endpoint(spec.authorize_url, base_url)}?{urlencode({**params, **spec.params})}"


def new_authorization_request(client: OAuthClient, redirect_uri: str, *, has_pkce: bool = True) -> AuthorizationRequest:
    """Return a request with random secrets; a verifier has 43 to 128 characters (RFC 7636, 4.1)."""
    return AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        state=secrets.token_urlsafe(32),
        code_verifier=secrets.token_urlsafe(64) if has_pkce else "",
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
    >>> parse_pasted_code("http://127.0.0.1:4000/?code=abc&state=s", "s"), parse_pasted_code(" abc#_ ", "s")
    ('abc', 'abc')
    """
    # Meta appends these two characters, which are no part of the code ("Business Login for Instagram").
    text = text.strip().removesuffix("#_")
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
