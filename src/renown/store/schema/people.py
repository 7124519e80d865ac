"""People, their claims, choices and requests."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from renown.store.schema.instants import UtcDateTime
from renown.store.schema.metadata import metadata

people = Table(
    "people",
    metadata,
    Column("person_id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("added_at", UtcDateTime(), nullable=False),
    Column("consent", String(10), nullable=False, server_default="given"),
    Column("consent_at", UtcDateTime()),
    Column("time_zone", String(64), nullable=False, server_default="UTC"),
    Index("ix_people_lower_name", text("lower(name)")),
)

claims = Table(
    "claims",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("network", String(40), nullable=False),
    Column("account_id", String(1024), nullable=False),
    Column("claimed_at", UtcDateTime(), nullable=False),
    Column("token", String(40), nullable=False, server_default=""),
    Column("proof", String(10), nullable=False, server_default=""),
    Column("proved_at", UtcDateTime()),
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

privacy_requests = Table(
    "privacy_requests",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="SET NULL"), index=True),
    Column("network", String(40)),
    Column("account_id", String(1024)),
    Column("requested_at", UtcDateTime(), nullable=False),
    Column("tried_at", UtcDateTime()),
    Column("done_at", UtcDateTime()),
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
    Column("read_at", UtcDateTime(), nullable=False),
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
    Column("removed_at", UtcDateTime(), nullable=False),
)

review_requests = Table(
    "review_requests",
    metadata,
    Column("review_id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message", String(1000), nullable=False),
    Column("requested_at", UtcDateTime(), nullable=False),
    Column("answer", String(1000), nullable=False),
    Column("answered_at", UtcDateTime()),
)

judgements = Table(
    "judgements",
    metadata,
    Column("judgement_id", Integer, primary_key=True),
    Column("winner", BigInteger, nullable=False),
    Column("loser", BigInteger, nullable=False),
    Column("judge", String(100), nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    UniqueConstraint("winner", "loser", "judge"),
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

profiles = Table(
    "profiles",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("day_no", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

exports = Table("exports", metadata, Column("path", String(4096), primary_key=True))

statements = Table(
    "statements",
    metadata,
    Column("statement_id", String(32), primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token", String, nullable=False),
    Column("issued_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Column("revoked_at", UtcDateTime()),
)
