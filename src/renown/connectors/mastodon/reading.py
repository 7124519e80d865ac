"""Reading: an account's mentions and statuses, one small function a verb."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from renown.connectors.base import Account, Actor, Known, Limits, Listing, Page, Record
from renown.connectors.fields import figure
from renown.connectors.http import Client, Means
from renown.connectors.mastodon.accounts import (
    GONE,
    MEANS,
    NETWORK,
    account_id,
    account_still,
    domain,
    fits,
    lookup,
    profile,
    profiles,
)
from renown.connectors.mastodon.place import Place, place
from renown.connectors.mastodon.shapes import Notice, Someone, Status, Thread
from renown.connectors.pace import Pace
from renown.errors import NetworkRefused
from renown.records import Interaction, Profile, Tally

_STATUSES, _NAMES = 40, 80
"""Most that a server gives at once (docs.joinmastodon.org, methods "accounts" and "statuses", `limit`)."""
_OPEN = frozenset({"public", "unlisted"})
"""Visibilities of what everybody may read; with somebody's token there are others."""
_BEHIND = timedelta(hours=1)
"""How far a server's clock may be behind ours: what it dates before the last collect may have come after it."""
_HIDDEN = frozenset({401, 403})


@dataclass(frozen=True)
class _Run:
    """What one reading of an account has at hand."""

    client: Client
    local: str
    """Domain of the accounts that the server names without one."""
    target: str
    """The account read."""
    own: str
    """Its id on the server asked."""
    at_home: bool
    """Whether that server is the account's own: another knows only a part of what was done."""
    known: Known
    limits: Limits
    start: Place
    now: datetime
    pace: Pace

    @property
    def began(self) -> datetime:
        """When this collect began, perhaps in an earlier run."""
        return self.start.began or self.now

    def cursor(self, stage: str, max_id: str) -> str:
        return self.start.at(stage, max_id, began=self.began)

    def name(self, someone: Someone) -> str | None:
        return account_id(someone.acct, self.local)

    def profiles(self, someones: Iterable[Someone]) -> list[Profile]:
        return profiles((one for one in someones if self.name(one) != self.target), self.local, self.now)

    def instant(self, at: datetime, *, no_sooner: datetime | None = None) -> datetime:
        """Return an instant that can be: another server's clock may be wrong by any amount."""
        return min(max(at, no_sooner or at), self.now)


def read(client: Client, account: Account, known: Known, limits: Limits, *, now: datetime) -> Iterator[Page]:
    """Read the account's profile, who mentioned it where that may be asked, and what became of its statuses."""
    start, local = place(known.cursor), domain(client)
    found = lookup(client, account.account_id, local)
    if not found.suspended and account_id(found.acct, local) == account.account_id:
        yield Page((profile(found, local, now),))
    account_still(found, local, account.account_id)
    at_home = account.account_id.endswith(f"@{local}")
    pace = Pace(lambda: lookup(client, account.account_id, local))
    run = _Run(client, local, account.account_id, found.id, at_home, known, limits, start, now, pace)
    if start.stage != "statuses" and _token_is_its_own(run):
        yield from pace.going(_mentions(run))
    yield from pace.going(_statuses(run))
    yield Page(cursor=Place(finished=run.began).written())


def _token_is_its_own(run: _Run) -> bool:
    """Tell whose token it is: notifications are those of the token's owner, whoever is read."""
    if not run.client.has_token:
        return False
    try:
        owner: Someone = run.client.get("api/v1/accounts/verify_credentials", shape=Someone).body
    except NetworkRefused as refused:
        # The token of an application (422), or one that may not read accounts.
        if refused.status not in _HIDDEN | {422}:
            raise
        return False
    return owner.id == run.own


