"""Which copy of the scores is served, and everybody's past scores."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "serving",
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("copy", sa.String(40), nullable=False),
        sa.Column("day_no", sa.Integer, nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("scores", sa.String(200), nullable=False),
        sa.Column("slots", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_serving"),
    )
    op.create_table(
        "history",
        sa.Column("block", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("day_no", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("scores", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("block", "day_no", name="pk_history"),
        # Clustered by block: the days of one person lie side by side.
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("history", "serving"):
        op.drop_table(table)
