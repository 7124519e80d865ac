"""
App view: what Bluesky's public API says of an account and its posts, without a login.

References
----------
Bluesky, "API Hosts and Auth": ``https://public.api.bsky.app`` answers whoever asks.
atproto, ``lexicons/app/bsky/`` and ``packages/bsky/src/api/app/bsky/``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Self

import msgspec

from renown.connectors import proofs
from renown.connectors.base import About, Account, Connector, Counts, Known, Limits, Page
from renown.connectors.bluesky import shapes
from renown.connectors.bluesky.names import (
    NETWORK,
    asked_for,
    handle_of,
    happened,
    instant,
    is_did,
    is_post,
    post_address,
)
from renown.connectors.bluesky.verbs import VERBS, Heard, Post, PostGone, Run
from renown.connectors.fields import figure
from renown.connectors.http import Client
from renown.connectors.pace import Pace
from renown.errors import AccountGone, CursorLost, NetworkBusy, NetworkRefused
from renown.records import Profile

PUBLIC = "https://public.api.bsky.app"

MOST_FIGURES = 250
"""
People whose public figures are asked for in a run of one account: those who did most, in ten requests.

Trust in whom has not been scored comes from their followers. Everybody's would cost as much as
the lists themselves where a post is popular; runs come daily and most people's acts are
spread over days, so that ten requests a day meet those whose acts recur.
"""
_BATCH = 25
"""Accounts in one request (atproto, ``lexicons/app/bsky/actor/getProfiles.json``)."""
_PAGE = 100
"""Posts in one request (atproto, ``lexicons/app/bsky/feed/getAuthorFeed.json``)."""
_HIDDEN = "!no-unauthenticated"
"""Label of people who ask not to be shown to whoever has not logged in (atproto, ``com.atproto.label.defs``)."""
_GONE = {
    "AccountTakedown": "the network has suspended it",
    "AccountDeactivated": "its owner has deactivated it; it may come back",
    "InvalidRequest": "there is nobody by that name; it was renamed or deleted, or never was",
}
"""What the network's codes say of an account."""


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a run is: the JSON of a cursor."""

    done: datetime | None = None
    """When the last run that came to its end began."""
    began: datetime | None = None
    """When the run that has not come to its end began."""
    feed: str = ""
    """The network's cursor of the page of posts that is being read."""
    after: str = ""
    """The last post read of that page."""

    @classmethod
    def of(cls, cursor: str) -> Self:
        """Return the place that a cursor says; one that cannot be read is none."""
        try:
            return msgspec.json.decode(cursor or "{}", type=cls)
        except msgspec.DecodeError:
            return cls()

    def __str__(self) -> str:
        """Return the cursor."""
        return msgspec.json.encode(self).decode()


def find(client: Client, name: str, *, now: datetime) -> Profile:
    """
    Look up who has a handle or DID.

    Raises
    ------
    AccountGone
        If nobody has, or the account is suspended or deactivated.
    BadInput
        If it can be neither.
    """
    return _profile(client, asked_for(name), now=now)


def read(client: Client, account: Account, known: Known, limits: Limits, *, now: datetime) -> Iterator[Page]:
    """
    Read an account's figures and what happened to its posts of the window.

    Yields
    ------
    Page
        A post that something happened to each, so that a run that ends in the middle keeps what it read.

    Raises
    ------
    AccountGone
        If the account is not there any more.
    """
    yield Page((_profile(client, account.account_id, now=now),))
    place = Place.of(known.cursor)
    pace = Pace(lambda: _profile(client, account.account_id, now=now))
    run = Run(client, account.account_id, limits.actors, place.done, now, pace)
    yield from pace.going(_posts_read(run, place, known))


def _posts_read(run: Run, place: Place, known: Known) -> Iterator[Page]:
    began, left = place.began or run.now, MOST_FIGURES
    for feed, page in _feed(run, place, known.since):
        met: Counter[str] = Counter()
        # A page that was begun is read on from the post it ended at; a popular one may cost more than a whole budget.
        for post in _own(run, page, known.since, place.after if feed == place.feed else ""):
            changed = [verb for verb, count in post.counts.items() if count != known.counts.get((post.uri, verb), 0)]
            heard = _happened_to(run, post, changed)
            left_out = run.pace.left_out()
            if heard or left_out:
                met.update(person.did for part in heard.values() for person in part.people if not _hides(person))
                counts = {(post.uri, verb): post.counts[verb] for verb in heard}
                at = Place(place.done, began, feed, post.uri)
                yield _page(list(heard.values()), at, counts, left_out)
        people = [did for did, _ in met.most_common(left)]
        left -= len(people)
        yield Page(tuple(_figures(run, people)), cursor=str(Place(place.done, began, page.cursor or "")))
    yield Page(cursor=str(Place(began)))


def about(client: Client, account: Account, *, now: datetime) -> About:  # noqa: ARG001 - the contract's
    """
    Return what an account says of itself: its description, and its handle, which is a domain.

    The app view resolves a handle both ways before it shows it, and says ``handle.invalid`` where that fails.
    """
    said = _shown(client, account.account_id)
    return About(said.description, proofs.links(said.description), handle_of(said.handle) or "")


CONNECTOR = Connector(
    NETWORK, tuple(VERBS), "ada.bsky.social", lambda _name: PUBLIC, find, read, about, post_address=post_address
)


