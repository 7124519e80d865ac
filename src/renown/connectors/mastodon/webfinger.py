"""
WebFinger: check that the domain in an account's name confirms the server that speaks for it.

References
----------
RFC 7033, section 4 (query and response); docs.joinmastodon.org, "WebFinger".
"""

from typing import TYPE_CHECKING

import msgspec

from renown.connectors.mastodon.ids import DOMAIN_PATTERN, normalize_account_id
from renown.connectors.mastodon.models import MastodonAccountDetails
from renown.connectors.url_parts import split_url
from renown.errors import NetworkRefusedError

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

_SELF_LINK, _PROFILE_LINK = "self", "http://webfinger.net/rel/profile-page"
"""Link relations to an account's ActivityPub id and to its page (docs.joinmastodon.org, "WebFinger")."""


def verify_by_webfinger(client: "Client", details: MastodonAccountDetails, handle: str, local_domain: str) -> None:
    """
    Verify that a server may speak for an account: otherwise it could claim to host anybody's.

    A server is trusted for accounts of its own host name, and an operator's own server (`private`) for all accounts of
    its domain. An account of another domain must be the one requested or be hosted on this server, and its domain must
    confirm that by WebFinger.

    Raises
    ------
    NetworkRefusedError
        If the domain does not confirm the account.

    References
    ----------
    RFC 7033, section 4 (query and response); docs.joinmastodon.org, "WebFinger".
    """
    name = normalize_account_id(details.acct, local_domain) or ""
    domain = name.partition("@")[2]
    if domain == client.authority or (client.is_private and domain == local_domain):
        return
    uri, relation = (details.uri, _SELF_LINK) if details.uri else (details.url, _PROFILE_LINK)
    is_plausible = (
        name == normalize_account_id(handle.strip().lstrip("@"), local_domain)
        or split_url(uri or "").netloc == client.authority
    )
    cause = None
    if is_plausible and uri and DOMAIN_PATTERN.fullmatch(domain):
        try:
            if uri in _fetch_webfinger_links(client, name, domain, relation):
                return
        except NetworkRefusedError as error:
            cause = error
    raise NetworkRefusedError(
        f"{client.host} calls {handle!r} {name}, and {domain} does not confirm it; write the name that {domain} uses"
    ) from cause


class _WebFingerLink(msgspec.Struct):
    rel: str
    href: str | None = None


class _WebFingerResource(msgspec.Struct):
    links: list[_WebFingerLink] = []


def _fetch_webfinger_links(client: "Client", name: str, domain: str, relation: str) -> list[str | None]:
    """Look up an account's links at its domain; the domain may redirect to the server that hosts the account."""
    with client.open_client(f"https://{domain}") as other_client:
        resource: _WebFingerResource = other_client.get(
            ".well-known/webfinger", {"resource": f"acct:{name}"}, response_type=_WebFingerResource
        ).body
    return [link.href for link in resource.links if link.rel == relation]
