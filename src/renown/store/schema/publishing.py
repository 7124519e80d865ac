"""Published and recomputed days, and what is served."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from renown.store.schema.instants import UtcDateTime
from renown.store.schema.metadata import metadata

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
    Column("first_published_at", UtcDateTime(), nullable=False),
    Column("lake", JSON, nullable=False),
    Column("published_at", UtcDateTime(), nullable=False),
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

receipts = Table(
    "receipts",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True),
    Column("day_no", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

recomputed_scores = Table(
    "recomputed_scores",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True),
    Column("day_no", Integer, primary_key=True, autoincrement=False),
    Column("method", String(40), nullable=False),
    Column("score", Double),
    Column("weights", BigInteger),
    Column("days", Integer),
    Column("self_reported", Boolean),
    Column("inputs", String(64), nullable=False),
    Column("recomputed_at", UtcDateTime(), nullable=False),
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

visibility = Table(
    "visibility",
    metadata,
    Column("row_id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("settings", String(100), nullable=False),
)

departed_ranks = Table(
    "departed_ranks",
    metadata,
    Column("copy", String(40), nullable=False, index=True),
    Column("rank", Integer, nullable=False),
)

person_changes = Table(
    "person_changes",
    metadata,
    Column("change_id", Integer, primary_key=True),
    Column("public_id", String(32), nullable=False, unique=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="SET NULL"), unique=True),
    Column("sequence", BigInteger, nullable=False),
    Column("score_at", UtcDateTime()),
    Column("claims_at", UtcDateTime()),
    Column("consent_at", UtcDateTime()),
    Column("changed_at", UtcDateTime(), nullable=False),
    Index("ix_person_changes_sequence", "sequence", "change_id"),
)