def _profile(client: Client, actor: str, *, now: datetime) -> Profile:
    return _recorded(_shown(client, actor), now)


def _shown(client: Client, actor: str) -> shapes.Described:
    try:
        said: shapes.Described = client.get(
            "xrpc/app.bsky.actor.getProfile", {"actor": actor}, shape=shapes.Described
        ).body
    except NetworkRefused as refused:
        raise _meant(refused, actor) from refused
    if not is_did(said.did):
        msg = f"{actor!r} on bluesky was answered with an account that has no DID; is it the right address?"
        raise NetworkRefused(msg)
    return said


def _recorded(said: shapes.Figures, now: datetime) -> Profile:
    """Return an account's figures; lists that hold it are not shown."""
    return Profile(
        NETWORK,
        said.did,
        now,
        handle=handle_of(said.handle),
        followers=figure(said.followers),
        following=figure(said.following),
        posts=figure(said.posts),
        created_at=instant(said.created),
    )


def _meant(refused: NetworkRefused, actor: str, cursor: str = "") -> NetworkRefused:
    """Return what a refusal means: a code alone does not tell a lost cursor from an account that is gone."""
    why = _GONE.get(refused.code or "")
    if why and (refused.code != "InvalidRequest" or "not found" in str(refused)):
        msg = f"{actor!r} on bluesky: {why}"
        return AccountGone(msg, status=refused.status, code=refused.code)
    if cursor and refused.code == "InvalidRequest":
        return CursorLost(str(refused), status=refused.status, code=refused.code)
    return refused


def _feed(run: Run, place: Place, since: datetime) -> Iterator[tuple[str, shapes.Feed]]:
    """Yield the pages of an account's posts, youngest first, and the cursor of each."""
    cursor, page = _first(run, place.feed)
    while True:
        yield cursor, page
        if not page.cursor or page.cursor == cursor or _ends_before(page, since, run.now):
            return
        cursor, page = page.cursor, _posts(run, page.cursor)


def _first(run: Run, cursor: str) -> tuple[str, shapes.Feed]:
    """
    Return the page at a cursor of another day, or the first where the network does not know it any more.

    It says so in three ways: that it is malformed, with an error of its own (500), or with nothing.
    """
    try:
        page = _posts(run, cursor)
    except (CursorLost, NetworkBusy) as error:
        if not cursor or (isinstance(error, NetworkBusy) and error.status != 500):  # noqa: PLR2004 - RFC 9110, 15.6.1
            raise
        return "", _posts(run, "")
    if cursor and not page.feed and not page.cursor:
        return "", _posts(run, "")
    return cursor, page


def _posts(run: Run, cursor: str) -> shapes.Feed:
    params: dict[str, str | int] = {"actor": run.account_id, "filter": "posts_with_replies", "limit": _PAGE}
    if cursor:
        params["cursor"] = cursor
    try:
        page: shapes.Feed = run.client.get("xrpc/app.bsky.feed.getAuthorFeed", params, shape=shapes.Feed).body
    except NetworkRefused as refused:
        raise _meant(refused, run.account_id, cursor) from refused
    return page


def _ends_before(page: shapes.Feed, since: datetime, now: datetime) -> bool:
    """Tell whether all that follows a page is too old: it is sorted by when posts were made or passed on."""
    if not page.feed:
        return False
    item = page.feed[-1]
    at = instant(item.reason.indexed) if item.reason else happened(item.post.created, item.post.indexed, now=now)
    return at is not None and at < since


def _own(run: Run, page: shapes.Feed, since: datetime, after: str) -> Iterator[Post]:
    """Yield the account's own posts on a page that are young enough, without those up to `after`."""
    mine = [item.post for item in page.feed if item.reason is None and item.post.author.did == run.account_id]
    uris = [post.uri for post in mine]
    for post in mine[uris.index(after) + 1 if after in uris else 0 :]:
        at = happened(post.created, post.indexed, now=run.now)
        if at is not None and at >= since and is_post(post.uri):
            counts = {"like": post.likes, "repost": post.reposts, "quote": post.quotes, "reply": post.replies}
            yield Post(post.uri, at, {verb: count for verb, count in counts.items() if figure(count) is not None})


def _happened_to(run: Run, post: Post, changed: Iterable[str]) -> dict[str, Heard]:
    """Read lists of a post, but those that have to be left out; none of one that is gone."""
    try:
        asked = {verb: run.pace.ask(verb, post.uri, partial(VERBS[verb], run, post)) for verb in changed}
    except PostGone:
        return {}
    return {verb: heard for verb, heard in asked.items() if heard is not None}


def _page(heard: list[Heard], place: Place, counts: Counts, left_out: tuple[str, ...]) -> Page:
    records = tuple(record for part in heard for record in part.records)
    listings = tuple(listing for part in heard for listing in part.listings)
    return Page(records, listings, str(place), counts, left_out)


def _figures(run: Run, people: list[str]) -> Iterator[Profile]:
    """Ask for the figures of people; those who ask not to be shown are left out."""
    for start in range(0, len(people), _BATCH):
        params = {"actors": people[start : start + _BATCH]}
        answer = run.client.get("xrpc/app.bsky.actor.getProfiles", params, shape=shapes.FiguresOf).body
        for said in answer.profiles:
            if is_did(said.did) and not _hides(said):
                yield _recorded(said, run.now)


def _hides(person: shapes.Person) -> bool:
    return any(label.val == _HIDDEN for label in person.labels)
