"""Add judgements: pairwise comparisons of influence."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "judgements",
        sa.Column("judgement_id", sa.Integer, nullable=False),
        sa.Column("winner", sa.BigInteger, nullable=False),
        sa.Column("loser", sa.BigInteger, nullable=False),
        sa.Column("judge", sa.String(100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("judgement_id", name="pk_judgements"),
        sa.UniqueConstraint("winner", "loser", "judge", name="uq_judgements_winner"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("judgements")
