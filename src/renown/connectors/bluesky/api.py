"""
Bluesky's public API (the app view): read an account, its posts and who reacted, without a login.

References
----------
Bluesky, "API Hosts and Auth": ``https://public.api.bsky.app`` needs no authentication.
atproto, ``lexicons/app/bsky/`` and ``packages/bsky/src/api/app/bsky/``.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Self

import msgspec

from renown.connectors import verification
from renown.connectors.base import (
    Account,
    AccountBio,
    AccountIdentity,
    Connector,
    Counts,
    KnownState,
    Page,
    ReadLimits,
    clean_count,
)
from renown.connectors.bluesky import models
from renown.connectors.bluesky.ids import (
    NETWORK,
    is_did,
    is_post_uri,
    parse_account_age,
    parse_handle,
    parse_handle_or_did,
    parse_instant,
    post_time,
    post_url,
    resolve_instant,
)
from renown.connectors.bluesky.posts import (
    VERB_READERS,
    BlueskyRun,
    OmissionLog,
    OwnPost,
    PostDeletedError,
    PostReactions,
    read_reactions,
)
from renown.connectors.pagination import ListPage, ListSpec, paginate
from renown.connectors.resume import ListSkipper
from renown.errors import AccountGoneError, CursorExpiredError, NetworkRefusedError, NetworkUnavailableError
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

PUBLIC_API = "https://public.api.bsky.app"

_PROFILES_PER_REQUEST = 25
"""Accounts in one request (atproto, ``lexicons/app/bsky/actor/getProfiles.json``)."""
_POSTS_PER_REQUEST = 100
"""Posts in one request (atproto, ``lexicons/app/bsky/feed/getAuthorFeed.json``)."""
_FEED_PATH = "xrpc/app.bsky.feed.getAuthorFeed"
_FEED = ListSpec(
    response_type=models.BlueskyFeed,
    items=attrgetter("feed"),
    cursor=attrgetter("cursor"),
    item_id=attrgetter("post.uri"),
)
_HIDDEN_LABEL = "!no-unauthenticated"
"""Label of people who do not want to be shown to logged-out users (atproto, ``com.atproto.label.defs``)."""
_GONE_REASONS = {
    "AccountTakedown": "the network has suspended it",
    "AccountDeactivated": "its owner has deactivated it; it may come back",
    "InvalidRequest": "there is no account by that name; it was renamed or deleted, or never existed",
}
"""The network's error code to what it means for an account."""


class BlueskyCursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """The checkpoint of a run, serialized as the JSON of a cursor."""

    done: datetime | None = None
    """When the last complete run began."""
    began: datetime | None = None
    """When the run in progress began."""
    feed: str = ""
    """The network's cursor of the page of posts being read."""
    after: str = ""
    """The last post read of that page."""

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """Parse a cursor; an invalid one means to start from the beginning."""
        try:
            return msgspec.json.decode(cursor or "{}", type=cls)
        except msgspec.DecodeError:
            return cls()

    def __str__(self) -> str:
        """Return the JSON."""
        return msgspec.json.encode(self).decode()


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """
    Look up an account by handle or DID.

    Raises
    ------
    AccountGoneError
        If there is none, or it is suspended or deactivated.
    InvalidInputError
        If `name` is neither a handle nor a DID.
    """
    return _fetch_profile(client, parse_handle_or_did(name), now=now)


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """
    Read an account's profile and the reactions to its posts of the window.

    Yields
    ------
    Page
        One for each post with new reactions, so that an interrupted run keeps what it read.

    Raises
    ------
    AccountGoneError
        If the account is gone.
    """
    details = _fetch_account(client, account.account_id)
    identity = AccountIdentity(display_name=details.display_name, avatar_url=details.avatar)
    yield Page((_to_profile(details, now),), identity=identity)
    checkpoint = BlueskyCursor.parse(known.cursor)
    skipper = ListSkipper(lambda: _fetch_profile(client, account.account_id, now=now))
    run = BlueskyRun(
        client=client,
        account_id=account.account_id,
        max_actors=limits.max_actors,
        last_read_at=checkpoint.done,
        now=now,
        skipper=skipper,
        omissions=OmissionLog(),
    )
    yield from skipper.track_progress(_read_posts(run, checkpoint, known))


def _read_posts(run: BlueskyRun, start: BlueskyCursor, known: KnownState) -> Iterator[Page]:
    began = start.began or run.now
    for feed_cursor, page in _paginate_feed(run, start, known.since):
        # Resume after the last post of an unfinished page: a page of popular posts may cost more than a whole budget.
        for post in _own_posts(run, page, known.since, start.after if feed_cursor == start.feed else ""):
            changed = [verb for verb, count in post.counts.items() if count != known.counts.get((post.uri, verb), 0)]
            reactions = _read_reactions(run, post, changed)
            skipped = run.skipper.pop_skipped()
            if reactions or skipped:
                counts = {(post.uri, verb): post.counts[verb] for verb in reactions}
                checkpoint = BlueskyCursor(start.done, began, feed_cursor, post.uri)
                yield _to_page(list(reactions.values()), checkpoint, counts, skipped, run.omissions.pop_dropped())
        yield Page(
            cursor=str(BlueskyCursor(start.done, began, page.cursor or "")),
            skipped_lists=run.omissions.pop_problems(),
            dropped=run.omissions.pop_dropped(),
        )
    yield Page(
        cursor=str(BlueskyCursor(began)),
        skipped_lists=run.omissions.pop_problems(),
        dropped=run.omissions.pop_dropped(),
    )


