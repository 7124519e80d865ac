"""Mentions: what a page says about a page that it links, and the interface of receivers of webmentions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct, field

from renown.connectors.blog.microformats import Microformats, first_text, texts
from renown.connectors.blog.sites import find_author_id, is_part_of, page_id
from renown.connectors.decode_values import Instant, parse_lenient_instant
from renown.records import Interaction

NETWORK = "blog"
VERBS_BY_PROPERTY = {
    "like-of": "like",
    "repost-of": "repost",
    "in-reply-to": "reply",
    "bookmark-of": "like",
    "mention-of": "mention",
}
"""Property of a source, the first that applies counts, to its verb."""
_BRIDGE = "brid.gy"
"""Sends reactions on other networks as webmentions, which would count twice."""


class Jf2Author(Struct):
    """Who wrote a source, as a receiver tells it."""

    url: str | None = None


class Jf2Mention(Struct):
    """A webmention, as a receiver lists it."""

    wm_id: int | str = field(name="wm-id")
    """A number at webmention.io; other receivers with its interface have texts."""
    wm_source: str = field(name="wm-source")
    wm_target: str = field(name="wm-target")
    wm_property: str = field(name="wm-property", default="mention-of")
    wm_received: Instant | None = field(name="wm-received", default=None)
    wm_private: bool = field(name="wm-private", default=False)
    published: Instant | None = None
    author: Jf2Author | None = None


class Jf2Feed(Struct):
    """A page of webmentions."""

    children: list[Jf2Mention]


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A page that mentions another."""

    source: str
    target: str
    verb: str
    author_url: str = ""
    published: datetime | None = None

    @property
    def author_id(self) -> str:
        """Id of the site on which the source was published."""
        return find_author_id(self.source, self.author_url)

    @property
    def key(self) -> str:
        """What identifies the pair of pages: a source may change what it says."""
        digest = hashlib.sha256(page_id(self.source).encode()).hexdigest()[:24]
        return f"{page_id(self.target)}#{digest}"

    def to_interaction(self, account_id: str, received: datetime, *, repeats: int = 0) -> Interaction | None:
        """
        Return the act of the author on a site; None if it is the site's own, or no act.

        Parameters
        ----------
        account_id : str
            The site of the target.
        received : datetime
            UTC instant of the webmention: a source may state any instant of its own.
        repeats : int, optional
            How often the mention was withdrawn before.
        """
        author_id, post_id = self.author_id, page_id(self.target)
        if not author_id or is_part_of(author_id, account_id) or not is_part_of(post_id, account_id):
            return None
        return Interaction(
            network=NETWORK,
            interaction_id=act_id(self.key, self.verb, repeats),
            verb=self.verb,
            actor_id=author_id,
            target_id=account_id,
            post_id=post_id,
            at=min(self.published or received, received),
        )


class MentionState(NamedTuple):
    """What is known of a mention from earlier runs; it is stored as one number, in place of a count."""

    received_day: int = 0
    """Number of the UTC day on which it was received: one from before the window is no longer listed."""
    withdrawals: int = 0
    """How often it was withdrawn."""
    is_listed: bool = False

    @classmethod
    def decode(cls, number: int) -> "MentionState":
        """
        Decode a number; 0 is a mention that is not known.

        Examples
        --------
        >>> state = MentionState(20_000, 1, True)
        >>> MentionState.decode(state.encode()) == state, MentionState.decode(0).is_listed
        (True, False)
        """
        return cls(number >> 8, (number & 255) >> 1, bool(number & 1))

    def encode(self) -> int:
        """Return the state as a number."""
        return (self.received_day << 8) | (min(self.withdrawals, 127) << 1) | self.is_listed

    def withdraw(self) -> "MentionState":
        """Return the state of a mention that is no longer listed."""
        return self._replace(withdrawals=self.withdrawals + 1, is_listed=False)


def act_id(key: str, verb: str, repeats: int) -> str:
    """Return the id of an act by the key of a mention; it is another one after the mention was withdrawn."""
    return f"{key}-{verb}{f'-{repeats}' if repeats else ''}"


def is_bridged(source: str) -> bool:
    """
    Tell whether a source only repeats a reaction on another network.

    Examples
    --------
    >>> is_bridged("https://brid.gy/like/mastodon/1"), is_bridged("https://bob.example/brid.gy")
    (True, False)
    """
    host = page_id(source).partition("/")[0]
    return host == _BRIDGE or host.endswith(f".{_BRIDGE}")


def find_mention(page: Microformats, source: str, target: str) -> Mention | None:
    """
    Return what a page says about a target; None if it does not link it, or only answers an invitation.

    References
    ----------
    W3C Webmention, 3.2.2 "Webmention Verification"; indieweb.org/post-type-discovery.
    """
    target_id = page_id(target)
    if target_id not in {page_id(url) for url in page.urls}:
        return None
    entries = [*page.find_items("h-entry")]
    for entry in entries:
        for name, verb in VERBS_BY_PROPERTY.items():
            if target_id in {page_id(url) for url in texts(entry, name)}:
                return None if texts(entry, "rsvp") else _build_mention(entry, source, target, verb)
    return _build_mention(entries[0] if entries else {"properties": {}}, source, target, "mention")


def _build_mention(entry: Mapping[str, Any], source: str, target: str, verb: str) -> Mention:
    return Mention(
        source=source,
        target=target,
        verb=verb,
        author_url=first_text(entry, "author"),
        published=parse_lenient_instant(first_text(entry, "published")),
    )
