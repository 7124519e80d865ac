"""Add to API keys the person who made them, and their last use."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the columns; keys of the operator have no person."""
    with op.batch_alter_table("api_keys") as table:
        table.add_column(sa.Column("person_id", sa.Integer))
        table.add_column(sa.Column("used_at", sa.DateTime(timezone=True)))
        table.alter_column("name", type_=sa.String(200), existing_type=sa.String(100), existing_nullable=False)
        table.create_foreign_key("fk_api_keys_person_id", "people", ["person_id"], ["person_id"], ondelete="CASCADE")
        table.create_index("ix_api_keys_person_id", ["person_id"])


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("api_keys") as table:
        table.drop_index("ix_api_keys_person_id")
        table.drop_constraint("fk_api_keys_person_id", type_="foreignkey")
        table.alter_column("name", type_=sa.String(100), existing_type=sa.String(200), existing_nullable=False)
        for column in ("used_at", "person_id"):
            table.drop_column(column)
