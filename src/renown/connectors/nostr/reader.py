"""Read an account: what others did on its posts, from its relays, newest first and as far back as is new."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from renown.connectors.base import Account, KnownState, Page, ReadLimits, clean_count
from renown.connectors.http.redact import redact
from renown.connectors.nostr.events import ACTS, DELETION, FOLLOWS, POSTS, PROFILE, RELAYS
from renown.connectors.nostr.pages import NostrCursor, Run, final_page, interim_page, profile_page
from renown.connectors.nostr.profiles import find_provider, parse_profile, read_relays
from renown.connectors.nostr.relay import Answer, Filter, Relay
from renown.connectors.nostr.state import AccountEvents
from renown.errors import NetworkRefusedError, NetworkUnavailableError

if TYPE_CHECKING:
    from renown.connectors.http import Client

_PAGE_SIZE = 2000
"""Events requested at once; many relays send fewer."""
_SMALL_PAGE = 100
"""A page below this size is the last one: relays send at least as many at once (NIP-11, `max_limit`)."""
_MAX_PAGES = 20
"""Pages of one relay in one run."""
_MIN_RELAYS = 2
"""Relays of an account: even if the settings name one, its own is read."""
_MAX_IDS = 200
"""Ids in one filter: 13 kB; many relays accept messages of 16 kB."""
_MAX_LISTED_FOLLOWERS = 100
"""Lists of followers that are read to count them, up to 100 kB each; beyond it the relay has to count."""
_RETENTION = timedelta(days=30)
"""How long every relay keeps events; one that still has older acts keeps them longer."""
_MAX_DELETIONS = 500


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read an account's figures and the acts on its posts; without news a request per relay, and one more."""
    since = int(known.since.timestamp())
    run = Run(
        client=client,
        account=account,
        known=known,
        limits=limits,
        now=now,
        cursor=NostrCursor.parse(known.cursor),
        events=AccountEvents(key=account.account_id, since=since),
        complete_since=since,
    )
    yield from _read_relays(run)
    run.events.has_all_posts = True
    _look_up_provider(run)
    run.events.resolve()
    yield final_page(run)


def _read_relays(run: Run) -> Iterator[Page]:
    """Read the first relay of the settings that answers, one that the account reads, and the others of the settings."""
    answered, failure, attempts = list[str](), None, set[str]()
    limit = max(_MIN_RELAYS, len(run.client.socket_urls))
    while len(answered) < limit:
        settings_urls = run.client.socket_urls
        own_urls = [own for own in read_relays(run.events.latest.get(RELAYS)) if own not in settings_urls]
        planned = [*(() if answered else settings_urls), *own_urls[:1], *settings_urls]
        url = next((candidate for candidate in planned if candidate not in attempts), "")
        if not url:
            break
        attempts.add(url)
        try:
            with Relay(run.client, url) as relay:
                yield from _read_relay(run, relay, is_first=not answered)
            answered.append(url)
        except (NetworkUnavailableError, NetworkRefusedError) as error:
            failure = error
            run.problems.append(f"a relay was skipped: {error}")
    if failure and not answered:
        raise failure
    if failure:
        run.complete_since = int(run.now.timestamp())


def _read_relay(run: Run, relay: Relay, *, is_first: bool) -> Iterator[Page]:
    """Read one relay: its newest page, what that refers to, and older pages as far as they are new."""
    filters = _first_filters(run) if is_first else _further_filters(run)
    answer = relay.fetch(*filters, _posts_filter(run), _acts_filter(run))
    _add(run, answer)
    if is_first:
        run.follower_count = _count_followers(run, relay, answer)
        _look_up(run, relay)
        yield profile_page(run)
    yield from _read_older_pages(run, relay, answer)


def _acts_filter(run: Run, **bounds: int) -> Filter:
    return {"#p": [run.events.key], "kinds": ACTS, "since": run.events.since, "limit": _PAGE_SIZE, **bounds}


def _posts_filter(run: Run, **bounds: int) -> Filter:
    return {"authors": [run.events.key], "kinds": POSTS, "since": run.events.since, "limit": _PAGE_SIZE, **bounds}


def _first_filters(run: Run) -> list[Filter]:
    key = run.events.key
    return [
        {"authors": [key], "kinds": [PROFILE, FOLLOWS, RELAYS]},
        {"#p": [key], "kinds": [FOLLOWS], "limit": _MAX_LISTED_FOLLOWERS},
        {"#p": [key], "kinds": [DELETION], "since": run.events.since, "limit": _MAX_DELETIONS},
    ]


def _further_filters(run: Run) -> list[Filter]:
    """Ask further relays for deletions of what the first one still has."""
    event_ids = _newest_event_ids(run)
    return [{"kinds": [DELETION], "#e": event_ids, "limit": _MAX_DELETIONS}] if event_ids else []


def _newest_event_ids(run: Run) -> list[str]:
    newest_first = sorted(run.events.acts.values(), key=lambda act: -act.second)
    return list(dict.fromkeys(act.event_id for act in newest_first))[:_MAX_IDS]


def _add(run: Run, answer: Answer) -> int:
    run.dropped += answer.dropped
    return run.events.add(answer.events)


