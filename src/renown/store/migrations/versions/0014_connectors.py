"""Add usage of networks' quotas, and validators of lists for conditional requests."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "quotas",
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("server", sa.String(255), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("window_start", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Column("blocked_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("network", "server", "account_id", name="pk_quotas"),
    )
    op.create_table(
        "sync_validators",
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("list_name", sa.String(1024), nullable=False),
        sa.Column("validator", sa.String(500), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("network", "account_id", "list_name", name="pk_sync_validators"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("sync_validators", "quotas"):
        op.drop_table(table)
