"""Add what recomputed scores were computed from."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("recomputed_scores", sa.Column("weights", sa.BigInteger))
    op.add_column("recomputed_scores", sa.Column("days", sa.Integer))
    op.add_column("recomputed_scores", sa.Column("self_reported", sa.Boolean))


def downgrade() -> None:
    """Drop the columns."""
    for name in ("self_reported", "days", "weights"):
        op.drop_column("recomputed_scores", name)
