"""Add proofs of claims, consent, opt-outs and exports."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables and columns; existing people gave their consent when they were added."""
    op.add_column("people", sa.Column("consent", sa.String(10), nullable=False, server_default="given"))
    op.add_column("people", sa.Column("consent_at", sa.DateTime(timezone=True)))
    op.execute("update people set consent_at = added_at")
    op.add_column("claims", sa.Column("token", sa.String(40), nullable=False, server_default=""))
    op.add_column("claims", sa.Column("proof", sa.String(10), nullable=False, server_default=""))
    op.add_column("claims", sa.Column("proved_at", sa.DateTime(timezone=True)))
    _generate_tokens()
    op.create_table(
        "opt_outs",
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("network", sa.String(40)),
        sa.Column("account", sa.BigInteger),
        sa.PrimaryKeyConstraint("mark", name="pk_opt_outs"),
    )
    leaving = op.create_table(
        "leaving",
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("mark_key", sa.LargeBinary, nullable=False),
        sa.Column("gone", sa.Integer, nullable=False),
        sa.Column("returned", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_leaving"),
    )
    op.bulk_insert(leaving, [{"place": 1, "mark_key": secrets.token_bytes(32), "gone": 0, "returned": 0}])
    op.create_table(
        "exports",
        sa.Column("path", sa.String(4096), nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_exports"),
    )


def _generate_tokens() -> None:
    claims = sa.table("claims", *(sa.column(name) for name in ("network", "account_id", "token")))
    connection = op.get_bind()
    for network, account_id, _ in connection.execute(sa.select(claims)).all():
        is_claim = sa.and_(claims.c.network == network, claims.c.account_id == account_id)
        connection.execute(sa.update(claims).where(is_claim).values(token=f"renown-{secrets.token_hex(10)}"))


def downgrade() -> None:
    """Drop the tables and columns."""
    for table in ("exports", "leaving", "opt_outs"):
        op.drop_table(table)
    for table, columns in (("claims", ("proved_at", "proof", "token")), ("people", ("consent_at", "consent"))):
        for column in columns:
            op.drop_column(table, column)
