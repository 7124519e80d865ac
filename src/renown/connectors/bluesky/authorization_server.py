"""
Find the server at which a Bluesky account signs in.

References
----------
atproto.com/specs/oauth; RFC 8414 (metadata of servers), 9728 (metadata of resources).
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from renown.connectors.bluesky.ids import is_did
from renown.connectors.http.client import Client
from renown.connectors.url_parts import split_url
from renown.errors import CredentialError

PLC_URL = "https://plc.directory"
"""Directory of the identities ``did:plc`` (web.plc.directory)."""
_PDS_TYPE = "AtprotoPersonalDataServer"
OpenClient = Callable[[str], Client]
"""Opens an HTTP client, which sends each request once, for the server of a URL."""
Document = TypeVar("Document", bound=msgspec.Struct)


class _Service(msgspec.Struct):
    id: str = ""
    type: str = ""
    serviceEndpoint: str = ""  # noqa: N815 - the name in DID documents


class _DidDocument(msgspec.Struct):
    id: str
    service: list[_Service] = []


class _ProtectedResource(msgspec.Struct):
    authorization_servers: list[str] = []


class AuthorizationServer(msgspec.Struct):
    """Metadata of a server at which people sign in (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str


def find_authorization_server(open_client: OpenClient, did: str, *, plc_url: str = PLC_URL) -> AuthorizationServer:
    """
    Find the server at which an account signs in: of its identity, its data server, and that server's metadata.

    Raises
    ------
    CredentialError
        If one of them does not name the next, or does not confirm it.
    """
    resource = _fetch(
        open_client, _find_data_server(open_client, did, plc_url), "oauth-protected-resource", _ProtectedResource
    )
    if len(resource.authorization_servers) != 1:
        raise CredentialError("the server of this account does not say where people sign in; use the token")
    issuer = resource.authorization_servers[0].rstrip("/")
    server = _fetch(open_client, issuer, "oauth-authorization-server", AuthorizationServer)
    endpoints = (server.authorization_endpoint, server.token_endpoint, server.pushed_authorization_request_endpoint)
    if server.issuer != issuer or any(_origin(url) != _origin(issuer) for url in endpoints):
        raise CredentialError("the server at which this account signs in has contradictory metadata; use the token")
    return server


def _find_data_server(open_client: OpenClient, did: str, plc_url: str) -> str:
    """Return the URL of an account's data server, from the document of its identity."""
    method = did.split(":")[1] if is_did(did) else ""
    if method not in {"plc", "web"}:
        raise CredentialError("this account has an identity that cannot be looked up; use the token")
    url = f"{plc_url}/{did}" if method == "plc" else f"https://{did.split(':')[2]}/.well-known/did.json"
    with open_client(url) as client:
        document: _DidDocument = client.get(url, response_type=_DidDocument).body
    for service in document.service:
        if document.id == did and service.id.endswith("#atproto_pds") and service.type == _PDS_TYPE:
            return service.serviceEndpoint.rstrip("/")
    raise CredentialError("the identity of this account names no server; use the token")


def _fetch(open_client: OpenClient, url: str, document: str, response_type: type[Document]) -> Document:
    """Fetch a document below ``/.well-known`` of a server."""
    with open_client(url) as client:
        body: Document = client.get(f"{url}/.well-known/{document}", response_type=response_type).body
    return body


def _origin(url: str) -> tuple[str, str]:
    parts = split_url(url)
    return parts.scheme, parts.netloc
