"""The stores with personal data: what an export reads, and what an opt-out or an erasure clears."""

from dataclasses import dataclass

from renown.lake import Lake
from renown.store import (
    ApiKeyStore,
    CredentialStore,
    DeliveryStore,
    FirstScoreStore,
    GroupStore,
    IdentityStore,
    JudgementStore,
    PeopleStore,
    PrivacyRequestStore,
    ProfileStore,
    PublishedDayStore,
    SessionStore,
    StatementStore,
    SubscriptionStore,
    SyncStateStore,
    WebhookStore,
    WebmentionStore,
)


@dataclass(frozen=True, kw_only=True)
class PersonalDataStores:
    """Every store with data about a person; a new one belongs here, so that no export or erasure misses it."""

    lake: Lake
    people: PeopleStore
    days: PublishedDayStore
    sync_states: SyncStateStore
    credentials: CredentialStore
    profiles: ProfileStore
    groups: GroupStore
    judgements: JudgementStore
    sessions: SessionStore
    privacy_requests: PrivacyRequestStore
    statements: StatementStore
    subscriptions: SubscriptionStore
    webhooks: WebhookStore
    deliveries: DeliveryStore
    api_keys: ApiKeyStore
    webmentions: WebmentionStore
    first_scores: FirstScoreStore
    identities: IdentityStore
