"""Read which account a visitor means who enters a profile link, ``network:handle`` or a handle."""

import re

from renown.connectors import CONNECTORS
from renown.connectors.profile_urls import match_profile_url
from renown.web.people import is_storable_text

_HANDLE_PATTERNS = {
    "mastodon": re.compile(r"@?[\w.-]+@[\w.-]+\.\w+"),
    "nostr": re.compile(r"npub1[0-9a-z]+"),
    "bluesky": re.compile(r"@?([\w-]+\.)+[a-z]\w*|did:[a-z]+:\S+"),
}
"""Handles that look like those of one network; the first match counts."""


def parse_account(text: str) -> list[tuple[str, str]]:
    """
    Return the network and the name of the account that a profile link or ``network:handle`` means.

    There are several if the link may be of several networks, most likely first, and none if the text is neither: then
    it says no network.

    Examples
    --------
    >>> parse_account("https://github.com/octocat"), parse_account("bluesky:ada.example"), parse_account("ada")
    ([('github', 'octocat')], [('bluesky', 'ada.example')], [])
    >>> parse_account("https://lemmy.world/u/ada")
    [('lemmy', '@ada@lemmy.world'), ('discourse', '@ada@lemmy.world')]
    """
    text = text.strip()
    network, colon, name = text.partition(":")
    accounts = [(connector.network, handle) for connector, handle in match_profile_url(CONNECTORS.values(), text)]
    if not accounts and colon and name and network in CONNECTORS:
        accounts = [(network, name)]
    # A link can contain characters in a quoted form (%00) that no database stores.
    return [account for account in accounts if is_storable_text(account[1])]


def resolve_account(text: str) -> tuple[str, str]:
    """
    Return the network and the name of the account that a text means; no network if that is not certain.

    Examples
    --------
    >>> resolve_account("https://github.com/octocat"), resolve_account("@ada@example.social")
    (('github', 'octocat'), ('', '@ada@example.social'))
    >>> resolve_account("lemmy.world/u/ada")
    ('', 'https://lemmy.world/u/ada')
    """
    text, accounts = text.strip(), parse_account(text)
    if len(accounts) == 1:
        return accounts[0]
    return "", f"https://{text}" if accounts and "://" not in text else text


def guess_account(text: str) -> tuple[str, str]:
    """
    Return what `resolve_account` does, with a guess of the network from what the handle looks like.

    Examples
    --------
    >>> guess_account("@ada@example.social"), guess_account("@ada.bsky.social"), guess_account("ada")
    (('mastodon', '@ada@example.social'), ('bluesky', '@ada.bsky.social'), ('', 'ada'))
    """
    network, name = resolve_account(text)
    return network or next((key for key, pattern in _HANDLE_PATTERNS.items() if pattern.fullmatch(name)), ""), name
