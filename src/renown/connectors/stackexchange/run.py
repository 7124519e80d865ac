"""One run that reads an account of Stack Exchange: its state, and how its lists are fetched."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from renown.connectors.base import KnownState
from renown.connectors.pagination import ListPage, paginate
from renown.connectors.resume import ListSkipper
from renown.connectors.stackexchange.api import list_spec
from renown.connectors.stackexchange.models import StackPosition, StackPost, StackUser
from renown.records import ActorName

if TYPE_CHECKING:
    from renown.connectors.http import Client

PAGE_SIZE = 100
"""Maximum entries per page, and maximum ids per request ("Vectorized Requests")."""


@dataclass(frozen=True, kw_only=True)
class StackRun:
    """What one run of an account shares."""

    client: "Client"
    number: int
    """The account's id on its site."""
    site: str
    known: KnownState
    position: StackPosition
    skipper: ListSkipper
    now: datetime

    @property
    def target(self) -> str:
        """The account's id over all sites."""
        return f"{self.number}@{self.site}"

    @property
    def last_read_at(self) -> datetime:
        """Instant from which on answers and comments are new."""
        return max(self.known.since, self.position.read_at)

    def names(self, users: Iterable[StackUser | None]) -> list[ActorName]:
        """Return the names of others; programs of the site have the id -1."""
        own = {None, self.number, -1}
        return [user.to_name(self.site, self.now) for user in users if user and user.user_id not in own]

    def is_changed(self, post: StackPost) -> bool:
        """Tell whether a post's votes or acceptance changed."""
        known = [self.known.counts.get((f"{self.site}/{post.number}", verb)) for verb in ("upvote", "star")]
        return known != [post.votes, None if post.answer_id is None else int(post.is_accepted)]

    def paginate(
        self, path: str, numbers: Iterable[int], response_type: Any, params: dict[str, int]
    ) -> Iterator[ListPage]:
        """Paginate a list about posts or accounts with these numbers, newest first."""
        query = {"site": self.site, "sort": "creation", "order": "desc", "pagesize": str(PAGE_SIZE)}
        path = f"2.3/{path.format(';'.join(map(str, numbers)))}"
        return paginate(self.client, path, {**query, **params}, list_spec(response_type, params))

    def fetch(
        self, verb: str, path: str, numbers: Sequence[int], response_type: Any, params: dict[str, int]
    ) -> list[ListPage]:
        """Fetch a list about others as far as the budget of a run reaches; no page of one that is skipped."""
        pages = self.skipper.paginate_within_budget(self.paginate(path, numbers, response_type, params))
        fetch_pages: partial[list[ListPage]] = partial(list, pages if numbers else ())
        return self.skipper.fetch_or_skip(verb, f"{self.site}'s posts", fetch_pages) or []
