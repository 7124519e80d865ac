"""Add the version of visibility, when it last changed, and ranks of people who were deleted from the snapshot."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the tables; if scores were served before, copies of them must be fetched anew."""
    visibility = op.create_table(
        "visibility",
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("settings", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_visibility"),
    )
    op.create_table(
        "departed_ranks",
        sa.Column("copy", sa.String(40), nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
    )
    op.create_index("ix_departed_ranks_copy", "departed_ranks", ["copy"])
    was_served = op.get_bind().scalar(sa.text("select count(*) from serving"))
    changed_at = int(time.time()) + 1 if was_served else 0
    op.bulk_insert(visibility, [{"place": 1, "version": 0, "changed_at": changed_at, "settings": ""}])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("visibility", "departed_ranks"):
        op.drop_table(table)
