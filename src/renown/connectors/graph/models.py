"""Models of the JSON of Meta's Graph API, and the cursor of an account."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Struct, field

from renown.connectors.cursors import JsonCursor
from renown.records import MAX_ID_BYTES

Id = Annotated[str, msgspec.Meta(max_length=MAX_ID_BYTES // 4)]
"""Id that the lake can store, whatever its characters; Meta's are numbers."""
PAGE_SIZE = 100
"""Maximum entries per page."""
_WHOLE_AFTER = timedelta(days=7)
"""How often all posts of the window are read; other runs end at the first page without changes."""


class GraphCursors(Struct):
    """Positions in a list."""

    after: str = ""


class GraphPaging(Struct):
    """Where a list goes on; the last page has no `next`."""

    cursors: GraphCursors = field(default_factory=GraphCursors)
    next: str = ""

    @property
    def cursor(self) -> str:
        """Cursor of the next page; empty at the end."""
        return self.cursors.after if self.next else ""


class GraphValue(Struct):
    """A number of an insight."""

    value: int | None = None


class GraphInsight(Struct):
    """A count, by its name."""

    name: str = ""
    values: list[GraphValue] = []
    total_value: GraphValue | None = None

    @property
    def count(self) -> int | None:
        """The number: of the account in `total_value`, of a post in `values`."""
        latest = self.total_value or next(reversed(self.values), None)
        return latest.value if latest else None


class GraphInsights(Struct):
    """Counts of a post or an account."""

    data: list[GraphInsight] = []

    @property
    def counts(self) -> dict[str, int | None]:
        """Counts by their names."""
        return {insight.name: insight.count for insight in self.data}


class GraphAnswer(Struct):
    """A reply or comment; who wrote it has a name only if their account is public."""

    id: Id
    timestamp: datetime
    username: str = ""


class GraphPost(Struct):
    """A post of the account."""

    id: Id
    timestamp: datetime
    permalink: str | None = None
    username: str = ""


class GraphPosition(JsonCursor, frozen=True):
    """How far an account was read; instants are seconds since 1970."""

    whole: int = 0
    """When a run last read all posts of the window."""
    finished: int = 0
    """When the last run ended that read everything."""
    until: int = 0
    """Instant of the post at which a run that has not ended goes on; 0 if there is none."""
    is_whole: bool = False
    """Whether that run reads all posts."""

    def start(self, now: datetime) -> "GraphPosition":
        """Return the position with which a run begins, or goes on."""
        is_due = now.timestamp() - self.whole >= _WHOLE_AFTER.total_seconds()
        return self if self.until else msgspec.structs.replace(self, is_whole=is_due)

    def finish(self, now: datetime, *, is_complete: bool) -> "GraphPosition":
        """Return the position after a run that came to its end; if it skipped a list, the next one reads all posts."""
        seconds = int(now.timestamp())
        whole = seconds if self.is_whole else self.whole
        return GraphPosition(whole=whole if is_complete else 0, finished=seconds)

    def span(self, since: datetime) -> dict[str, str | int]:
        """Return the parameters of the list of posts."""
        until = {"until": self.until + 1} if self.until else {}
        return {"since": int(since.timestamp()), "limit": PAGE_SIZE, **until}
