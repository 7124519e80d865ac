"""
Hacker News: answers to an account's stories and comments, and the points of its stories; no key is needed.

References
----------
hn.algolia.com/api: "Search", "Rate limits". github.com/HackerNews/API: "Users".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec.structs import replace

from renown.connectors.account_names import invalid_name_error
from renown.connectors.base import Account, AccountBio, Connector, Counts, KnownState, Page, ReadLimits, clean_count
from renown.connectors.hackernews.models import (
    HackerNewsItem,
    HackerNewsPosition,
    HackerNewsSearch,
    HackerNewsUser,
)
from renown.connectors.http import Action, ApiSpec, ErrorRule, Quota
from renown.connectors.pagination import ListPage, ListSpec, describe_omissions, paginate
from renown.connectors.verification import parse_html_bio
from renown.errors import AccountGoneError
from renown.records import Interaction, PostDetails, Profile, Tally

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "hackernews"
_HOST, _USERS_SERVER = "hn.algolia.com", "https://hacker-news.firebaseio.com"
"""The search has no current profiles: it reads one again only when somebody posts."""
_PAGE_SIZE = 1000
"""Maximum hits of a search; there is no second page beyond them."""
_ITEMS_PER_SEARCH = 250
"""Items whose answers one search asks for: an address of 6,000 characters."""
_OPEN = timedelta(days=45)
"""Items can be answered at most as long (`commentable-threshold*` of the site's published source, news.arc)."""
_INDEX_LAG = timedelta(hours=1)
"""How far the search may be behind the site; usually a minute."""
_NAME, _ID = re.compile(r"[A-Za-z0-9_-]{1,32}"), re.compile(r"[0-9]{1,18}")
_TITLE_LENGTH = 200
"""Maximum characters of a title; the site allows 80."""


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by its name, in which case matters."""
    user_name = name.strip()
    if not _NAME.fullmatch(user_name):
        raise invalid_name_error(NETWORK, name, "its name, such as pg")
    user = _fetch_user(client, user_name)
    posts = len(user.submitted)
    return Profile(network=NETWORK, account_id=user.id, at=now, handle=user.id, posts=posts, created_at=user.created)


def read_account(
    client: "Client",
    account: Account,
    known: KnownState,
    limits: ReadLimits,  # noqa: ARG001 - part of the contract
    *,
    now: datetime,
) -> Iterator[Page]:
    """Read the account's items of the window, then what others answered to those that are open."""
    params = {"tags": f"author_{account.account_id},(story,poll,comment)"}
    pages = list(_search(client, params, f"created_at_i>{known.since.timestamp():.0f}"))
    yield from describe_omissions("item", pages)
    items = {item.id: item for page in pages for item in page.items if _ID.fullmatch(item.id)}
    if not items:
        _fetch_user(client, account.account_id)
    points = {(item.id, "upvote"): item.points for item in items.values() if clean_count(item.points) is not None}
    yield Page(tuple(_describe_points(account, known.counts, items.values(), now)), counts=points)
    yield from _read_answers(client, account, known, items, now)


def _read_answers(
    client: "Client", account: Account, known: KnownState, items: Mapping[str, HackerNewsItem], now: datetime
) -> Iterator[Page]:
    """Read new answers, to the newest items first; the cursor tells how far they are read."""
    position = HackerNewsPosition.parse(known.cursor)
    since = max(known.since, datetime.fromtimestamp(position.since, UTC) - _INDEX_LAG)
    unfinished = replace(position, started=position.started or int(now.timestamp()))
    open_ids = sorted((int(item.id) for item in items.values() if item.created_at >= since - _OPEN), reverse=True)
    ids = [item_id for item_id in open_ids if not position.below or item_id < position.below]
    for start in range(0, len(ids), _ITEMS_PER_SEARCH):
        batch = ids[start : start + _ITEMS_PER_SEARCH]
        parents = ",".join(f"parent_id={item_id}" for item_id in batch)
        before = 0 if start else position.before
        for page in _search(client, {"tags": "comment"}, f"created_at_i>{since.timestamp():.0f},({parents})", before):
            yield from describe_omissions("answer", [page])
            oldest = min((int(hit.created_at.timestamp()) for hit in page.items), default=before)
            checkpoint = replace(unfinished, below=batch[0] + 1, before=oldest)
            yield Page(tuple(_answers(account, items, page.items, now)), cursor=str(checkpoint))
        yield Page(cursor=str(replace(unfinished, below=batch[-1], before=0)))
    yield Page(cursor=str(HackerNewsPosition(since=unfinished.started)))


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read what the account says about itself."""
    return parse_html_bio([_fetch_user(client, account.account_id).about or ""], client.check_time)


def _fetch_user(client: "Client", name: str) -> HackerNewsUser:
    # A server that the settings name answers for both interfaces.
    with client.open_client(_USERS_SERVER) if client.host == _HOST else nullcontext(client) as users:
        user: HackerNewsUser | None = users.get(
            f"v0/user/{quote(name, safe='')}.json", response_type=HackerNewsUser | None
        ).body
    if user is None:
        raise AccountGoneError(
            f"nobody is called {name!r} on hackernews; write the name as the site does, with capital letters"
        )
    return user


def _search(client: "Client", params: Mapping[str, str], filters: str, before: int = 0) -> Iterator[ListPage]:
    """Search items by date; what is beyond the maximum of a search is found by another one below the oldest hit."""

    def next_filters(result: HackerNewsSearch) -> str | None:
        size = len(result.hits) if result.hit_count is None else result.hit_count
        more = bool(result.hits) and (size > _PAGE_SIZE or (result.hit_count is None and size == _PAGE_SIZE))
        oldest = min((hit.created_at for hit in result.hits), default=None)
        return f"created_at_i<{int(oldest.timestamp()) + 1},{filters}" if more and oldest else None

    spec = ListSpec(
        response_type=HackerNewsSearch,
        items=attrgetter("hits"),
        item_id=attrgetter("id"),
        cursor=next_filters,
        cursor_param="numericFilters",
    )
    first = f"created_at_i<{before + 1},{filters}" if before else filters
    query: dict[str, str | int] = {**params, "numericFilters": first, "hitsPerPage": _PAGE_SIZE}
    return paginate(client, "api/v1/search_by_date", query, spec)


def _describe_points(
    account: Account, counts: Counts, items: Iterable[HackerNewsItem], now: datetime
) -> Iterator[Tally | PostDetails]:
    """Return the votes for stories whose points changed, without the first point, which everybody gives oneself."""
    for item in items:
        points = clean_count(item.points)
        if item.parent_id is not None or points is None or points == counts.get((item.id, "upvote")):
            continue
        target, at = account.account_id, min(item.created_at, now)
        title, url = (item.title or "")[:_TITLE_LENGTH] or None, item_url(item.id)
        yield PostDetails(network=NETWORK, account_id=target, post_id=item.id, title=title, url=url, at=now)
        yield Tally(network=NETWORK, account_id=target, post_id=item.id, verb="upvote", count=max(points - 1, 0), at=at)


def _answers(
    account: Account, items: Mapping[str, HackerNewsItem], hits: Iterable[HackerNewsItem], now: datetime
) -> Iterator[Interaction]:
    """Return others' answers to one's own items."""
    for hit in hits:
        parent = items.get(str(hit.parent_id))
        if parent and _ID.fullmatch(hit.id) and _NAME.fullmatch(hit.author) and hit.author != account.account_id:
            yield Interaction(
                network=NETWORK,
                interaction_id=hit.id,
                verb="comment" if parent.parent_id is None else "reply",
                actor_id=hit.author,
                target_id=account.account_id,
                post_id=parent.id,
                at=min(hit.created_at, now),
            )


def item_url(item_id: str) -> str | None:
    """Return the URL of a story or comment."""
    return f"https://news.ycombinator.com/item?id={item_id}" if item_id.isdecimal() else None


CONNECTOR = Connector(
    network=NETWORK,
    covers=("comment", "reply", "upvote"),
    anonymous=("upvote",),
    example="pg",
    server_url=lambda _name: f"https://{_HOST}",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    post_url=item_url,
    api=ApiSpec(
        errors=(ErrorRule(action=Action.WAIT, statuses={403}, reason="too many requests in a short time", wait=60),),
        quota=Quota(limit=10_000, per="hour"),
    ),
    profile_urls=("https://news.ycombinator.com/user?id={id}",),
    icon="M2 2h12v12H2zm3 2l2.300 4.500V12h1.400V8.500L11 4H9.500L8 7.200 6.500 4z",
)
