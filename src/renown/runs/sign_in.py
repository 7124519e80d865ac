"""Sign in at a network: begin a visitor's sign-in, and find out from the answer which account is theirs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from renown.connectors import CONNECTORS, oauth_tokens
from renown.connectors.bluesky import authorization_server
from renown.connectors.bluesky import oauth as bluesky_oauth
from renown.connectors.bluesky.ids import NETWORK as BLUESKY
from renown.connectors.http.client import Client
from renown.connectors.oauth import OAuthClient, OAuthSpec, new_authorization_request, resolve_endpoint
from renown.errors import CredentialError, InvalidInputError
from renown.records import Profile
from renown.store import OAuthStore, RegisteredClient, SignInRequest

CALLBACK_PATH = "/me/oauth"
"""Path to which networks send visitors back; below it are the network, and its server if it has many."""
MASTODON = "mastodon"
_MASTODON_SCOPES = ("read:accounts",)
"""What is asked for: who the account is."""
NETWORKS = (MASTODON, BLUESKY)
"""Networks at which visitors can sign in."""


class OpenSignInClient(Protocol):
    """Opens an HTTP client, which sends each request once, for the server of a URL."""

    def __call__(self, network: str, url: str, *, token: str | None = None) -> Client:
        """Return the client; a token is sent with each request."""


@dataclass(frozen=True, kw_only=True)
class NetworkSignIn:
    """Signs visitors in at networks (OAuth 2 with PKCE)."""

    site_url: str
    """Public URL of this site; empty if it has none, and nobody can sign in at a network."""
    store: OAuthStore
    open_client: OpenSignInClient
    server_url: Callable[[str, str], str]
    """Returns the URL of the server that knows a name on a network."""
    find_account: Callable[[str, str], Profile]
    """Looks up the account with a name on a network."""
    now: Callable[[], datetime]
    plc_url: str = authorization_server.PLC_URL

    @property
    def networks(self) -> tuple[str, ...]:
        """Networks at which visitors can sign in."""
        if not self.site_url:
            return ()
        return NETWORKS if bluesky_oauth.accepts_site(self.site_url) else (MASTODON,)

    def begin(self, network: str, name: str) -> tuple[SignInRequest, str]:
        """
        Begin a sign-in; return what has to be stored for its answer, and the URL at which the visitor allows it.

        Raises
        ------
        InvalidInputError
            If nobody can sign in there, or the name is not valid.
        NetworkRefusedError, NetworkUnavailableError
            If a server refuses, or does not answer.
        """
        if network not in self.networks:
            raise InvalidInputError("you cannot sign in at this network here; add the token to your profile")
        return self._begin_bluesky(name) if network == BLUESKY else self._begin_mastodon(name)

    def complete(self, request: SignInRequest, query: Mapping[str, str]) -> tuple[str, str]:
        """
        Return id and handle of the account that signed in.

        Parameters
        ----------
        request : SignInRequest
            The stored request that the answer's state belongs to.
        query : mapping of str to str
            Parameters of the answer.

        Raises
        ------
        CredentialError
            If the access was denied, or somebody else answered (mix-up, RFC 9207).
        """
        issuer = query.get("iss", "")
        if issuer.rstrip("/") != request.issuer.rstrip("/") and (issuer or request.network == BLUESKY):
            raise CredentialError("the answer is from another server than the one you signed in at; sign in again")
        if "error" in query or not query.get("code"):
            raise CredentialError("the network did not allow to sign in; sign in again and allow it")
        complete = self._complete_bluesky if request.network == BLUESKY else self._complete_mastodon
        return complete(request, query["code"])

    def client_metadata(self) -> dict[str, object]:
        """Return the document that describes this application to Bluesky's servers."""
        return bluesky_oauth.client_metadata(self.site_url, self.redirect_uri(BLUESKY))

    def redirect_uri(self, network: str, server: str = "") -> str:
        """Return the URL to which a network, or one of its servers, sends visitors back."""
        path = "/".join(filter(None, (CALLBACK_PATH, network, server)))
        return f"{self.site_url.rstrip('/')}{path}"

    def _begin_mastodon(self, name: str) -> tuple[SignInRequest, str]:
        base_url = self.server_url(MASTODON, name).rstrip("/")
        # A redirect URI of its own for each server: no server gets the code of another (RFC 9700, 4.4.2.2).
        redirect_uri = self.redirect_uri(MASTODON, urlsplit(base_url).netloc)
        spec = _mastodon_spec()
        client = self._find_mastodon_client(spec, base_url, redirect_uri)
        request = new_authorization_request(client, redirect_uri)
        pending = SignInRequest(
            state=request.state,
            network=MASTODON,
            account_id="",
            handle=name.strip(),
            issuer=base_url,
            redirect_uri=redirect_uri,
            code_verifier=request.code_verifier,
        )
        return pending, request.url(spec, base_url)

    def _find_mastodon_client(self, spec: OAuthSpec, base_url: str, redirect_uri: str) -> OAuthClient:
        """Return the application at a server; the first time, it is registered there."""
        server = urlsplit(base_url).netloc
        client = self.store.find_client(MASTODON, server, redirect_uri)
        if client is None:
            with self.open_client(MASTODON, base_url) as http_client:
                registered = oauth_tokens.register_client(http_client, spec, redirect_uri)
            client = RegisteredClient(client_id=registered.client_id, client_secret=registered.client_secret)
            self.store.save_client(MASTODON, server, redirect_uri, client, at=self.now())
        return OAuthClient(client.client_id, client.client_secret, spec.secret_in_form)

    def _complete_mastodon(self, request: SignInRequest, code: str) -> tuple[str, str]:
        spec, base_url = _mastodon_spec(), request.issuer
        client = self._find_mastodon_client(spec, base_url, request.redirect_uri)
        authorization = replace(
            new_authorization_request(client, request.redirect_uri), code_verifier=request.code_verifier
        )
        token_url = resolve_endpoint(spec.token_url, base_url)
        try:
            with self.open_client(MASTODON, base_url) as http_client:
                tokens = oauth_tokens.exchange_code(http_client, token_url, code, authorization)
        except CredentialError:
            # The server may have deleted the application: the next sign-in registers another.
            self.store.delete_client(MASTODON, urlsplit(base_url).netloc, request.redirect_uri)
            raise
        assert spec.read_owner is not None  # noqa: S101 - Mastodon's has it
        with self.open_client(MASTODON, base_url, token=tokens.access_token) as http_client:
            account_id = spec.read_owner(http_client)
        return account_id, account_id

    def _begin_bluesky(self, name: str) -> tuple[SignInRequest, str]:
        profile = self.find_account(BLUESKY, name)
        redirect_uri = self.redirect_uri(BLUESKY)
        client = OAuthClient(bluesky_oauth.client_id(self.site_url, redirect_uri))
        request = new_authorization_request(client, redirect_uri)
        key = bluesky_oauth.DpopKey.generate(self._clock)
        server = authorization_server.find_authorization_server(
            self._open_bluesky, profile.account_id, plc_url=self.plc_url
        )
        handle = profile.handle or profile.account_id
        url = bluesky_oauth.push_request(self._open_bluesky, server, request, key=key, handle=handle)
        pending = SignInRequest(
            state=request.state,
            network=BLUESKY,
            account_id=profile.account_id,
            handle=handle,
            issuer=server.issuer,
            redirect_uri=redirect_uri,
            code_verifier=request.code_verifier,
            dpop_key=key.jwk,
        )
        return pending, url

    def _complete_bluesky(self, request: SignInRequest, code: str) -> tuple[str, str]:
        did = request.account_id
        server = authorization_server.find_authorization_server(self._open_bluesky, did, plc_url=self.plc_url)
        if server.issuer != request.issuer:
            raise CredentialError("this account moved to another server meanwhile; sign in again")
        form = {
            "code": code,
            "code_verifier": request.code_verifier,
            "redirect_uri": request.redirect_uri,
            "client_id": bluesky_oauth.client_id(self.site_url, request.redirect_uri),
        }
        key = bluesky_oauth.DpopKey(jwk=request.dpop_key, clock=self._clock)
        bluesky_oauth.exchange_code(self._open_bluesky, server, form, key=key, did=did)
        return did, request.handle

    def _open_bluesky(self, url: str) -> Client:
        return self.open_client(BLUESKY, url)

    def _clock(self) -> float:
        return self.now().timestamp()


def _mastodon_spec() -> OAuthSpec:
    """Return how people sign in with Mastodon, with only the scope that tells who they are."""
    spec = CONNECTORS[MASTODON].oauth
    assert spec is not None  # noqa: S101 - it is an entry of the registry
    return replace(spec, scopes=_MASTODON_SCOPES)
