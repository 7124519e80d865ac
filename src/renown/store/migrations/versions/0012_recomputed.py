"""Recomputed scores of claimed people on days before they were published."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "recomputed_scores",
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("day_no", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("score", sa.Double),
        sa.Column("inputs", sa.String(64), nullable=False),
        sa.Column("recomputed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.person_id"], name="fk_recomputed_scores_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "day_no", name="pk_recomputed_scores"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("recomputed_scores")
