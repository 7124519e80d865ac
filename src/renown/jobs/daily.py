"""Daily: collect, score, publish; what was missed is caught up day by day."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from renown.answers import due
from renown.answers.held import Home as Holding
from renown.connectors.base import Account, Connector, Limits
from renown.connectors.http import Client
from renown.connectors.http.client import nobody
from renown.engines import Engine
from renown.engines.duckdb import DuckDB
from renown.errors import BadMethod, NotPublished
from renown.jobs.challenges import methods_needed, record
from renown.jobs.gather import Visit, gather, readable
from renown.jobs.portray import portray
from renown.jobs.progress import Progress
from renown.jobs.score import score
from renown.jobs.turn import turn
from renown.method import Method, parse
from renown.settings import Settings
from renown.store import Readings, Served

TURN = "run"
"""File of a home that says who runs."""


class Home(Holding, Protocol):
    """The parts of a home that a run needs; `assembly.Home` has them."""

    @property
    def settings(self) -> Settings:
        """What it was told."""

    @property
    def served(self) -> Served:
        """The scores that are served."""

    @property
    def method(self) -> Method:
        """How people are scored."""

    def engine(self) -> Engine:
        """Open a session of the engine that scores."""

    def reader(self) -> DuckDB:
        """Open a session of the engine that reads."""

    def client(self, connector: Connector, name: str, *, told: Callable[[str], None]) -> Client:
        """Open a client of the server that knows a name."""


@dataclass(frozen=True)
class NetworkRun:
    """What came of reading a network's accounts."""

    network: str
    accounts: int
    read: int
    """Accounts read to the end."""
    failed: int
    new: int
    """Acts, profiles and counts that the lake lacked."""
    seen_at: str | None
    """UTC instant at which one of its accounts was last read to the end; None where none ever was."""
    said: str
    """What went wrong first; empty where nothing did."""


@dataclass(frozen=True)
class DayRun:
    """What came of scoring a day."""

    day: str
    """UTC day, as 2026-11-23."""
    people: int
    """People scored."""
    final: bool
    """Whether the day was over; else it is as far as it was known."""
    said: str
    """Why nothing was published; empty where it was."""


@dataclass(frozen=True)
class Run:
    """What a run did."""

    began_at: str
    """UTC instant."""
    ended_at: str
    networks: tuple[NetworkRun, ...]
    days: tuple[DayRun, ...]
    """Oldest first."""
    lost: int
    """Days that are missing and lie too far back."""


def run(
    home: Home,
    *,
    now: Callable[[], datetime],
    first: date | None = None,
    last: date | None = None,
    told: Callable[[str], None] = nobody,
    progress: Progress | None = None,
) -> Run:
    """
    Read every claimed account, then publish each day that is missing, in order.

    What a network or an account cannot give stops neither the others nor scoring. Killed at any instant, the next
    run goes on: a page and a day are there whole or not at all.

    Parameters
    ----------
    home : Home
    now : callable
        Returns the UTC instant.
    first : date, optional
        Day to begin with, scored again if it was; without it as `answers.due` says.
    last : date, optional
        Up to which day everything is wanted; yesterday, the last that is over, without it.
    told : callable, optional
        Is told of each wait for a network, in one line.
    progress : Progress, optional

    Raises
    ------
    BusyRun
        If a run is going on in this home.
    RenownError
        If a day cannot be scored; days before it are published.
    """
    began = now()
    until = last or began.date() - timedelta(days=1)
    with turn(home.settings.home / TURN, at=began):
        visits = _collect(home, now, told, progress)
        window = int(home.method["window_days"])
        wanted = due(home.days.all(), today=began.date(), last=until, window=window, first=first)
        # What happened while networks were read is not all known: the day is taken as of the run's beginning.
        scored = tuple(_publish(home, day, began, progress) for day in wanted.days)
        networks = _networks(home.readings, visits)
        if any(not day.said for day in scored) or _unportrayed(home):
            portray(home.reader, home.lake, home.people, home.portraits, home.days.find(), progress=progress)
    return Run(_instant(began), _instant(now()), networks, scored, wanted.lost)


def read(
    home: Home,
    accounts: Sequence[tuple[Connector, Account]],
    *,
    now: Callable[[], datetime],
    told: Callable[[str], None] = nobody,
    progress: Progress | None = None,
) -> list[Visit]:
    """Read what is new of accounts, as the home's settings say."""
    return gather(
        home.reader,
        home.lake,
        home.readings,
        accounts,
        lambda connector, account: home.client(connector, account.handle, told=told),
        now=now,
        limits=Limits(home.settings.actors, int(home.method["window_days"])),
        claimed=frozenset(account for person in home.people.consenting() for account in person.accounts),
        progress=progress,
    )


def _collect(
    home: Home, now: Callable[[], datetime], told: Callable[[str], None], progress: Progress | None
) -> list[Visit]:
    accounts = readable(home.reader, home.lake, home.people.consenting())
    return read(home, accounts, now=now, told=told, progress=progress) if accounts else []


def _publish(home: Home, day: date, at: datetime, progress: Progress | None) -> DayRun:
    try:
        with home.engine() as engine:
            made = score(engine, home.lake, home.days, home.people, home.method, day=day, now=at, progress=progress)
    except NotPublished as error:
        return DayRun(day.isoformat(), 0, final=False, said=str(error))
    _race(home, day, at, progress)
    return DayRun(day.isoformat(), made.people, made.final, "")


def _race(home: Home, day: date, at: datetime, progress: Progress | None) -> None:
    """Log a day's scores in every group; a challenge whose method is frozen has the day scored by that one, too."""
    for version in sorted(methods_needed(home.groups, day) - {home.method.version}):
        frozen = parse(home.days.find(method=version).method_text, version)
        # Steps that changed since cannot be run again: then the log of that challenge has no entry for the day.
        with suppress(BadMethod), home.engine() as engine:
            score(engine, home.lake, home.days, home.people, frozen, day=day, now=at, progress=progress)
    record(home.days, home.groups, day, now=at)


def _unportrayed(home: Home) -> bool:
    """Return whether a run that was killed published the served day and portrayed nobody."""
    served = home.served.day()
    return served is not None and home.portraits.day() != served


def _networks(readings: Readings, visits: Sequence[Visit]) -> tuple[NetworkRun, ...]:
    found, kept = [], readings.all()
    for network in sorted({visit.network for visit in visits}):
        theirs = [visit for visit in visits if visit.network == network]
        seen = [reading.seen_at for reading in kept if reading.network == network and reading.seen_at]
        said = [visit.said for visit in theirs if visit.said]
        read = sum(visit.ended for visit in theirs)
        found.append(
            NetworkRun(
                network,
                len(theirs),
                read,
                len(theirs) - read,
                sum(visit.new for visit in theirs),
                _instant(max(seen)) if seen else None,
                next(iter(said), ""),
            )
        )
    return tuple(found)


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