def _mentions(run: _Run) -> Iterator[Page]:
    """Read who mentioned the account in public; who replied to it is read with its statuses."""
    since = max(run.known.since, run.start.finished - _BEHIND if run.start.finished else run.known.since)
    params = {"types[]": ["mention"], "limit": _STATUSES, **run.start.below("mentions")}
    for notices, _ in _pages(run.client, "api/v1/notifications", params, list[Notice]):
        fresh = [notice for notice in notices if notice.created_at >= since]
        statuses = [notice.status for notice in fresh if notice.type == "mention" and notice.status]
        others = [status for status in statuses if status.in_reply_to_account_id != run.own]
        acts = _acts(run, others, "mention", suffix=f"#mention:{run.target}")
        if fresh:
            yield Page((*acts, *_authors(run, others)), cursor=run.cursor("mentions", fresh[-1].id))
        if len(fresh) < len(notices):
            return


def _statuses(run: _Run) -> Iterator[Page]:
    """Read what became of the statuses of the window, the youngest first, a page for each that changed."""
    path = f"api/v1/accounts/{_quoted(run.own)}/statuses"
    params = {"exclude_reblogs": "true", "limit": _STATUSES, **run.start.below("statuses")}
    for statuses, _ in _pages(run.client, path, params, list[Status], MEANS):
        for status in filter(partial(_counts, run), statuses):
            page = _status(run, status)
            if page.records or page.listings or page.left_out:
                yield page
        if statuses:
            yield Page(cursor=run.cursor("statuses", statuses[-1].id))
            if statuses[-1].created_at < run.known.since:
                return


def _counts(run: _Run, status: Status) -> bool:
    """Tell whether a status is one of the account's own that everybody may read, and young enough."""
    own = status.reblog is None and status.visibility in _OPEN
    return own and status.created_at >= run.known.since and fits(status.uri)


def _status(run: _Run, status: Status) -> Page:
    """Read what changed of a status; nothing where it was deleted in the meantime."""
    counts = {
        "like": figure(status.favourites_count),
        "repost": figure(status.reblogs_count),
        "reply": figure(status.replies_count),
        "quote": figure(status.quotes_count),
    }
    changed = {
        verb: count
        for verb, count in counts.items()
        if count is not None and count != run.known.counts.get((status.uri, verb), 0)
    }
    records: dict[Record, None] = {}
    listings: list[Listing] = []
    read: dict[tuple[str, str], int] = {}
    try:
        for verb, count in changed.items():
            page = run.pace.ask(verb, status.uri, partial(_asked, run, status, verb, count))
            if page is None:
                continue
            read[status.uri, verb] = count
            records |= dict.fromkeys(page.records)
            listings += page.listings
    except NetworkRefused as refused:
        if refused.status not in GONE:
            raise
        return Page(left_out=run.pace.left_out())
    return Page(tuple(records), tuple(listings), run.cursor("statuses", status.id), read, run.pace.left_out())


def _asked(run: _Run, status: Status, verb: str, count: int) -> Page:
    try:
        return _VERBS[verb](run, status, count)
    except NetworkRefused as refused:
        if refused.status not in _HIDDEN:
            raise
        # Some servers show names to their own people only; the count is public.
        return Page(_unnamed(run, status, verb, count, 0))


def _listed(verb: str, path: str, run: _Run, status: Status, count: int) -> Page:
    """Read the list of who did it, as far as the limit."""
    most = run.limits.actors
    found, more = _someones(run, _below(status, path), most)
    # Servers that hide who it was give an empty list with a count.
    complete = run.at_home and not more and len(found) <= most and (bool(found) or not count)
    named = {name: one for one in list(found.values())[:most] if (name := run.name(one))}
    at = run.instant(status.created_at, no_sooner=run.start.finished)
    listing = Listing(run.target, status.uri, verb, tuple(map(Actor, named)), complete, at)
    counted = len(found) if complete else max(count, len(found))
    return Page((*run.profiles(named.values()), *_unnamed(run, status, verb, counted, len(named))), (listing,))


