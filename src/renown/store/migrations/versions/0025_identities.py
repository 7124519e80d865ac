"""Add display names and pictures of claimed accounts, and what their owners choose to show of them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "identities",
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("display_name", sa.String(100), nullable=False),
        sa.Column("picture", sa.LargeBinary),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source_url", sa.String(2048), nullable=False),
        sa.Column("validator", sa.String(500), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("network", "account_id", name="pk_identities"),
        sa.ForeignKeyConstraint(
            ["network", "account_id"],
            ["claims.network", "claims.account_id"],
            name="fk_identities_network",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_identities_digest", "identities", ["digest"])
    op.create_table(
        "identity_choices",
        sa.Column("person_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("shows_name", sa.Boolean, nullable=False),
        sa.Column("shows_picture", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_identity_choices"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.person_id"], name="fk_identity_choices_person_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("identity_choices")
    op.drop_table("identities")
