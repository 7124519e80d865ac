"""Status: when each network and account was last seen, what went wrong, and which days are published."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from renown.answers.due import due
from renown.store import People, PublishedDay, Reading, Readings


@dataclass(frozen=True)
class AccountStatus:
    """How an account was last read."""

    who: str
    """Whose it is."""
    account: str
    """Handle, or id where it has none."""
    seen_at: str | None
    """UTC instant at which it was last read to the end, as 2026-11-23T00:10:00+00:00; None where it never was."""
    tried_at: str | None
    """UTC instant at which it was last tried."""
    said: str
    """What went wrong the last time; empty where nothing did."""


@dataclass(frozen=True)
class NetworkStatus:
    """How a network was last read."""

    network: str
    readable: bool
    """Whether renown reads it; False: what is known of it comes from files."""
    accounts: tuple[AccountStatus, ...]
    failed: int
    """Accounts on which something went wrong the last time."""
    seen_at: str | None
    """When one of its accounts was last read to the end."""
    tried_at: str | None


@dataclass(frozen=True)
class Status:
    """How a home is doing."""

    now: str
    """UTC instant of the question."""
    last_day: str | None
    """The latest published day; None where there is none."""
    final: bool
    """Whether it was over when it was scored."""
    published_at: str | None
    missing: tuple[str, ...]
    """Days that the next run publishes, or publishes again because they were not over."""
    lost: int
    """Days that are missing and lie too far back for it."""
    gaps: tuple[str, ...]
    """Days of the window that were passed over; no run goes back to them."""
    networks: tuple[NetworkStatus, ...]


def status(
    people: People,
    readings: Readings,
    published: Sequence[PublishedDay],
    *,
    readable: Collection[str],
    called: Mapping[tuple[str, str], str],
    now: datetime,
    window: int,
) -> Status:
    """
    Return how a home is doing.

    Parameters
    ----------
    people, readings
        Who claimed which accounts, and how far these were read.
    published : sequence of PublishedDay
        All of them, oldest first.
    readable : collection of str
        Networks that renown reads.
    called : mapping of (network, account_id) to str
        The latest handle of accounts that have one.
    now : datetime
    window : int
        Most days back that a run publishes.
    """
    today = now.date()
    own = [day for day in published if day.own]
    wanted = due(published, today=today, last=today - timedelta(days=1), window=window)
    read = {(reading.network, reading.account_id): reading for reading in readings.all()}
    accounts: dict[str, list[AccountStatus]] = {}
    for person in people.all():
        for account in person.accounts:
            handle = called.get(account, account[1])
            accounts.setdefault(account[0], []).append(_account(person.name, handle, read.get(account)))
    return Status(
        _instant(now),
        own[-1].day.isoformat() if own else None,
        own[-1].final if own else False,
        _instant(own[-1].published_at) if own else None,
        tuple(day.isoformat() for day in wanted.days),
        wanted.lost,
        _gaps({day.day for day in own}, today=today, window=window),
        tuple(_network(name, name in readable, accounts[name]) for name in sorted(accounts)),
    )


def _account(who: str, handle: str, reading: Reading | None) -> AccountStatus:
    if reading is None:
        return AccountStatus(who, handle, None, None, "")
    seen = _instant(reading.seen_at) if reading.seen_at else None
    return AccountStatus(who, handle, seen, _instant(reading.tried_at), reading.said)


def _network(name: str, readable: bool, accounts: Sequence[AccountStatus]) -> NetworkStatus:  # noqa: FBT001 - a field
    # Who was read to the end may still have something said of a list that was left out.
    failed = sum(bool(one.said) and one.seen_at != one.tried_at for one in accounts)
    seen, tried = (_latest(getattr(each, at) for each in accounts) for at in ("seen_at", "tried_at"))
    return NetworkStatus(name, readable, tuple(accounts), failed, seen, tried)


def _gaps(own: AbstractSet[date], *, today: date, window: int) -> tuple[str, ...]:
    days = [today - timedelta(days=ago) for ago in reversed(range(window))]
    return tuple(day.isoformat() for day in days if own and min(own) < day < max(own) and day not in own)


def _latest(instants: Iterable[str | None]) -> str | None:
    """Return the latest of instants that are written alike."""
    return max((at for at in instants if at), default=None)


def _instant(at: datetime) -> str:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")
