"""
Models of the JSON responses of Bluesky's public API: only the fields that we read.

The server's fields are typed; a `record` is what a user wrote and may be
anything. Other fields are ignored.

References
----------
atproto, ``lexicons/app/bsky/``: ``actor/defs.json``, ``feed/defs.json``, ``feed/getLikes.json`` and its neighbours.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Struct, field

from renown.connectors.base import clean_count
from renown.connectors.bluesky.facets import find_hashtags
from renown.connectors.decode import STRICT

Cursor = Annotated[str | None, STRICT]
"""Where the next page is; if it were read as missing, a list would be taken for complete, and acts for undone."""
_MAX_COUNT_DIGITS = 20


class BlueskyLabel(Struct):
    """A moderation label on an account."""

    val: str = ""


class BlueskyPerson(Struct):
    """An account in a list."""

    did: str
    handle: str = ""
    labels: list[BlueskyLabel] = []

    @property
    def key(self) -> str:
        """What identifies it in a list."""
        return self.did


class BlueskyProfile(BlueskyPerson):
    """An account with its public counts."""

    followers: int | None = field(default=None, name="followersCount")
    following: int | None = field(default=None, name="followsCount")
    posts: int | None = field(default=None, name="postsCount")
    created: str | None = field(default=None, name="createdAt")


class BlueskyProfileDetails(BlueskyProfile):
    """A profile with the account's own description: the response of ``app.bsky.actor.getProfile``."""

    description: str = ""
    display_name: str | None = field(default=None, name="displayName")
    avatar: str | None = None


class BlueskyProfiles(Struct):
    """The response of ``app.bsky.actor.getProfiles``."""

    profiles: list[BlueskyProfile]


class BlueskyPost(Struct):
    """A post."""

    uri: str
    author: BlueskyPerson
    record: Any = None
    indexed: str = field(default="", name="indexedAt")
    likes: Any = field(default=0, name="likeCount")
    reposts: Any = field(default=0, name="repostCount")
    quotes: Any = field(default=0, name="quoteCount")
    replies: Any = field(default=0, name="replyCount")

    @property
    def counts(self) -> Mapping[str, int]:
        """Verb to count, without counts that are unreadable or impossible: they are unknown, not 0."""
        counts = {"like": self.likes, "repost": self.reposts, "quote": self.quotes, "reply": self.replies}
        parsed_counts = {verb: _parse_count(count) for verb, count in counts.items()}
        return {verb: count for verb, count in parsed_counts.items() if count is not None}

    @property
    def key(self) -> str:
        """What identifies it in a list."""
        return self.uri

    @property
    def created(self) -> object:
        """The timestamp that its author claims; untrusted."""
        return self.record.get("createdAt") if isinstance(self.record, dict) else None

    @property
    def hashtags(self) -> tuple[str, ...]:
        """Its hashtags."""
        return find_hashtags(self.record)


class BlueskyFeedReason(Struct):
    """Why a post is in a feed out of order: a repost or a pin."""

    indexed: str = field(default="", name="indexedAt")


class BlueskyFeedItem(Struct):
    """An item of a feed."""

    post: BlueskyPost
    reason: BlueskyFeedReason | None = None


class BlueskyFeed(Struct):
    """The response of ``app.bsky.feed.getAuthorFeed``."""

    feed: list[BlueskyFeedItem]
    cursor: Cursor = None


class BlueskyLike(Struct):
    """A like: who liked a post, and when."""

    actor: BlueskyPerson
    created: str = field(default="", name="createdAt")
    indexed: str = field(default="", name="indexedAt")

    @property
    def key(self) -> str:
        """What identifies it in a list."""
        return self.actor.did


class BlueskyLikes(Struct):
    """The response of ``app.bsky.feed.getLikes``."""

    items: list[BlueskyLike] = field(name="likes")
    cursor: Cursor = None


class BlueskyReposts(Struct):
    """The response of ``app.bsky.feed.getRepostedBy``, which has no timestamps."""

    items: list[BlueskyPerson] = field(name="repostedBy")
    cursor: Cursor = None


class BlueskyQuotes(Struct):
    """The response of ``app.bsky.feed.getQuotes``."""

    items: list[BlueskyPost] = field(name="posts")
    cursor: Cursor = None


class BlueskyPosts(Struct):
    """The response of ``app.bsky.feed.getPosts``: the posts that still exist."""

    posts: list[BlueskyPost]


class BlueskyThreadNode(Struct):
    """A reply in a thread; `post` is None if it was deleted, or its author and the reader have a block."""

    post: Annotated[BlueskyPost | None, STRICT] = None


class BlueskyThreadRoot(Struct):
    """The requested post's direct replies."""

    replies: list[BlueskyThreadNode] | None = None


class BlueskyThread(Struct):
    """The response of ``app.bsky.feed.getPostThread``."""

    thread: BlueskyThreadRoot


def _parse_count(value: Any) -> int | None:
    if isinstance(value, str) and len(value) <= _MAX_COUNT_DIGITS and value.isdecimal():
        value = int(value)
    return clean_count(value) if isinstance(value, int) and not isinstance(value, bool) else None
