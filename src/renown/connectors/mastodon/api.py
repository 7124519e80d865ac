"""Mastodon API: read an account's mentions and statuses page by page, with one small function per verb."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from renown.connectors.base import (
    Account,
    Actor,
    KnownState,
    Listing,
    Page,
    ReadLimits,
    clean_count,
    is_valid_id,
)
from renown.connectors.mastodon.accounts import (
    ERRORS,
    NETWORK,
    build_identity,
    build_profile,
    build_profiles,
    check_account_active,
    fetch_account,
    fetch_local_domain,
    normalize_account_id,
)
from renown.connectors.mastodon.models import (
    MastodonAccount,
    MastodonCursor,
    MastodonNotification,
    MastodonReaction,
    MastodonStatus,
    MastodonThread,
    parse_cursor,
)
from renown.connectors.pagination import ListPage, ListSpec, paginate
from renown.connectors.resume import ListSkipper
from renown.errors import NetworkRefusedError
from renown.records import AccountCoverage, Interaction, Profile, Tally

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

_STATUSES_PER_PAGE, _ACCOUNTS_PER_PAGE = 40, 80
"""Maximum page sizes (docs.joinmastodon.org, methods "accounts" and "statuses", `limit`)."""
_PUBLIC_VISIBILITIES = frozenset({"public", "unlisted"})
"""Visibilities of public statuses; with an access token, servers also return private ones."""
_MAX_CLOCK_LAG = timedelta(hours=1)
"""How far a server's clock may be behind ours: what it dates before the last collect may have happened after it."""
_EARLIEST = datetime(2008, 5, 1, tzinfo=UTC)
"""Start of the first server of this network; an earlier date stands for none, and does not tell where a list ends."""
_LOGIN_STATUSES = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY})
"""How servers refuse a list to requests without a token; 422: mastodon/documentation, issue 942."""


