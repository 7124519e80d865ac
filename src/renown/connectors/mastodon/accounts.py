"""Accounts: one id for everybody, whichever server tells of them, and what may be known of them."""

import re
from collections.abc import Iterable
from datetime import datetime

from renown.connectors.fields import LONGEST, figure
from renown.connectors.http import Client, Means
from renown.connectors.mastodon.shapes import Described, Instance, Someone
from renown.errors import AccountGone, BadInput, NetworkRefused
from renown.records import Profile

NETWORK = "mastodon"
GONE = frozenset({404, 410})
"""Statuses of what was there and is no more."""
MEANS: Means = dict.fromkeys(GONE, AccountGone)
DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)*(:\d+)?")
_PAGE = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?/[^\s\"'<>\\^`{|}]+", re.ASCII)


def server(name: str) -> str:
    """
    Return the server that an account is at home on.

    Raises
    ------
    BadInput
        If the name says none.

    Examples
    --------
    >>> server("@ada@example.social")
    'https://example.social'
    """
    _, at = _parts(name)
    if not DOMAIN.fullmatch(at):
        msg = f"{name!r} names no server of Mastodon; write @NAME@SERVER, as @ada@example.social"
        raise BadInput(msg)
    return f"https://{at}"


def domain(client: Client) -> str:
    """Return the domain of the server's own accounts, which may be another than the host asked."""
    for path in ("api/v2/instance", "api/v1/instance"):
        try:
            said: Instance = client.get(path, shape=Instance).body
        except NetworkRefused as refused:
            if refused.status is None:
                raise
            continue
        named = re.sub(r"^https?://|/+$", "", said.domain or said.uri or "")
        if DOMAIN.fullmatch(named):
            return _ascii(named)
    return _ascii(client.host)


def lookup(client: Client, name: str, local: str) -> Described:
    """
    Ask for an account by name.

    Raises
    ------
    AccountGone
        If the server knows nobody of that name, or nobody any more.
    """
    user, at = _parts(name)
    # Servers know their own people without a domain; not all know them with it.
    acct = user if at in {"", local} else f"{user}@{at}"
    found: Described = client.get("api/v1/accounts/lookup", {"acct": acct}, shape=Described, means=MEANS).body
    if account_id(found.acct, local) is None:
        msg = f"{client.host} calls {acct!r} {found.acct[:80]!r}, which is no name; is it a server of Mastodon?"
        raise NetworkRefused(msg)
    return found


def account_still(found: Someone, local: str, claimed: str | None = None) -> None:
    """
    Refuse an account that is suspended, or goes by another name by now.

    Raises
    ------
    AccountGone
        If it does.
    """
    name = account_id(found.acct, local)
    if found.suspended:
        msg = f"{claimed or name} is suspended by its server; it can be read again when it is not"
        raise AccountGone(msg)
    now = account_id(found.moved.acct, local) if found.moved else name
    if found.moved or now != (claimed or now):
        msg = f"{claimed or name} moved to {now}; claim that"
        raise AccountGone(msg)


def account_id(acct: str, local: str) -> str | None:
    """
    Return ``user@domain``, the same whichever server says it; None for what can be no name.

    Parameters
    ----------
    acct : str
        With a domain, unless it is an account of the server that was asked.
    local : str
        That server's domain.

    Examples
    --------
    >>> account_id("Ada", "example.social"), account_id("Eva@BÜCHER.example", "example.social")
    ('ada@example.social', 'eva@xn--bcher-kva.example')
    """
    user, _, at = acct.partition("@")
    name = f"{user.lower()}@{_ascii(at or local)}"
    return name if user and "@" not in at and " " not in name and name.isprintable() and fits(name) else None


def profile(someone: Someone, local: str, now: datetime) -> Profile:
    """Return an account's figures; below zero a server says that they are hidden."""
    return Profile(
        NETWORK,
        account_id(someone.acct, local) or someone.acct,
        now,
        handle=someone.acct if "@" in someone.acct else f"{someone.acct}@{local}",
        followers=figure(someone.followers_count),
        following=figure(someone.following_count),
        posts=figure(someone.statuses_count),
        created_at=someone.created_at,
    )


def profiles(someones: Iterable[Someone], local: str, now: datetime) -> list[Profile]:
    """Return the figures of those who do not mind being found, and can be named."""
    return [profile(one, local, now) for one in someones if _may_be_known(one) and account_id(one.acct, local)]


def fits(text: str) -> bool:
    """Tell whether an id is one that the lake takes."""
    return 0 < len(text.encode()) <= LONGEST


def post_address(post_id: str) -> str | None:
    """
    Return where people read a post: a status has its ActivityPub id for an id, which browsers are led on from.

    Examples
    --------
    >>> post_address("https://example.social/users/ada/statuses/1")
    'https://example.social/users/ada/statuses/1'
    >>> post_address("https://ada@example.social/1") is post_address("javascript://example.social/%0aalert(1)") is None
    True
    """
    return post_id if post_id.isascii() and post_id.isprintable() and _PAGE.fullmatch(post_id) else None


def _may_be_known(someone: Someone) -> bool:
    shy = someone.noindex or someone.indexable is False or someone.discoverable is False
    return not (shy or someone.suspended)


def _parts(name: str) -> tuple[str, str]:
    user, _, at = name.strip().lstrip("@").partition("@")
    return user, _ascii(at)


def _ascii(text: str) -> str:
    """Return a domain in lower case and as DNS has it: some servers say it in letters of its language."""
    try:
        return text.lower().encode("idna").decode("ascii")
    except UnicodeError:
        return text.lower()
