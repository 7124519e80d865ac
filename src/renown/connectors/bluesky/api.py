"""
Bluesky's public API (the app view): read an account, its posts and who reacted, without a login.

References
----------
Bluesky, "API Hosts and Auth": ``https://public.api.bsky.app`` needs no authentication.
atproto, ``lexicons/app/bsky/`` and ``packages/bsky/src/api/app/bsky/``.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from renown.connectors.base import Account, AccountIdentity, Connector, Counts, KnownState, Page, ReadLimits
from renown.connectors.bluesky.accounts import (
    fetch_account,
    fetch_profile,
    find_account,
    look_up_actors,
    read_bio,
    to_profile,
)
from renown.connectors.bluesky.feed import BlueskyCursor, own_posts_since, paginate_feed
from renown.connectors.bluesky.ids import NETWORK, post_time, post_url
from renown.connectors.bluesky.posts import VERB_READERS, OwnPost, PostDeletedError, PostReactions, read_reactions
from renown.connectors.bluesky.run import BlueskyRun, OmissionLog
from renown.connectors.post_tags import describe_tagged_posts
from renown.connectors.resume import ListSkipper

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

PUBLIC_API = "https://public.api.bsky.app"


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
    details = fetch_account(client, account.account_id)
    identity = AccountIdentity(display_name=details.display_name, avatar_url=details.avatar)
    yield Page((to_profile(details, now),), identity=identity)
    checkpoint = BlueskyCursor.parse(known.cursor)
    skipper = ListSkipper(lambda: fetch_profile(client, account.account_id, now=now))
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
    for feed_cursor, page in paginate_feed(run, start, known.since):
        tags_by_post = {post.uri: post.hashtags for post in own_posts_since(run, page, known.since, "")}
        if tagged_posts := describe_tagged_posts(NETWORK, run.account_id, tags_by_post, run.now):
            yield Page(tagged_posts)
        # Resume after the last post of an unfinished page: a page of popular posts may cost more than a whole budget.
        for post in own_posts_since(run, page, known.since, start.after if feed_cursor == start.feed else ""):
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
