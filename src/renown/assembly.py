"""Settings in, opened parts out."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from renown import method, settings
from renown.connectors import CONNECTORS
from renown.connectors.base import Connector
from renown.connectors.http import Budget, Client, Manners, Server, nobody
from renown.engines import Engine, open_engine
from renown.engines.duckdb import DuckDB
from renown.errors import BadSettings, HomeError
from renown.lake import Lake
from renown.method import Method
from renown.settings import Settings
from renown.spelling import offer
from renown.store import (
    OPT_OUT,
    Days,
    Groups,
    Judgements,
    Keys,
    People,
    Person,
    Portraits,
    Readings,
    Served,
    Sessions,
    Settling,
    Wishes,
    open_database,
)

if TYPE_CHECKING:
    from renown.web import Site
    from renown.web.desk import Desk

FORMAT = 1
"""Layout of a home; raised when an older renown could not read a newer home."""
_FORMAT_FILE = "format"
_DEMO_FILE = "demo"


@dataclass(frozen=True)
class Home:
    """The opened parts of a home."""

    settings: Settings
    lake: Lake
    people: People
    days: Days
    readings: Readings
    served: Served
    portraits: Portraits
    keys: Keys
    groups: Groups
    judgements: Judgements
    sessions: Sessions
    settling: Settling
    wishes: Wishes

    @cached_property
    def method(self) -> Method:
        """The method that the settings name."""
        return method.load(self.settings.method)

    def engine(self, name: str | None = None) -> Engine:
        """Open a session of the engine that the settings name, or another."""
        told = self.settings
        return open_engine(
            name or told.engine,
            memory=told.memory,
            threads=told.threads,
            spill=told.home / "spill",
            master=told.spark_master,
            conf=told.spark_conf,
        )

    def server(self, connector: Connector, name: str) -> str:
        """Return the address of the server that knows who goes by a name on a network."""
        return self.settings.network(connector.network).server or connector.server(name)

    def client(self, connector: Connector, name: str, *, told: Callable[[str], None] = nobody) -> Client:
        """Open a client of the server that knows who goes by a name on a network."""
        of = self.settings.network(connector.network)
        return Client(
            Server(self.server(connector, name), of.token or None, private_ok=of.private),
            Budget(self.settings.pages, self.settings.seconds),
            clock=time.time,
            sleep=time.sleep,
            seed=time.time_ns(),
            told=told,
            manners=Manners(contact=self.settings.contact),
        )

    def site(self, every: str | None = None) -> "Site":
        """
        Return what the web reads from.

        Parameters
        ----------
        every : str, optional
            How often runs go on beside it, one of `jobs.EVERY`; without it nobody knows when the next one is.
        """
        from renown import jobs  # noqa: PLC0415 - commands that serve nothing do not wait for it
        from renown.web import Site  # noqa: PLC0415 - as above

        def due() -> datetime | None:
            return jobs.next_published(_now(), every=jobs.EVERY[every], at=self.settings.run_at) if every else None

        return Site(
            self.lake,
            self.people,
            self.days,
            self.readings,
            self.served,
            self.portraits,
            self.keys,
            self.groups,
            lambda: self.method,
            self.reader,
            _now,
            self._desk(),
            self.settings.serve,
            due=due,
        )

    def _desk(self) -> "Desk":
        """Return what visitors of the web can have done."""
        from renown import jobs  # noqa: PLC0415 - as above
        from renown.web.desk import Desk  # noqa: PLC0415 - as above

        brief = replace(self, settings=replace(self.settings, pages=jobs.asking.PAGES, seconds=jobs.asking.SECONDS))
        asking = jobs.Asking(brief.client, self.server, _now)

        def hide(person: Person) -> None:
            with self.reader() as engine:
                jobs.hide(engine, self, person, now=_now())

        def opt_in(person: Person) -> None:
            self.wishes.take_back(person.key, OPT_OUT)
            jobs.opt_in(self.people, person, person.accounts, now=_now())

        networks = {network: each.example for network, each in CONNECTORS.items()}
        return Desk(
            self,
            self.settling,
            networks,
            frozenset(network for network, each in CONNECTORS.items() if each.says_me),
            asking.server,
            asking.find,
            asking.look,
            hide,
            opt_in,
            lambda: jobs.wishes.hasten(self.settings.home, self.settings.store),
            lambda: jobs.beside(self.settings.home, self.settings.store, "collect", "--new"),
        )

    def reader(self) -> DuckDB:
        """Open a session of the engine that reads files and answers questions."""
        return DuckDB(memory=self.settings.memory, threads=self.settings.threads, spill=self.settings.home / "spill")


def make_home(home: Path) -> bool:
    """
    Make a home with its settings file, an empty lake and a store; return False where there is one.

    Raises
    ------
    HomeError
        If the folder cannot be written to.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        if (home / _FORMAT_FILE).exists():
            return False
        (home / settings.FILE).write_text(settings.TEMPLATE, encoding="utf-8")
        Lake(home / "lake")
        (home / _FORMAT_FILE).write_text(f"{FORMAT}\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(home, error) from error
    return True


def open_home(home: Path, environment: Mapping[str, str]) -> Home:
    """
    Open the parts of a home.

    Raises
    ------
    HomeError
        If there is none, it is not to be written to, or a newer version of renown made it.
    """
    try:
        made_by = int((home / _FORMAT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"there is no home in {str(home)!r}; make one with `renown --home {home} init`"
        raise HomeError(msg) from None
    except (OSError, ValueError) as error:
        msg = f"cannot read {str(home / _FORMAT_FILE)!r}: {error}; is this folder a home of renown?"
        raise HomeError(msg) from error
    if made_by > FORMAT:
        msg = (
            f"the home {str(home)!r} has format {made_by}, this renown knows up to {FORMAT}; upgrade renown to open it"
        )
        raise HomeError(msg)
    if not os.access(home, os.W_OK):
        msg = f"the home {str(home)!r} is read-only; make it writable, or name another with --home"
        raise HomeError(msg)
    told = settings.read(home, environment)
    if unknown := sorted(set(told.networks) - set(CONNECTORS)):
        end = offer(unknown[0], CONNECTORS)
        msg = f"the settings name the network {unknown[0]!r}, which is none that can be read; {end}"
        raise BadSettings(msg)
    try:
        database = open_database(told.store or home / "store.sqlite")
        people = People(database)
        return Home(
            told,
            Lake(home / "lake", people.opt_outs.now),
            people,
            Days(database, home / "published"),
            Readings(database),
            Served(database, home / "published"),
            Portraits(database),
            Keys(database),
            Groups(database),
            Judgements(database),
            Sessions(database),
            Settling(database),
            Wishes(database),
        )
    except OSError as error:
        raise _unwritable(home, error) from error


def open_demo(home: Path, environment: Mapping[str, str]) -> Home:
    """
    Make and open a home for simulated people.

    Raises
    ------
    HomeError
        If it holds other people already.
    """
    make_home(home)
    opened = open_home(home, environment)
    if not (home / _DEMO_FILE).exists() and opened.lake.files("accounts"):
        msg = (
            f"the home {str(home)!r} holds data, and simulated people do not mix with it; "
            "name another with `renown --home DIR demo`"
        )
        raise HomeError(msg)
    (home / _DEMO_FILE).write_text("The people of this home are simulated.\n", encoding="utf-8")
    return opened


def _now() -> datetime:
    return datetime.now(UTC)


def _unwritable(home: Path, error: OSError) -> HomeError:
    why = error.strerror or error
    msg = f"cannot write to the home {str(home)!r}: {why}; is it yours to write, and the disk not full?"
    return HomeError(msg)
