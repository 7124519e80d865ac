"""Add groups, members, invitations, challenges and logs."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "groups",
        sa.Column("group_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("goal", sa.Integer, nullable=False),
        sa.Column("join_by", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name="pk_groups"),
        sa.UniqueConstraint("name", name="uq_groups_name"),
    )
    op.create_table(
        "members",
        _group_id_column(),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("group_id", "person_id", name="pk_members"),
        _group_foreign_key("members"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_members_person_id", ondelete="CASCADE"),
    )
    op.create_table(
        "invitations",
        sa.Column("digest", sa.String(64), nullable=False),
        _group_id_column(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("digest", name="pk_invitations"),
        _group_foreign_key("invitations"),
    )
    op.create_table(
        "challenges",
        _group_id_column(),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("first_no", sa.Integer, nullable=False),
        sa.Column("last_no", sa.Integer, nullable=False),
        sa.Column("goal", sa.Integer, nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("method_digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "number", name="pk_challenges"),
        _group_foreign_key("challenges"),
    )
    op.create_table(
        "group_log",
        _group_id_column(),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("challenge", sa.Integer, nullable=False),
        sa.Column("day_no", sa.Integer),
        sa.Column("said", sa.String, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "number", name="pk_group_log"),
        _group_foreign_key("group_log"),
    )
    op.create_index("ix_group_log_day", "group_log", ["group_id", "challenge", "day_no"])
    op.create_table(
        "openings",
        _group_id_column(),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("member", sa.String(100), nullable=False),
        sa.Column("score", sa.Integer),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "number", "member", name="pk_openings"),
        sa.ForeignKeyConstraint(
            ["group_id", "number"],
            ["group_log.group_id", "group_log.number"],
            name="fk_openings_entry",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["member"], ["people.name"], name="fk_openings_member", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("openings", "group_log", "challenges", "invitations", "members", "groups"):
        op.drop_table(table)


def _group_id_column() -> sa.Column[int]:
    return sa.Column("group_id", sa.Integer, autoincrement=False, nullable=False)


def _group_foreign_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=f"fk_{table}_group_id", ondelete="CASCADE")