def _someones(run: _Run, path: str, most: int) -> tuple[dict[str, Someone], bool]:
    """Return a list of accounts, each once, and whether it goes on."""
    found: dict[str, Someone] = {}
    more = False
    for page in run.pace.begun(_pages(run.client, path, {"limit": min(_NAMES, most)}, list[Someone])):
        someones, more = page
        before = len(found)
        found |= {run.name(one) or one.id: one for one in someones}
        # A server that repeats itself does not get to spend all of the budget.
        if len(found) >= most or len(found) == before:
            break
    return found, more


def _replies(run: _Run, status: Status, count: int) -> Page:
    thread: Thread = run.client.get(_below(status, "context"), shape=Thread).body
    direct = [reply for reply in thread.descendants if reply.in_reply_to_id == status.id]
    acts = _acts(run, direct, "reply", on=status)
    own = sum(run.name(one.account) == run.target for one in direct)
    return Page((*acts, *_authors(run, direct), *_unnamed(run, status, "reply", count - own, len(acts))))


def _quotes(run: _Run, status: Status, count: int) -> Page:
    found: dict[str, Status] = {}
    # A page may be empty and others follow: the server leaves out what the token's owner may not read.
    most = range(1 + run.limits.actors // _STATUSES)
    pages = run.pace.begun(_pages(run.client, _below(status, "quotes"), {"limit": _STATUSES}, list[Status]))
    for _, (statuses, _) in zip(most, pages, strict=False):
        found |= {one.uri: one for one in statuses}
    first = list(found.values())[: run.limits.actors]
    allowed = [one for one in first if one.quote is None or one.quote.state == "accepted"]
    acts = _acts(run, allowed, "quote", on=status, suffix="#quote")
    own = sum(run.name(one.account) == run.target for one in allowed)
    return Page((*acts, *_authors(run, allowed), *_unnamed(run, status, "quote", count - own, len(acts))))


_VERBS: dict[str, Callable[[_Run, Status, int], Page]] = {
    "like": partial(_listed, "like", "favourited_by"),
    "repost": partial(_listed, "repost", "reblogged_by"),
    "reply": _replies,
    "quote": _quotes,
}


def _acts(
    run: _Run, statuses: Sequence[Status], verb: str, *, on: Status | None = None, suffix: str = ""
) -> list[Interaction]:
    """Return the acts that statuses are; an act that is not the status itself has a suffix to its id."""
    return [
        Interaction(
            NETWORK,
            one.uri + suffix,
            verb,
            name,
            run.target,
            on.uri if on else None,
            run.instant(one.created_at, no_sooner=on.created_at if on else None),
        )
        for one in statuses
        if _heard(one, suffix) and (name := run.name(one.account)) and name != run.target
    ]


def _heard(status: Status, suffix: str = "") -> bool:
    return status.visibility in _OPEN and fits(status.uri + suffix)


def _authors(run: _Run, statuses: Sequence[Status]) -> list[Profile]:
    return run.profiles(status.account for status in statuses if _heard(status))


def _unnamed(run: _Run, status: Status, verb: str, count: int, named: int) -> tuple[Tally, ...]:
    """
    Return the tally of acts of which not all are known by name.

    It ages from the status on, and of several of one instant the highest counts: where all are known by name there is
    none, lest an act that is taken back lives on as an unknown actor's.
    """
    at = run.instant(status.created_at)
    return (Tally(NETWORK, run.target, status.uri, verb, count, at),) if count > named else ()


def _below(status: Status, path: str) -> str:
    return f"api/v1/statuses/{_quoted(status.id)}/{path}"


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _pages(
    client: Client, path: str, params: Any, shape: Any, means: Means | None = None
) -> Iterator[tuple[list[Any], bool]]:
    """Yield pages, each with whether there are more, by the server's own links."""
    answer = client.get(path, params, shape=shape, means=means)
    yield answer.body, "next" in answer.links
    while to := answer.links.get("next"):
        answer = client.get(to, shape=shape, means=means)
        yield answer.body, "next" in answer.links
