"""Add the receipts of published days of claimed people."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "receipts",
        sa.Column("person_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("day_no", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "day_no", name="pk_receipts"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_receipts_person_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("receipts")
