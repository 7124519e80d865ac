"""The home: a folder with settings, lake and store; open its parts."""

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
from renown.connectors.http.client import Client, ClientOptions, RequestBudget, ignore
from renown.connectors.http.urls import Server
from renown.engines import open_engine
from renown.engines.base import Engine
from renown.engines.duckdb import DuckDB
from renown.engines.session import SessionLimits
from renown.errors import HomeError, InvalidSettingsError
from renown.lake import Lake
from renown.method.file import Method
from renown.settings import Settings
from renown.store import (
    OPT_OUT,
    ApiKeyStore,
    ClaimStore,
    GroupStore,
    JudgementStore,
    PeopleStore,
    Person,
    PrivacyRequestStore,
    ProfileStore,
    PublishedDayStore,
    ServedScoreStore,
    SessionStore,
    SyncStateStore,
    open_database,
)
from renown.text import suggest_spelling

if TYPE_CHECKING:
    from renown.privacy import PersonalDataStores
    from renown.runs import RunResources
    from renown.web.state import AccountActions, AppState

FORMAT = 1
"""Version of the folder layout; increased when older versions of renown cannot read it."""
_FORMAT_FILE = "format"
_DEMO_FILE = "demo"


@dataclass(frozen=True, kw_only=True)
class Home:
    """The opened parts of a home."""

    settings: Settings
    lake: Lake
    people: PeopleStore
    days: PublishedDayStore
    sync_states: SyncStateStore
    served_scores: ServedScoreStore
    profiles: ProfileStore
    api_keys: ApiKeyStore
    groups: GroupStore
    judgements: JudgementStore
    sessions: SessionStore
    claims: ClaimStore
    privacy_requests: PrivacyRequestStore

    @cached_property
    def method(self) -> Method:
        """The scoring method named in the settings."""
        return method.load_method(self.settings.method)

    @property
    def session_limits(self) -> SessionLimits:
        """Limits of DuckDB sessions, from the settings."""
        return _session_limits(self.settings)

    def engine(self, name: str | None = None) -> Engine:
        """Open a session of the engine named in the settings, or of another one."""
        home_settings = self.settings
        return open_engine(
            name or home_settings.engine,
            limits=self.session_limits,
            master=home_settings.spark_master,
            conf=home_settings.spark_conf,
        )

    @property
    def personal_data(self) -> "PersonalDataStores":
        """The stores with data about people."""
        from renown.privacy import PersonalDataStores  # noqa: PLC0415 - few commands need it

        return PersonalDataStores(
            lake=self.lake,
            people=self.people,
            days=self.days,
            sync_states=self.sync_states,
            profiles=self.profiles,
            groups=self.groups,
            judgements=self.judgements,
            sessions=self.sessions,
            privacy_requests=self.privacy_requests,
        )

    @property
    def run_resources(self) -> "RunResources":
        """The stores and sessions of a run."""
        from renown.runs import RunResources  # noqa: PLC0415 - few commands need it

        return RunResources(
            folder=self.settings.home,
            lake=self.lake,
            people=self.people,
            days=self.days,
            sync_states=self.sync_states,
            served_scores=self.served_scores,
            profiles=self.profiles,
            groups=self.groups,
            method=self.method,
            max_actors=self.settings.actors,
            open_engine=self.engine,
            open_reader=self.reader,
            open_client=lambda connector, handle, notify: self.client(connector, handle, notify=notify),
        )

    def server_url(self, connector: Connector, name: str) -> str:
        """Return the URL of the server that knows a name on a network."""
        return self.settings.network(connector.network).server or connector.server_url(name)

    def client(self, connector: Connector, name: str, *, notify: Callable[[str], None] = ignore) -> Client:
        """Open an HTTP client for the server that knows a name on a network."""
        network_settings = self.settings.network(connector.network)
        return Client(
            Server(
                self.server_url(connector, name), network_settings.token or None, private_ok=network_settings.private
            ),
            RequestBudget(self.settings.pages, self.settings.seconds),
            clock=time.time,
            sleep=time.sleep,
            seed=time.time_ns(),
            notify=notify,
            options=ClientOptions(contact=self.settings.contact),
        )

    def app_state(self, every: str | None = None) -> "AppState":
        """
        Build the state of the web application.

        Parameters
        ----------
        every : str, optional
            Interval of the scheduled runs beside the server, a key of `INTERVALS`; without it, pages do not say when
            the next day is published.
        """
        from renown import runs  # noqa: PLC0415 - slow import, needed only to serve
        from renown.web.state import AppState  # noqa: PLC0415 - as above

        def next_publication() -> datetime | None:
            return (
                runs.next_publication(_now(), interval=runs.INTERVALS[every], offset=self.settings.run_at)
                if every
                else None
            )

        return AppState(
            lake=self.lake,
            people=self.people,
            days=self.days,
            sync_states=self.sync_states,
            scores=self.served_scores,
            profiles=self.profiles,
            api_keys=self.api_keys,
            groups=self.groups,
            load_method=lambda: self.method,
            open_engine=self.reader,
            now=_now,
            actions=self._account_actions(),
            settings=self.settings.serve,
            next_update=next_publication,
        )

    def _account_actions(self) -> "AccountActions":
        """Build the actions that signed-in visitors can take."""
        from renown import privacy, runs  # noqa: PLC0415 - as above
        from renown.runs import privacy_requests as request_runs  # noqa: PLC0415 - as above
        from renown.runs import verify  # noqa: PLC0415 - as above
        from renown.web.state import AccountActions  # noqa: PLC0415 - as above

        lookup_home = replace(
            self,
            settings=replace(self.settings, pages=verify.MAX_LOOKUP_REQUESTS, seconds=verify.LOOKUP_TIMEOUT),
        )
        lookup = runs.NetworkLookup(lookup_home.client, self.server_url, _now)

        def hide(person: Person) -> None:
            with self.reader() as engine:
                privacy.hide(engine, self.personal_data, person, now=_now())

        def opt_in(person: Person) -> None:
            self.privacy_requests.withdraw(person.key, OPT_OUT)
            privacy.opt_in(self.people, person, person.accounts, now=_now())

        networks = {network: connector.example for network, connector in CONNECTORS.items()}
        return AccountActions(
            stores=self.personal_data,
            claims=self.claims,
            networks=networks,
            link_networks=frozenset(network for network, each in CONNECTORS.items() if each.has_rel_me),
            server_url=lookup.server_url,
            find_profile=lookup.find_account,
            find_proof=lookup.find_proof,
            opt_out=hide,
            opt_in=opt_in,
            start_request_processing=lambda: request_runs.process_requests_in_background(
                self.settings.home, self.settings.store
            ),
            start_first_fetch=lambda: runs.run_in_background(
                self.settings.home, self.settings.store, "collect", "--new"
            ),
        )

    def reader(self) -> DuckDB:
        """Open a DuckDB session for queries."""
        return DuckDB(self.session_limits)


