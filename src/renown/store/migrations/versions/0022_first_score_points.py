"""Add the points of first scores."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the column."""
    op.add_column("first_scores", sa.Column("points", sa.String))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("first_scores", "points")
