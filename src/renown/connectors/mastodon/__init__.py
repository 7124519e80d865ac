"""Mastodon, and other servers with its API: an account's statuses with who liked, boosted, answered and quoted them."""

from datetime import datetime

from renown.connectors import proofs
from renown.connectors.base import About, Account, Connector
from renown.connectors.http import Client
from renown.connectors.mastodon.accounts import NETWORK, account_still, domain, lookup, post_address, profile, server
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


def about(client: Client, account: Account, *, now: datetime) -> About:  # noqa: ARG001 - the contract's
    """Return what an account says of itself, as its own server tells it: the note and the fields of its profile."""
    local = domain(client)
    found = lookup(client, account.account_id, local)
    account_still(found, local, account.account_id)
    shown = [proofs.html(text) for text in (found.note, *(field.value for field in found.fields))]
    return About("\n".join(text for text, _ in shown), tuple(link for _, links in shown for link in links))


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "repost", "reply", "mention", "quote"),
    example="@ada@example.social",
    server=server,
    find=find,
    read=read,
    about=about,
    says_me=True,
    post_address=post_address,
)
