"""The opened parts of a home, and the sessions that its settings describe."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from renown import method
from renown.engines import open_engine
from renown.engines.base import Engine
from renown.engines.session import SessionLimits
from renown.home.network_access import NetworkAccess
from renown.lake import Lake
from renown.method.file import Method
from renown.settings import Settings

if TYPE_CHECKING:
    from renown.answers import Landmark
    from renown.engines.duckdb import DuckDB
    from renown.exports import ExportSources
    from renown.privacy import PersonalDataStores
    from renown.runs import RunResources
    from renown.runs.resources import NotificationResources
    from renown.store import PeopleStore, PublishedDayStore
    from renown.store.statement_keys import StatementKeys


KEYS_FOLDER = "keys"
"""Folder of the keys that sign statements."""
STATEMENT_KEYS_FILE = "statements.json"


@dataclass(frozen=True, kw_only=True)
class Home(NetworkAccess):
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

    def reader(self) -> "DuckDB":
        """Open a DuckDB session for queries."""
        from renown.engines.duckdb import DuckDB  # noqa: PLC0415 - stored answers are read without it

        return DuckDB(self.session_limits)


def session_limits(home_settings: Settings) -> SessionLimits:
    """Return the limits of DuckDB sessions from the settings."""
    return SessionLimits(home_settings.engine.memory, home_settings.engine.thread_count, home_settings.home / "spill")
