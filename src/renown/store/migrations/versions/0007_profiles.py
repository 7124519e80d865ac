"""Add profile pages, account names for search, and API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "portraits",
        sa.Column("key", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("day_no", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_portraits"),
    )
    op.create_table(
        "names",
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("name", sa.String(1024), nullable=False),
        sa.Column("key", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("shown", sa.String(1024), nullable=False),
        sa.PrimaryKeyConstraint("network", "name", name="pk_names"),
    )
    op.create_index("ix_names_key", "names", ["key"])
    op.create_table(
        "api_keys",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("per_second", sa.Integer, nullable=False),
        sa.Column("per_day", sa.Integer, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_api_keys"),
        sa.UniqueConstraint("name", name="uq_api_keys_name"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("api_keys", "names", "portraits"):
        op.drop_table(table)
