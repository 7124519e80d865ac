"""Accounts of GitHub: look them up, and describe them."""

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from renown.connectors.account_names import invalid_name_error
from renown.connectors.base import Account, AccountBio, Link, clean_count, clean_handle
from renown.connectors.github import api
from renown.connectors.verification import find_links
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "github"


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by its login."""
    login = name.strip().lstrip("@")
    if not (login.isascii() and login.replace("-", "").isalnum()):
        raise invalid_name_error(NETWORK, name, "its login, such as octocat")
    return to_profile(fetch_account(client, f"users/{login}"), now)


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description, website and links of a profile."""
    details = fetch_account(client, f"user/{quote(account.account_id, safe='')}")
    path = f"users/{quote(details.login, safe='')}/social_accounts"
    links = client.get(path, response_type=list[api.GithubLink]).body
    urls = [url for url in (details.blog, *(link.url for link in links)) if url]
    return AccountBio(details.bio or "", (*find_links(details.bio or ""), *map(Link, urls)))


def fetch_account(client: "Client", path: str) -> api.GithubAccount:
    """Fetch an account from a path of the API; raise `AccountGoneError` where there is none."""
    account: api.GithubAccount = client.get(path, response_type=api.GithubAccount, errors=api.GONE).body
    return account


def to_profile(account: api.GithubAccount, now: datetime) -> Profile:
    """Return the figures of an account."""
    return Profile(
        network=NETWORK,
        account_id=str(account.id),
        at=now,
        handle=clean_handle(account.login),
        followers=clean_count(account.followers),
        following=clean_count(account.following),
        posts=clean_count(account.public_repos),
        created_at=account.created_at,
    )
