"""Pagination: read a list page by page, and end it although the server does not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from renown.connectors.base import Page
from renown.connectors.http.error_rules import ErrorRule
from renown.connectors.http.quota import Charge
from renown.errors import NetworkRefusedError

if TYPE_CHECKING:
    from renown.connectors.http.client import Client
    from renown.connectors.http.response import HttpResult
    from renown.connectors.http.urls import QueryParams

MAX_PAGES = 1000
"""Pages of one list in one run: 40,000 posts in 90 days, or 80,000 likes of one post."""
MAX_EMPTY_PAGES = 10
"""Empty pages in a row, each with a link to a next one; servers leave out what the reader may not see."""
_DEFAULT_PAGE_SIZE = 20
"""Page size of servers that ignore the requested one (docs.joinmastodon.org, `limit`)."""
_NEWER_PARAMS = frozenset({"min_id", "since_id"})
"""Query parameters of links to newer entries (docs.joinmastodon.org, "Pagination")."""


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """A page of a list."""

    items: tuple[Any, ...]
    """Its entries, without those of earlier pages."""
    body: Any = None
    """The whole response."""
    size: int = 0
    """Number of its entries, with repeated and unreadable ones."""
    has_more: bool = False
    """Whether the list goes on."""
    may_have_more: bool = False
    """Whether it may go on although nothing says so: the page is full, and the server has no links."""
    dropped: tuple[str, ...] = ()
    """Unreadable entries: where and why."""
    problem: str = ""
    """Why pagination ends here although the list goes on; one sentence."""
    validator: str = ""
    """Validator of the list, if this page is all of it; empty otherwise."""
    not_modified: bool = False
    """Whether the list is as it was when it had the validator that was sent."""


@dataclass(frozen=True, kw_only=True)
class ListSpec:
    """How a network's lists are read page by page: by links, by a cursor in the response, by numbers or by ids."""

    response_type: Any
    """Type of a response, such as ``list[Post]``."""
    item_id: Callable[[Any], object]
    """Entry to what identifies it in this list."""
    items: Callable[[Any], Sequence[Any]] = list
    """Response to its entries, where it is no list itself."""
    cursor: Callable[[Any], str | None] | None = None
    """Response to the cursor of the next page, where it has one."""
    cursor_param: str = "cursor"
    """Query parameter in which that cursor is sent."""
    offset_param: str = ""
    """Parameter of the number of entries read so far, sent beside the cursor for servers that ignore that one."""
    has_full_pages: bool = False
    """Whether a page of a list with cursors that is shorter than ``limit`` is the last one."""
    is_posted: bool = False
    """Whether the parameters are posted as JSON."""
    cursor_step: int = 0
    """What a full page adds to the cursor, where that is a number: 1 if pages are numbered, their size if it skips."""
    has_id_cursor: bool = False
    """Whether ``max_id`` takes the id of an entry, so that the list can go on without links."""
    errors: Sequence[ErrorRule] = ()
    """What error responses mean."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of the requests, such as ``Accept``."""
    resource: str = ""
    """Kind of the entries, where the network charges for each."""
    max_items: int = 0
    """Maximum number of entries of a page, where the network charges for each."""

    @property
    def charge(self) -> Charge | None:
        """What a page costs; None where the network does not charge."""
        if not self.resource:
            return None
        return Charge(self.resource, self.max_items, lambda result: len(self.items(result.body)) + len(result.dropped))


def paginate(
    client: "Client", path: str, params: "QueryParams", spec: ListSpec, *, validator: str = ""
) -> Iterator[ListPage]:
    """
    Paginate a list; yield each page, until one has nothing new.

    Of a link only the query is used: behind a proxy its host or scheme may be wrong, and some servers swap ``next``
    and ``prev``. Where there is no usable link, the list goes on below the last id.

    Parameters
    ----------
    client : Client
    path : str
        Path below the server's base URL.
    params : mapping
        Query parameters of the first page, with its size as ``limit`` or ``per_page`` unless there is a cursor.
    spec : ListSpec
    validator : str, optional
        `ListPage.validator` of an earlier read: if nothing changed, the only page is `not_modified`.

    References
    ----------
    RFC 8288, "Web Linking": ``rel="next"``. docs.joinmastodon.org, "Pagination": ``max_id``.
    """
    pagination = _Pagination(path, params, spec)
    for page_number in range(MAX_PAGES):
        try:
            result = _fetch_page(client, path, pagination.next_params, spec, validator="" if page_number else validator)
        except NetworkRefusedError as error:
            if not pagination.is_guess:
                raise
            yield ListPage(items=(), has_more=True, problem=f"{path} has no link to its next page, and: {error}")
            return
        if result.not_modified:
            yield ListPage(items=(), validator=validator, not_modified=True)
            return
        page = pagination.add_page(result)
        is_whole = not page_number and not page.has_more and not page.may_have_more and not page.dropped
        yield replace(page, validator=result.validator if is_whole else "")
        if pagination.next_params is None:
            return
    yield ListPage(items=(), has_more=True, problem=f"{path} was read up to the limit of {MAX_PAGES:,} pages")


