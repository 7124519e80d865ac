"""Mastodon connector, for all servers with its API: statuses with their likes, boosts, replies, quotes and mentions."""

from datetime import datetime
from typing import TYPE_CHECKING

from renown.connectors import verification
from renown.connectors.base import Account, AccountBio, Connector
from renown.connectors.mastodon.accounts import build_profile, check_account_active, fetch_account, fetch_local_domain
from renown.connectors.mastodon.api import read_account
from renown.connectors.mastodon.ids import NETWORK, normalize_account_id, post_time, post_url, server_url
from renown.connectors.mastodon.models import MastodonAccount
from renown.connectors.mastodon.webfinger import verify_by_webfinger
from renown.connectors.oauth import OAuthSpec
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

__all__ = ["CONNECTOR"]


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up the account with a handle such as ``@ada@example.social``."""
    local_domain = fetch_local_domain(client)
    account = fetch_account(client, name, local_domain)
    check_account_active(account, local_domain)
    verify_by_webfinger(client, account, name, local_domain)
    return build_profile(account, local_domain, now)


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Return an account's own description (bio) from its own server: the note and the fields of its profile."""
    local_domain = fetch_local_domain(client)
    details = fetch_account(client, account.account_id, local_domain)
    check_account_active(details, local_domain, account.account_id)
    return verification.parse_html_bio((details.note, *(field.value for field in details.fields)), client.check_time)


def read_owner(client: "Client") -> str:
    """Return the id of the account that the token belongs to."""
    owner: MastodonAccount = client.get("api/v1/accounts/verify_credentials", response_type=MastodonAccount).body
    return normalize_account_id(owner.acct, fetch_local_domain(client)) or owner.acct


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "repost", "reply", "mention", "quote"),
    example="@ada@example.social",
    server_url=server_url,
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    uncertain=("mention",),
    untimed=("like", "repost"),
    has_many_servers=True,
    has_rel_me=True,
    oauth=OAuthSpec(
        authorize_url="oauth/authorize",
        token_url="oauth/token",  # noqa: S106 - a path
        scopes=("read:accounts", "read:statuses", "read:notifications"),
        register_url="api/v1/apps",
        manual_redirect="urn:ietf:wg:oauth:2.0:oob",
        # The dialects of Mastodon's API read it there only.
        secret_in_form=True,
        read_owner=read_owner,
    ),
    profile_urls=("https://{server}/@{user}", "https://{server}/users/{user}"),
    icon="M2 3h12v8H8l-4 3v-3H2zM5 9h1.500V6.500L8 9l1.500-2.500V9H11V4.500H9.500L8 7 6.500 4.500H5z",
    post_time=post_time,
    post_url=post_url,
)
