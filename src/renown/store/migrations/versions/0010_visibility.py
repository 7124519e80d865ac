"""Add the version of visibility, and when it last changed."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table; if scores were served before, copies of them must be fetched anew."""
    visibility = op.create_table(
        "visibility",
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("settings", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_visibility"),
    )
    was_served = op.get_bind().scalar(sa.text("select count(*) from serving"))
    changed_at = int(time.time()) + 1 if was_served else 0
    op.bulk_insert(visibility, [{"place": 1, "version": 0, "changed_at": changed_at, "settings": ""}])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("visibility")