def describe_omissions(name: str, pages: Iterable[ListPage]) -> Iterator[Page]:
    """Yield pages about what of a list could not be read, if anything; `name` says what its entries are."""
    for page in pages:
        if page.problem or page.dropped:
            dropped = tuple(f"{name} {reason}" for reason in page.dropped)
            yield Page(skipped_lists=(page.problem,) if page.problem else (), dropped=dropped)


def _fetch_page(
    client: "Client", path: str, params: "QueryParams | None", spec: ListSpec, *, validator: str
) -> "HttpResult":
    if spec.is_posted:
        return client.post(
            path, json=params, response_type=spec.response_type, errors=spec.errors, headers=spec.headers
        )
    return client.get(
        path,
        params,
        response_type=spec.response_type,
        errors=spec.errors,
        headers=spec.headers,
        validator=validator,
        charge=spec.charge,
    )


class _Pagination:
    """What was read of a list, and where it goes on."""

    def __init__(self, path: str, params: "QueryParams", spec: ListSpec) -> None:
        self._path, self._params, self._spec = path, params, spec
        limit = int(str(params.get("limit", params.get("per_page", _DEFAULT_PAGE_SIZE))))
        self._page_size = min(limit, _DEFAULT_PAGE_SIZE)
        self._seen_ids, self._empty_count, self._has_links = set[object](), 0, False
        self._entry_count = 0
        self._cursors = {str(params.get(spec.cursor_param, ""))}
        self.next_params: QueryParams | None = params
        """Query parameters of the next page; None at the end."""
        self.is_guess = False
        """Whether no link led to the next page."""

    def add_page(self, result: "HttpResult") -> ListPage:
        """Return the new entries of a response, and note where the list goes on."""
        entries = self._spec.items(result.body)
        items = {self._spec.item_id(item): item for item in entries}
        new_items = tuple(item for item_id, item in items.items() if item_id not in self._seen_ids)
        self._seen_ids |= items.keys()
        self._empty_count = 0 if items else self._empty_count + 1
        size = len(entries) + len(result.dropped)
        self._entry_count += size
        page = ListPage(items=new_items, body=result.body, size=size, dropped=result.dropped)
        if self._spec.cursor or self._spec.cursor_step:
            return self._add_cursor_page(page, self._next_cursor(result.body, size), has_items=bool(items))
        self._has_links = self._has_links or bool(result.links)
        link_params = _older_params(result)
        is_full = size >= self._page_size
        page = replace(
            page,
            has_more=bool(link_params) or "next" in result.links,
            may_have_more=is_full and not self._has_links,
        )
        if items and not new_items:
            return self._end(page, "repeats a full page" if is_full else "")
        if self._empty_count > MAX_EMPTY_PAGES:
            return self._end(page, f"has more than {MAX_EMPTY_PAGES} empty pages in a row")
        has_next = page.has_more or (page.may_have_more and self._spec.has_id_cursor)
        if link_params:
            return self._continue(page, link_params, is_guess=False)
        if has_next and self._spec.has_id_cursor and items:
            return self._continue(page, {"max_id": str(list(items)[-1])}, is_guess=True)
        is_empty = not items and not page.dropped
        return self._end(page, "has no usable link to its next page" if has_next and not is_empty else "")

    def _next_cursor(self, body: Any, size: int) -> str | None:
        if self._spec.cursor:
            is_last = self._spec.has_full_pages and size < int(str(self._params["limit"]))
            return None if is_last else self._spec.cursor(body)
        full_size = max(self._spec.cursor_step, int(str(self._params.get("limit", self._params.get("per-page", 1)))))
        number = int(str((self.next_params or {}).get(self._spec.cursor_param, 0)))
        return str(number + self._spec.cursor_step) if size >= full_size else None

    def _add_cursor_page(self, page: ListPage, cursor: str | None, *, has_items: bool) -> ListPage:
        if not cursor:
            return self._end(page, "")
        page = replace(page, has_more=True)
        if cursor in self._cursors or (has_items and not page.items):
            return self._end(page, "repeats its pages")
        if self._empty_count > MAX_EMPTY_PAGES:
            return self._end(page, f"has more than {MAX_EMPTY_PAGES} empty pages in a row")
        self._cursors.add(cursor)
        offset = {self._spec.offset_param: self._entry_count} if self._spec.offset_param else {}
        self.next_params = {**self._params, self._spec.cursor_param: cursor, **offset}
        return page

    def _continue(self, page: ListPage, next_params: "QueryParams", *, is_guess: bool) -> ListPage:
        next_params, self.is_guess = {**self._params, **next_params}, is_guess
        # An empty page that leads to itself is the last one.
        self.next_params = None if not page.items and next_params == self.next_params else next_params
        return page

    def _end(self, page: ListPage, reason: str) -> ListPage:
        self.next_params = None
        return replace(page, problem=f"{self._path} {reason}; what follows is not read" if reason else "")


def _older_params(result: "HttpResult") -> dict[str, list[str]]:
    """Return the query of the link to older entries; empty without one."""
    for relation in ("next", "prev"):
        query = result.links.get(relation, "").partition("#")[0].partition("?")[2]
        link_params = parse_qs(query)
        is_older = "max_id" in link_params or (relation == "next" and not _NEWER_PARAMS & link_params.keys())
        if link_params and is_older:
            return link_params
    return {}
