"""Find accounts that a person's accounts link, and tell which of them link back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from renown.connectors import CONNECTORS
from renown.connectors.base import Account, AccountBio, Connector
from renown.connectors.http.client import Client
from renown.connectors.profile_urls import match_profile_url
from renown.errors import RenownError
from renown.records import Profile

MAX_LOOKUPS = 20
"""Most accounts that are looked up: whoever writes a profile chooses them."""

_MAX_SPELLINGS = 3
"""Most names that are looked up to tell whether one account links another back."""


@dataclass(frozen=True, kw_only=True)
class LinkedAccount:
    """An account that an account of the person links."""

    profile: Profile
    source: str
    """The account that links it, as ``network:handle``."""
    links_back: bool
    """Whether it links that account, too; else it may be anybody's."""


OpenClient = Callable[[Connector, str], Client]
"""Opens an HTTP client for the server that knows a name on a network."""


def find_linked_accounts(
    accounts: Sequence[tuple[Connector, Account]], open_client: OpenClient, *, now: datetime
) -> list[LinkedAccount]:
    """
    Find the accounts that these accounts link in their profiles, and those that are linked by what links back.

    On networks that mark links with ``rel="me"``, only such links count: others lead to friends and employers, too.
    Where the pages of several networks look alike, each is asked. An account that cannot be read is left out.

    Parameters
    ----------
    accounts : sequence of (Connector, Account)
        Accounts of the person.
    open_client : callable
    now : datetime

    Returns
    -------
    list of LinkedAccount
    """
    waiting, results = list(accounts), list[LinkedAccount]()
    known_ids = {(connector.network, account.account_id) for connector, account in accounts}
    tried = {(connector.network, _fold(account.handle)) for connector, account in accounts}
    while waiting:
        connector, account = waiting.pop(0)
        bio = _read_bio(connector, account, open_client, now)
        for other, name in _list_links(connector, bio) if bio else ():
            if (other.network, _fold(name)) in tried or len(tried) >= MAX_LOOKUPS + len(accounts):
                continue
            tried.add((other.network, _fold(name)))
            lookup = _look_up(other, name, open_client, now)
            if lookup is None or (other.network, lookup[0].account_id) in known_ids:
                continue
            profile, other_bio = lookup
            known_ids.add((other.network, profile.account_id))
            linked_names = {target_name for target, target_name in _list_links(other, other_bio) if target is connector}
            links_back = _has_name_of(account, connector, linked_names, open_client, now)
            source = f"{connector.network}:{account.handle}"
            results.append(LinkedAccount(profile=profile, source=source, links_back=links_back))
            if links_back:
                waiting.append((other, Account(profile.account_id, profile.handle or name)))
    return results


def _fold(name: str) -> str:
    return name.lstrip("@").casefold()


def _has_name_of(
    account: Account, connector: Connector, names: set[str], open_client: OpenClient, now: datetime
) -> bool:
    """Tell whether names of the same network have one of an account; the network tells that of other spellings."""
    if {account.handle.lstrip("@"), account.account_id} & {name.lstrip("@") for name in names}:
        return True
    others = (_look_up(connector, name, open_client, now) for name in sorted(names)[:_MAX_SPELLINGS])
    return any(lookup is not None and lookup[0].account_id == account.account_id for lookup in others)


def _list_links(connector: Connector, bio: AccountBio) -> Iterator[tuple[Connector, str]]:
    """Yield the accounts to which the links of a bio lead."""
    for link in bio.links:
        is_own = link.has_rel_me or not connector.has_rel_me
        if is_own and link.url.startswith(("https://", "http://", "nostr:")):
            yield from match_profile_url(CONNECTORS.values(), link.url)


def _read_bio(connector: Connector, account: Account, open_client: OpenClient, now: datetime) -> AccountBio | None:
    try:
        with open_client(connector, account.handle) as client:
            return connector.read_bio(client, account, now=now)
    except RenownError:
        return None


def _look_up(
    connector: Connector, name: str, open_client: OpenClient, now: datetime
) -> tuple[Profile, AccountBio] | None:
    """Return the profile and the bio of a name; None if it cannot be read."""
    try:
        with open_client(connector, name) as client:
            profile = connector.find(client, name, now=now)
            account = Account(profile.account_id, profile.handle or name)
            return profile, connector.read_bio(client, account, now=now)
    except RenownError:
        return None
