"""Mastodon accounts: look them up, check that they can be read, build their profiles."""

from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from renown.connectors.base import AccountIdentity, clean_count, clean_handle
from renown.connectors.http.error_rules import Action, ErrorRule
from renown.connectors.mastodon.ids import DOMAIN_PATTERN, NETWORK, normalize_account_id, split_handle, to_ascii_domain
from renown.connectors.mastodon.models import MastodonAccount, MastodonAccountDetails, MastodonInstance
from renown.errors import AccountGoneError, NetworkRefusedError
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http.client import Client
    from renown.connectors.http.urls import QueryParams

ERRORS = (ErrorRule(action=Action.GONE, statuses={HTTPStatus.NOT_FOUND, HTTPStatus.GONE}),)
"""HTTP statuses of an account that was deleted, or never existed."""
EARLIEST = datetime(2008, 5, 1, tzinfo=UTC)
"""Start of the first server of this network; an earlier date stands for none: Friendica answers with the year 1."""
_DEFAULT_AVATAR = "/missing.png"
"""End of the URL of the picture that a server shows of everybody without one."""
_SEARCH_LIMIT = 40
"""Maximum number of accounts that a search returns (docs.joinmastodon.org, methods "accounts", `limit`: at most 80)."""


def fetch_local_domain(client: "Client") -> str:
    """Fetch the domain in the handles of the server's own accounts; it may differ from the server's host name."""
    for path in ("api/v2/instance", "api/v1/instance"):
        try:
            instance: MastodonInstance = client.get(path, response_type=MastodonInstance).body
        except NetworkRefusedError as error:
            if error.status is None:
                raise
            continue
        for text in (instance.account_domain, instance.domain, instance.uri):
            domain_name = (text or "").removeprefix("https://").removeprefix("http://").rstrip("/")
            if DOMAIN_PATTERN.fullmatch(domain_name) and not domain_name.isdecimal():
                return to_ascii_domain(domain_name)
    return to_ascii_domain(client.host)


def fetch_account(client: "Client", name: str, local_domain: str) -> MastodonAccountDetails:
    """
    Fetch an account by name.

    Raises
    ------
    AccountGoneError
        If the server has no such account, or no longer.
    NetworkRefusedError
        If the server returns an account without a valid name.
    """
    user, host = split_handle(name)
    # Not all servers accept their own domain in the name of a local account.
    acct = user if host in {"", local_domain, client.authority} else f"{user}@{host}"
    try:
        account: MastodonAccountDetails = client.get(
            "api/v1/accounts/lookup", {"acct": acct}, response_type=MastodonAccountDetails, errors=ERRORS
        ).body
    except NetworkRefusedError as error:
        other_account = _fetch_account_without_lookup(client, acct, local_domain) if _may_lack(error) else None
        if other_account is None:
            raise
        return other_account
    if normalize_account_id(account.acct, local_domain) is None or not account.id:
        raise NetworkRefusedError(
            f"{client.host} returned the invalid account name {account.acct[:80]!r} for {acct!r}"
            f"{'' if account.id else ', and no id'}; does it run Mastodon?"
        )
    return account


def _may_lack(error: NetworkRefusedError) -> bool:
    """Tell whether a server may lack the method it was asked for: 410 is about the account itself."""
    return error.status is not None and error.status != HTTPStatus.GONE


def _fetch_account_without_lookup(client: "Client", acct: str, local_domain: str) -> MastodonAccountDetails | None:
    """
    Fetch an account from a server without the method ``lookup``; return None if it has no such account either.

    Friendica before 2024 and Akkoma take a name for the id of an account; others only search.
    """
    account_id = normalize_account_id(acct, local_domain)
    requests: tuple[tuple[str, QueryParams, Any], ...] = (
        (f"api/v1/accounts/{quote(acct, safe='')}", {}, MastodonAccountDetails),
        ("api/v1/accounts/search", {"q": acct, "limit": _SEARCH_LIMIT}, list[MastodonAccountDetails]),
    )
    for path, params, response_type in requests:
        try:
            body = client.get(path, params, response_type=response_type).body
        except NetworkRefusedError:
            continue
        accounts: list[MastodonAccountDetails] = body if isinstance(body, list) else [body]
        for account in accounts:
            # Elsewhere the name may be another account's id, and a search returns similar names.
            if account.id and normalize_account_id(account.acct, local_domain) == account_id:
                return account
    return None


def check_account_active(account: MastodonAccount, local_domain: str, claimed_id: str | None = None) -> None:
    """
    Check that an account is not suspended, moved or renamed.

    Raises
    ------
    AccountGoneError
        If it is.
    """
    current_id = normalize_account_id(account.acct, local_domain)
    if account.suspended:
        raise AccountGoneError(
            f"{claimed_id or current_id} is suspended by its server; it can be read again after the suspension"
        )
    new_id = normalize_account_id(account.moved.acct, local_domain) if account.moved else current_id
    if account.moved or new_id != (claimed_id or new_id):
        raise AccountGoneError(f"{claimed_id or current_id} moved to {new_id}; claim that account instead")


def build_profile(account: MastodonAccount, local_domain: str, now: datetime) -> Profile:
    """Build an account's profile; servers return a negative count if it is hidden."""
    return Profile(
        network=NETWORK,
        account_id=normalize_account_id(account.acct, local_domain) or account.acct,
        at=now,
        handle=clean_handle(account.acct if "@" in account.acct else f"{account.acct}@{local_domain}"),
        followers=clean_count(account.followers_count),
        following=clean_count(account.following_count),
        posts=clean_count(account.statuses_count),
        created_at=account.created_at if account.created_at and account.created_at >= EARLIEST else None,
    )


def build_identity(account: MastodonAccountDetails) -> AccountIdentity:
    """Return how an account presents itself; the server's picture for everybody without one is none."""
    avatar_url = account.avatar_static
    has_avatar = avatar_url and not avatar_url.endswith(_DEFAULT_AVATAR)
    return AccountIdentity(display_name=account.display_name, avatar_url=avatar_url if has_avatar else None)


def build_profiles(accounts: Iterable[MastodonAccount], local_domain: str, now: datetime) -> list[Profile]:
    """Build the profiles of accounts that have a valid name and did not opt out of discovery or indexing."""
    return [
        build_profile(account, local_domain, now)
        for account in accounts
        if _is_discoverable(account) and normalize_account_id(account.acct, local_domain)
    ]


def _is_discoverable(account: MastodonAccount) -> bool:
    has_opted_out = account.noindex or account.indexable is False or account.discoverable is False
    return not (has_opted_out or account.suspended)
