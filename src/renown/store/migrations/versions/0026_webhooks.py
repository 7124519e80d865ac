"""Add webhooks of applications, which share the queue of deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Create the table; a delivery belongs to a subscription or to a webhook."""
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.Integer, nullable=False),
        sa.Column("key_digest", sa.String(64), nullable=False),
        sa.Column("address", sa.String(1000), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("events", sa.String(200), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("change_id", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_webhooks"),
        sa.ForeignKeyConstraint(["key_digest"], ["api_keys.digest"], name="fk_webhooks_key_digest", ondelete="CASCADE"),
        sa.UniqueConstraint("key_digest", "address", name="uq_webhooks_key_digest"),
    )
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("subscription_id", existing_type=sa.Integer, nullable=True)
        table.add_column(sa.Column("webhook_id", sa.Integer))
        table.create_foreign_key(
            "fk_deliveries_webhook_id", "webhooks", ["webhook_id"], ["webhook_id"], ondelete="CASCADE"
        )
        table.create_unique_constraint("uq_deliveries_webhook_id", ["webhook_id", "message_key"])


def downgrade() -> None:
    """Drop the table, and what is queued for webhooks."""
    op.execute("delete from deliveries where webhook_id is not null")
    with op.batch_alter_table("deliveries") as table:
        table.drop_constraint("uq_deliveries_webhook_id", type_="unique")
        table.drop_constraint("fk_deliveries_webhook_id", type_="foreignkey")
        table.drop_column("webhook_id")
        table.alter_column("subscription_id", existing_type=sa.Integer, nullable=False)
    op.drop_table("webhooks")
