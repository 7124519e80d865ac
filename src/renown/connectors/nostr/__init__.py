"""Nostr connector: signed events from relays; likes, reposts, replies, quotes, mentions and payments (zaps)."""

from renown.connectors.base import Connector
from renown.connectors.nostr.keys import KEY_PATTERN, format_note
from renown.connectors.nostr.profiles import NETWORK, find_account, read_bio
from renown.connectors.nostr.reader import read_account

__all__ = ["CONNECTOR"]

_RELAYS = ("https://relay.damus.io", "https://nos.lol")
"""Large relays that anybody may read; the settings name others."""
_VIEWER = "https://njump.me"
"""A page that shows events of any relay."""
_KEY = "(?:npub|nprofile)1[a-z0-9]+"
_VIEWERS = (
    r"(?:primal|yakihonne|nostr|iris|damus|snort|coracle|nostrudel|jumble|nosta|habla|nostter)"
    r"\.(?:net|com|to|io|social|ninja|me|news|app|band)"
)
_FOLDERS = ("", "p/", "u/", "people/", "profile/", "users/")
"""Hosts of pages that show accounts, and where they have them."""


def post_url(post_id: str) -> str | None:
    """
    Return the URL of a page that shows a note; articles have none without their relay.

    Examples
    --------
    >>> post_url("not a note") is None
    True
    """
    return f"{_VIEWER}/{format_note(post_id)}" if KEY_PATTERN.fullmatch(post_id) else None


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "repost", "reply", "mention", "quote", "star"),
    example="ada@example.com",
    server_url=lambda _name: _RELAYS[0],
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    relays=_RELAYS,
    post_url=post_url,
    profile_urls=(
        "https://njump.me/{handle}",
        "https://njump.me/{id}",
        f"nostr:{{handle:{_KEY}}}",
        *(f"https://{{page:{_VIEWERS}}}/{folder}{{handle:{_KEY}}}" for folder in _FOLDERS),
    ),
    icon="M9.500 1L3 9h4l-1.500 6L13 6.500H8.500z",
)
