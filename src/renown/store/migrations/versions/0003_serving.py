"""Add the served snapshot."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "serving",
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("copy", sa.String(40), nullable=False),
        sa.Column("day_no", sa.Integer, nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("folder", sa.String(200), nullable=False),
        sa.Column("slots", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_serving"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("serving")
