"""Erase people from the files of published days."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from renown.engines.session import SessionLimits, duckdb_session
from renown.fsync import sync_path
from renown.steps import quote_literal
from renown.store.published.day import translate_read_errors
from renown.store.published.tables import SUBJECT_COLUMNS

if TYPE_CHECKING:
    import duckdb


def erase_from_day(folder: Path, keys: Sequence[int], limits: SessionLimits) -> int:
    """
    Rewrite the files in a published day's folder without the rows of these people and accounts.

    Each file is replaced atomically, and the call is idempotent: after a kill, the same call finishes the work.

    Returns
    -------
    int
        Number of rows deleted.
    """
    deleted_rows = 0
    with translate_read_errors(folder), duckdb_session(limits) as connection:
        for table, columns in SUBJECT_COLUMNS.items():
            for leftover in (folder / table).glob("*.fresh"):
                leftover.unlink()
            for file in sorted((folder / table).glob("*.parquet")):
                rows = f"select * from read_parquet({quote_literal(file)}, hive_partitioning=false)"
                condition = " or ".join(f"{column} in ({', '.join(map(str, keys))})" for column in columns)
                deleted_rows += erase_from_file(connection, file, rows, condition)
    return deleted_rows


def erase_from_file(
    connection: "duckdb.DuckDBPyConnection",
    file: Path,
    rows: str,
    condition: str,
    *,
    write_options: str = "format parquet",
) -> int:
    """
    Atomically replace a file by one without some rows; return the number of rows deleted.

    Parameters
    ----------
    connection : DuckDBPyConnection
    file : Path
    rows : str
        SELECT that reads its rows.
    condition : str
        SQL condition of the rows to delete.
    write_options : str
        DuckDB's options of the format in which the file is written again.
    """
    (matching_rows,) = connection.execute(f"select count(*) from ({rows}) where {condition}").fetchall()[0]
    if matching_rows:
        new_file = file.with_suffix(".fresh")
        connection.execute(
            f"copy (select * from ({rows}) where not coalesce({condition}, false)) "
            f"to {quote_literal(new_file)} ({write_options})"
        )
        sync_path(new_file)
        new_file.replace(file)
        sync_path(file.parent)
    return int(matching_rows)
