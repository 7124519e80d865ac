"""Add an index of claims by person: reading one person's accounts went through those of everybody."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_claims_person_id", "claims", ["person_id"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_claims_person_id", "claims")
