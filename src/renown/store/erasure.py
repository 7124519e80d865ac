"""Erasure: take people's rows out of files."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from renown.steps import literal

HELD = {
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
    with duckdb.connect() as connection:
        for table, columns in HELD.items():
            for left in (folder / table).glob("*.fresh"):
                left.unlink()
            for file in sorted((folder / table).glob("*.parquet")):
                rows = f"select * from read_parquet({literal(file)}, hive_partitioning=false)"
                gone += rewrite(connection, file, rows, columns, keys)
    return gone


def rewrite(
    connection: duckdb.DuckDBPyConnection, file: Path, rows: str, columns: Sequence[str], keys: Sequence[int]
) -> int:
    """
    Replace a file of rows by one without these people and accounts; return how many rows went.

    Parameters
    ----------
    connection : DuckDBPyConnection
    file : Path
        CSV or Parquet.
    rows : str
        The SELECT of its rows.
    columns : sequence of str
        Those that say whose a row is.
    keys : sequence of int
    """
    # What is read of CSV is text.
    listed = ", ".join(f"'{key}'" if file.suffix == ".csv" else str(key) for key in keys)
    held = " or ".join(f"{column} in ({listed})" for column in columns)
    (hit,) = connection.execute(f"select count(*) from ({rows}) where {held}").fetchall()[0]
    if hit:
        fresh = file.with_suffix(".fresh")
        form = "format csv, header" if file.suffix == ".csv" else "format parquet"
        connection.execute(f"copy ({rows} where not coalesce({held}, false)) to {literal(fresh)} ({form})")
        fresh.replace(file)
    return int(hit)


def count(folder: Path) -> int:
    """Return how many people have a score below a published day's folder."""
    with duckdb.connect() as connection:
        rows = f"read_parquet({literal(folder / 'scores' / '*.parquet')}, hive_partitioning=false)"
        return int(connection.execute(f"select count(*) from {rows}").fetchall()[0][0])
