"""Columns and indexes of snapshots, in SQLite and PostgreSQL."""

COLUMNS = {
    "key": "bigint",
    "slot": "integer",
    "name": "text",
    "score": "double precision",
    "verified_score": "double precision",
    "rank": "integer",
    "people": "bigint",
    "days": "integer",
    "networks": "integer",
    "accounts": "integer",
    "strength": "bigint",
    "audience": "bigint",
    "peers": "double precision",
}
"""Columns and their types, in SQLite and PostgreSQL."""
LISTED_RANKS = 100_000
"""Highest rank that is indexed; lists beyond it scan all rows."""
INDEXES = {
    "rank": f"(rank, key) where rank <= {LISTED_RANKS}",
    "name": "(name) where key < 0",
    "claimed": "(rank, key) where key < 0",
}

CLAIMED_SCORES_SQL = "select key, score from {table} where key < 0 and score is not null"
"""SELECT of the scores of claimed people."""


def percentile_sql(scored_people: object, rank: str = "rank") -> str:
    """Return SQL that computes the percentile from the rank, so that rows need not store it."""
    return f"cast(100 as double precision) * ({scored_people} - {rank} + 1) / {scored_people} as percentile"
