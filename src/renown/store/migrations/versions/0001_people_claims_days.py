"""Create the first tables: people, claims and published days."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "people",
        sa.Column("person_id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("name", name="uq_people_name"),
    )
    op.create_table(
        "claims",
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_claims_person_id", ondelete="CASCADE"),
        sa.UniqueConstraint("network", "account_id", name="uq_claims_network"),
    )
    op.create_table(
        "days",
        sa.Column("day_no", sa.Integer, nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("method_digest", sa.String(64), nullable=False),
        sa.Column("method_text", sa.String, nullable=False),
        sa.Column("inputs", sa.String(64), nullable=False),
        sa.Column("engine", sa.String(20), nullable=False),
        sa.Column("folder", sa.String(200), nullable=False),
        sa.Column("people", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lake", sa.JSON, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day_no", "method", name="pk_days"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("days", "claims", "people"):
        op.drop_table(table)
