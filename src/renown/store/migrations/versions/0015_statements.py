"""Add signed statements of scores."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "statements",
        sa.Column("statement_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("token", sa.String, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("statement_id", name="pk_statements"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.person_id"], name="fk_statements_person_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_statements_person_id", "statements", ["person_id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("statements")
