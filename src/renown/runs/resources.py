"""What runs need of a home: its stores, and how sessions and HTTP clients are opened."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from renown.connectors.base import Account, Connector
from renown.connectors.http.client import Client
from renown.engines.duckdb import DuckDB
from renown.runs.past import PastResources
from renown.settings import RetentionSettings, Settings
from renown.store import (
    DeliveryStore,
    FirstScoreStore,
    GroupStore,
    IdentityStore,
    PeopleStore,
    ProfileStore,
    PublishedDayStore,
    ServedScoreStore,
    SubscriptionStore,
    SyncStateStore,
    WebhookStore,
    WebmentionStore,
)


@dataclass(frozen=True, kw_only=True)
class RunResources(PastResources):
    """The stores and sessions of a run."""

    folder: Path
    """The home folder, which has the lock files."""
    sync_states: SyncStateStore
    profiles: ProfileStore
    groups: GroupStore
    webmentions: WebmentionStore
    first_scores: FirstScoreStore
    retention: RetentionSettings
    identities: IdentityStore
    has_pictures: bool
    """Whether pictures of people are collected."""
    max_actors: int
    """Maximum actors read of one list."""
    open_reader: Callable[[], DuckDB]
    """Opens a session for queries."""
    can_read: Callable[[Connector, str], bool]
    """Tells whether an account can be read: some networks are read with the account's own token only."""
    open_client: Callable[[Connector, Account, Callable[[str], None]], Client]
    """(connector, account, notify) to an HTTP client of the account's server."""


@dataclass(frozen=True, kw_only=True)
class NotificationResources:
    """The stores and settings that notifications and events need."""

    people: PeopleStore
    days: PublishedDayStore
    served_scores: ServedScoreStore
    profiles: ProfileStore
    groups: GroupStore
    subscriptions: SubscriptionStore
    webhooks: WebhookStore
    deliveries: DeliveryStore
    settings: Settings
