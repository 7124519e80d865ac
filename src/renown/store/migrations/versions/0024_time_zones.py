"""Move the time zone from subscriptions to people."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the column to people with the zone of their latest subscription, and drop that of subscriptions."""
    op.add_column("people", sa.Column("time_zone", sa.String(64), nullable=False, server_default="UTC"))
    op.execute(
        "update people set time_zone = (select s.time_zone from subscriptions s where s.person_id = people.person_id "
        "order by s.subscription_id desc limit 1) "
        "where exists (select 1 from subscriptions s where s.person_id = people.person_id)"
    )
    op.drop_column("subscriptions", "time_zone")


def downgrade() -> None:
    """Move the column back."""
    op.add_column("subscriptions", sa.Column("time_zone", sa.String(60), nullable=False, server_default="UTC"))
    op.execute(
        "update subscriptions set time_zone = "
        "(select p.time_zone from people p where p.person_id = subscriptions.person_id)"
    )
    op.drop_column("people", "time_zone")
