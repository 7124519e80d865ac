"""Add first scores to compute, and sign-ins at networks that are in progress."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Create the tables."""
    _create_first_scores()
    op.create_table(
        "oauth_clients",
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("server", sa.String(255), nullable=False),
        sa.Column("redirect_uri", sa.String(1024), nullable=False),
        sa.Column("client_id", sa.String(1024), nullable=False),
        sa.Column("client_secret", sa.String(1024), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("network", "server", "redirect_uri", name="pk_oauth_clients"),
    )
    op.create_table(
        "oauth_requests",
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("network", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(1024), nullable=False),
        sa.Column("handle", sa.String(1024), nullable=False),
        sa.Column("issuer", sa.String(1024), nullable=False),
        sa.Column("redirect_uri", sa.String(1024), nullable=False),
        sa.Column("code_verifier", sa.String(128), nullable=False),
        sa.Column("dpop_key", sa.String, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state", name="pk_oauth_requests"),
        sa.ForeignKeyConstraint(["digest"], ["sessions.digest"], name="fk_oauth_requests_digest", ondelete="CASCADE"),
    )
    op.create_index("ix_oauth_requests_digest", "oauth_requests", ["digest"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("oauth_requests", "oauth_clients", "first_scores"):
        op.drop_table(table)


def _create_first_scores() -> None:
    op.create_table(
        "first_scores",
        sa.Column("person_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(40), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("posts", sa.Integer, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("problem", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_first_scores"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.person_id"], name="fk_first_scores_person_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_first_scores_requested_at", "first_scores", ["requested_at"])
