"""The mentions of a blog as its receiver lists them: new ones are stored, missing ones undone."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from renown.connectors.base import KnownState, Page, Record
from renown.connectors.blog.mentions import (
    NETWORK,
    VERBS_BY_PROPERTY,
    Jf2Feed,
    Jf2Mention,
    Mention,
    MentionState,
    act_id,
    is_bridged,
)
from renown.connectors.pagination import ListPage, ListSpec, paginate
from renown.records import Undone, day_number

if TYPE_CHECKING:
    from renown.connectors.http import Client

_PAGE_SIZE = 500
"""Mentions of one request; webmention.io gives at most 1,000."""
_MENTIONS = ListSpec(
    response_type=Jf2Feed,
    items=attrgetter("children"),
    item_id=attrgetter("wm_id"),
    cursor_param="page",
    cursor_step=1,
)


@dataclass
class BlogRun:
    """What one run of an account shares."""

    client: "Client"
    account_id: str
    known: KnownState
    now: datetime
    problems: list[str] = field(default_factory=list)
    """Lists that were not read to their end since the last page, and why."""

    def page(self, records: Sequence[Record], counts: dict[tuple[str, str], int], dropped: Sequence[str]) -> Page:
        """Return a page with what could not be read since the last one."""
        problems, self.problems = tuple(self.problems), []
        unreadable = tuple(f"mention {reason}" for reason in dropped)
        return Page(tuple(records), counts=counts, skipped_lists=problems, dropped=unreadable)


def variants(url: str) -> tuple[str, str]:
    """Return an address with and without a final slash: receivers know a page by the one that was linked."""
    return (url, url.removesuffix("/")) if url.endswith("/") else (url, f"{url}/")


def read_mentions(run: BlogRun, params: dict[str, str | list[str]], post_ids: Collection[str] | None) -> Iterator[Page]:
    """Read the mentions of posts, or of all; undo those that are no longer listed."""
    query = {**params, "since": f"{run.known.since:%Y-%m-%dT%H:%M:%SZ}", "per-page": _PAGE_SIZE, "page": 0}
    listed: set[tuple[str, str]] = set()
    is_complete = True
    for page in paginate(run.client, "api/mentions.jf2", query, _MENTIONS):
        yield _store_mentions(run, page, listed)
        is_complete = is_complete and not page.problem and not page.dropped
    if is_complete:
        yield _undo_missing(run, listed, post_ids)


def _store_mentions(run: BlogRun, page: ListPage, listed: set[tuple[str, str]]) -> Page:
    """Return the new mentions of a page."""
    run.problems.extend(filter(None, [page.problem]))
    records: list[Record] = []
    counts: dict[tuple[str, str], int] = {}
    for item in page.items:
        mention = _to_mention(item)
        if mention is None:
            continue
        key = (mention.key, mention.verb)
        state = MentionState.decode(run.known.counts.get(key, 0))
        received = min(item.wm_received or run.now, run.now)
        if act := mention.to_interaction(run.account_id, received, repeats=state.withdrawals):
            listed.add(key)
            counts[key] = state._replace(is_listed=True, received_day=day_number(received.date())).encode()
            records += [] if state.is_listed else [act]
    return run.page(records, counts, page.dropped)


def _to_mention(item: Jf2Mention) -> Mention | None:
    verb = VERBS_BY_PROPERTY.get(item.wm_property)
    if verb is None or item.wm_private or is_bridged(item.wm_source):
        return None
    author_url = item.author.url if item.author else None
    return Mention(
        source=item.wm_source,
        target=item.wm_target,
        verb=verb,
        author_url=author_url or "",
        published=item.published,
    )


def _undo_missing(run: BlogRun, listed: Collection[tuple[str, str]], post_ids: Collection[str] | None) -> Page:
    """Undo the mentions of posts, or of all, that were listed before, and were received in the window."""
    first_day = day_number(run.known.since.date()) + 1
    states = {key: MentionState.decode(count) for key, count in run.known.counts.items()}
    missing = {
        (key, verb): state
        for (key, verb), state in states.items()
        if state.is_listed
        and state.received_day >= first_day
        and (key, verb) not in listed
        and (post_ids is None or key.partition("#")[0] in post_ids)
    }
    undone = [Undone(NETWORK, act_id(key, verb, state.withdrawals), run.now) for (key, verb), state in missing.items()]
    return run.page(undone, {key: state.withdraw().encode() for key, state in missing.items()}, ())
