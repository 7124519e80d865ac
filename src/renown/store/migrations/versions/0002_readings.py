"""How far each account was read."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "readings",
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("cursor", sa.String, nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("said", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("network", "account_id", name="pk_readings"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("readings")
