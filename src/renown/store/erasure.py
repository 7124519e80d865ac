"""Erasure: take people's rows out of the files of a published day."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from renown.steps import literal

_HELD = {
    "scores": ("person",),
    "strengths": ("person", "account"),
    "points": ("person", "account"),
    "actors": ("actor",),
    "slots": ("person",),
}
"""Columns of each published table that say whose a row is."""


def erase(folder: Path, keys: Sequence[int]) -> int:
    """
    Rewrite the files below a published day's folder without these people and accounts.

    Each file is replaced whole; after a kill in between, the same call goes on.

    Returns
    -------
    int
        Rows that went.
    """
    gone = 0
    listed = ", ".join(map(str, keys))
    with duckdb.connect() as connection:
        for table, columns in _HELD.items():
            held = " or ".join(f"{column} in ({listed})" for column in columns)
            for file in sorted((folder / table).glob("*.parquet")):
                rows = f"select * from read_parquet({literal(file)}, hive_partitioning=false)"
                (hit,) = connection.execute(f"select count(*) from ({rows}) where {held}").fetchall()[0]
                if hit:
                    fresh = file.with_suffix(".fresh")
                    connection.execute(f"copy ({rows} where not ({held})) to {literal(fresh)} (format parquet)")
                    fresh.replace(file)
                    gone += hit
    return gone


def count(folder: Path) -> int:
    """Return how many people have a score below a published day's folder."""
    with duckdb.connect() as connection:
        rows = f"read_parquet({literal(folder / 'scores' / '*.parquet')}, hive_partitioning=false)"
        return int(connection.execute(f"select count(*) from {rows}").fetchall()[0][0])
