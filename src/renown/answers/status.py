"""Status of an installation: days that are due to be published, and freshness and errors of each account."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from renown.answers.late_acts import LateActs
from renown.records import epoch_seconds
from renown.store import PeopleStore, PublishedDay, SyncState, SyncStateStore


@dataclass(frozen=True)
class FreshnessStatus:
    """Days that have to be published for the scores to be up to date."""

    days: tuple[date, ...]
    """Oldest first: trust on each day depends on the scores of the day before."""
    gaps: int
    """Number of missing days that are too old to be published."""


@dataclass(frozen=True, kw_only=True)
class AccountStatus:
    """Sync status of one account."""

    name: str
    """Name of the person who owns the account."""
    account: str
    """Handle, or id if it has none."""
    seen_at: str | None
    """UTC instant of the last complete read, as 2026-11-23T00:10:00+00:00; None if there was none."""
    tried_at: str | None
    """UTC instant of the last attempt."""
    message: str
    """Error of the last attempt; empty if there was none."""
    observed: Mapping[str, str]
    """Verb to the UTC instant from which on all its acts on the account are observed."""
    has_data: bool
    """Whether there is data of it, from its network or from files."""


@dataclass(frozen=True, kw_only=True)
class NetworkStatus:
    """Sync status of one network."""

    network: str
    readable: bool
    """Whether a connector reads it; if not, its data comes only from files."""
    accounts: tuple[AccountStatus, ...]
    failed: int
    """Number of accounts whose last attempt failed."""
    seen_at: str | None
    """UTC instant of the latest complete read of one of its accounts."""
    tried_at: str | None


@dataclass(frozen=True, kw_only=True)
class Status:
    """Status of an installation: published days and networks."""

    now: str
    """UTC instant of the report."""
    last_day: str | None
    """The latest published day; None if there is none."""
    final: bool
    """Whether the day was over when it was scored."""
    published_at: str | None
    missing: tuple[str, ...]
    """Days that the next run publishes, including those to publish again because they were not over."""
    too_old: int
    """Number of missing days that are too old to be published."""
    gaps: tuple[str, ...]
    """Days in the window that were skipped; no run goes back to them."""
    networks: tuple[NetworkStatus, ...]
    late_acts: LateActs | None
    """Acts that came after the days were scored that should count them; None if there are none."""
    future: tuple[str, ...] = ()
    """Days that were published later than now: the clock was ahead then, or is behind now."""


def find_due_days(
    published_days: Sequence[PublishedDay], *, today: date, last: date, window: int, first: date | None = None
) -> FreshnessStatus:
    """
    Find the days that are missing, and those that were published before they were over.

    Parameters
    ----------
    published_days : sequence of PublishedDay
    today : date
        The current UTC day, which is not over.
    last : date
        Last day to publish; `today` includes the current day so far. A later day that is already shown is updated, too.
    window : int
        Maximum days to go back.
    first : date, optional
        Day to start from, regardless of `window` and of what is published.

    Returns
    -------
    FreshnessStatus
        The days after the last final one; only `today` if nothing was ever published.
    """
    default_days = [
        published_day for published_day in published_days if published_day.is_default and published_day.day <= today
    ]
    end = max([last, *(published_day.day for published_day in default_days)])
    if first:
        return FreshnessStatus(_date_range(first, end), 0)
    if not default_days:
        return FreshnessStatus((today,), 0)
    final_days = [published_day.day for published_day in default_days if published_day.is_final]
    first_missing = final_days[-1] + timedelta(days=1) if final_days else default_days[0].day
    start = max(first_missing, end - timedelta(days=window - 1))
    return FreshnessStatus(_date_range(start, end), (start - first_missing).days)


def compute_status(  # noqa: PLR0913 - one parameter per source
    people: PeopleStore,
    sync_states: SyncStateStore,
    published_days: Sequence[PublishedDay],
    *,
    readable: Collection[str],
    handles: Mapping[tuple[str, str], str],
    now: datetime,
    window: int,
    coverage: Mapping[tuple[str, str], Mapping[str, datetime]] | None = None,
    late_acts: LateActs | None = None,
    missing: Collection[tuple[str, str]] = (),
) -> Status:
    """
    Report the status of an installation.

    Parameters
    ----------
    people : PeopleStore
    sync_states : SyncStateStore
    published_days : sequence of PublishedDay
        All published days, oldest first.
    readable : collection of str
        Networks that have a connector.
    handles : mapping of (network, account_id) to str
        The latest handle of accounts that have one.
    now : datetime
    window : int
        Maximum days that a run goes back.
    coverage : mapping of (network, account_id) to mapping, optional
        The verbs that are observed of each account, and from when on.
    late_acts : LateActs, optional
        As `count_late_acts` returns them.
    missing : collection of (network, account_id), optional
        Accounts without data.
    """
    today = now.date()
    default_days = [day for day in published_days if day.is_default]
    due_days = find_due_days(published_days, today=today, last=today - timedelta(days=1), window=window)
    states_by_account = {(state.network, state.account_id): state for state in sync_states.all()}
    accounts_without_data = set(missing)
    accounts: dict[str, list[AccountStatus]] = {}
    for person, account in ((owner, account) for owner in people.all() for account in owner.accounts):
        account_status = _account_status(
            person.name,
            handles.get(account, account[1]),
            states_by_account.get(account),
            (coverage or {}).get(account, {}),
            has_data=account not in accounts_without_data,
        )
        accounts.setdefault(account[0], []).append(account_status)
    return Status(
        now=_format_instant(now),
        last_day=default_days[-1].day.isoformat() if default_days else None,
        final=default_days[-1].is_final if default_days else False,
        published_at=_format_instant(default_days[-1].published_at) if default_days else None,
        missing=tuple(day.isoformat() for day in due_days.days),
        too_old=due_days.gaps,
        gaps=_find_gaps({day.day for day in default_days}, today=today, window=window),
        networks=tuple(_network_status(name, name in readable, accounts[name]) for name in sorted(accounts)),
        late_acts=late_acts,
        future=find_future_days(published_days, now),
    )


def find_future_days(published_days: Sequence[PublishedDay], now: datetime) -> tuple[str, ...]:
    """
    Return the days that were published later than now: the clock of the machine was ahead then, or is behind now.

    No run publishes them again, nor any other day before their time has come.
    """
    return tuple(
        day.day.isoformat()
        for day in published_days
        if day.is_default and epoch_seconds(day.published_at) > epoch_seconds(now)
    )


def _date_range(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _account_status(
    name: str, handle: str, state: SyncState | None, observed: Mapping[str, datetime], *, has_data: bool
) -> AccountStatus:
    return AccountStatus(
        has_data=has_data,
        name=name,
        account=handle,
        seen_at=_format_instant(state.seen_at) if state and state.seen_at else None,
        tried_at=_format_instant(state.tried_at) if state else None,
        message=state.message if state else "",
        observed={verb: _format_instant(since) for verb, since in sorted(observed.items())},
    )


def _network_status(name: str, readable: bool, accounts: Sequence[AccountStatus]) -> NetworkStatus:  # noqa: FBT001 - a field
    # A complete read may still have a message, about a list that was skipped.
    failed = sum(bool(account.message) and account.seen_at != account.tried_at for account in accounts)
    seen_at, tried_at = (_latest(getattr(account, field) for account in accounts) for field in ("seen_at", "tried_at"))
    return NetworkStatus(
        network=name, readable=readable, accounts=tuple(accounts), failed=failed, seen_at=seen_at, tried_at=tried_at
    )


def _find_gaps(published_days: AbstractSet[date], *, today: date, window: int) -> tuple[str, ...]:
    days = [today - timedelta(days=ago) for ago in reversed(range(window))]
    return tuple(
        day.isoformat()
        for day in days
        if published_days and min(published_days) < day < max(published_days) and day not in published_days
    )


def _latest(instants: Iterable[str | None]) -> str | None:
    """Return the latest of instants in the same ISO format; None if there is none."""
    return max((at for at in instants if at), default=None)


def _format_instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
