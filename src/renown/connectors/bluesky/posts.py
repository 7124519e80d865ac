"""
Reactions to one Bluesky post: read who liked, reposted, quoted or replied to it.

Each function reads one list. Likes and reposts have no ids in this API and become a
`Listing`, which is reconciled with the lake; quotes and replies are posts with ids of
their own and become interactions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from operator import attrgetter
from typing import Any

from renown.connectors.base import Actor, Listing, Record
from renown.connectors.bluesky import models
from renown.connectors.bluesky.ids import NETWORK, is_did, is_post_uri, owner_did, resolve_instant
from renown.connectors.bluesky.run import BlueskyRun
from renown.connectors.pagination import ListSpec, paginate
from renown.errors import NetworkRefusedError
from renown.records import Interaction, Tally

_PAGE_SIZE = 100
"""Entries per page: the maximum of the API (atproto, ``lexicons/app/bsky/feed/getLikes.json``)."""


@dataclass(frozen=True)
class OwnPost:
    """One of the account's own posts."""

    uri: str
    at: datetime
    counts: Mapping[str, int]
    """Verb to the network's count; without counts that are missing or impossible."""
    hashtags: tuple[str, ...] = ()


@dataclass(frozen=True)
class PostReactions:
    """The reactions of one list, as records."""

    records: tuple[Record, ...] = ()
    listings: tuple[Listing, ...] = ()
    people: tuple[models.BlueskyPerson, ...] = ()
    """The accounts that reacted."""


class PostDeletedError(Exception):
    """The post was deleted while its lists were being read."""


def read_likes(run: BlueskyRun, post: OwnPost) -> PostReactions:
    """Read who liked a post, and when."""
    items, is_complete = _read_list(run, post, "like", "app.bsky.feed.getLikes", models.BlueskyLikes)
    entries = [(like.actor, _act_instant(post, like.created, like.indexed, run.now)) for like in items]
    return _to_listing(run, post, "like", entries, is_complete=is_complete, at=post.at)


def read_reposts(run: BlueskyRun, post: OwnPost) -> PostReactions:
    """Read who reposted a post; the API has no timestamps, but it was after the last complete run."""
    items, is_complete = _read_list(run, post, "repost", "app.bsky.feed.getRepostedBy", models.BlueskyReposts)
    at = min(max(post.at, run.last_read_at or post.at), run.now)
    return _to_listing(run, post, "repost", [(person, None) for person in items], is_complete=is_complete, at=at)


def read_quotes(run: BlueskyRun, post: OwnPost) -> PostReactions:
    """Read which posts quote a post."""
    items, is_complete = _read_list(run, post, "quote", "app.bsky.feed.getQuotes", models.BlueskyQuotes)
    return _to_interactions(run, post, "quote", items, is_complete=is_complete)


def read_replies(run: BlueskyRun, post: OwnPost) -> PostReactions:
    """Read the replies to a post: one response has them all, without pagination."""
    if not post.counts["reply"]:
        return PostReactions()
    params: dict[str, str | int] = {"uri": post.uri, "depth": 1, "parentHeight": 0}
    try:
        root = run.fetch("app.bsky.feed.getPostThread", params, models.BlueskyThread).thread
    except NetworkRefusedError as error:
        if error.code == "NotFound":
            raise PostDeletedError from error
        if error.status is not None:
            raise
        # The response exceeds our size limit: thousands of replies. They are only counted.
        return PostReactions(_tally_unlisted(post, "reply", run.account_id, post.counts["reply"], 0))
    nodes = [node.post for node in root.replies or () if node.post]
    # Fewer than counted: some are hidden, or there are more than a thread shows. The API does not tell which.
    return _to_interactions(run, post, "reply", nodes[: run.max_actors], is_complete=len(nodes) >= post.counts["reply"])


VERB_READERS: Mapping[str, Callable[[BlueskyRun, OwnPost], PostReactions]] = {
    "like": read_likes,
    "repost": read_reposts,
    "quote": read_quotes,
    "reply": read_replies,
}
"""Verb to the function that reads its list."""


def read_reactions(run: BlueskyRun, post: OwnPost, verb: str) -> PostReactions:
    """Read one list of a post; if the network refuses it, its acts are only counted."""
    try:
        return VERB_READERS[verb](run, post)
    except NetworkRefusedError as error:
        if (error.status or 0) < HTTPStatus.BAD_REQUEST:
            raise
        run.skipper.report_refusal(verb, error)
        return PostReactions(_tally_unlisted(post, verb, run.account_id, post.counts[verb], 0))


