"""WebFinger: whether a domain says that an account is its own."""

from urllib.parse import urlsplit

import msgspec

from renown.connectors.http import Client
from renown.connectors.mastodon.accounts import DOMAIN, account_id
from renown.connectors.mastodon.shapes import Described
from renown.errors import NetworkRefused

_SELF, _PROFILE = "self", "http://webfinger.net/rel/profile-page"
"""Relations to an account's ActivityPub id, and to its page (docs.joinmastodon.org, "WebFinger")."""


class _Link(msgspec.Struct):
    rel: str
    href: str | None = None


class _Resource(msgspec.Struct):
    links: list[_Link] = []


def confirm(client: Client, found: Described, asked: str, local: str) -> None:
    """
    Refuse an account that the server asked has no say over: it could name anybody's.

    A server is believed of its own host's accounts, and one's own (`private`) of those that it has. An account of
    another domain has to be the one asked for, or to live on the server asked; and that domain has to say so.

    Raises
    ------
    NetworkRefused
        If it does not.

    References
    ----------
    RFC 7033, 4 (a query and its answer); docs.joinmastodon.org, "WebFinger".
    """
    name = account_id(found.acct, local) or ""
    domain = name.partition("@")[2]
    if domain == client.authority or (client.is_private and domain == local):
        return
    uri, relation = (found.uri, _SELF) if found.uri else (found.url, _PROFILE)
    known = name == account_id(asked.strip().lstrip("@"), local) or urlsplit(uri or "").netloc == client.authority
    why = None
    if known and uri and DOMAIN.fullmatch(domain):
        try:
            if uri in _links(client, name, domain, relation):
                return
        except NetworkRefused as refused:
            why = refused
    msg = f"{client.host} calls {asked!r} {name}, and {domain} does not confirm it; write the name that {domain} knows"
    raise NetworkRefused(msg) from why


def _links(client: Client, name: str, domain: str, relation: str) -> list[str | None]:
    """Ask a domain for what an account of its own leads to; it may lead to the server that the account lives on."""
    with client.beside(f"https://{domain}") as other:
        resource: _Resource = other.get(".well-known/webfinger", {"resource": f"acct:{name}"}, shape=_Resource).body
    return [link.href for link in resource.links if link.rel == relation]
