"""Add the profiles of first scores."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the column."""
    op.add_column("first_scores", sa.Column("profile", sa.LargeBinary))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("first_scores", "profile")
