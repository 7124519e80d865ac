"""Add the confidence range of each published day of claimed people."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "score_ranges",
        sa.Column("person_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("day_no", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "day_no", name="pk_score_ranges"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.person_id"], name="fk_score_ranges_person_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("score_ranges")
