"""Columns, null markers and indexes of snapshots, in SQLite and PostgreSQL; and what both readers say."""

from typing import Any

from renown.errors import HomeError

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
NULL_MARKERS: dict[str, Any] = {"bigint": -1, "integer": -1, "double precision": float("nan"), "text": ""}
"""Value that marks null in an array, by SQL type; no real value of a nullable column equals it."""
_NULL_MARKERS_SQL = {"bigint": "-1", "integer": "-1", "double precision": "'nan'", "text": "''"}
LISTED_RANKS = 100_000
"""Highest rank that is indexed; lists beyond it scan all rows."""
INDEXES = {
    "rank": f"(rank, key) where rank <= {LISTED_RANKS}",
    "name": "(lower(name)) where key < 0",
    "claimed": "(rank, key) where key < 0",
}

SERVED_SQL = "select copy from serving"
CLAIMED_SCORES_SQL = "select key, score from {table} where key < 0 and score is not null"
"""SELECT of the scores of claimed people."""

PAGE_SQL = (
    "select {columns} from {rows} where (rank, key) > (:rank, :key) and {condition} "
    "and verified_score is not null order by rank, key limit :n"
)
"""SELECT of the people after a cursor (rank, key); who has no verified score is not listed."""


def mark_null_sql(name: str, expression: str) -> str:
    """Return SQL that has the null marker of a column's type where an expression is null."""
    return f"cast(coalesce({expression}, {_NULL_MARKERS_SQL[COLUMNS[name]]}) as {COLUMNS[name]}) as {name}"


def unmark_null_sql(name: str, expression: str) -> str:
    """Return SQL that has null where an expression has the null marker of a column's type; keys are never null."""
    return expression if name == "key" else f"nullif({expression}, {_NULL_MARKERS_SQL[COLUMNS[name]]})"


def percentile_sql(scored_people: object, rank: str = "rank") -> str:
    """Return SQL that computes the percentile from the rank, so that rows need not store it."""
    return f"cast(100 as double precision) * ({scored_people} - {rank} + 1) / {scored_people} as percentile"


def outdated_snapshot_error() -> HomeError:
    """Return the error of a snapshot without tables or columns that this version reads."""
    return HomeError(
        "the served scores were written by an older version of renown, without columns that this one reads; "
        "publish a day again with `renown run` or `renown score`"
    )
