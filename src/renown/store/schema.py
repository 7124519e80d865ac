"""Schema of the application database; `migrations` must create the same tables."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

people = Table(
    "people",
    metadata,
    Column("person_id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("consent", String(10), nullable=False, server_default="given"),
    Column("consent_at", DateTime(timezone=True)),
    Column("time_zone", String(64), nullable=False, server_default="UTC"),
)

claims = Table(
    "claims",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("network", String(40), nullable=False),
    Column("account_id", String(1024), nullable=False),
    Column("claimed_at", DateTime(timezone=True), nullable=False),
    Column("token", String(40), nullable=False, server_default=""),
    Column("proof", String(10), nullable=False, server_default=""),
    Column("proved_at", DateTime(timezone=True)),
    UniqueConstraint("network", "account_id"),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("account_hash", String(64), primary_key=True),
    Column("network", String(40)),
    Column("account", BigInteger),
)

opt_out_state = Table(
    "opt_out_state",
    metadata,
    Column("row_id", Integer, primary_key=True, autoincrement=False),
    Column("hash_key", LargeBinary, nullable=False),
    Column("departures", Integer, nullable=False),
    Column("returns", Integer, nullable=False),
)

visibility = Table(
    "visibility",
    metadata,
    Column("row_id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("settings", String(100), nullable=False),
)

person_changes = Table(
    "person_changes",
    metadata,
    Column("change_id", Integer, primary_key=True),
    Column("public_id", String(32), nullable=False, unique=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="SET NULL"), unique=True),
    Column("sequence", BigInteger, nullable=False),
    Column("score_at", DateTime(timezone=True)),
    Column("claims_at", DateTime(timezone=True)),
    Column("consent_at", DateTime(timezone=True)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Index("ix_person_changes_sequence", "sequence", "change_id"),
)

departed_ranks = Table(
    "departed_ranks",
    metadata,
    Column("copy", String(40), nullable=False, index=True),
    Column("rank", Integer, nullable=False),
)

exports = Table("exports", metadata, Column("path", String(4096), primary_key=True))

sync_states = Table(
    "sync_states",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("cursor", String, nullable=False),
    Column("tried_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True)),
    Column("message", String, nullable=False),
)

sync_counts = Table(
    "sync_counts",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("post_id", String(1024), primary_key=True),
    Column("verb", String(20), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
)

sync_validators = Table(
    "sync_validators",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("list_name", String(1024), primary_key=True),
    Column("validator", String(500), nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
)

quotas = Table(
    "quotas",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("server", String(255), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("window_start", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("blocked_until", BigInteger, nullable=False),
)

days = Table(
    "days",
    metadata,
    Column("day_no", Integer, primary_key=True),
    Column("method", String(40), primary_key=True),
    Column("method_digest", String(64), nullable=False),
    Column("method_text", String, nullable=False),
    Column("inputs", String(64), nullable=False),
    Column("engine", String(20), nullable=False),
    Column("folder", String(200), nullable=False),
    Column("people", BigInteger, nullable=False),
    Column("first_published_at", DateTime(timezone=True), nullable=False),
    Column("lake", JSON, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
)

score_ranges = Table(
    "score_ranges",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True),
    Column("day_no", Integer, primary_key=True, autoincrement=False),
    Column("score", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
)

recomputed_scores = Table(
    "recomputed_scores",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True),
    Column("day_no", Integer, primary_key=True, autoincrement=False),
    Column("method", String(40), nullable=False),
    Column("score", Double),
    Column("inputs", String(64), nullable=False),
    Column("recomputed_at", DateTime(timezone=True), nullable=False),
)

serving = Table(
    "serving",
    metadata,
    Column("row_id", Integer, primary_key=True, autoincrement=False),
    Column("copy", String(40), nullable=False),
    Column("day_no", Integer, nullable=False),
    Column("method", String(40), nullable=False),
    Column("folder", String(200), nullable=False),
    Column("slots", String(200), nullable=False),
)

groups = Table(
    "groups",
    metadata,
    Column("group_id", Integer, primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("title", String(100), nullable=False),
    Column("goal", Double, nullable=False),
    Column("join_by", String(20), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("goal_origin", JSON(none_as_null=True)),
)

members = Table(
    "members",
    metadata,
    Column("group_id", Integer, ForeignKey("groups.group_id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("number", Integer, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("group_id", Integer, ForeignKey("groups.group_id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("uses_left", Integer, nullable=False, server_default="1"),
)

group_owners = Table(
    "group_owners",
    metadata,
    Column(
        "group_id", Integer, ForeignKey("groups.group_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False, index=True),
)

challenges = Table(
    "challenges",
    metadata,
    Column("group_id", Integer, ForeignKey("groups.group_id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("first_no", Integer, nullable=False),
    Column("last_no", Integer, nullable=False),
    Column("goal", Double, nullable=False),
    Column("method", String(40), nullable=False),
    Column("method_digest", String(64), nullable=False),
)

group_log = Table(
    "group_log",
    metadata,
    Column("group_id", Integer, ForeignKey("groups.group_id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("challenge", Integer, nullable=False),
    Column("day_no", Integer),
    Column("message", String, nullable=False),
    Column("digest", String(64), nullable=False),
    Index("ix_group_log_day", "group_id", "challenge", "day_no"),
)

openings = Table(
    "openings",
    metadata,
    Column("group_id", Integer, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("member", String(100), ForeignKey("people.name", ondelete="CASCADE"), primary_key=True),
    Column("score", Integer),
    Column("salt", String(32), nullable=False),
    ForeignKeyConstraint(
        ["group_id", "number"], ["group_log.group_id", "group_log.number"], name="fk_openings_entry", ondelete="CASCADE"
    ),
)

profiles = Table(
    "profiles",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("day_no", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

account_names = Table(
    "account_names",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("name", String(1024), primary_key=True),
    Column("key", BigInteger, nullable=False, index=True),
    Column("account_id", String(1024), nullable=False),
    Column("original_name", String(1024), nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("per_second", Integer, nullable=False),
    Column("per_day", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), index=True),
    Column("used_at", DateTime(timezone=True)),
)

judgements = Table(
    "judgements",
    metadata,
    Column("judgement_id", Integer, primary_key=True),
    Column("winner", BigInteger, nullable=False),
    Column("loser", BigInteger, nullable=False),
    Column("judge", String(100), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("winner", "loser", "judge"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), index=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False),
)

session_accounts = Table(
    "session_accounts",
    metadata,
    Column("digest", String(64), ForeignKey("sessions.digest", ondelete="CASCADE"), primary_key=True),
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("handle", String(1024), nullable=False),
    Column("token", String(40), nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("proof", String(10), nullable=False, server_default=""),
    Column("proved_at", DateTime(timezone=True)),
)

privacy_requests = Table(
    "privacy_requests",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="SET NULL"), index=True),
    Column("network", String(40)),
    Column("account_id", String(1024)),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("tried_at", DateTime(timezone=True)),
    Column("done_at", DateTime(timezone=True)),
)

seed_removals = Table(
    "seed_removals",
    metadata,
    Column(
        "person_id",
        Integer,
        ForeignKey("people.person_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("reason", String(300), nullable=False),
    Column("removed_at", DateTime(timezone=True), nullable=False),
)

review_requests = Table(
    "review_requests",
    metadata,
    Column("review_id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message", String(1000), nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("answer", String(1000), nullable=False),
    Column("answered_at", DateTime(timezone=True)),
)

statements = Table(
    "statements",
    metadata,
    Column("statement_id", String(32), primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token", String, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
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
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
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
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("key_digest", "address"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", String(32), primary_key=True),
    Column("subscription_id", Integer, ForeignKey("subscriptions.subscription_id", ondelete="CASCADE")),
    Column("message_key", String(200), nullable=False),
    Column("content", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("gave_up_at", DateTime(timezone=True)),
    Column("error", String(300), nullable=False),
    Column("webhook_id", Integer, ForeignKey("webhooks.webhook_id", ondelete="CASCADE")),
    UniqueConstraint("subscription_id", "message_key"),
    UniqueConstraint("webhook_id", "message_key"),
)

webmentions = Table(
    "webmentions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("source", String(1024), nullable=False),
    Column("target", String(1024), nullable=False),
    Column("account_id", String(1024), nullable=False),
    Column("source_host", String(255), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False),
    Column("verb", String(20), nullable=False),
    Column("actor_id", String(1024), nullable=False),
    Column("withdrawals", Integer, nullable=False),
    Index("ix_webmentions_due_at", "due_at"),
)

first_scores = Table(
    "first_scores",
    metadata,
    Column(
        "person_id",
        Integer,
        ForeignKey("people.person_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("stage", String(10), nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False, index=True),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", String(40), nullable=False),
    Column("lease_until", DateTime(timezone=True)),
    Column("posts", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("problem", String(20), nullable=False),
    Column("points", String),
)

oauth_clients = Table(
    "oauth_clients",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("server", String(255), primary_key=True),
    Column("redirect_uri", String(1024), primary_key=True),
    Column("client_id", String(1024), nullable=False),
    Column("client_secret", String(1024), nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
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
    Column("requested_at", DateTime(timezone=True), nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("display_name", String(100), nullable=False),
    Column("picture", LargeBinary),
    Column("digest", String(64), nullable=False, index=True),
    Column("source_url", String(2048), nullable=False),
    Column("validator", String(500), nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["network", "account_id"], ["claims.network", "claims.account_id"], ondelete="CASCADE"),
)

identity_choices = Table(
    "identity_choices",
    metadata,
    Column(
        "person_id",
        Integer,
        ForeignKey("people.person_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("network", String(40), nullable=False),
    Column("account_id", String(1024), nullable=False),
    Column("shows_name", Boolean, nullable=False),
    Column("shows_picture", Boolean, nullable=False),
)
