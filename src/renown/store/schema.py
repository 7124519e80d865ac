"""The tables of the store."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
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
)

claims = Table(
    "claims",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False),
    Column("network", String(40), nullable=False),
    Column("account_id", String(1024), nullable=False),
    Column("claimed_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("network", "account_id"),
)

readings = Table(
    "readings",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("cursor", String, nullable=False),
    Column("tried_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True)),
    Column("said", String, nullable=False),
)

reading_counts = Table(
    "reading_counts",
    metadata,
    Column("network", String(40), primary_key=True),
    Column("account_id", String(1024), primary_key=True),
    Column("post_id", String(1024), primary_key=True),
    Column("verb", String(20), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
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
    Column("first_at", DateTime(timezone=True), nullable=False),
    Column("lake", JSON, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
)

serving = Table(
    "serving",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("copy", String(40), nullable=False),
    Column("day_no", Integer, nullable=False),
    Column("method", String(40), nullable=False),
    Column("folder", String(200), nullable=False),
    Column("slots", String(200), nullable=False),
)
