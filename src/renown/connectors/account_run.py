"""One run that reads an account: what the functions of a connector share, and the records that they make."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from renown.connectors.base import Account, Actor, KnownState, Listing, Page, ReadLimits, clean_count
from renown.connectors.pagination import ListPage
from renown.connectors.resume import ListSkipper
from renown.errors import ListUnavailableError
from renown.records import DAY_SECONDS, ActorName, Interaction, PostDetails, Tally, is_valid_id

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

_READ = "read"
"""Stands for a verb in the counts: when the lists of a post were last read, in seconds since 1970."""


@dataclass(frozen=True, kw_only=True)
class AccountRun:
    """What one run of an account shares."""

    network: str
    client: "Client"
    account: Account
    known: KnownState
    limits: ReadLimits
    now: datetime
    skipper: ListSkipper
    dropped: list[str] = field(default_factory=list)
    """Unreadable elements of lists since the last page: where and why."""
    problems: list[str] = field(default_factory=list)
    """Lists that were not read to their end since the last page, and why."""
    refused: set[str] = field(default_factory=set)
    """Names of lists that the network refused."""

    @property
    def server(self) -> str:
        """Server in the account's id, on networks whose ids are ``user@server``."""
        return self.account.account_id.partition("@")[2]

    def changed_counts(self, post_id: str, counts: Mapping[str, int | None]) -> dict[str, int]:
        """Return the counts of a post, by verb, that are known and differ from those that were read last."""
        cleaned = {verb: clean_count(count) for verb, count in counts.items()}
        return {
            verb: count
            for verb, count in cleaned.items()
            if count is not None and count != self.known.counts.get((post_id, verb), 0)
        }

    def is_due(self, post_id: str, posted_at: datetime) -> bool:
        """
        Tell whether the lists of a post are read, where no count says that they changed.

        They are read when the post is new, a day later, and then each time when it is twice as old as the last time:
        most reactions come in the first days.
        """
        read_at = self.known.counts.get((post_id, _READ))
        if read_at is None:
            return True
        return int(self.now.timestamp()) - read_at >= max(DAY_SECONDS, read_at - int(posted_at.timestamp()))

    def mark_read(self, post_id: str) -> Page:
        """Return what remembers that the lists of a post were read now, for `is_due`."""
        return Page(counts={(post_id, _READ): int(self.now.timestamp())})

    def act(self, interaction_id: str, verb: str, actor_id: str, post_id: str | None, at: datetime) -> Interaction:
        """Return an act of somebody on a post of the account, or on the account itself."""
        return Interaction(
            network=self.network,
            interaction_id=interaction_id,
            verb=verb,
            actor_id=actor_id,
            target_id=self.account.account_id,
            post_id=post_id,
            at=min(at, self.now),
        )

    def tally(self, post_id: str, verb: str, count: int, at: datetime) -> Tally:
        """Return a count of acts on a post, which age from an instant on."""
        return Tally(
            network=self.network,
            account_id=self.account.account_id,
            post_id=post_id,
            verb=verb,
            count=count,
            at=min(at, self.now),
        )

    def post(self, post_id: str, title: str | None, url: str | None, tags: tuple[str, ...] = ()) -> PostDetails:
        """Return what a post of the account is called, where it is, and what it is about."""
        return PostDetails(
            network=self.network,
            account_id=self.account.account_id,
            post_id=post_id,
            title=title,
            url=url,
            at=self.now,
            tags=tags,
        )

    def names(self, handle_by_id: Mapping[str, str]) -> list[ActorName]:
        """Return the names of accounts that have a usable one."""
        return [
            ActorName(self.network, account, handle, self.now)
            for account, handle in handle_by_id.items()
            if is_valid_id(handle)
        ]

    def listing(
        self,
        post_id: str,
        verb: str,
        actors: Iterable[Actor],
        *,
        at: datetime,
        is_complete: bool,
        complete_since: datetime | None = None,
    ) -> Listing:
        """Return who acted on a post; `at` is the instant of acts without one."""
        return Listing(
            target_id=self.account.account_id,
            post_id=post_id,
            verb=verb,
            actors=tuple(actors),
            complete=is_complete,
            at=min(at, self.now),
            complete_since=complete_since,
        )

    def read_list(
        self, item_name: str, pages: Iterable[ListPage], *, is_enough: Callable[[Any], bool] = lambda _item: False
    ) -> tuple[list[Any], bool]:
        """Read a list up to the limit of names, or an entry after which nothing counts; tell whether that was all."""
        items: list[Any] = []
        is_whole, has_more = True, False
        for page in self.skipper.paginate_within_budget(pages):
            items += self.read_items(item_name, page)
            is_whole, has_more = is_whole and not page.dropped, page.has_more
            if len(items) >= self.limits.max_actors or any(map(is_enough, page.items)):
                break
        # If a later page exceeds the budget or is refused, the list ends at a page that has more.
        return items, is_whole and not has_more

    def skip_refused(self, list_name: str, pages: Iterable[Page]) -> Iterator[Page]:
        """Yield pages until the network refuses a list that they need; then report it."""
        try:
            yield from pages
        except ListUnavailableError as error:
            self.refused.add(list_name)
            self.problems.append(f"the list of {list_name} was not read: {error}")

    def read_items(self, item_name: str, page: ListPage) -> tuple[Any, ...]:
        """Return the entries of a page, and note what of it cannot be read."""
        self.dropped.extend(f"{item_name} {reason}" for reason in page.dropped)
        self.problems.extend(filter(None, [page.problem]))
        return page.items

    def page(self, pages: Iterable[Page] = (), *, cursor: str = "") -> Page:
        """Return pages as one, with everything that could not be read since the last one."""
        parts = list(pages)
        omissions = {
            "skipped_lists": (
                *(text for part in parts for text in part.skipped_lists),
                *self.problems,
                *self.skipper.pop_skipped(),
            ),
            "dropped": (*(text for part in parts for text in part.dropped), *self.dropped),
        }
        self.dropped.clear()
        self.problems.clear()
        return Page(
            tuple(dict.fromkeys(record for part in parts for record in part.records)),
            tuple(listing for part in parts for listing in part.listings),
            cursor,
            counts={key: count for part in parts for key, count in part.counts.items()},
            validators={name: validator for part in parts for name, validator in part.validators.items()},
            identity=next((part.identity for part in parts if part.identity), None),
            **omissions,
        )


def start_run(
    network: str,
    client: "Client",
    account: Account,
    known: KnownState,
    limits: ReadLimits,
    *,
    now: datetime,
    check: Callable[[], object],
) -> AccountRun:
    """Return a run of an account; `check` repeats a request that succeeded, to tell a failing network from a list."""
    return AccountRun(
        network=network,
        client=client,
        account=account,
        known=known,
        limits=limits,
        now=now,
        skipper=ListSkipper(check),
    )
