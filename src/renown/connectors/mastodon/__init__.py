"""Mastodon, and other servers with its API: an account's statuses with who liked, boosted, answered and quoted them."""

from datetime import datetime

from renown.connectors.base import Connector
from renown.connectors.http import Client
from renown.connectors.mastodon.accounts import NETWORK, account_still, domain, lookup, profile, server
from renown.connectors.mastodon.reading import read
from renown.connectors.mastodon.webfinger import confirm
from renown.records import Profile

__all__ = ["CONNECTOR"]


def find(client: Client, name: str, *, now: datetime) -> Profile:
    """Look up the account with a name such as ``@ada@example.social``."""
    local = domain(client)
    found = lookup(client, name, local)
    account_still(found, local)
    confirm(client, found, name, local)
    return profile(found, local, now)


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "repost", "reply", "mention", "quote"),
    example="@ada@example.social",
    server=server,
    find=find,
    read=read,
)
