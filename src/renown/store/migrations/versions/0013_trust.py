"""Add people whose credit an operator removed, and requests to review what was discounted."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "seed_removals",
        sa.Column("person_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_seed_removals"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.person_id"], name="fk_seed_removals_person_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "review_requests",
        sa.Column("review_id", sa.Integer, nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("message", sa.String(1000), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(1000), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("review_id", name="pk_review_requests"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.person_id"], name="fk_review_requests_person_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_review_requests_person_id", "review_requests", ["person_id"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("review_requests", "seed_removals"):
        op.drop_table(table)