def create_home(home: Path) -> bool:
    """
    Create a home with a settings file, an empty lake and a store; return False if it exists already.

    Raises
    ------
    HomeError
        If the folder is not writable.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        if (home / _FORMAT_FILE).exists():
            return False
        (home / settings.SETTINGS_FILE).write_text(settings.TEMPLATE, encoding="utf-8")
        Lake(home / "lake")
        (home / _FORMAT_FILE).write_text(f"{FORMAT}\n", encoding="utf-8")
    except OSError as error:
        raise _not_writable_error(home, error) from error
    return True


def open_home(home: Path, environment: Mapping[str, str]) -> Home:
    """
    Open the parts of a home.

    Raises
    ------
    HomeError
        If there is none, it is read-only, or it was created by a newer version of renown.
    InvalidSettingsError
        If the settings are not valid.
    """
    try:
        format_version = int((home / _FORMAT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HomeError(f"there is no home in {str(home)!r}; create one with `renown --home {home} init`") from None
    except (OSError, ValueError) as error:
        raise HomeError(f"cannot read {str(home / _FORMAT_FILE)!r}: {error}; is this folder a renown home?") from error
    if format_version > FORMAT:
        raise HomeError(
            f"the home {str(home)!r} has format {format_version}, this version of renown supports up to {FORMAT}; "
            "upgrade renown to open it"
        )
    if not os.access(home, os.W_OK):
        raise HomeError(f"the home {str(home)!r} is read-only; make it writable, or choose another with --home")
    home_settings = settings.load_settings(home, environment)
    if unknown := sorted(set(home_settings.networks) - set(CONNECTORS)):
        suggestion = suggest_spelling(unknown[0], CONNECTORS)
        raise InvalidSettingsError(
            f"the settings name the network {unknown[0]!r}, which renown cannot read; {suggestion}"
        )
    try:
        database = open_database(home_settings.store or home / "store.sqlite")
        people = PeopleStore(database)
        return Home(
            settings=home_settings,
            lake=Lake(home / "lake", people.opt_outs.load),
            people=people,
            days=PublishedDayStore(database, home / "published", _session_limits(home_settings)),
            sync_states=SyncStateStore(database),
            served_scores=ServedScoreStore(database, home / "published"),
            profiles=ProfileStore(database),
            api_keys=ApiKeyStore(database),
            groups=GroupStore(database),
            judgements=JudgementStore(database),
            sessions=SessionStore(database),
            claims=ClaimStore(database),
            privacy_requests=PrivacyRequestStore(database),
        )
    except OSError as error:
        raise _not_writable_error(home, error) from error


def open_demo(home: Path, environment: Mapping[str, str]) -> Home:
    """
    Create and open a home for simulated people.

    Raises
    ------
    HomeError
        If it already contains data of other people.
    """
    create_home(home)
    opened_home = open_home(home, environment)
    if not (home / _DEMO_FILE).exists() and opened_home.lake.files("accounts"):
        raise HomeError(
            f"the home {str(home)!r} already contains data, which must not be mixed with simulated people; "
            "choose another with `renown --home DIR demo`"
        )
    (home / _DEMO_FILE).write_text("The people of this home are simulated.\n", encoding="utf-8")
    return opened_home


def _session_limits(home_settings: Settings) -> SessionLimits:
    return SessionLimits(home_settings.memory, home_settings.threads, home_settings.home / "spill")


def _now() -> datetime:
    return datetime.now(UTC)


def _not_writable_error(home: Path, error: OSError) -> HomeError:
    reason = error.strerror or error
    return HomeError(f"cannot write to the home {str(home)!r}: {reason}; check its permissions and free disk space")
