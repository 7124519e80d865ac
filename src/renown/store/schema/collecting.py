"""What is known of networks: how far accounts were read, quotas, webmentions."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from renown.store.schema.instants import UtcDateTime
from renown.store.schema.metadata import metadata

sync_states = Table(
    "sync_states",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("cursor", String, nullable=False),
    Column("tried_at", UtcDateTime(), nullable=False),
    Column("seen_at", UtcDateTime()),
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
    Column("read_at", UtcDateTime(), nullable=False),
)

sync_validators = Table(
    "sync_validators",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("list_name", String(1024), primary_key=True),
    Column("validator", String(500), nullable=False),
    Column("read_at", UtcDateTime(), nullable=False),
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

webmentions = Table(
    "webmentions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("source", String(1024), nullable=False),
    Column("target", String(1024), nullable=False),
    Column("account_id", String(1024), nullable=False),
    Column("source_host", String(255), nullable=False),
    Column("received_at", UtcDateTime(), nullable=False),
    Column("due_at", UtcDateTime()),
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
    Column("requested_at", UtcDateTime(), nullable=False, index=True),
    Column("changed_at", UtcDateTime(), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", String(40), nullable=False),
    Column("lease_until", UtcDateTime()),
    Column("posts", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("problem", String(20), nullable=False),
    Column("points", String),
    Column("profile", LargeBinary),
)
