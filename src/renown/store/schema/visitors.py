"""Sessions of visitors, sign-ins, API keys, and what is sent to subscribers."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from renown.store.schema.instants import UtcDateTime
from renown.store.schema.metadata import metadata

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), index=True),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("used_at", UtcDateTime(), nullable=False),
)

session_accounts = Table(
    "session_accounts",
    metadata,
    Column("digest", String(64), ForeignKey("sessions.digest", ondelete="CASCADE"), primary_key=True),
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("handle", String(1024), nullable=False),
    Column("token", String(40), nullable=False),
    Column("requested_at", UtcDateTime(), nullable=False),
    Column("proof", String(10), nullable=False, server_default=""),
    Column("proved_at", UtcDateTime()),
)

oauth_clients = Table(
    "oauth_clients",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("server", String(255), primary_key=True),
    Column("redirect_uri", String(1024), primary_key=True),
    Column("client_id", String(1024), nullable=False),
    Column("client_secret", String(1024), nullable=False),
    Column("registered_at", UtcDateTime(), nullable=False),
)

oauth_requests = Table(
    "oauth_requests",
    metadata,
    Column("state", String(64), primary_key=True),
    Column("digest", String(64), ForeignKey("sessions.digest", ondelete="CASCADE"), nullable=False, index=True),
    Column("network", String(40), nullable=False),
    Column("account_id", String(1024), nullable=False),
    Column("handle", String(1024), nullable=False),
    Column("issuer", String(1024), nullable=False),
    Column("redirect_uri", String(1024), nullable=False),
    Column("code_verifier", String(128), nullable=False),
    Column("dpop_key", String, nullable=False),
    Column("requested_at", UtcDateTime(), nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("per_second", Integer, nullable=False),
    Column("per_day", Integer, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), index=True),
    Column("used_at", UtcDateTime()),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscription_id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("address", String(1000), nullable=False),
    Column("secret", String(64), nullable=False),
    Column("min_points", Double, nullable=False),
    Column("is_weekly", Boolean, nullable=False),
    Column("quiet_from", Integer, nullable=False),
    Column("quiet_until", Integer, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("confirmed_at", UtcDateTime()),
    UniqueConstraint("person_id", "channel", "address"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Integer, primary_key=True),
    Column("key_digest", String(64), ForeignKey("api_keys.digest", ondelete="CASCADE"), nullable=False),
    Column("address", String(1000), nullable=False),
    Column("secret", String(64), nullable=False),
    Column("events", String(200), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("change_id", Integer, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    UniqueConstraint("key_digest", "address"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", String(32), primary_key=True),
    Column("subscription_id", Integer, ForeignKey("subscriptions.subscription_id", ondelete="CASCADE")),
    Column("message_key", String(200), nullable=False),
    Column("content", JSON, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("due_at", UtcDateTime(), nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", UtcDateTime()),
    Column("gave_up_at", UtcDateTime()),
    Column("error", String(300), nullable=False),
    Column("webhook_id", Integer, ForeignKey("webhooks.webhook_id", ondelete="CASCADE")),
    UniqueConstraint("subscription_id", "message_key"),
    UniqueConstraint("webhook_id", "message_key"),
)
