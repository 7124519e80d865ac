"""Mastodon API: read an account's mentions and statuses page by page."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from renown.connectors.base import Account, KnownState, Page, ReadLimits
from renown.connectors.mastodon.accounts import (
    EARLIEST,
    ERRORS,
    build_identity,
    build_profile,
    check_account_active,
    fetch_account,
    fetch_local_domain,
)
from renown.connectors.mastodon.ids import NETWORK, normalize_account_id
from renown.connectors.mastodon.models import (
    MastodonAccount,
    MastodonCursor,
    MastodonNotification,
    MastodonStatus,
)
from renown.connectors.mastodon.reactions import read_status
from renown.connectors.mastodon.run import (
    PUBLIC_VISIBILITIES,
    MastodonRun,
    author_profiles,
    build_interactions,
    name_dropped,
    quote_path,
)
from renown.connectors.pagination import ListPage, ListSpec, paginate
from renown.connectors.post_tags import describe_tagged_posts, read_tags
from renown.connectors.resume import ListSkipper
from renown.errors import NetworkRefusedError
from renown.records import AccountCoverage, PostDetails, is_valid_id

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

_STATUSES_PER_PAGE = 40
"""Maximum page size (docs.joinmastodon.org, methods "accounts" and "notifications", `limit`)."""
_MAX_CLOCK_LAG = timedelta(hours=1)
"""How far a server's clock may be behind ours: what it dates before the last collect may have happened after it."""


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read an account's profile, its mentions if the token allows it, and the reactions to its statuses."""
    start_cursor, local_domain = MastodonCursor.parse(known.cursor), fetch_local_domain(client)
    details = fetch_account(client, account.account_id, local_domain)
    if not details.suspended and normalize_account_id(details.acct, local_domain) == account.account_id:
        yield Page((build_profile(details, local_domain, now),), identity=build_identity(details))
    check_account_active(details, local_domain, account.account_id)
    skipper = ListSkipper(lambda: fetch_account(client, account.account_id, local_domain))
    run = MastodonRun(
        client=client,
        local_domain=local_domain,
        target=account.account_id,
        server_id=details.id,
        known=known,
        limits=limits,
        start_cursor=start_cursor,
        now=now,
        skipper=skipper,
    )
    if start_cursor.stage != "statuses" and _has_own_token(run):
        yield from skipper.track_progress(_read_mentions(run))
    yield from skipper.track_progress(_read_statuses(run))
    yield Page(cursor=str(MastodonCursor(finished=run.started_at)))


def _has_own_token(run: MastodonRun) -> bool:
    """Tell whether the token belongs to the account: notifications are always those of the token's owner."""
    if not run.client.has_token:
        return False
    try:
        owner: MastodonAccount = run.client.get(
            "api/v1/accounts/verify_credentials", response_type=MastodonAccount
        ).body
    except NetworkRefusedError:
        # The token belongs to an application (422), lacks permission to read accounts, or the server lacks the method.
        return False
    return owner.id == run.server_id


def _read_mentions(run: MastodonRun) -> Iterator[Page]:
    """Read public mentions of the account; replies are read with its statuses."""
    since = max(
        run.known.since, run.start_cursor.finished - _MAX_CLOCK_LAG if run.start_cursor.finished else run.known.since
    )
    params: dict[str, Any] = {"types[]": ["mention"], "limit": _STATUSES_PER_PAGE}
    params |= run.start_cursor.resume_params("mentions")
    spec = ListSpec(response_type=list[MastodonNotification], item_id=attrgetter("id"), has_id_cursor=True)
    pages = paginate(run.client, "api/v1/notifications", params, spec)
    try:
        for page in pages:
            notifications = page.items
            new_notifications = [notification for notification in notifications if notification.created_at >= since]
            yield from _unread_pages(page, "notification")
            if new_notifications:
                yield _to_mentions_page(run, new_notifications)
            if len(new_notifications) < len(notifications):
                break
    except NetworkRefusedError as error:
        yield Page(skipped_lists=(f"mentions were not read: {error}",))
        return
    yield Page((AccountCoverage(NETWORK, run.target, "mention", since),))


def _to_mentions_page(run: MastodonRun, notifications: Sequence[MastodonNotification]) -> Page:
    statuses = [item.status for item in notifications if item.type == "mention" and item.status]
    other_statuses = [status for status in statuses if status.in_reply_to_account_id != run.server_id]
    acts = build_interactions(run, other_statuses, "mention", suffix=f"#mention:{run.target}")
    return Page(
        (*acts, *author_profiles(run, other_statuses)), cursor=run.build_cursor("mentions", notifications[-1].id)
    )


def _unread_pages(page: ListPage, item_name: str) -> Iterator[Page]:
    """Yield a page that reports what could not be read of a list; nothing if all of it was read."""
    if page.dropped or page.problem:
        yield Page(skipped_lists=(page.problem,) if page.problem else (), dropped=name_dropped(item_name, page.dropped))


def _read_statuses(run: MastodonRun) -> Iterator[Page]:
    """Read reactions to the statuses of the window, newest first; yield a page for each that changed."""
    path = f"api/v1/accounts/{quote_path(run.server_id)}/statuses"
    params: dict[str, Any] = {"exclude_reblogs": "true", "limit": _STATUSES_PER_PAGE}
    params |= run.start_cursor.resume_params("statuses")
    spec = ListSpec(response_type=list[MastodonStatus], item_id=attrgetter("id"), has_id_cursor=True, errors=ERRORS)
    for list_page in paginate(run.client, path, params, spec):
        statuses = list_page.items
        own_statuses = list(filter(partial(_is_countable, run), statuses))
        # A run that is interrupted resumes below the last status that it read, so their tags come first.
        if tagged_posts := _describe_tags(run, own_statuses):
            yield Page(tagged_posts)
        for status in own_statuses:
            page = read_status(run, status)
            if page.records or page.listings or page.skipped_lists or page.dropped:
                yield page
        yield from _unread_pages(list_page, "status")
        if statuses:
            yield Page(cursor=run.build_cursor("statuses", statuses[-1].id))
            if EARLIEST <= statuses[-1].created_at < run.known.since:
                return


def _describe_tags(run: MastodonRun, statuses: Sequence[MastodonStatus]) -> tuple[PostDetails, ...]:
    tags_by_post = {status.uri: read_tags(status.tags) for status in statuses}
    return describe_tagged_posts(NETWORK, run.target, tags_by_post, run.now)


def _is_countable(run: MastodonRun, status: MastodonStatus) -> bool:
    """Tell whether a status counts: public, within the window, and no boost of another."""
    is_own_public = not status.reblog and status.visibility in PUBLIC_VISIBILITIES
    return is_own_public and status.created_at >= run.known.since and is_valid_id(status.uri)
