"""Add the latest change of each person, with a public id."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "person_changes",
        sa.Column("change_id", sa.Integer, nullable=False),
        sa.Column("public_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.Integer),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("score_at", sa.DateTime(timezone=True)),
        sa.Column("claims_at", sa.DateTime(timezone=True)),
        sa.Column("consent_at", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name="pk_person_changes"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.person_id"], name="fk_person_changes_person_id", ondelete="SET NULL"
        ),
        sa.UniqueConstraint("public_id", name="uq_person_changes_public_id"),
        sa.UniqueConstraint("person_id", name="uq_person_changes_person_id"),
    )
    op.create_index("ix_person_changes_sequence", "person_changes", ["sequence", "change_id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("person_changes")
