"""Pagination: read a list page by page, and end it although the server does not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from renown.connectors.http.client import Client, QueryParams
from renown.connectors.http.error_rules import ErrorRule
from renown.connectors.http.response import HttpResult
from renown.errors import NetworkRefusedError

MAX_PAGES = 1000
"""Pages of one list in one run: 40,000 posts in 90 days, or 80,000 likes of one post."""
MAX_EMPTY_PAGES = 10
"""Empty pages in a row, each with a link to a next one; servers leave out what the reader may not see."""
_DEFAULT_PAGE_SIZE = 20
"""Page size of servers that ignore the requested one (docs.joinmastodon.org, `limit`)."""
_NEWER_PARAMS = frozenset({"min_id", "since_id"})
"""Query parameters of links to newer entries (docs.joinmastodon.org, "Pagination")."""


@dataclass(frozen=True)
class ListPage:
    """A page of a list."""

    items: tuple[Any, ...]
    """Its entries, without those of earlier pages."""
    has_more: bool = False
    """Whether the list goes on."""
    may_have_more: bool = False
    """Whether it may go on although nothing says so: the page is full, and the server has no links."""
    dropped: tuple[str, ...] = ()
    """Unreadable entries: where and why."""
    problem: str = ""
    """Why pagination ends here although the list goes on; one sentence."""


def paginate_by_cursor(
    client: Client, path: str, params: Mapping[str, str | int], response_type: type[Any]
) -> Iterator[HttpResult]:
    """
    Paginate a list by the cursor in its responses; yield each response, until one has no new cursor.

    Parameters
    ----------
    client : Client
    path : str
        Path below the server's base URL.
    params : mapping of str to str or int
        Query parameters of the first page; later ones add ``cursor``.
    response_type : type
        Struct of a response, with an attribute ``cursor``.

    Notes
    -----
    After `MAX_PAGES` it ends, too: the cursor of the last response tells that there is more.
    """
    cursor, seen_cursors = "", set[str]()
    for _ in range(MAX_PAGES):
        result = client.get(path, {**params, "cursor": cursor} if cursor else params, response_type=response_type)
        yield result
        cursor = result.body.cursor
        if not cursor or cursor in seen_cursors:
            return
        seen_cursors.add(cursor)


def paginate_by_link(
    client: Client,
    path: str,
    params: QueryParams,
    item_type: Any,
    *,
    item_id: Callable[[Any], str],
    has_id_cursor: bool = False,
    errors: Sequence[ErrorRule] = (),
) -> Iterator[ListPage]:
    """
    Paginate a list by the server's ``Link`` headers; yield each page, until one has nothing new.

    Only the query of a link is used: behind a proxy its host or scheme may be wrong, and some servers swap ``next``
    and ``prev``. Where there is no usable link, the list goes on below the last id.

    Parameters
    ----------
    client : Client
    path : str
        Path below the server's base URL.
    params : mapping
        Query parameters of the first page, with its size as ``limit``.
    item_type : type
        Type of an entry.
    item_id : callable
        Entry to its id in this list.
    has_id_cursor : bool
        Whether ``max_id`` takes the id of an entry, so that the list can go on without links.
    errors : sequence of ErrorRule, optional

    References
    ----------
    RFC 8288, "Web Linking": ``rel="next"``. docs.joinmastodon.org, "Pagination": ``max_id``.
    """
    linked_list = _LinkedList(path, params, item_id, has_id_cursor=has_id_cursor)
    for _ in range(MAX_PAGES):
        try:
            result = client.get(path, linked_list.next_params, response_type=list[item_type], errors=errors)
        except NetworkRefusedError as error:
            if not linked_list.is_guess:
                raise
            yield ListPage((), has_more=True, problem=f"{path} has no link to its next page, and: {error}")
            return
        yield linked_list.add_page(result)
        if linked_list.next_params is None:
            return
    yield ListPage((), has_more=True, problem=f"{path} was read up to the limit of {MAX_PAGES:,} pages")


class _LinkedList:
    """What was read of a list, and where it goes on."""

    def __init__(self, path: str, params: QueryParams, item_id: Callable[[Any], str], *, has_id_cursor: bool) -> None:
        self._path, self._params, self._item_id, self._has_id_cursor = path, params, item_id, has_id_cursor
        limit = int(str(params.get("limit", _DEFAULT_PAGE_SIZE)))
        self._page_size = min(limit, _DEFAULT_PAGE_SIZE)
        self._seen_ids, self._empty_count, self._has_links = set[str](), 0, False
        self.next_params: QueryParams | None = params
        """Query parameters of the next page; None at the end."""
        self.is_guess = False
        """Whether no link led to the next page."""

    def add_page(self, result: HttpResult) -> ListPage:
        """Return the new entries of a response, and note where the list goes on."""
        items = {self._item_id(item): item for item in result.body}
        new_items = tuple(item for item_id, item in items.items() if item_id not in self._seen_ids)
        self._seen_ids |= items.keys()
        self._empty_count = 0 if items else self._empty_count + 1
        self._has_links = self._has_links or bool(result.links)
        link_params = _older_params(result)
        is_full = len(result.body) + len(result.dropped) >= self._page_size
        page = ListPage(
            new_items,
            has_more=bool(link_params) or "next" in result.links,
            may_have_more=is_full and not self._has_links,
            dropped=result.dropped,
        )
        if items and not new_items:
            return self._end(page, "repeats a full page" if is_full else "")
        if self._empty_count > MAX_EMPTY_PAGES:
            return self._end(page, f"has more than {MAX_EMPTY_PAGES} empty pages in a row")
        has_next = page.has_more or (page.may_have_more and self._has_id_cursor)
        if link_params:
            return self._continue(page, link_params, is_guess=False)
        if has_next and self._has_id_cursor and items:
            return self._continue(page, {"max_id": list(items)[-1]}, is_guess=True)
        is_empty = not items and not page.dropped
        return self._end(page, "has no usable link to its next page" if has_next and not is_empty else "")

    def _continue(self, page: ListPage, next_params: QueryParams, *, is_guess: bool) -> ListPage:
        next_params, self.is_guess = {**self._params, **next_params}, is_guess
        # An empty page that leads to itself is the last one.
        self.next_params = None if not page.items and next_params == self.next_params else next_params
        return page

    def _end(self, page: ListPage, reason: str) -> ListPage:
        self.next_params = None
        return replace(page, problem=f"{self._path} {reason}; what follows is not read" if reason else "")


def _older_params(result: HttpResult) -> dict[str, list[str]]:
    """Return the query of the link to older entries; empty without one."""
    for relation in ("next", "prev"):
        query = result.links.get(relation, "").partition("#")[0].partition("?")[2]
        link_params = parse_qs(query)
        is_older = "max_id" in link_params or (relation == "next" and not _NEWER_PARAMS & link_params.keys())
        if link_params and is_older:
            return link_params
    return {}
