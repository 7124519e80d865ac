"""The feed of a Bluesky account: its own posts, newest first, and the cursor from which a run resumes."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from operator import attrgetter

from renown.connectors.bluesky import models
from renown.connectors.bluesky.accounts import specific_error
from renown.connectors.bluesky.ids import is_post_uri, parse_instant, resolve_instant
from renown.connectors.bluesky.posts import OwnPost
from renown.connectors.bluesky.run import BlueskyRun
from renown.connectors.cursors import JsonCursor
from renown.connectors.pagination import ListPage, ListSpec, paginate
from renown.errors import CursorExpiredError, NetworkRefusedError, NetworkUnavailableError

_POSTS_PER_REQUEST = 100
"""Posts in one request (atproto, ``lexicons/app/bsky/feed/getAuthorFeed.json``)."""
_FEED_PATH = "xrpc/app.bsky.feed.getAuthorFeed"
_FEED = ListSpec(
    response_type=models.BlueskyFeed,
    items=attrgetter("feed"),
    cursor=attrgetter("cursor"),
    item_id=attrgetter("post.uri"),
)


class BlueskyCursor(JsonCursor, frozen=True):
    """The checkpoint of a run, serialized as the JSON of a cursor."""

    done: datetime | None = None
    """When the last complete run began."""
    began: datetime | None = None
    """When the run in progress began."""
    feed: str = ""
    """The network's cursor of the page of posts being read."""
    after: str = ""
    """The last post read of that page."""


def paginate_feed(run: BlueskyRun, start: BlueskyCursor, since: datetime) -> Iterator[tuple[str, models.BlueskyFeed]]:
    """Paginate an account's posts, newest first; yield each page with its cursor."""
    for cursor, page in _feed_pages(run, start.feed):
        run.omissions.add_dropped("getAuthorFeed", page.dropped)
        if page.body is not None:
            yield cursor, page.body
        if page.problem:
            run.omissions.add_problem("the list of posts repeats its pages or does not end; older posts are not read")
        if page.body is not None and _ends_before(page.body, since, run.now):
            return


def _feed_pages(run: BlueskyRun, cursor: str) -> Iterator[tuple[str, ListPage]]:
    """
    Yield the pages from the cursor of an earlier run on, or from the first one if that cursor has expired.

    The API reports an expired cursor in three ways: as malformed, with an internal error (500), or with an empty page.
    """
    start_cursor, has_read_any = cursor, False
    params: dict[str, str | int] = {
        "actor": run.account_id,
        "filter": "posts_with_replies",
        "limit": _POSTS_PER_REQUEST,
    }
    try:
        for page in paginate(run.client, _FEED_PATH, params | ({"cursor": cursor} if cursor else {}), _FEED):
            if start_cursor and not has_read_any and not page.has_more and not page.size:
                break
            has_read_any = True
            yield cursor, page
            cursor = page.body.cursor or "" if page.body else cursor
    except NetworkRefusedError as error:
        refusal = specific_error(error, run.account_id, cursor)
        if has_read_any or not start_cursor or not isinstance(refusal, CursorExpiredError):
            raise refusal from error
    except NetworkUnavailableError as error:
        if has_read_any or not start_cursor or error.status != HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
    if start_cursor and not has_read_any:
        yield from _feed_pages(run, "")


def _ends_before(page: models.BlueskyFeed, since: datetime, now: datetime) -> bool:
    """Tell whether all later pages are too old: the feed is sorted by the time of the post or repost."""
    if not page.feed:
        return False
    item = page.feed[-1]
    at = (
        parse_instant(item.reason.indexed)
        if item.reason
        else resolve_instant(item.post.created, item.post.indexed, now=now)
    )
    return at is not None and at < since


def own_posts_since(run: BlueskyRun, page: models.BlueskyFeed, since: datetime, after: str) -> Iterator[OwnPost]:
    """Yield the account's own posts on a page that are within the window, starting behind `after`."""
    own_posts = [item.post for item in page.feed if item.reason is None and item.post.author.did == run.account_id]
    uris = [post.uri for post in own_posts]
    for post in own_posts[uris.index(after) + 1 if after in uris else 0 :]:
        at = resolve_instant(post.created, post.indexed, now=run.now)
        if at is not None and at >= since and is_post_uri(post.uri):
            yield OwnPost(post.uri, at, post.counts, post.hashtags)
