"""One run that reads an account of Lemmy: its state, and how its lists go on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from renown.connectors.base import Account, KnownState
from renown.connectors.lemmy.api import SKIP
from renown.connectors.lemmy.models import LemmyPage, LemmyPosition
from renown.connectors.pagination import ListPage, ListSpec, paginate
from renown.connectors.resume import ListSkipper

if TYPE_CHECKING:
    from renown.connectors.http import Client

PAGE_SIZE = 50
"""Maximum entries per page."""
_FULL_READ_EVERY = timedelta(days=7)
"""After this time all posts of the window are read; in between, as long as a page has changes."""
_DELAY = timedelta(days=1)
"""How late comments from other servers may arrive."""
FIRST_VERSION, LAST_VERSION = 3, 4


@dataclass(frozen=True, kw_only=True)
class LemmyRun:
    """What one run of an account shares."""

    client: "Client"
    account: Account
    person_number: int
    """The account's number on its server."""
    known: KnownState
    position: LemmyPosition
    skipper: ListSkipper
    now: datetime

    @property
    def last_read_at(self) -> datetime:
        """Instant from which on comments are new."""
        return max(self.known.since, datetime.fromtimestamp(self.position.since, UTC) - _DELAY)

    @property
    def is_full(self) -> bool:
        """Whether to read all posts of the window."""
        return self.now - datetime.fromtimestamp(self.position.full, UTC) >= _FULL_READ_EVERY

    def paginate(self, path: str, params: dict[str, str | int], response_type: Any = LemmyPage) -> Iterator[ListPage]:
        """Paginate a list: by numbers of pages, from version 4 on by cursors."""
        numbers, is_numbered = count(int(params.get("page", 1)) + 1), self.position.version == FIRST_VERSION

        def next_page(page: Any) -> str | None:
            return (str(next(numbers)) if page.size >= PAGE_SIZE else None) if is_numbered else page.next_page

        spec = ListSpec(
            response_type=response_type,
            items=attrgetter("views"),
            item_id=attrgetter("key"),
            cursor=next_page,
            cursor_param="page" if is_numbered else "page_cursor",
            errors=SKIP,
        )
        return paginate(self.client, f"api/v{self.position.version}/{path}", {**params, "limit": PAGE_SIZE}, spec)


def is_older(page: ListPage, since: datetime) -> bool:
    """Tell whether all of a page is older than an instant, and so what follows."""
    return bool(page.items) and all(view.at is not None and view.at < since for view in page.items)