def _read_list(
    run: BlueskyRun, post: OwnPost, verb: str, method: str, response_type: type[Any]
) -> tuple[list[Any], bool]:
    """Read a list up to the limit; return it and whether it is complete. If unexpectedly empty, check the post."""
    stated_count, items = post.counts[verb], dict[str, Any]()
    if not stated_count:
        return [], True
    is_readable = is_last = True
    spec = ListSpec(
        response_type=response_type,
        items=attrgetter("items"),
        cursor=attrgetter("cursor"),
        item_id=attrgetter("key"),
    )
    pages = paginate(run.client, f"xrpc/{method}", {"uri": post.uri, "limit": _PAGE_SIZE}, spec)
    for page in run.skipper.paginate_within_budget(pages):
        run.omissions.add_dropped(method, page.dropped)
        items.update((item.key, item) for item in page.items)
        is_readable = is_readable and not page.dropped
        # The API gives the last page a cursor, too: a page that is not full and reaches the count is the last one.
        is_last = not page.has_more or (0 < page.size < _PAGE_SIZE and len(items) >= stated_count)
        if len(items) > run.max_actors or (not is_last and len(items) >= run.max_actors):
            return list(items.values())[: run.max_actors], False
        if is_last:
            break
    if not is_last:
        return list(items.values()), False
    if not items and is_readable:
        _check_post_exists(run, post)
    return list(items.values()), is_readable


def _check_post_exists(run: BlueskyRun, post: OwnPost) -> None:
    """
    Raise `PostDeletedError` if a post was deleted.

    The lists of a deleted post are empty, and so are those of a post whose likers are all suspended by now.
    For a deleted post an empty list does not mean undone likes.
    """
    response = run.fetch("app.bsky.feed.getPosts", {"uris": post.uri}, models.BlueskyPosts)
    if post.uri not in {item.uri for item in response.posts}:
        raise PostDeletedError


def _to_listing(
    run: BlueskyRun,
    post: OwnPost,
    verb: str,
    entries: Iterable[tuple[models.BlueskyPerson, datetime | None]],
    *,
    is_complete: bool,
    at: datetime,
) -> PostReactions:
    people = {person.did: (person, instant) for person, instant in entries if is_did(person.did)}
    has_own = people.pop(run.account_id, None) is not None
    actors = tuple(Actor(did, instant) for did, (_, instant) in people.items())
    listing = Listing(target_id=run.account_id, post_id=post.uri, verb=verb, actors=actors, complete=is_complete, at=at)
    tally = () if is_complete else _tally_unlisted(post, verb, run.account_id, post.counts[verb] - has_own, len(actors))
    return PostReactions(tally, (listing,), tuple(person for person, _ in people.values()))


def _to_interactions(
    run: BlueskyRun, post: OwnPost, verb: str, posts: Iterable[models.BlueskyPost], *, is_complete: bool
) -> PostReactions:
    posts_by_uri = {
        item.uri: item for item in posts if is_post_uri(item.uri) and owner_did(item.uri) == item.author.did
    }
    other_posts = [item for item in posts_by_uri.values() if item.author.did != run.account_id]
    acts = tuple(_to_interaction(run, post, verb, item) for item in other_posts)
    count = post.counts[verb] - (len(posts_by_uri) - len(other_posts))
    tally = () if is_complete else _tally_unlisted(post, verb, run.account_id, count, len(acts))
    return PostReactions((*acts, *tally), people=tuple(item.author for item in other_posts))


def _to_interaction(run: BlueskyRun, post: OwnPost, verb: str, item: models.BlueskyPost) -> Interaction:
    at = _act_instant(post, item.created, item.indexed, run.now)
    target = run.account_id
    return Interaction(
        network=NETWORK,
        interaction_id=item.uri,
        verb=verb,
        actor_id=item.author.did,
        target_id=target,
        post_id=post.uri,
        at=at,
    )


def _act_instant(post: OwnPost, claimed: object, indexed: object, now: datetime) -> datetime:
    """Return when an act on a post happened: whatever it claims, not before the post."""
    return max(resolve_instant(claimed, indexed, now=now) or post.at, post.at)


def _tally_unlisted(post: OwnPost, verb: str, account_id: str, count: int, listed_count: int) -> tuple[Tally, ...]:
    """
    Return a tally of the acts that could not be listed; none if all were.

    It ages from the instant of the post, near which most acts happen. A later instant would renew all of
    them with each run, and the tally would outlive the named acts that are subtracted from it.
    """
    return (
        (Tally(network=NETWORK, account_id=account_id, post_id=post.uri, verb=verb, count=count, at=post.at),)
        if count > listed_count
        else ()
    )
