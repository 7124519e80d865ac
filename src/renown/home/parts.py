"""The opened parts of a home, and the sessions and HTTP clients that its settings describe."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from renown import method
from renown.connectors.base import Connector
from renown.connectors.http.client import Client, ClientOptions, RequestBudget, ignore
from renown.connectors.http.quota import QuotaKey, QuotaMeter
from renown.connectors.http.request import MAX_BYTES as MAX_RESPONSE_BYTES
from renown.connectors.http.urls import Server
from renown.engines import open_engine
from renown.engines.base import Engine
from renown.engines.duckdb import DuckDB
from renown.engines.session import SessionLimits
from renown.lake import Lake
from renown.method.file import Method
from renown.settings import Settings
from renown.store import (
    ApiKeyStore,
    ClaimStore,
    GroupStore,
    JudgementStore,
    PeopleStore,
    PrivacyRequestStore,
    ProfileStore,
    PublishedDayStore,
    QuotaStore,
    ServedScoreStore,
    SessionStore,
    SyncStateStore,
)

if TYPE_CHECKING:
    from renown.privacy import PersonalDataStores
    from renown.runs import RunResources


@dataclass(frozen=True, kw_only=True)
class Home:
    """The opened parts of a home."""

    settings: Settings
    lake: Lake
    people: PeopleStore
    days: PublishedDayStore
    sync_states: SyncStateStore
    served_scores: ServedScoreStore
    quotas: QuotaStore
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
        return session_limits(self.settings)

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

    def client(
        self,
        connector: Connector,
        name: str,
        *,
        notify: Callable[[str], None] = ignore,
        max_bytes: int = MAX_RESPONSE_BYTES,
    ) -> Client:
        """Open an HTTP client for the server that knows a name on a network."""
        network_settings = self.settings.network(connector.network)
        server = Server(
            self.server_url(connector, name), network_settings.token or None, private_ok=network_settings.private
        )
        meter = QuotaMeter(
            self.quotas,
            QuotaKey(connector.network, server.url().host),
            clock=time.time,
            quota=connector.api.quota,
            has_credential=server.token is not None,
            own_limit=network_settings.quota,
        )
        return Client(
            server,
            RequestBudget(self.settings.pages, self.settings.seconds),
            clock=time.time,
            sleep=time.sleep,
            seed=time.time_ns(),
            notify=notify,
            meter=meter,
            options=ClientOptions(contact=self.settings.contact, max_bytes=max_bytes, api=connector.api),
        )

    def reader(self) -> DuckDB:
        """Open a DuckDB session for queries."""
        return DuckDB(self.session_limits)


def session_limits(home_settings: Settings) -> SessionLimits:
    """Return the limits of DuckDB sessions from the settings."""
    return SessionLimits(home_settings.memory, home_settings.threads, home_settings.home / "spill")


def _now() -> datetime:
    return datetime.now(UTC)
