"""Add the index of names in any case."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_people_lower_name", "people", [sa.text("lower(name)")])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_people_lower_name", "people")
