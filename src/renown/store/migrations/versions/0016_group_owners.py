"""Add owners of groups, and invitations for several people."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the table and the column; invitations so far are for one person each."""
    op.create_table(
        "group_owners",
        sa.Column("group_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("group_id", name="pk_group_owners"),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name="fk_group_owners_group_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.person_id"], name="fk_group_owners_person_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_group_owners_person_id", "group_owners", ["person_id"])
    op.add_column("invitations", sa.Column("uses_left", sa.Integer, nullable=False, server_default="1"))
    op.execute("update invitations set uses_left = 0 where used_at is not null")


def downgrade() -> None:
    """Drop the table and the column."""
    op.drop_column("invitations", "uses_left")
    op.drop_table("group_owners")
