"""Groups, their members, challenges and logs."""

from sqlalchemy import JSON, Column, Double, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table

from renown.store.schema.instants import UtcDateTime
from renown.store.schema.metadata import metadata

groups = Table(
    "groups",
    metadata,
    Column("group_id", Integer, primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("title", String(100), nullable=False),
    Column("goal", Double, nullable=False),
    Column("join_by", String(20), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("goal_origin", JSON(none_as_null=True)),
)

members = Table(
    "members",
    metadata,
    Column("group_id", Integer, ForeignKey("groups.group_id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True),
    Column("joined_at", UtcDateTime(), nullable=False),
    Column("number", Integer, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("group_id", Integer, ForeignKey("groups.group_id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Column("used_at", UtcDateTime()),
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
