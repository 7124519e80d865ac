"""Models of the JSON of Hacker News and of its search, and the cursor of an account."""

import msgspec

from renown.connectors.cursors import JsonCursor
from renown.connectors.decode_values import Instant


class HackerNewsItem(msgspec.Struct):
    """A story, poll or comment that the search found."""

    id: str = msgspec.field(name="objectID")
    created_at: Instant
    author: str
    parent_id: int | None = None
    points: int | None = None
    num_comments: int | None = None
    title: str | None = None


class HackerNewsSearch(msgspec.Struct):
    """Result of a search, newest first."""

    hits: list[HackerNewsItem]
    hit_count: int | None = msgspec.field(name="nbHits", default=None)


class HackerNewsUser(msgspec.Struct):
    """An account."""

    id: str
    created: Instant | None = None
    about: str | None = None
    submitted: list[int] = []


class HackerNewsPosition(JsonCursor, frozen=True):
    """Cursor: since when answers are new, and how far a run that did not finish came."""

    since: int = 0
    """Epoch second of the start of the last complete run."""
    started: int = 0
    """Epoch second of the start of the run that did not finish."""
    below: int = 0
    """Items from this id on are done."""
    before: int = 0
    """Answers to the next items are read back to this epoch second."""
