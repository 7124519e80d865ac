"""Store: the application's database and the published days."""

from renown.store.api_keys import ApiKey, ApiKeyStore
from renown.store.claims import ClaimStore
from renown.store.credentials import Credential, CredentialKey, CredentialStore
from renown.store.database import open_database
from renown.store.days import PublishedDayStore
from renown.store.deliveries import Delivery, DeliveryStore
from renown.store.encryption import KEY_VARIABLE, Cipher, generate_key
from renown.store.first_scores import FirstScoreJob, FirstScorePoints, FirstScoreStore, Stage
from renown.store.group_log import GroupLogEntry, LogOpening, LogVerification
from renown.store.group_terms import INVITATION_DAYS, JOIN_BY, Challenge, GoalOrigin, Group, derive_name
from renown.store.groups import GroupStore
from renown.store.identities import IdentityCandidate, IdentityChoice, IdentityStore, Picture, StoredIdentity
from renown.store.judgements import Judgement, JudgementStore
from renown.store.oauth import OAuthStore, RegisteredClient, SignInRequest
from renown.store.people import CONSENT_GIVEN, CONSENT_WITHDRAWN, DEFAULT_TIME_ZONE, PROOFS, Claim, PeopleStore, Person
from renown.store.person_changes import PersonChange, PersonChangeStore
from renown.store.profiles import AccountName, ProfileStore
from renown.store.published.day import PublishedDay
from renown.store.published.exports import partial_export_path
from renown.store.published.tables import SUBJECT_COLUMNS, PublishedPoints, PublishedScore, PublishedTables
from renown.store.quotas import QuotaStore
from renown.store.recomputed import Recomputation, RecomputedScoreStore, RecomputedSpan
from renown.store.requests import ERASE, OPT_OUT, PrivacyRequest, PrivacyRequestStore
from renown.store.serving.recomputed import RecomputedScore
from renown.store.serving.score_ranges import ScoreRange
from renown.store.serving.scores import PeopleFilter, ServedScore, ServedScoreStore, compute_changes
from renown.store.sessions import ClaimProof, Session, SessionStore
from renown.store.statements import IssuedStatement, StatementStore
from renown.store.subscriptions import MAIL, WEBHOOK, Subscription, SubscriptionStore
from renown.store.sync_state import SyncState, SyncStateStore
from renown.store.trust import ReviewRequest, SeedRemoval, TrustStore
from renown.store.visibility import VisibilityStore, VisibilityVersion
from renown.store.webhooks import EVENTS, ApplicationWebhook, WebhookStore
from renown.store.webmentions import Webmention, WebmentionStore

__all__ = [
    "CONSENT_GIVEN",
    "CONSENT_WITHDRAWN",
    "DEFAULT_TIME_ZONE",
    "ERASE",
    "EVENTS",
    "INVITATION_DAYS",
    "JOIN_BY",
    "KEY_VARIABLE",
    "MAIL",
    "OPT_OUT",
    "PROOFS",
    "SUBJECT_COLUMNS",
    "WEBHOOK",
    "AccountName",
    "ApiKey",
    "ApiKeyStore",
    "ApplicationWebhook",
    "Challenge",
    "Cipher",
    "Claim",
    "ClaimProof",
    "ClaimStore",
    "Credential",
    "CredentialKey",
    "CredentialStore",
    "Delivery",
    "DeliveryStore",
    "FirstScoreJob",
    "FirstScorePoints",
    "FirstScoreStore",
    "GoalOrigin",
    "Group",
    "GroupLogEntry",
    "GroupStore",
    "IdentityCandidate",
    "IdentityChoice",
    "IdentityStore",
    "IssuedStatement",
    "Judgement",
    "JudgementStore",
    "LogOpening",
    "LogVerification",
    "OAuthStore",
    "PeopleFilter",
    "PeopleStore",
    "Person",
    "PersonChange",
    "PersonChangeStore",
    "Picture",
    "PrivacyRequest",
    "PrivacyRequestStore",
    "ProfileStore",
    "PublishedDay",
    "PublishedDayStore",
    "PublishedPoints",
    "PublishedScore",
    "PublishedTables",
    "QuotaStore",
    "Recomputation",
    "RecomputedScore",
    "RecomputedScoreStore",
    "RecomputedSpan",
    "RegisteredClient",
    "ReviewRequest",
    "ScoreRange",
    "SeedRemoval",
    "ServedScore",
    "ServedScoreStore",
    "Session",
    "SessionStore",
    "SignInRequest",
    "Stage",
    "StatementStore",
    "StoredIdentity",
    "Subscription",
    "SubscriptionStore",
    "SyncState",
    "SyncStateStore",
    "TrustStore",
    "VisibilityStore",
    "VisibilityVersion",
    "WebhookStore",
    "Webmention",
    "WebmentionStore",
    "compute_changes",
    "derive_name",
    "generate_key",
    "open_database",
    "partial_export_path",
]