def look_up_actors(client: "Client", account_ids: Sequence[str], *, now: datetime) -> Iterator[Page]:
    """Look up accounts; those who do not want to be shown, or are gone, have a profile without figures."""
    for start in range(0, len(account_ids), _PROFILES_PER_REQUEST):
        batch = account_ids[start : start + _PROFILES_PER_REQUEST]
        result = client.get(
            "xrpc/app.bsky.actor.getProfiles", {"actors": list(batch)}, response_type=models.BlueskyProfiles
        )
        shown = {person.did: person for person in result.body.profiles if not _is_hidden(person)}
        yield Page(
            tuple(
                _to_profile(shown[did], now) if did in shown else Profile(network=NETWORK, account_id=did, at=now)
                for did in batch
            ),
            dropped=tuple(f"getProfiles {problem}" for problem in result.dropped),
        )


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """
    Read an account's own description, and its handle, which is a domain.

    The app view verifies a handle in both directions before it shows it; a failed one is ``handle.invalid``.
    """
    details = _fetch_account(client, account.account_id)
    return AccountBio(
        details.description, verification.find_links(details.description), parse_handle(details.handle) or ""
    )


CONNECTOR = Connector(
    network=NETWORK,
    covers=tuple(VERB_READERS),
    example="ada.bsky.social",
    server_url=lambda _name: PUBLIC_API,
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    look_up=look_up_actors,
    profile_urls=("https://bsky.app/profile/{handle}", "https://bsky.app/profile/{id}"),
    icon="M8 7C6 3 3 2 2 3s0 6 3 6c-2 1-1 4 1 4 1 0 2-2 2-3 0 1 1 3 2 3 2 0 3-3 1-4 3 0 4-5 3-6S10 3 8 7z",
    post_time=post_time,
    post_url=post_url,
)


def _fetch_profile(client: "Client", actor: str, *, now: datetime) -> Profile:
    return _to_profile(_fetch_account(client, actor), now)


def _fetch_account(client: "Client", actor: str) -> models.BlueskyProfileDetails:
    try:
        account: models.BlueskyProfileDetails = client.get(
            "xrpc/app.bsky.actor.getProfile", {"actor": actor}, response_type=models.BlueskyProfileDetails
        ).body
    except NetworkRefusedError as error:
        raise _specific_error(error, actor) from error
    if not is_did(account.did):
        raise NetworkRefusedError(f"the response for {actor!r} on bluesky has no DID; is the address of the API right?")
    return account


def _to_profile(account: models.BlueskyProfile, now: datetime) -> Profile:
    """Convert a profile to our record; the API does not tell how many lists the account is on."""
    return Profile(
        network=NETWORK,
        account_id=account.did,
        at=now,
        handle=parse_handle(account.handle),
        followers=clean_count(account.followers),
        following=clean_count(account.following),
        posts=clean_count(account.posts),
        created_at=parse_account_age(account.created, now=now),
    )


def _specific_error(error: NetworkRefusedError, actor: str, cursor: str = "") -> NetworkRefusedError:
    """Return the specific error for a refusal: `InvalidRequest` may mean an expired cursor or a missing account."""
    reason = _GONE_REASONS.get(error.code or "")
    if reason and (error.code != "InvalidRequest" or "not found" in str(error)):
        return AccountGoneError(f"{actor!r} on bluesky: {reason}", status=error.status, code=error.code)
    if cursor and error.code == "InvalidRequest":
        return CursorExpiredError(str(error), status=error.status, code=error.code)
    return error


def _paginate_feed(run: BlueskyRun, start: BlueskyCursor, since: datetime) -> Iterator[tuple[str, models.BlueskyFeed]]:
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
        specific_error = _specific_error(error, run.account_id, cursor)
        if has_read_any or not start_cursor or not isinstance(specific_error, CursorExpiredError):
            raise specific_error from error
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


def _own_posts(run: BlueskyRun, page: models.BlueskyFeed, since: datetime, after: str) -> Iterator[OwnPost]:
    """Yield the account's own posts on a page that are within the window, starting behind `after`."""
    own_posts = [item.post for item in page.feed if item.reason is None and item.post.author.did == run.account_id]
    uris = [post.uri for post in own_posts]
    for post in own_posts[uris.index(after) + 1 if after in uris else 0 :]:
        at = resolve_instant(post.created, post.indexed, now=run.now)
        if at is not None and at >= since and is_post_uri(post.uri):
            yield OwnPost(post.uri, at, post.counts)


def _read_reactions(run: BlueskyRun, post: OwnPost, changed: Iterable[str]) -> dict[str, PostReactions]:
    """Read the changed lists of a post, except skipped ones; none if the post was deleted."""
    try:
        reactions = {
            verb: run.skipper.fetch_or_skip(verb, post.uri, partial(read_reactions, run, post, verb))
            for verb in changed
        }
    except PostDeletedError:
        return {}
    return {verb: result for verb, result in reactions.items() if result is not None}


def _to_page(
    reactions: list[PostReactions],
    checkpoint: BlueskyCursor,
    counts: Counts,
    skipped: tuple[str, ...],
    dropped: tuple[str, ...],
) -> Page:
    records = tuple(record for result in reactions for record in result.records)
    listings = tuple(listing for part in reactions for listing in part.listings)
    return Page(records, listings, str(checkpoint), counts, skipped_lists=skipped, dropped=dropped)


def _is_hidden(person: models.BlueskyPerson) -> bool:
    return any(label.val == _HIDDEN_LABEL for label in person.labels)
