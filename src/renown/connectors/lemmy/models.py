"""Models of the JSON of Lemmy's API, versions 3 and 4, and the cursor of an account."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from renown.connectors.base import AccountIdentity, clean_count, clean_handle
from renown.connectors.cursors import JsonCursor
from renown.connectors.decode_values import Instant
from renown.connectors.post_tags import read_tags
from renown.connectors.url_parts import split_url
from renown.errors import NetworkRefusedError
from renown.records import MAX_ID_BYTES, Profile

_TEXT_LENGTH = 200
"""Maximum characters of a title or a name; servers allow 200 and 60."""


class LemmyPerson(Struct):
    """An account; version 4 calls its URL `ap_id`, and has the counts in it."""

    name: str
    id: int = 0
    """Its number on the server that answers."""
    actor_id: str = ""
    ap_id: str = ""
    display_name: str | None = None
    avatar: str | None = None
    bio: str | None = None
    deleted: bool = False
    banned: bool = False
    bot_account: bool = False
    published: Instant | None = None
    published_at: Instant | None = None
    post_count: int | None = None
    comment_count: int | None = None

    @property
    def url(self) -> str:
        """The id, which is the same on all servers."""
        return _to_id(self.actor_id or self.ap_id)

    @property
    def host(self) -> str:
        """The server that the account lives on."""
        return split_url(self.url).netloc.lower()

    @property
    def handle(self) -> str:
        """The name with its server."""
        return f"{self.name[:_TEXT_LENGTH]}@{self.host}"


class LemmyCounts(Struct):
    """What a post or comment received, or how much an account wrote (version 3)."""

    upvotes: int | None = None
    comments: int | None = None
    child_count: int | None = None
    post_count: int | None = None
    comment_count: int | None = None


class LemmyText(Struct):
    """A post or a comment; version 4 has the counts in it."""

    id: int
    ap_id: str
    name: str | None = None
    path: str = ""
    """Ids of the comments above it and its own, from the top, joined by dots."""
    deleted: bool = False
    removed: bool = False
    published: Instant | None = None
    published_at: Instant | None = None
    upvotes: int | None = None
    comments: int | None = None
    child_count: int | None = None


class LemmyView(Struct):
    """A post, or a comment with its post, and who wrote it."""

    post: LemmyText | None = None
    comment: LemmyText | None = None
    creator: LemmyPerson | None = None
    counts: LemmyCounts | None = None
    community: Any = None

    @property
    def tags(self) -> tuple[str, ...]:
        """The name of the community."""
        return read_tags([self.community])

    @property
    def text(self) -> LemmyText | None:
        """The comment, or else the post."""
        return self.comment or self.post

    @property
    def key(self) -> str:
        """What identifies it."""
        return _to_id(self.text.ap_id) if self.text else ""

    @property
    def title(self) -> str | None:
        """The title of the post."""
        return (self.post.name or "")[:_TEXT_LENGTH] or None if self.post else None

    @property
    def verb(self) -> str:
        """What an answer to it is."""
        return "reply" if self.comment else "comment"

    @property
    def is_gone(self) -> bool:
        """Whether its author or a moderator deleted it."""
        return self.text is None or self.text.deleted or self.text.removed

    @property
    def own_numbers(self) -> tuple[int, str]:
        """The number of the post, and that of the comment on it; ``0`` for the post itself."""
        return self.post.id if self.post else 0, str(self.comment.id) if self.comment else "0"

    @property
    def parent_numbers(self) -> tuple[int, str]:
        """The number of the post, and that of the comment on it that this comment answers; ``0`` for the post."""
        path = self.comment.path.split(".")[:-1] if self.comment else []
        return self.post.id if self.post else 0, path[-1] if path else ""

    def is_answer_to(self, parent: "LemmyView") -> bool:
        """Tell whether this comment, of the same post, answers a post or comment directly, and is not deleted."""
        return self.parent_numbers[1] == parent.own_numbers[1] and not self.is_gone

    @property
    def at(self) -> datetime | None:
        """When it was written."""
        return (self.text.published or self.text.published_at) if self.text else None

    @property
    def upvotes(self) -> int | None:
        """Votes for it, with one's own."""
        return self._count("upvotes")

    @property
    def answers(self) -> int | None:
        """Comments on it, and on them."""
        return self._count("child_count" if self.comment else "comments")

    def _count(self, name: str) -> int | None:
        counts = (getattr(source, name) for source in (self.counts, self.text) if source)
        return clean_count(next((number for number in counts if number is not None), None))


class LemmyPersonView(Struct):
    """An account with its counts."""

    person: LemmyPerson
    counts: LemmyCounts | None = None


class LemmyPage(Struct):
    """A page of posts and comments, of an account or of a discussion; version 4 calls them `items`."""

    person_view: LemmyPersonView | None = None
    posts: list[LemmyView] = []
    comments: list[LemmyView] = []
    items: list[LemmyView] = []
    next_page: str | None = None

    def find_problem(self, host: str, account_id: str) -> str:
        """Return why this is not the account that was asked for; empty if it is."""
        person = self.person_view.person if self.person_view else None
        if person is None or person.host != host or (account_id and person.url != account_id):
            return f"{host} answered with another account"
        if person.deleted:
            return "it is deleted"
        return "it is banned from its server" if person.banned else ""

    def to_profile(self, network: str, now: datetime) -> Profile:
        """Return the account with its figures; nobody follows anybody there."""
        if self.person_view is None:
            raise NetworkRefusedError("the answer has no account; is this a server of Lemmy?")
        person, counts = self.person_view.person, self.person_view.counts or LemmyCounts()
        parts = (counts.post_count, counts.comment_count, person.post_count, person.comment_count)
        return Profile(
            network=network,
            account_id=person.url,
            at=now,
            handle=clean_handle(person.handle),
            posts=clean_count(sum(number for number in parts if number)),
            created_at=person.published or person.published_at,
        )

    def to_identity(self) -> AccountIdentity | None:
        """Return how the account presents itself."""
        if self.person_view is None:
            return None
        person = self.person_view.person
        return AccountIdentity(display_name=person.display_name, avatar_url=person.avatar)

    @property
    def views(self) -> list[LemmyView]:
        """All of them that have an id."""
        return [view for view in (*self.posts, *self.comments, *self.items) if view.key]

    @property
    def size(self) -> int:
        """Number of entries of which a page has a limited number."""
        return max(len(self.posts), len(self.comments))


class LemmyPosition(JsonCursor, frozen=True):
    """Cursor: when the account was read, and by which version of the API."""

    since: int = 0
    """Epoch second of the start of the last complete run."""
    full: int = 0
    """Epoch second of the start of the last run that read all posts of the window."""
    version: int = 3
    has_inbox: bool = True
    """Whether the inbox may be read; False if a run ended in it, so that the next one makes progress without it."""


def _to_id(url: str) -> str:
    """Return a URL that the lake accepts as an id; empty if it is too long."""
    return url if len(url.encode()) <= MAX_ID_BYTES else ""
