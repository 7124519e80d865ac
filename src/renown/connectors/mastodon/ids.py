"""Mastodon ids: accounts are ``user@domain`` on every server, posts are named by their ActivityPub URL."""

import re
from datetime import datetime

from renown.connectors.account_names import invalid_name_error
from renown.connectors.post_times import to_post_time
from renown.records import is_valid_id

NETWORK = "mastodon"
DOMAIN_PATTERN = re.compile(r"[\w-]+(\.[\w-]+)*(:\d+)?")
_POST_URL_PATTERN = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?/[^\s\"'<>\\^`{|}]+", re.ASCII)
_SNOWFLAKE = re.compile(r"[1-9][0-9]{16,18}", re.ASCII)


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
    _, host = split_handle(name)
    if not DOMAIN_PATTERN.fullmatch(host):
        raise invalid_name_error(NETWORK, name, "its name with its server: @ada@example.social")
    return f"https://{host}"


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
    name = f"{user.lower()}@{to_ascii_domain(host or local_domain)}"
    return name if user and "@" not in host and " " not in name and name.isprintable() and is_valid_id(name) else None


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


def split_handle(name: str) -> tuple[str, str]:
    """Split a handle into the user name and the domain, which is empty if there is none."""
    user, _, host = name.strip().lstrip("@").partition("@")
    return user, to_ascii_domain(host)


def to_ascii_domain(domain_name: str) -> str:
    """Convert a domain to lower-case ASCII (IDNA), as in DNS: some servers return it in Unicode."""
    try:
        return domain_name.lower().encode("idna").decode("ascii")
    except UnicodeError:
        return domain_name.lower()
