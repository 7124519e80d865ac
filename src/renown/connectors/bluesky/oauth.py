"""
Sign in with Bluesky: OAuth of the AT Protocol, as a public client that only learns who somebody is.

Each function is one exchange of the protocol. No token is kept: the answer of the token endpoint names the account.

References
----------
atproto.com/specs/oauth; RFC 9126 (pushed authorization requests), 9449 (DPoP), 9207 (issuer), 7636 (PKCE), 8414
(metadata of servers), 9728 (metadata of resources).
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode, urlsplit

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey

from renown.connectors.bluesky.authorization_server import (
    AuthorizationServer,
    Document,
    OpenClient,
)
from renown.connectors.oauth import AuthorizationRequest
from renown.errors import CredentialError, NetworkRefusedError

SCOPE = "atproto"
"""The only scope: it tells who the account is, and allows nothing else."""
METADATA_PATH = "/oauth/client-metadata.json"
"""Path of the document that describes this application; its URL is the application's id."""
_LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")
"""Hosts of redirects by http that servers accept; not ``localhost`` (RFC 8252, 7.3 and 8.3)."""
_ALGORITHM = "ES256"


class _PushedRequest(msgspec.Struct):
    request_uri: str


class _Tokens(msgspec.Struct):
    token_type: str = ""
    sub: str = ""
    scope: str = ""


def client_id(site_url: str, redirect_uri: str) -> str:
    """
    Return the id of this application; on this machine, where no server can read a document, a virtual one.

    Examples
    --------
    >>> client_id("https://renown.example", "https://renown.example/me/oauth/bluesky")
    'https://renown.example/oauth/client-metadata.json'
    >>> client_id("http://127.0.0.1:8000", "http://127.0.0.1:8000/me/oauth/bluesky")
    'http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fme%2Foauth%2Fbluesky&scope=atproto'
    """
    if urlsplit(site_url).scheme == "https":
        return f"{site_url.rstrip('/')}{METADATA_PATH}"
    return f"http://localhost?{urlencode({'redirect_uri': redirect_uri, 'scope': SCOPE})}"


def accepts_site(site_url: str) -> bool:
    """
    Return whether Bluesky's servers send people back to a site: by https, or to an address of this machine.

    Examples
    --------
    >>> urls = ("https://renown.example", "http://127.0.0.1:8000", "http://localhost:8000", "http://renown.example", "")
    >>> [accepts_site(url) for url in urls]
    [True, True, False, False, False]
    """
    parts = urlsplit(site_url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK_ADDRESSES)


def client_metadata(site_url: str, redirect_uri: str) -> dict[str, object]:
    """Return the document that describes this application."""
    return {
        "client_id": client_id(site_url, redirect_uri),
        "client_name": "renown",
        "client_uri": site_url,
        "application_type": "web",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": SCOPE,
        "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": True,
    }


@dataclass(frozen=True, kw_only=True)
class DpopKey:
    """A private key to which tokens are bound (RFC 9449)."""

    jwk: str = field(repr=False)
    """The key as JSON."""
    clock: Callable[[], float]
    """Returns seconds since 1970."""

    @classmethod
    def generate(cls, clock: Callable[[], float]) -> Self:
        """Generate a key."""
        return cls(jwk=json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True)), clock=clock)

    def sign(self, url: str, nonce: str) -> str:
        """Sign a proof that this application has the key, for one POST to a URL."""
        key = ECKey.import_key(json.loads(self.jwk))
        header = {"typ": "dpop+jwt", "alg": _ALGORITHM, "jwk": key.as_dict(private=False)}
        claims = {"jti": secrets.token_urlsafe(16), "htm": "POST", "htu": url, "iat": int(self.clock())}
        return jwt.encode(header, claims | ({"nonce": nonce} if nonce else {}), key)


def push_request(
    open_client: OpenClient, server: AuthorizationServer, request: AuthorizationRequest, *, key: DpopKey, handle: str
) -> str:
    """
    Push an authorization request to a server; return the URL at which people allow the access.

    Raises
    ------
    CredentialError
        If the server refuses it, such as because it cannot read the description of this application.
    """
    form = {**request.params([SCOPE]), "login_hint": handle}
    try:
        pushed = _post(open_client, server.pushed_authorization_request_endpoint, form, key, _PushedRequest)
    except NetworkRefusedError:
        raise CredentialError("the network refuses sign-ins from this site; use the token") from None
    query = urlencode({"client_id": request.client.client_id, "request_uri": pushed.request_uri})
    return f"{server.authorization_endpoint}?{query}"


def exchange_code(
    open_client: OpenClient, server: AuthorizationServer, form: Mapping[str, str], *, key: DpopKey, did: str
) -> None:
    """
    Exchange a code, and check that the expected account signed in.

    Parameters
    ----------
    open_client : callable
    server : AuthorizationServer
        As `find_authorization_server` returned it for the account.
    form : mapping of str to str
        ``code``, ``code_verifier``, ``redirect_uri`` and ``client_id``.
    key : DpopKey
        The key of the request.
    did : str
        The expected account.

    Raises
    ------
    CredentialError
        If the server does not accept the code, or another account signed in.
    """
    form = {"grant_type": "authorization_code", **form}
    try:
        tokens = _post(open_client, server.token_endpoint, form, key, _Tokens)
    except NetworkRefusedError:
        raise CredentialError("the network refuses the code; sign in again") from None
    if tokens.token_type.lower() != "dpop" or SCOPE not in tokens.scope.split():
        raise CredentialError("the network did not say who signed in; sign in again, or use the token")
    if tokens.sub != did:
        raise CredentialError(
            "another account signed in; sign out at the network, and sign in with the one you entered"
        )


def _post(
    open_client: OpenClient, url: str, form: Mapping[str, str], key: DpopKey, response_type: type[Document]
) -> Document:
    """Post a form with a proof of the key, and again if the server demands its nonce in it (RFC 9449, 8)."""
    nonces: list[str] = []

    def read_nonce(headers: Mapping[str, str]) -> None:
        nonces.extend(filter(None, [headers.get("dpop-nonce")]))

    with open_client(url) as client:
        for is_last in (False, True):
            proof = key.sign(url, nonces[-1] if nonces else "")
            try:
                body: Document = client.post(
                    url, form=form, headers={"DPoP": proof}, response_type=response_type, on_headers=read_nonce
                ).body
            except NetworkRefusedError as error:
                if is_last or error.code != "use_dpop_nonce" or not nonces:
                    raise
            else:
                return body
    raise AssertionError
