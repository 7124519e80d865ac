"""Add the webmentions that the server received."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "webmentions",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source", sa.String(1024), nullable=False),
        sa.Column("target", sa.String(1024), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("source_host", sa.String(255), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("verb", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.String(1024), nullable=False),
        sa.Column("withdrawals", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_webmentions"),
    )
    op.create_index("ix_webmentions_due_at", "webmentions", ["due_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("webmentions")
