"""What the operator's pages list: people, groups, accounts that cannot be read, dead letters and runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from renown.errors import InvalidInputError
from renown.store import Delivery, Group, Person, SyncState
from renown.web.pages.admin.units import format_duration
from renown.web.state import AppState

Row = TypeVar("Row")
PAGE_SIZE = 50
_MAX_PAGE = 100_000


@dataclass(frozen=True)
class PaginatedList(Generic[Row]):
    """One page of a list."""

    rows: Sequence[Row]
    number: int
    """From 1."""
    previous: int
    """Number of the page before; 0 if there is none."""
    next: int
    """Number of the page after; 0 if there is none."""


@dataclass(frozen=True)
class PersonClaims:
    """A person with the handles of their accounts."""

    person: Person
    handles: Mapping[tuple[str, str], str]
    """(network, account_id) to handle."""


@dataclass(frozen=True)
class GroupRow:
    """A group with its size."""

    group: Group
    members: int
    challenges: int


@dataclass(frozen=True)
class FailingAccount:
    """An account whose last read failed, and who claimed it."""

    state: SyncState
    handle: str
    owner: str
    """Name of the person; empty if nobody claims it any more."""


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """A run, in words."""

    began_at: str
    """UTC instant."""
    duration: str
    days: str
    """The published days."""
    accounts: int
    failed: int
    new: int
    """Records that the lake did not have."""


def parse_page(text: str | None) -> int:
    """
    Parse the number of a page; the first without a text.

    Raises
    ------
    InvalidInputError
        If it is none.
    """
    if text is None:
        return 1
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_MAX_PAGE)) and int(text)):
        raise InvalidInputError(f"{text[:20]!r} is not the number of a page; use the links of the list")
    return int(text)


def paginate(load: Callable[[int, int], Sequence[Row]], number: int) -> PaginatedList[Row]:
    """Load a page with (limit, offset), and find out whether there is one after it."""
    rows = load(PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)
    return PaginatedList(rows[:PAGE_SIZE], number, number - 1, number + 1 if len(rows) > PAGE_SIZE else 0)


def list_people(state: AppState, number: int, text: str) -> PaginatedList[PersonClaims]:
    """List people, newest first, whose name, handle or account id contains a text."""

    def load(limit: int, offset: int) -> list[PersonClaims]:
        people = state.people.list_page(text, limit=limit, offset=offset)
        return [PersonClaims(person, state.profiles.handles(person.key)) for person in people]

    return paginate(load, number)


def list_groups(state: AppState, number: int) -> PaginatedList[GroupRow]:
    """List groups, by name."""

    def load(limit: int, offset: int) -> list[GroupRow]:
        return [
            GroupRow(group, len(state.groups.members(group.name)), len(state.groups.challenges.by_group(group.name)))
            for group in state.groups.all()[offset : offset + limit]
        ]

    return paginate(load, number)


def list_failing_accounts(state: AppState, number: int) -> PaginatedList[FailingAccount]:
    """List the accounts whose last read failed, latest first."""

    def load(limit: int, offset: int) -> list[FailingAccount]:
        rows = state.sync_states.list_failing(limit=limit, offset=offset)
        return [_find_owner(state, sync_state) for sync_state in rows]

    return paginate(load, number)


def list_dead_letters(state: AppState, number: int) -> PaginatedList[Delivery]:
    """List the notifications that were given up, newest first."""
    deliveries = state.actions.stores.deliveries
    return paginate(lambda limit, offset: deliveries.list_dead_letters(limit=limit, offset=offset), number)


def list_runs(state: AppState, number: int) -> PaginatedList[RunRow]:
    """List runs, latest first."""
    records = state.list_runs()
    return paginate(lambda limit, offset: [_describe_run(run) for run in records[offset : offset + limit]], number)


def _find_owner(state: AppState, sync_state: SyncState) -> FailingAccount:
    account = sync_state.network, sync_state.account_id
    owner = state.people.by_account(*account)
    handle = state.profiles.handles(owner.key).get(account) if owner else None
    return FailingAccount(sync_state, handle or sync_state.account_id, owner.name if owner else "")


def _describe_run(record: Mapping[str, Any]) -> RunRow:
    began, ended = (datetime.fromisoformat(record[name]) for name in ("began_at", "ended_at"))
    days, networks = [row["day"] for row in record["days"]], record["networks"]
    return RunRow(
        began_at=record["began_at"],
        duration=format_duration((ended - began).total_seconds()),
        days=f"{days[0]} to {days[-1]}" if len(days) > 1 else "".join(days) or "none",
        accounts=sum(row["accounts"] for row in networks),
        failed=sum(row["failed"] for row in networks),
        new=sum(row["new"] for row in networks),
    )
