"""Rename tables and columns to the terms that the code uses."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

TABLES = {
    "leaving": "opt_out_state",
    "names": "account_names",
    "portraits": "profiles",
    "reading_counts": "sync_counts",
    "readings": "sync_states",
    "wishes": "privacy_requests",
}
"""Former to new name of a table."""
_COLUMNS = (
    ("account_names", "shown", "original_name"),
    ("api_keys", "made_at", "created_at"),
    ("days", "first_at", "first_published_at"),
    ("group_log", "said", "message"),
    ("opt_out_state", "gone", "departures"),
    ("opt_out_state", "mark_key", "hash_key"),
    ("opt_out_state", "place", "row_id"),
    ("opt_out_state", "returned", "returns"),
    ("opt_outs", "mark", "account_hash"),
    ("privacy_requests", "asked_at", "requested_at"),
    ("serving", "place", "row_id"),
    ("session_accounts", "asked_at", "requested_at"),
    ("sessions", "made_at", "created_at"),
    ("sync_states", "said", "message"),
    ("visibility", "place", "row_id"),
)
"""Table (new name), former and new name of a column."""
_INDEXES = (("account_names", "names", "key"), ("privacy_requests", "wishes", "person_id"))
"""New and former name of a table with an index, and the indexed column."""


def upgrade() -> None:
    """Rename them; no row changes."""
    for former, name in TABLES.items():
        op.rename_table(former, name)
        _rename_constraints(name, former, name)
    for table, former, name in _COLUMNS:
        op.alter_column(table, former, new_column_name=name)
    for table, former_table, column in _INDEXES:
        op.drop_index(f"ix_{former_table}_{column}", table)
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Give them their former names."""
    for table, former_table, column in _INDEXES:
        op.drop_index(f"ix_{table}_{column}", table)
        op.create_index(f"ix_{former_table}_{column}", table, [column])
    for table, former, name in _COLUMNS:
        op.alter_column(table, name, new_column_name=former)
    for former, name in TABLES.items():
        op.rename_table(name, former)
        _rename_constraints(former, name, former)


def _rename_constraints(table: str, former: str, name: str) -> None:
    """Rename constraints with a table; in SQLite they keep their former names, since it cannot rename them."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    inspector = sa.inspect(connection)
    keys = [inspector.get_pk_constraint(table)["name"], *(key["name"] for key in inspector.get_foreign_keys(table))]
    for key in keys:
        new_key = str(key).replace(f"_{former}", f"_{name}", 1)
        op.execute(f'alter table "{table}" rename constraint "{key}" to "{new_key}"')
