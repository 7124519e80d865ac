"""The stores of a home, each opened when it is used for the first time: most commands use few of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from renown import store

if TYPE_CHECKING:
    import sqlalchemy as sa

    from renown.settings import Settings

PUBLISHED_FOLDER = "published"
CREDENTIALS_FOLDER = "credentials"


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The stores of a home."""

    settings: Settings
    database: sa.Engine
    cipher: store.Cipher
    """Encrypts credentials and the keys of statements, if the environment has a key."""

    @cached_property
    def sync_states(self) -> store.SyncStateStore:
        """What was collected of each account."""
        return store.SyncStateStore(self.database)

    @cached_property
    def served_scores(self) -> store.ServedScoreStore:
        """The scores of the served snapshot."""
        return store.ServedScoreStore(self.database, self.settings.home / PUBLISHED_FOLDER)

    @cached_property
    def credentials(self) -> store.CredentialStore:
        """The tokens of networks."""
        return store.CredentialStore(self.settings.home / CREDENTIALS_FOLDER, self.cipher)

    @cached_property
    def quotas(self) -> store.QuotaStore:
        """What was used of each network's quota."""
        return store.QuotaStore(self.database)

    @cached_property
    def profiles(self) -> store.ProfileStore:
        """The profiles of the latest day."""
        return store.ProfileStore(self.database)

    @cached_property
    def api_keys(self) -> store.ApiKeyStore:
        """The API keys."""
        return store.ApiKeyStore(self.database)

    @cached_property
    def groups(self) -> store.GroupStore:
        """Groups and challenges."""
        return store.GroupStore(self.database)

    @cached_property
    def judgements(self) -> store.JudgementStore:
        """Who was judged to be more influential."""
        return store.JudgementStore(self.database)

    @cached_property
    def sessions(self) -> store.SessionStore:
        """Sessions of visitors of the pages."""
        return store.SessionStore(self.database)

    @cached_property
    def claims(self) -> store.ClaimStore:
        """Claims that visitors make."""
        return store.ClaimStore(self.database)

    @cached_property
    def privacy_requests(self) -> store.PrivacyRequestStore:
        """Requests to opt out or be erased."""
        return store.PrivacyRequestStore(self.database)

    @cached_property
    def statements(self) -> store.StatementStore:
        """Signed statements of scores."""
        return store.StatementStore(self.database)

    @cached_property
    def subscriptions(self) -> store.SubscriptionStore:
        """Whom to notify about a person."""
        return store.SubscriptionStore(self.database)

    @cached_property
    def webhooks(self) -> store.WebhookStore:
        """Webhooks of applications."""
        return store.WebhookStore(self.database)

    @cached_property
    def deliveries(self) -> store.DeliveryStore:
        """Notifications and whether they arrived."""
        return store.DeliveryStore(self.database)

    @cached_property
    def webmentions(self) -> store.WebmentionStore:
        """Webmentions that blogs received."""
        return store.WebmentionStore(self.database)

    @cached_property
    def first_scores(self) -> store.FirstScoreStore:
        """Jobs that compute first scores."""
        return store.FirstScoreStore(self.database)

    @cached_property
    def identities(self) -> store.IdentityStore:
        """Display names and pictures."""
        return store.IdentityStore(self.database)

    @cached_property
    def oauth(self) -> store.OAuthStore:
        """Clients and requests of sign-ins at networks."""
        return store.OAuthStore(self.database)
