"""
Shapes: the fields that are read of what the app view answers.

What the server says is typed; a `record` is what somebody wrote and may be
anything. Fields not named here are not looked at.

References
----------
atproto, ``lexicons/app/bsky/``: ``actor/defs.json``, ``feed/defs.json``, ``feed/getLikes.json`` and its neighbours.
"""

from typing import Any

from msgspec import Struct, field


class Label(Struct):
    """What somebody said of an account."""

    val: str = ""


class Person(Struct):
    """An account, as lists show it."""

    did: str
    handle: str = ""
    labels: list[Label] = []


class Figures(Person):
    """An account with its public figures."""

    followers: int | None = field(default=None, name="followersCount")
    following: int | None = field(default=None, name="followsCount")
    posts: int | None = field(default=None, name="postsCount")
    created: str | None = field(default=None, name="createdAt")


class Described(Figures):
    """An account with what it says of itself."""

    description: str = ""


class FiguresOf(Struct):
    """An answer of ``app.bsky.actor.getProfiles``."""

    profiles: list[Figures]


class Posted(Struct):
    """A post."""

    uri: str
    author: Person
    record: Any = None
    indexed: str = field(default="", name="indexedAt")
    likes: int = field(default=0, name="likeCount")
    reposts: int = field(default=0, name="repostCount")
    quotes: int = field(default=0, name="quoteCount")
    replies: int = field(default=0, name="replyCount")

    @property
    def created(self) -> object:
        """What its author says."""
        return self.record.get("createdAt") if isinstance(self.record, dict) else None


class Reason(Struct):
    """Why a post is in a feed that is not its author's latest: somebody passed it on, or pinned it."""

    indexed: str = field(default="", name="indexedAt")


class Item(Struct):
    """A line of a feed."""

    post: Posted
    reason: Reason | None = None


class Feed(Struct):
    """An answer of ``app.bsky.feed.getAuthorFeed``."""

    feed: list[Item]
    cursor: str | None = None


class Like(Struct):
    """Who liked a post, and when."""

    actor: Person
    created: str = field(default="", name="createdAt")
    indexed: str = field(default="", name="indexedAt")


class Likes(Struct):
    """An answer of ``app.bsky.feed.getLikes``."""

    items: list[Like] = field(name="likes")
    cursor: str | None = None


class RepostedBy(Struct):
    """An answer of ``app.bsky.feed.getRepostedBy``, which says not when."""

    items: list[Person] = field(name="repostedBy")
    cursor: str | None = None


class Quotes(Struct):
    """An answer of ``app.bsky.feed.getQuotes``."""

    items: list[Posted] = field(name="posts")
    cursor: str | None = None


class Posts(Struct):
    """An answer of ``app.bsky.feed.getPosts``: those that are still there."""

    posts: list[Posted]


class Node(Struct):
    """A post in a thread; without one it was deleted, or one of two people has blocked the other."""

    post: Posted | None = None


class Trunk(Node):
    """The post asked for."""

    replies: list[Node] | None = None


class Thread(Struct):
    """An answer of ``app.bsky.feed.getPostThread``."""

    thread: Trunk