@dataclass(frozen=True, kw_only=True)
class _Run:
    """The state of one run that reads an account."""

    client: "Client"
    local_domain: str
    """Domain of the accounts that the server names without a domain."""
    target: str
    """Id of the account that is read."""
    server_id: str
    """The account's id on this server."""
    known: KnownState
    limits: ReadLimits
    start_cursor: MastodonCursor
    now: datetime
    skipper: ListSkipper

    @property
    def started_at(self) -> datetime:
        """Start of this collect; in an earlier run if that was interrupted."""
        return self.start_cursor.began or self.now

    def make_cursor(self, stage: str, max_id: str) -> str:
        return self.start_cursor.to_json_at(stage, max_id, began=self.started_at)

    def normalize_id(self, account: MastodonAccount | None) -> str | None:
        return normalize_account_id(account.acct, self.local_domain) if account else None

    @property
    def is_home_server(self) -> bool:
        """Whether this is the account's home server; another server knows only a part of the reactions."""
        return not self.is_remote(self.target)

    def is_remote(self, account_id: str) -> bool:
        """Tell whether an account lives on another server, so that its acts are only this server's word."""
        return not account_id.endswith(f"@{self.local_domain}")

    def build_profiles(self, accounts: Iterable[MastodonAccount]) -> list[Profile]:
        return build_profiles(
            (account for account in accounts if self.normalize_id(account) != self.target), self.local_domain, self.now
        )

    def clamp_instant(self, at: datetime, *, earliest: datetime | None = None) -> datetime:
        """Clamp an instant to a possible range: another server's clock may be wrong by any amount."""
        return min(max(at, earliest or at), self.now)


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read an account's profile, its mentions if the token allows it, and the reactions to its statuses."""
    start_cursor, local_domain = parse_cursor(known.cursor), fetch_local_domain(client)
    details = fetch_account(client, account.account_id, local_domain)
    if not details.suspended and normalize_account_id(details.acct, local_domain) == account.account_id:
        yield Page((build_profile(details, local_domain, now),), identity=build_identity(details))
    check_account_active(details, local_domain, account.account_id)
    skipper = ListSkipper(lambda: fetch_account(client, account.account_id, local_domain))
    run = _Run(
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
    yield Page(cursor=MastodonCursor(finished=run.started_at).to_json())


def _has_own_token(run: _Run) -> bool:
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


def _read_mentions(run: _Run) -> Iterator[Page]:
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


def _to_mentions_page(run: _Run, notifications: Sequence[MastodonNotification]) -> Page:
    statuses = [item.status for item in notifications if item.type == "mention" and item.status]
    other_statuses = [status for status in statuses if status.in_reply_to_account_id != run.server_id]
    acts = _build_interactions(run, other_statuses, "mention", suffix=f"#mention:{run.target}")
    return Page(
        (*acts, *_author_profiles(run, other_statuses)), cursor=run.make_cursor("mentions", notifications[-1].id)
    )


def _unread_pages(page: ListPage, item_name: str) -> Iterator[Page]:
    """Yield a page that reports what could not be read of a list; nothing if all of it was read."""
    if page.dropped or page.problem:
        yield Page(
            skipped_lists=(page.problem,) if page.problem else (), dropped=_name_dropped(item_name, page.dropped)
        )


def _name_dropped(item_name: str, reasons: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{item_name} {reason}" for reason in reasons)


def _read_statuses(run: _Run) -> Iterator[Page]:
    """Read reactions to the statuses of the window, newest first; yield a page for each that changed."""
    path = f"api/v1/accounts/{_quote_path(run.server_id)}/statuses"
    params: dict[str, Any] = {"exclude_reblogs": "true", "limit": _STATUSES_PER_PAGE}
    params |= run.start_cursor.resume_params("statuses")
    spec = ListSpec(response_type=list[MastodonStatus], item_id=attrgetter("id"), has_id_cursor=True, errors=ERRORS)
    for list_page in paginate(run.client, path, params, spec):
        statuses = list_page.items
        for status in filter(partial(_is_countable, run), statuses):
            page = _read_status(run, status)
            if page.records or page.listings or page.skipped_lists or page.dropped:
                yield page
        yield from _unread_pages(list_page, "status")
        if statuses:
            yield Page(cursor=run.make_cursor("statuses", statuses[-1].id))
            if _EARLIEST <= statuses[-1].created_at < run.known.since:
                return


def _is_countable(run: _Run, status: MastodonStatus) -> bool:
    """Tell whether a status counts: public, within the window, and no boost of another."""
    is_own_public = not status.reblog and status.visibility in _PUBLIC_VISIBILITIES
    return is_own_public and status.created_at >= run.known.since and is_valid_id(status.uri)


def _read_status(run: _Run, status: MastodonStatus) -> Page:
    """Read the reactions to a status whose counts changed."""
    counts = {
        "like": clean_count(status.like_count),
        "repost": clean_count(status.reblogs_count),
        "reply": clean_count(status.replies_count),
        "quote": clean_count(status.quote_count),
    }
    changed = {
        verb: count
        for verb, count in counts.items()
        if count is not None and count != run.known.counts.get((status.uri, verb), 0)
    }
    pages = {
        verb: page
        for verb, count in changed.items()
        if (page := run.skipper.fetch_or_skip(verb, status.uri, partial(_read_verb, run, status, verb, count)))
    }
    return Page(
        tuple(dict.fromkeys(record for page in pages.values() for record in page.records)),
        tuple(listing for page in pages.values() for listing in page.listings),
        run.make_cursor("statuses", status.id),
        {(status.uri, verb): changed[verb] for verb in pages},
        skipped_lists=run.skipper.pop_skipped(),
        dropped=tuple(reason for verb, page in pages.items() for reason in _name_dropped(verb, page.dropped)),
    )


def _read_verb(run: _Run, status: MastodonStatus, verb: str, count: int) -> Page:
    try:
        return _VERB_READERS[verb](run, status, count)
    except NetworkRefusedError as error:
        if error.status is None:
            raise
        # Many servers list names only to their own users, some lack a list or send a page instead; the count is public.
        if error.status not in _LOGIN_STATUSES:
            run.skipper.report_refusal(verb, error)
        return Page(_unnamed_tallies(run, status, verb, count, 0))


def _read_actor_list(verb: str, path: str, run: _Run, status: MastodonStatus, count: int) -> Page:
    """Read the list of accounts that liked or boosted a status, up to the limit."""
    max_actors = run.limits.max_actors
    reaction_count = status.reaction_count if verb == "like" else 0
    accounts, has_more, dropped = _fetch_account_list(run, _status_path(status, path), count - reaction_count)
    # Servers that hide who reacted return an empty list although the count is not 0.
    is_hidden = not accounts and count > reaction_count
    if reaction_count:
        reacting_accounts, is_partial = _fetch_reacting_accounts(run, status)
        accounts, has_more = accounts | reacting_accounts, has_more or is_partial
    is_whole = not has_more and not dropped and len(accounts) <= max_actors
    is_complete = run.is_home_server and is_whole and not is_hidden
    account_by_id = {
        account_id: account
        for account in list(accounts.values())[:max_actors]
        if (account_id := run.normalize_id(account))
    }
    at = run.clamp_instant(status.created_at, earliest=run.start_cursor.finished)
    listing = Listing(
        target_id=run.target,
        post_id=status.uri,
        verb=verb,
        actors=tuple(Actor(account_id, unverified=run.is_remote(account_id)) for account_id in account_by_id),
        complete=is_complete,
        at=at,
    )
    total = len(accounts) if is_complete else max(count, len(accounts))
    tallies = _unnamed_tallies(run, status, verb, total, len(account_by_id))
    return Page((*run.build_profiles(account_by_id.values()), *tallies), (listing,), dropped=dropped)


def _fetch_account_list(run: _Run, path: str, count: int) -> tuple[dict[str, MastodonAccount], bool, tuple[str, ...]]:
    """Fetch a list of accounts without duplicates, whether the list has more pages, and its unreadable elements."""
    accounts: dict[str, MastodonAccount] = {}
    has_more, dropped, max_accounts = False, list[str](), run.limits.max_actors
    params = {"limit": min(_ACCOUNTS_PER_PAGE, max_accounts)}
    spec = ListSpec(response_type=list[MastodonAccount], item_id=partial(_account_key, run))
    pages = paginate(run.client, path, params, spec)
    for page in run.skipper.paginate_within_budget(pages):
        accounts |= {_account_key(run, account): account for account in page.items}
        dropped += page.dropped
        has_more = page.has_more or (page.may_have_more and len(accounts) < count)
        if len(accounts) >= max_accounts:
            break
    return accounts, has_more, tuple(dropped)


def _fetch_reacting_accounts(run: _Run, status: MastodonStatus) -> tuple[dict[str, MastodonAccount], bool]:
    """Fetch who reacted with an emoji, which Pleroma and Akkoma do not count as favourites, and whether some lack."""
    try:
        result = run.client.get(_pleroma_path(_status_path(status, "reactions")), response_type=list[MastodonReaction])
    except NetworkRefusedError as error:
        if error.status is None:
            raise
        if error.status not in _LOGIN_STATUSES:
            run.skipper.report_refusal("reaction", error)
        return {}, True
    acts = [account for reaction in result.body for account in reaction.accounts]
    is_partial = bool(result.dropped) or len(acts) < status.reaction_count
    return {_account_key(run, account): account for account in acts}, is_partial


def _pleroma_path(path: str) -> str:
    """Return the path of one of Pleroma's own methods."""
    return path.replace("api/v1/", "api/v1/pleroma/", 1)


def _account_key(run: _Run, account: MastodonAccount) -> str:
    return run.normalize_id(account) or account.id


def _read_replies(run: _Run, status: MastodonStatus, count: int) -> Page:
    result = run.client.get(_status_path(status, "context"), response_type=MastodonThread)
    direct_replies = [reply for reply in result.body.descendants if reply.in_reply_to_id == status.id]
    acts = _build_interactions(run, direct_replies, "reply", parent=status)
    own_replies = sum(run.normalize_id(direct_reply.account) == run.target for direct_reply in direct_replies)
    return Page(
        (
            *acts,
            *_author_profiles(run, direct_replies),
            *_unnamed_tallies(run, status, "reply", count - own_replies, len(acts)),
        ),
        dropped=result.dropped,
    )


def _read_quotes(run: _Run, status: MastodonStatus, count: int) -> Page:
    quote_by_uri: dict[str, MastodonStatus] = {}
    dropped: list[str] = []
    # An empty page may be followed by others: the server omits statuses that the token's owner may not read.
    page_numbers = range(1 + run.limits.max_actors // _STATUSES_PER_PAGE)
    spec = ListSpec(response_type=list[MastodonStatus], item_id=attrgetter("uri"))
    path = _status_path(status, "quotes")
    if status.quotes_count is None:
        path = _pleroma_path(path)
    pages = run.skipper.paginate_within_budget(paginate(run.client, path, {"limit": _STATUSES_PER_PAGE}, spec))
    for _, page in zip(page_numbers, pages, strict=False):
        quote_by_uri |= {quote_status.uri: quote_status for quote_status in page.items}
        dropped += page.dropped
    first_quotes = list(quote_by_uri.values())[: run.limits.max_actors]
    accepted_quotes = [
        quote_status
        for quote_status in first_quotes
        if quote_status.quote is None or quote_status.quote.state == "accepted"
    ]
    acts = _build_interactions(run, accepted_quotes, "quote", parent=status, suffix="#quote")
    own_quotes = sum(run.normalize_id(quote_status.account) == run.target for quote_status in accepted_quotes)
    return Page(
        (
            *acts,
            *_author_profiles(run, accepted_quotes),
            *_unnamed_tallies(run, status, "quote", count - own_quotes, len(acts)),
        ),
        dropped=tuple(dropped),
    )


_VERB_READERS: dict[str, Callable[[_Run, MastodonStatus, int], Page]] = {
    "like": partial(_read_actor_list, "like", "favourited_by"),
    "repost": partial(_read_actor_list, "repost", "reblogged_by"),
    "reply": _read_replies,
    "quote": _read_quotes,
}


def _build_interactions(
    run: _Run, statuses: Sequence[MastodonStatus], verb: str, *, parent: MastodonStatus | None = None, suffix: str = ""
) -> list[Interaction]:
    """Build interactions from statuses; one that is only a part of its status gets a suffix to the status's id."""
    return [
        Interaction(
            network=NETWORK,
            interaction_id=status.uri + suffix,
            verb=verb,
            actor_id=actor_id,
            target_id=run.target,
            post_id=parent.uri if parent else None,
            at=run.clamp_instant(status.created_at, earliest=parent.created_at if parent else None),
            unverified=run.is_remote(actor_id),
        )
        for status in statuses
        if _is_public(status, suffix) and (actor_id := run.normalize_id(status.account)) and actor_id != run.target
    ]


def _is_public(status: MastodonStatus, suffix: str = "") -> bool:
    return status.visibility in _PUBLIC_VISIBILITIES and is_valid_id(status.uri + suffix)


def _author_profiles(run: _Run, statuses: Sequence[MastodonStatus]) -> list[Profile]:
    return run.build_profiles(status.account for status in statuses if status.account and _is_public(status))


def _unnamed_tallies(run: _Run, status: MastodonStatus, verb: str, count: int, named_count: int) -> tuple[Tally, ...]:
    """
    Return the tally of a count that includes unknown actors; none if all actors are known.

    A tally has the instant of the status, and of several tallies with one instant the highest counts. Without the
    exception for known actors, an act that is undone would live on as one of an unknown actor.
    """
    at = run.clamp_instant(status.created_at)
    return (
        (Tally(network=NETWORK, account_id=run.target, post_id=status.uri, verb=verb, count=count, at=at),)
        if count > named_count
        else ()
    )


def _status_path(status: MastodonStatus, path: str) -> str:
    return f"api/v1/statuses/{_quote_path(status.id)}/{path}"


def _quote_path(text: str) -> str:
    return quote(text, safe="")
