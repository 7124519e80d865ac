"""
Mastodon accounts: look them up, normalize their ids to ``user@domain``, verify them by WebFinger, build profiles.

WebFinger checks that the domain in an account's name confirms the account.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from renown.connectors.base import AccountIdentity, clean_count, is_valid_id, to_post_time
from renown.connectors.http.error_rules import Action, ErrorRule
from renown.connectors.mastodon.models import MastodonAccount, MastodonAccountDetails, MastodonInstance
from renown.errors import AccountGoneError, InvalidInputError, NetworkRefusedError
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http.client import Client, QueryParams

NETWORK = "mastodon"
ERRORS = (ErrorRule(action=Action.GONE, statuses={HTTPStatus.NOT_FOUND, HTTPStatus.GONE}),)
"""HTTP statuses of an account that was deleted, or never existed."""
DOMAIN_PATTERN = re.compile(r"[\w-]+(\.[\w-]+)*(:\d+)?")
_POST_URL_PATTERN = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?/[^\s\"'<>\\^`{|}]+", re.ASCII)

_SNOWFLAKE = re.compile(r"[1-9][0-9]{16,18}", re.ASCII)
_DEFAULT_AVATAR = "/missing.png"
"""End of the URL of the picture that a server shows of everybody without one."""
_SEARCH_LIMIT = 40
"""Maximum number of accounts that a search returns (docs.joinmastodon.org, methods "accounts", `limit`: at most 80)."""

_SELF_LINK, _PROFILE_LINK = "self", "http://webfinger.net/rel/profile-page"
"""Link relations to an account's ActivityPub id and to its page (docs.joinmastodon.org, "WebFinger")."""


def server_url(name: str) -> str:
    """
    Return the base URL of an account's home server.

    Raises
    ------
    InvalidInputError
        If the handle contains no valid server name.

    Examples
    --------
    >>> server_url("@ada@example.social")
    'https://example.social'
    """
    _, host = _split_handle(name)
    if not DOMAIN_PATTERN.fullmatch(host):
        raise InvalidInputError(
            f"{name!r} contains no Mastodon server; write @NAME@SERVER, such as @ada@example.social"
        )
    return f"https://{host}"


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
                return _to_ascii_domain(domain_name)
    return _to_ascii_domain(client.host)


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
    user, host = _split_handle(name)
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


def normalize_account_id(acct: str, local_domain: str) -> str | None:
    """
    Normalize an account name to ``user@domain``, the same on every server; return None if it is not valid.

    Parameters
    ----------
    acct : str
        Name as the server gives it: without a domain for its own accounts.
    local_domain : str
        Domain of the server's own accounts.

    Examples
    --------
    >>> normalize_account_id("Ada", "example.social")
    'ada@example.social'
    >>> normalize_account_id("Eva@BÜCHER.example", "example.social")
    'eva@xn--bcher-kva.example'
    """
    user, _, host = acct.partition("@")
    name = f"{user.lower()}@{_to_ascii_domain(host or local_domain)}"
    return name if user and "@" not in host and " " not in name and name.isprintable() and is_valid_id(name) else None


def build_profile(account: MastodonAccount, local_domain: str, now: datetime) -> Profile:
    """Build an account's profile; servers return a negative count if it is hidden."""
    return Profile(
        network=NETWORK,
        account_id=normalize_account_id(account.acct, local_domain) or account.acct,
        at=now,
        handle=account.acct if "@" in account.acct else f"{account.acct}@{local_domain}",
        followers=clean_count(account.followers_count),
        following=clean_count(account.following_count),
        posts=clean_count(account.statuses_count),
        created_at=account.created_at,
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


def post_url(post_id: str) -> str | None:
    """
    Return the URL of a post: its id is the status's ActivityPub id, which redirects browsers to its page.

    Examples
    --------
    >>> post_url("https://example.social/users/ada/statuses/1")
    'https://example.social/users/ada/statuses/1'
    >>> post_url("https://ada@example.social/1") is post_url("javascript://example.social/%0aalert(1)") is None
    True
    """
    return post_id if post_id.isascii() and post_id.isprintable() and _POST_URL_PATTERN.fullmatch(post_id) else None


def post_time(post_id: str) -> datetime | None:
    """
    Return the instant in the number of a status, which servers of Mastodon make of it; None for other servers.

    References
    ----------
    mastodon/mastodon, lib/mastodon/snowflake.rb: milliseconds since 1970, then 16 other bits.

    Examples
    --------
    >>> post_time("https://example.social/users/ada/statuses/110635155168133120").isoformat()
    '2023-06-30T20:54:55+00:00'
    >>> post_time("https://example.social/users/ada/statuses/1") is post_time("javascript:alert(1)") is None
    True
    """
    number = post_id.rpartition("/statuses/")[2]
    return to_post_time(int(number) >> 16) if _SNOWFLAKE.fullmatch(number) else None


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
        or urlsplit(uri or "").netloc == client.authority
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


def _is_discoverable(account: MastodonAccount) -> bool:
    has_opted_out = account.noindex or account.indexable is False or account.discoverable is False
    return not (has_opted_out or account.suspended)


def _split_handle(name: str) -> tuple[str, str]:
    user, _, host = name.strip().lstrip("@").partition("@")
    return user, _to_ascii_domain(host)


def _to_ascii_domain(domain_name: str) -> str:
    """Convert a domain to lower-case ASCII (IDNA), as in DNS: some servers return it in Unicode."""
    try:
        return domain_name.lower().encode("idna").decode("ascii")
    except UnicodeError:
        return domain_name.lower()


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
