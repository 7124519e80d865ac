"""Add sync state: how far each account was fetched."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "readings",
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("cursor", sa.String, nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("said", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("network", "account_id", name="pk_readings"),
    )
    op.create_table(
        "reading_counts",
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("post_id", sa.String(1024), nullable=False),
        sa.Column("verb", sa.String(20), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("network", "account_id", "post_id", "verb", name="pk_reading_counts"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("reading_counts", "readings"):
        op.drop_table(table)
