from .api_keys import ApiKey, ApiKeyStore
from .claims import ClaimStore
from .credentials import Credential, CredentialKey, CredentialStore
from .database import open_database
from .days import PublishedDayStore
from .deliveries import Delivery, DeliveryStore
from .encryption import KEY_VARIABLE, Cipher, generate_key
from .first_scores import FirstScoreJob, FirstScorePoints, FirstScoreStore, Stage
from .groups.invitations import INVITATION_DAYS
from .groups.log import GroupLogEntry, LogOpening, LogVerification
from .groups.store import GroupStore
from .groups.terms import JOIN_BY, Challenge, GoalOrigin, Group, derive_name
from .identities import IdentityCandidate, IdentityChoice, IdentityStore, Picture, StoredIdentity
from .judgements import Judgement, JudgementStore
from .oauth import OAuthStore, RegisteredClient, SignInRequest
from .people import PeopleStore
from .person import CONSENT_GIVEN, CONSENT_WITHDRAWN, DEFAULT_TIME_ZONE, PROOFS, Claim, Person, check_account_id
from .person_changes import PersonChange, PersonChangeStore
from .profiles import AccountName, ProfileStore
from .published.day import PublishedDay, check_day_order
from .published.exports import partial_export_path
from .published.rows import PublishedPoints, PublishedScore
from .published.tables import SUBJECT_COLUMNS, PublishedTables
from .quotas import QuotaStore
from .recomputed import Recomputation, RecomputedScoreStore, RecomputedSpan
from .requests import ERASE, OPT_OUT, PrivacyRequest, PrivacyRequestStore
from .serving.recomputed import RecomputedScore, RecomputedScoreReader, ScoreSources
from .serving.score_ranges import ScoreRange
from .serving.scores import PeopleFilter, ServedScore, ServedScoreStore, compute_changes
from .sessions import ClaimProof, Session, SessionStore
from .statements import IssuedStatement, StatementStore
from .subscriptions import MAIL, WEBHOOK, Subscription, SubscriptionStore
from .sync_state import SyncState, SyncStateStore
from .trust import ReviewRequest, SeedRemoval, TrustStore
from .visibility import VisibilityStore, VisibilityVersion
from .webhooks import EVENTS, ApplicationWebhook, WebhookStore
from .webmentions import Webmention, WebmentionStore

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
    "RecomputedScoreReader",
    "RecomputedScoreStore",
    "RecomputedSpan",
    "RegisteredClient",
    "ReviewRequest",
    "ScoreRange",
    "ScoreSources",
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
    "check_account_id",
    "check_day_order",
    "compute_changes",
    "derive_name",
    "generate_key",
    "open_database",
    "partial_export_path",
]