def _count_followers(run: Run, relay: Relay, answer: Answer) -> int | None:
    """Count who follows the account: by their lists, or if these are many by the relay's own count."""
    if len(run.events.followers) < _MAX_LISTED_FOLLOWERS and not answer.is_cut:
        return len(run.events.followers)
    return clean_count(relay.count({"#p": [run.events.key], "kinds": [FOLLOWS]}))


def _look_up(run: Run, relay: Relay) -> None:
    """Look up what the newest acts refer to: older posts, the profile if it did not fit, and deletions of acts."""
    events = run.events
    events.resolve()
    unresolved, event_ids = events.unresolved_ids()[:_MAX_IDS], _newest_event_ids(run)
    filters: list[Filter] = []
    if PROFILE not in events.latest:
        filters.append({"authors": [events.key], "kinds": [PROFILE, FOLLOWS, RELAYS]})
    if event_ids:
        filters.append({"kinds": [DELETION], "#e": event_ids, "limit": _MAX_DELETIONS})
    if unresolved:
        filters.append({"ids": unresolved, "authors": [events.key]})
    if filters:
        _add(run, relay.fetch(*filters))
        events.foreign_ids.update(target for target in unresolved if target not in events.posts)


def _look_up_posts(run: Run, relay: Relay) -> None:
    """Look up the posts that acts refer to and that did not fit into the pages of posts."""
    unresolved = run.events.unresolved_ids()[:_MAX_IDS]
    if unresolved:
        _add(run, relay.fetch({"ids": unresolved, "authors": [run.events.key]}))
        run.events.foreign_ids.update(target for target in unresolved if target not in run.events.posts)


def _read_older_pages(run: Run, relay: Relay, newest: Answer) -> Iterator[Page]:
    """Read the pages before the newest one, until they are known, or there are no more."""
    sizes = _PageSizes(run.events.key)
    is_last = sizes.is_last(newest)
    acts_until, posts_until = _oldest_act(run, newest) + 1, _oldest_post(run, newest) + 1
    run.complete_since = max(run.complete_since, _retention_start(run, newest) if is_last else acts_until)
    if run.cursor.relay == relay.url and run.cursor.until:
        acts_until = min(acts_until, run.cursor.until)
    page_count = 1
    while not is_last and run.reached < acts_until and page_count < _MAX_PAGES:
        page_count += 1
        answer = relay.fetch(_posts_filter(run, until=posts_until), _acts_filter(run, until=acts_until))
        is_last = not _add(run, answer) or sizes.is_last(answer)
        acts_until = min(acts_until - 1, _oldest_act(run, answer) + 1)
        posts_until = min(posts_until - 1, _oldest_post(run, answer) + 1)
        run.events.resolve()
        _look_up_posts(run, relay)
        _look_up_provider(run)
        yield interim_page(run, NostrCursor(run.cursor.finished, relay.url, acts_until))
    if page_count == _MAX_PAGES and not is_last:
        run.problems.append(f"{relay.host}: acts before {run.to_instant(acts_until):%Y-%m-%d} were not read")


def _act_instants(run: Run, answer: Answer) -> list[int]:
    return [event.created_at for event in answer.events if event.kind in ACTS and event.pubkey != run.events.key]


def _oldest_act(run: Run, answer: Answer) -> int:
    """Return the instant of the oldest act of a page; of one without acts, the start of the window."""
    return min(_act_instants(run, answer), default=run.events.since)


def _retention_start(run: Run, answer: Answer) -> int:
    """Return the instant from which on a relay surely has all acts that were not deleted."""
    oldest = min(_act_instants(run, answer), default=int(run.now.timestamp()))
    return max(run.events.since, min(oldest + 1, int((run.now - _RETENTION).timestamp())))


def _oldest_post(run: Run, answer: Answer) -> int:
    """Return the instant of the account's oldest post of a page; of one without any, the start of the window."""
    instants = (event.created_at for event in answer.events if event.kind in POSTS and event.pubkey == run.events.key)
    return min(instants, default=run.events.since)


class _PageSizes:
    """Tells which page of a relay is its last: relays send fewer events than requested, and do not say so."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._largest = (0, 0, 0)

    def is_last(self, answer: Answer) -> bool:
        """Tell whether a page is smaller than the pages before it, of posts, of acts and in all."""
        post_count = sum(event.pubkey == self._key for event in answer.events)
        sizes = (post_count, len(answer.events) - post_count, len(answer.events))
        largest = self._largest
        self._largest = tuple(map(max, largest, sizes))  # type: ignore[assignment]
        is_smaller = all(size < max(limit, _SMALL_PAGE) for size, limit in zip(sizes, largest, strict=True))
        return is_smaller and not answer.is_cut


def _look_up_provider(run: Run) -> None:
    """Look up who signs for payments to the account, if there are any; those of others are no evidence."""
    if not run.events.has_pending_zaps:
        return
    address = parse_profile(run.events.latest.get(PROFILE)).lud16
    try:
        run.events.provider = find_provider(run.client, address)
    except (NetworkUnavailableError, NetworkRefusedError) as error:
        run.events.provider = ""
        run.problems.append(f"zaps were not read, as {redact(address, None)} cannot be asked who signs them: {error}")
