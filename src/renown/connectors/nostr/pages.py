"""Pages of records of an account on Nostr: its acts as interactions and lists, and what was taken back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from renown.connectors.base import Account, Actor, KnownState, Listing, Page, ReadLimits
from renown.connectors.cursors import JsonCursor
from renown.connectors.nostr.acts import LISTED_VERBS, TEXT_VERBS, Act, interaction_id
from renown.connectors.nostr.events import FOLLOWS, PROFILE
from renown.connectors.nostr.keys import format_npub
from renown.connectors.nostr.profiles import NETWORK, build_identity, build_profile
from renown.connectors.nostr.state import AccountEvents
from renown.connectors.post_tags import describe_tagged_posts
from renown.records import ActorName, Interaction, Tally, Undone

if TYPE_CHECKING:
    from renown.connectors.http import Client

_RECEIPT_LAG = timedelta(days=1)
"""How late an event may arrive at a relay."""
_MAX_UNDONE = 500
"""Deletions of one run that are passed on."""


class NostrCursor(JsonCursor, frozen=True):
    """How far an account was read."""

    finished: int = 0
    """Start of the last run that read all that was new, in seconds since 1970."""
    relay: str = ""
    """Relay at which a run was interrupted, and below which instant it goes on."""
    until: int = 0


@dataclass(kw_only=True)
class Run:
    """What one run of an account shares."""

    client: "Client"
    account: Account
    known: KnownState
    limits: ReadLimits
    now: datetime
    cursor: NostrCursor
    events: AccountEvents
    follower_count: int | None = None
    complete_since: int
    """Instant from which on all relays sent all acts."""
    problems: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    @property
    def reached(self) -> int:
        """Instant before which everything was read by an earlier run."""
        return max(self.events.since, self.cursor.finished - int(_RECEIPT_LAG.total_seconds()))

    def to_instant(self, second: int) -> datetime:
        """Return an instant that an author claims; none is in the future."""
        return min(datetime.fromtimestamp(second, UTC), self.now)

    def add_problems(self, page: Page) -> Page:
        """Return a page with what could not be read since the last one."""
        problems, self.problems = tuple(self.problems), []
        dropped, self.dropped = tuple(self.dropped), []
        return replace(page, skipped_lists=problems, dropped=dropped)


def profile_page(run: Run) -> Page:
    """Return the figures of the account."""
    profile = build_profile(run.account, run.events.latest.get(FOLLOWS), run.follower_count, run.now)
    return run.add_problems(Page((profile,), identity=build_identity(run.events.latest.get(PROFILE))))


def interim_page(run: Run, cursor: NostrCursor) -> Page:
    """Return what is new; the last page of the run tells what is missing from it."""
    new_acts = run.events.pop_new_acts()
    listings = tuple(_listings(run, new_acts, complete=False))
    return run.add_problems(Page(tuple(_interactions(run, new_acts)), listings, str(cursor)))


def final_page(run: Run) -> Page:
    """Return all acts of the run, what was deleted, complete lists of who acted, and the tags of posts."""
    acts = list(run.events.standing_acts())
    totals = Counter((str(act.post_id), act.verb) for act in acts if act.verb in LISTED_VERBS)
    instants = dict(run.events.posts.values())
    tags_by_post = {post_id: tags for post_id, (_, tags) in run.events.tags.items()}
    empty = [key for key, count in run.known.counts.items() if count and key[0] in instants and key not in totals]
    page = Page(
        records=(
            *_interactions(run, acts),
            *_tallies(run, totals, instants),
            *_undone_acts(run),
            *_names(run, acts),
            *describe_tagged_posts(NETWORK, run.account.account_id, tags_by_post, run.now),
        ),
        listings=(
            *_listings(run, acts, complete=True),
            *(_listing(run, post_id, verb, [], complete=True) for post_id, verb in empty),
        ),
        cursor=str(NostrCursor(int(run.now.timestamp()))),
        counts=dict.fromkeys(empty, 0) | dict(totals),
    )
    return run.add_problems(page)


def _undone_acts(run: Run) -> list[Undone]:
    """Return the acts that their authors deleted; likes and reposts are missing from their lists."""
    return [
        Undone(NETWORK, interaction_id(event_id, verb, author), run.now)
        for author, event_id in sorted(run.events.deletions)[:_MAX_UNDONE]
        for verb in TEXT_VERBS
    ]


def _names(run: Run, acts: Iterable[Act]) -> list[ActorName]:
    """Return the public keys of those who acted in the form that people know: other names are not theirs alone."""
    actor_ids = sorted({act.actor_id for act in acts})
    return [ActorName(NETWORK, actor_id, format_npub(actor_id), run.now) for actor_id in actor_ids]


def _tallies(run: Run, totals: Mapping[tuple[str, str], int], instants: Mapping[str, int]) -> list[Tally]:
    """Return the counts of lists that are longer than what a run reads of one."""
    return [
        Tally(
            network=NETWORK,
            account_id=run.account.account_id,
            post_id=post_id,
            verb=verb,
            count=count,
            at=run.to_instant(instants[post_id] or run.events.since),
        )
        for (post_id, verb), count in totals.items()
        if count > run.limits.max_actors
    ]


def _interactions(run: Run, acts: Iterable[Act]) -> list[Interaction]:
    return [
        Interaction(
            network=NETWORK,
            interaction_id=act.interaction_id,
            verb=act.verb,
            actor_id=act.actor_id,
            target_id=run.account.account_id,
            post_id=act.post_id,
            at=run.to_instant(act.second),
        )
        for act in acts
        if act.verb not in LISTED_VERBS
    ]


def _listings(run: Run, acts: Iterable[Act], *, complete: bool) -> Iterator[Listing]:
    """Yield a list for each post and verb that has acts."""
    acts_by_list: dict[tuple[str, str], list[Act]] = {}
    for act in acts:
        if act.verb in LISTED_VERBS:
            acts_by_list.setdefault((str(act.post_id), act.verb), []).append(act)
    for (post_id, verb), listed_acts in acts_by_list.items():
        yield _listing(run, post_id, verb, listed_acts, complete=complete)


def _listing(run: Run, post_id: str, verb: str, acts: Sequence[Act], *, complete: bool) -> Listing:
    newest = sorted(acts, key=lambda act: (-act.second, act.actor_id))[: run.limits.max_actors]
    is_whole = len(newest) == len(acts)
    return Listing(
        target_id=run.account.account_id,
        post_id=post_id,
        verb=verb,
        actors=tuple(Actor(act.actor_id, run.to_instant(act.second)) for act in newest),
        complete=complete,
        at=run.now,
        complete_since=run.to_instant(
            run.complete_since if is_whole else max(run.complete_since, newest[-1].second + 1)
        ),
    )
