"""The opened parts of a home, and the sessions and HTTP clients that its settings describe."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from renown import method
from renown.connectors import CONNECTORS
from renown.engines import open_engine
from renown.engines.base import Engine
from renown.engines.session import SessionLimits
from renown.errors import InvalidInputError, InvalidSettingsError
from renown.home.stores import Stores
from renown.lake import Lake
from renown.method.file import Method
from renown.progress import ignore_message
from renown.settings import Settings
from renown.text import suggest_spelling

if TYPE_CHECKING:
    from renown.answers import Landmark
    from renown.connectors.base import Account, Connector
    from renown.connectors.http.client import Client
    from renown.connectors.http.quota import QuotaMeter
    from renown.connectors.http.urls import Server
    from renown.engines.duckdb import DuckDB
    from renown.exports import ExportSources
    from renown.privacy import PersonalDataStores
    from renown.runs import RunResources
    from renown.runs.resources import NotificationResources
    from renown.store import Credential, PeopleStore, PublishedDayStore
    from renown.store.statement_keys import StatementKeys


KEYS_FOLDER = "keys"
"""Folder of the keys that sign statements."""
STATEMENT_KEYS_FILE = "statements.json"


@dataclass(frozen=True, kw_only=True)
class Home(Stores):
    """The opened parts of a home."""

    lake: Lake
    people: "PeopleStore"
    days: "PublishedDayStore"

    @cached_property
    def method(self) -> Method:
        """The scoring method named in the settings."""
        return method.load_method(self.settings.method.file)

    @property
    def session_limits(self) -> SessionLimits:
        """Limits of DuckDB sessions, from the settings."""
        return session_limits(self.settings)

    def engine(self, name: str | None = None) -> Engine:
        """Open a session of the engine named in the settings, or of another one."""
        home_settings = self.settings
        return open_engine(
            name or home_settings.engine.name,
            limits=self.session_limits,
            master=home_settings.spark.master,
            conf=home_settings.spark.conf,
        )

    @cached_property
    def statement_keys(self) -> "StatementKeys":
        """The keys that sign statements of scores."""
        from renown.store.statement_keys import StatementKeys  # noqa: PLC0415 - few commands need it

        return StatementKeys(self.settings.home / KEYS_FOLDER / STATEMENT_KEYS_FILE, self.cipher)

    def load_landmarks(self) -> "list[Landmark]":
        """
        Load and score the landmarks of the settings; empty if they name none.

        Raises
        ------
        InvalidSettingsError
            If their file is not valid.
        """
        from renown import answers  # noqa: PLC0415 - few commands need it

        if self.settings.serve.landmarks is None:
            return []
        entries = answers.read_landmarks(self.settings.serve.landmarks)
        with self.reader() as engine:
            return answers.score_landmarks(entries, self.method, engine)

    @property
    def personal_data(self) -> "PersonalDataStores":
        """The stores with data about people."""
        from renown.privacy import PersonalDataStores  # noqa: PLC0415 - few commands need it

        return PersonalDataStores(
            lake=self.lake,
            people=self.people,
            days=self.days,
            sync_states=self.sync_states,
            credentials=self.credentials,
            profiles=self.profiles,
            groups=self.groups,
            judgements=self.judgements,
            sessions=self.sessions,
            privacy_requests=self.privacy_requests,
            statements=self.statements,
            subscriptions=self.subscriptions,
            webhooks=self.webhooks,
            deliveries=self.deliveries,
            api_keys=self.api_keys,
            webmentions=self.webmentions,
            first_scores=self.first_scores,
            identities=self.identities,
        )

    @property
    def export_sources(self) -> "ExportSources":
        """The stores that exports read."""
        from renown.exports import ExportSources  # noqa: PLC0415 - few commands need it

        return ExportSources(
            folder=self.settings.home,
            lake=self.lake,
            people=self.people,
            days=self.days,
            served_scores=self.served_scores,
            profiles=self.profiles,
            method=self.method,
            limits=self.session_limits,
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
            webmentions=self.webmentions,
            first_scores=self.first_scores,
            identities=self.identities,
            has_pictures=self.settings.collect.pictures,
            method=self.method,
            retention=self.settings.retention,
            max_actors=self.settings.collect.actors,
            can_read=self.can_read,
            open_engine=self.engine,
            open_reader=self.reader,
            open_client=lambda connector, account, notify: self.account_client(connector, account, notify=notify),
        )

    @property
    def notification_resources(self) -> "NotificationResources":
        """The stores and settings that notifications need."""
        from renown.runs.resources import NotificationResources  # noqa: PLC0415 - few commands need it

        return NotificationResources(
            people=self.people,
            days=self.days,
            served_scores=self.served_scores,
            profiles=self.profiles,
            groups=self.groups,
            subscriptions=self.subscriptions,
            webhooks=self.webhooks,
            deliveries=self.deliveries,
            settings=self.settings,
        )

    def server_url(self, connector: "Connector", name: str) -> str:
        """Return the URL of the server that knows a name on a network, or of its first relay."""
        return self.server_urls(connector, name)[0]

    def server_urls(self, connector: "Connector", name: str) -> tuple[str, ...]:
        """Return the URL of the server that knows a name on a network, or of all its relays."""
        from renown.connectors.http.guarded_socket import base_url  # noqa: PLC0415 - see `Home.client`

        own_server = self.settings.network(connector.network).server
        if not connector.relays:
            return (own_server or connector.server_url(name),)
        return tuple(map(base_url, own_server.replace(",", " ").split())) or connector.relays

    def check_credential(self, credential: "Credential") -> None:
        """
        Check that a new credential is valid and for one server.

        Raises
        ------
        InvalidInputError
            If accounts of its network live on many servers, and it names none.
        InvalidSettingsError
            If it has characters that no token has, or would be sent unencrypted.
        """
        from renown.connectors.http.urls import Server  # noqa: PLC0415 - see `Home.client`

        network_settings = self.settings.network(credential.network)
        if CONNECTORS[credential.network].has_many_servers and not (credential.server or network_settings.server):
            raise InvalidInputError(
                f"{credential.network} has many servers, and a token is for one of them; add --server HOST"
            )
        Server("https://token.invalid", token=credential.access_token).url()
        if credential.token_url:
            Server(credential.token_url, token=credential.refresh_token, private_ok=network_settings.private).url()

    def account_client(
        self, connector: "Connector", account: "Account", *, notify: Callable[[str], None] | None = None
    ) -> "Client":
        """Open an HTTP client for the server of an account, with the account's own credential if there is one."""
        return self.client(connector, account.handle, account_id=account.account_id, notify=notify)

    def client(
        self,
        connector: "Connector",
        name: str,
        *,
        account_id: str = "",
        notify: Callable[[str], None] | None = None,
        max_bytes: int | None = None,
    ) -> "Client":
        """Open an HTTP client for the server that knows a name on a network."""
        # Reading scores needs no HTTP library.
        from renown.connectors.http import Client, ClientOptions, RequestBudget  # noqa: PLC0415
        from renown.connectors.http.request import MAX_BYTES  # noqa: PLC0415
        from renown.connectors.http.urls import Server  # noqa: PLC0415

        network_settings = self.settings.network(connector.network)
        first_url, *other_urls = self.server_urls(connector, name)
        server = Server(first_url, other_urls=tuple(other_urls), private_ok=network_settings.private)
        credential = self._find_credential(connector, server, account_id)
        server = replace(
            server,
            token=credential.access_token if credential else network_settings.token or None,
            credential_name=credential.name if credential else connector.network,
        )
        meter = self.open_meter(connector, server, credential)
        return Client(
            server,
            RequestBudget(self.settings.collect.pages, self.settings.collect.seconds),
            clock=time.time,
            sleep=time.sleep,
            seed=time.time_ns(),
            notify=notify or ignore_message,
            meter=meter,
            options=ClientOptions(
                contact=self.settings.collect.contact, max_bytes=max_bytes or MAX_BYTES, api=connector.api
            ),
        )

    def open_meter(self, connector: "Connector", server: "Server", credential: "Credential | None") -> "QuotaMeter":
        """Return what counts the usage of a network's quota; dollars are those of all credentials together."""
        from renown.connectors.http.quota import DOLLAR, QuotaKey, QuotaMeter  # noqa: PLC0415 - see `Home.client`

        network_settings, quota = self.settings.network(connector.network), connector.api.quota
        own_limit, account_id = network_settings.quota or None, credential.account_id if credential else ""
        if quota and quota.prices:
            dollars, account_id = network_settings.max_dollars, ""
            own_limit = None if dollars is None else round(dollars * DOLLAR)
            quota = replace(quota, prices=_override_prices(connector.network, quota.prices, network_settings.prices))
        return QuotaMeter(
            self.quotas,
            QuotaKey(connector.network, server.url().host, account_id),
            clock=time.time,
            quota=quota,
            has_credential=server.token is not None,
            own_limit=own_limit,
        )

    def _find_credential(self, connector: "Connector", server: "Server", account_id: str) -> "Credential | None":
        """Find the credential for an account at a server; one for no certain server is for the network's only one."""
        from renown.home.credentials import renew_if_expiring, renew_long_lived_if_due  # noqa: PLC0415 - see `Home.client`

        host, network_settings = server.url().host, self.settings.network(connector.network)
        credential = self.credentials.find(connector.network, host, account_id)
        if credential is None or (connector.has_many_servers and not credential.server and not network_settings.server):
            return None
        credential = renew_if_expiring(
            self.credentials,
            credential,
            needed_seconds=self.settings.collect.seconds,
            private_ok=network_settings.private,
        )
        return renew_long_lived_if_due(self.credentials, credential, connector, server)

    def can_read(self, connector: "Connector", account_id: str) -> bool:
        """Tell whether an account can be read: where tokens read their owner's account only, if it has one."""
        if connector.oauth is None or not connector.oauth.is_personal or self.settings.network(connector.network).token:
            return True
        return any(
            key.network == connector.network and key.account_id in {"", account_id}
            for key in self.credentials.list_keys()
        )

    def list_token_owners(self, connector: "Connector") -> list[str]:
        """Return the accounts with whose tokens names can be looked up, where tokens are their owner's only."""
        if connector.oauth is None or not connector.oauth.is_personal:
            return [""]
        keys = [key for key in self.credentials.list_keys() if key.network == connector.network]
        has_common_token = self.settings.network(connector.network).token or not keys
        return sorted({key.account_id for key in keys} | ({""} if has_common_token else set()))

    def reader(self) -> "DuckDB":
        """Open a DuckDB session for queries."""
        from renown.engines.duckdb import DuckDB  # noqa: PLC0415 - stored answers are read without it

        return DuckDB(self.session_limits)


def _override_prices(network: str, prices: Mapping[str, float], own_prices: Mapping[str, float]) -> dict[str, float]:
    """Return the prices of a network, some of them from the settings."""
    for kind in own_prices.keys() - prices.keys():
        raise InvalidSettingsError(f"networks.{network}.prices has {kind!r}; {suggest_spelling(kind, prices)}")
    return {**prices, **own_prices}


def session_limits(home_settings: Settings) -> SessionLimits:
    """Return the limits of DuckDB sessions from the settings."""
    return SessionLimits(home_settings.engine.memory, home_settings.engine.thread_count, home_settings.home / "spill")


def _now() -> datetime:
    return datetime.now(UTC)
