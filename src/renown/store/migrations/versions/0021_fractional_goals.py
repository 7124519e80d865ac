"""Let goals of groups and challenges have decimals."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Change the type of the columns; the goals stay."""
    _alter_goals(sa.Double())


def downgrade() -> None:
    """Change the type back; PostgreSQL rounds goals with decimals."""
    _alter_goals(sa.Integer())


def _alter_goals(column_type: sa.types.TypeEngine[float] | sa.types.TypeEngine[int]) -> None:
    # SQLite cannot change the type of a column, and keeps fractions in columns of integers as they are.
    if op.get_bind().dialect.name == "postgresql":
        for table in ("groups", "challenges"):
            op.alter_column(table, "goal", type_=column_type)
