"""Reactions to one status of Mastodon: one small function for each list of who liked, boosted, replied or quoted."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from operator import attrgetter

from renown.connectors.base import Actor, Listing, Page, clean_count
from renown.connectors.mastodon.ids import NETWORK
from renown.connectors.mastodon.models import MastodonAccount, MastodonReaction, MastodonStatus, MastodonThread
from renown.connectors.mastodon.run import MastodonRun, author_profiles, build_interactions, name_dropped, quote_path
from renown.connectors.pagination import ListSpec, paginate
from renown.errors import NetworkRefusedError
from renown.records import Tally

_ACCOUNTS_PER_PAGE, _QUOTES_PER_PAGE = 80, 40
"""Maximum page sizes (docs.joinmastodon.org, methods "statuses", `limit`)."""
_LOGIN_STATUSES = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY})
"""How servers refuse a list to requests without a token; 422: mastodon/documentation, issue 942."""


def read_status(run: MastodonRun, status: MastodonStatus) -> Page:
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
        run.build_cursor("statuses", status.id),
        {(status.uri, verb): changed[verb] for verb in pages},
        skipped_lists=run.skipper.pop_skipped(),
        dropped=tuple(reason for verb, page in pages.items() for reason in name_dropped(verb, page.dropped)),
    )


def _read_verb(run: MastodonRun, status: MastodonStatus, verb: str, count: int) -> Page:
    try:
        return _VERB_READERS[verb](run, status, count)
    except NetworkRefusedError as error:
        if error.status is None:
            raise
        # Many servers list names only to their own users, some lack a list or send a page instead; the count is public.
        if error.status not in _LOGIN_STATUSES:
            run.skipper.report_refusal(verb, error)
        return Page(_unnamed_tallies(run, status, verb, count, 0))


def _read_actor_list(verb: str, path: str, run: MastodonRun, status: MastodonStatus, count: int) -> Page:
    """Read the list of accounts that liked or boosted a status, up to the limit."""
    max_actors = run.limits.max_actors
    reaction_count, unnamed_count = (status.reaction_count, status.unnamed_reaction_count) if verb == "like" else (0, 0)
    list_count = count - reaction_count - unnamed_count
    accounts, has_more, dropped = _fetch_account_list(run, _status_path(status, path), list_count)
    # Servers that hide who reacted return an empty list although the count is not 0.
    is_hidden = not accounts and list_count > 0
    if reaction_count:
        reacting_accounts, is_partial = _fetch_reacting_accounts(run, status)
        accounts, has_more = accounts | reacting_accounts, has_more or is_partial
    is_capped = status.has_capped_lists and len(accounts) < count
    is_whole = not (has_more or is_capped or dropped) and len(accounts) <= max_actors
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
    total = len(accounts) + unnamed_count if is_complete else max(count, len(accounts))
    tallies = _unnamed_tallies(run, status, verb, total, len(account_by_id))
    return Page((*run.build_profiles(account_by_id.values()), *tallies), (listing,), dropped=dropped)


def _fetch_account_list(
    run: MastodonRun, path: str, count: int
) -> tuple[dict[str, MastodonAccount], bool, tuple[str, ...]]:
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


def _fetch_reacting_accounts(run: MastodonRun, status: MastodonStatus) -> tuple[dict[str, MastodonAccount], bool]:
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


def _account_key(run: MastodonRun, account: MastodonAccount) -> str:
    return run.normalize_id(account) or account.id


def _read_replies(run: MastodonRun, status: MastodonStatus, count: int) -> Page:
    result = run.client.get(_status_path(status, "context"), response_type=MastodonThread)
    direct_replies = [reply for reply in result.body.descendants if reply.in_reply_to_id == status.id]
    acts = build_interactions(run, direct_replies, "reply", parent=status)
    own_replies = sum(run.normalize_id(direct_reply.account) == run.target for direct_reply in direct_replies)
    return Page(
        (
            *acts,
            *author_profiles(run, direct_replies),
            *_unnamed_tallies(run, status, "reply", count - own_replies, len(acts)),
        ),
        dropped=result.dropped,
    )


def _read_quotes(run: MastodonRun, status: MastodonStatus, count: int) -> Page:
    quote_by_uri: dict[str, MastodonStatus] = {}
    dropped: list[str] = []
    # An empty page may be followed by others: the server omits statuses that the token's owner may not read.
    page_numbers = range(1 + run.limits.max_actors // _QUOTES_PER_PAGE)
    spec = ListSpec(response_type=list[MastodonStatus], item_id=attrgetter("uri"))
    path = _status_path(status, "quotes")
    if status.quotes_count is None:
        path = _pleroma_path(path)
    pages = run.skipper.paginate_within_budget(paginate(run.client, path, {"limit": _QUOTES_PER_PAGE}, spec))
    for _, page in zip(page_numbers, pages, strict=False):
        quote_by_uri |= {quote_status.uri: quote_status for quote_status in page.items}
        dropped += page.dropped
    first_quotes = list(quote_by_uri.values())[: run.limits.max_actors]
    accepted_quotes = [
        quote_status
        for quote_status in first_quotes
        if quote_status.quote is None or quote_status.quote.state == "accepted"
    ]
    acts = build_interactions(run, accepted_quotes, "quote", parent=status, suffix="#quote")
    own_quotes = sum(run.normalize_id(quote_status.account) == run.target for quote_status in accepted_quotes)
    return Page(
        (
            *acts,
            *author_profiles(run, accepted_quotes),
            *_unnamed_tallies(run, status, "quote", count - own_quotes, len(acts)),
        ),
        dropped=tuple(dropped),
    )


_VERB_READERS: dict[str, Callable[[MastodonRun, MastodonStatus, int], Page]] = {
    "like": partial(_read_actor_list, "like", "favourited_by"),
    "repost": partial(_read_actor_list, "repost", "reblogged_by"),
    "reply": _read_replies,
    "quote": _read_quotes,
}


def _unnamed_tallies(
    run: MastodonRun, status: MastodonStatus, verb: str, count: int, named_count: int
) -> tuple[Tally, ...]:
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
    return f"api/v1/statuses/{quote_path(status.id)}/{path}"
