"""Add where the goal of a group comes from."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column; the goals of existing groups were chosen as scores."""
    op.add_column("groups", sa.Column("goal_origin", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("groups", "goal_origin")
