"""
Verbs: who liked, passed on, quoted or answered one post.

Each function asks for one list and returns what it means. Likes and reposts have
no ids in the app view and become a `Listing`, which is compared with the lake;
quotes and replies are posts with ids of their own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from renown.connectors.base import Actor, Listing, Record
from renown.connectors.bluesky import shapes
from renown.connectors.bluesky.names import NETWORK, happened, is_did, is_post, owner
from renown.connectors.http import Client
from renown.connectors.pace import Pace
from renown.errors import NetworkRefused
from renown.records import Interaction, Tally

_PAGE = 100
"""Names in an answer: the most that lists give (atproto, ``lexicons/app/bsky/feed/getLikes.json``)."""


@dataclass(frozen=True)
class Run:
    """What all requests of a run share."""

    client: Client
    account_id: str
    most: int
    """Names read of one list."""
    before: datetime | None
    """When the account was last read whole; None at first."""
    now: datetime
    pace: Pace


@dataclass(frozen=True)
class Post:
    """One of the account's own posts."""

    uri: str
    at: datetime
    counts: Mapping[str, int]
    """Verb to how often the network says it happened; without those of which it says nothing that can be."""


@dataclass(frozen=True)
class Heard:
    """What one list says."""

    records: tuple[Record, ...] = ()
    listings: tuple[Listing, ...] = ()
    people: tuple[shapes.Person, ...] = ()
    """Whom it names."""


class PostGone(Exception):
    """The post was deleted while its lists were read."""


def likes(run: Run, post: Post) -> Heard:
    """Read who liked a post, and when."""
    found, whole = _listed(run, post, "like", "app.bsky.feed.getLikes", shapes.Likes)
    named = [(like.actor, _after(post, like.created, like.indexed, run.now)) for like in found]
    return _listing(run, post, "like", named, whole=whole, at=post.at)


def reposts(run: Run, post: Post) -> Heard:
    """Read who passed a post on; the network says not when, but it was after the list was last read."""
    found, whole = _listed(run, post, "repost", "app.bsky.feed.getRepostedBy", shapes.RepostedBy)
    at = min(max(post.at, run.before or post.at), run.now)
    return _listing(run, post, "repost", [(person, None) for person in found], whole=whole, at=at)


def quotes(run: Run, post: Post) -> Heard:
    """Read which posts quote a post."""
    found, whole = _listed(run, post, "quote", "app.bsky.feed.getQuotes", shapes.Quotes)
    return _acts(run, post, "quote", found, whole=whole)


def replies(run: Run, post: Post) -> Heard:
    """Read which posts answer a post: one answer holds them all, without a cursor."""
    if not post.counts["reply"]:
        return Heard()
    params: dict[str, str | int] = {"uri": post.uri, "depth": 1, "parentHeight": 0}
    try:
        trunk = run.client.get("xrpc/app.bsky.feed.getPostThread", params, shape=shapes.Thread).body.thread
    except NetworkRefused as refused:
        if refused.code == "NotFound":
            raise PostGone from refused
        if refused.status is not None:
            raise
        # The answer came, but is larger than is read: thousands of replies. They are counted.
        return Heard(_tally(post, "reply", run.account_id, post.counts["reply"], 0))
    nodes = [node.post for node in trunk.replies or () if node.post]
    # Fewer than are counted: some are hidden, or there are more than a thread shows. Nothing says which.
    return _acts(run, post, "reply", nodes[: run.most], whole=len(nodes) >= post.counts["reply"])


VERBS: Mapping[str, Callable[[Run, Post], Heard]] = {
    "like": likes,
    "repost": reposts,
    "quote": quotes,
    "reply": replies,
}
"""Verb to what reads it."""


def _listed(run: Run, post: Post, verb: str, method: str, shape: type[Any]) -> tuple[list[Any], bool]:
    """Return a list and whether it is all of it; a list that is empty without need is asked after."""
    expected, found, cursor = post.counts[verb], list[Any](), ""
    if not expected:
        return [], True
    for page in run.pace.begun(_pages(run.client, post, method, shape)):
        found += page.items
        # The network gives a cursor to the last page, too; one that is not full and holds all that are counted is it.
        ends = not page.cursor or (len(page.items) < _PAGE and len(found) >= expected)
        if len(found) > run.most or (not ends and (len(found) >= run.most or page.cursor == cursor)):
            return found[: run.most], False
        if ends:
            break
        cursor = page.cursor
    else:
        return found, False
    if not found:
        _check_is_there(run, post)
    return found, True


def _pages(client: Client, post: Post, method: str, shape: type[Any]) -> Iterator[Any]:
    """Yield the pages of a list, without end."""
    params: dict[str, str | int] = {"uri": post.uri, "limit": _PAGE}
    while True:
        page = client.get(f"xrpc/{method}", params, shape=shape).body
        yield page
        params = params | {"cursor": page.cursor}


def _check_is_there(run: Run, post: Post) -> None:
    """
    Raise `PostGone` if a post was deleted.

    The lists of a deleted post are empty, and so are those of one that only people liked who are
    suspended by now: of the first nothing was taken back.
    """
    answer = run.client.get("xrpc/app.bsky.feed.getPosts", {"uris": post.uri}, shape=shapes.Posts).body
    if post.uri not in {there.uri for there in answer.posts}:
        raise PostGone


def _listing(
    run: Run,
    post: Post,
    verb: str,
    named: Iterable[tuple[shapes.Person, datetime | None]],
    *,
    whole: bool,
    at: datetime,
) -> Heard:
    people = {person.did: (person, when) for person, when in named if is_did(person.did)}
    own = people.pop(run.account_id, None) is not None
    actors = tuple(Actor(did, when) for did, (_, when) in people.items())
    listing = Listing(run.account_id, post.uri, verb, actors, whole, at)
    tally = () if whole else _tally(post, verb, run.account_id, post.counts[verb] - own, len(actors))
    return Heard(tally, (listing,), tuple(person for person, _ in people.values()))


def _acts(run: Run, post: Post, verb: str, posts: Iterable[shapes.Posted], *, whole: bool) -> Heard:
    read = {posted.uri: posted for posted in posts if is_post(posted.uri) and owner(posted.uri) == posted.author.did}
    others = [posted for posted in read.values() if posted.author.did != run.account_id]
    acts = tuple(_act(run, post, verb, posted) for posted in others)
    count = post.counts[verb] - (len(read) - len(others))
    tally = () if whole else _tally(post, verb, run.account_id, count, len(acts))
    return Heard((*acts, *tally), people=tuple(posted.author for posted in others))


def _act(run: Run, post: Post, verb: str, posted: shapes.Posted) -> Interaction:
    at = _after(post, posted.created, posted.indexed, run.now)
    target = run.account_id
    return Interaction(NETWORK, posted.uri, verb, posted.author.did, target, post.uri, at)


def _after(post: Post, claimed: object, indexed: object, now: datetime) -> datetime:
    """Return when an act on a post happened: whatever is claimed, not before there was the post."""
    return max(happened(claimed, indexed, now=now) or post.at, post.at)


def _tally(post: Post, verb: str, account_id: str, count: int, named: int) -> tuple[Tally, ...]:
    """
    Count what could not be listed.

    It ages from the post's instant, when most acts come: a later one would make all of them young again
    with each reading, and outlive those by name that are taken out of it.
    """
    return (Tally(NETWORK, account_id, post.uri, verb, count, post.at),) if count > named else ()
