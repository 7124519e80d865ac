"""Add web sessions, the accounts being verified in them, and privacy requests."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_sessions_person_id", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_table(
        "session_accounts",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("handle", sa.String(1024), nullable=False),
        sa.Column("token", sa.String(40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.String(10), nullable=False, server_default=""),
        sa.Column("proved_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("digest", "network", "account_id", name="pk_session_accounts"),
        sa.ForeignKeyConstraint(["digest"], ["sessions.digest"], name="fk_session_accounts_digest", ondelete="CASCADE"),
    )
    op.create_table(
        "wishes",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("person_id", sa.Integer),
        sa.Column("network", sa.String(40)),
        sa.Column("account_id", sa.String(1024)),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True)),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("digest", name="pk_wishes"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_wishes_person_id", ondelete="SET NULL"),
    )
    op.create_index("ix_wishes_person_id", "wishes", ["person_id"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("wishes", "session_accounts", "sessions"):
        op.drop_table(table)
