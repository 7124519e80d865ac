"""Tell whether Parquet files are whole, to name the damaged one when a query over many of them fails."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from renown.engines.session import SessionLimits, duckdb_session
from renown.errors import DamagedHomeError, describe_io_error
from renown.steps import quote_literal

_MAGIC = b"PAR1"
"""First and last four bytes of a Parquet file (Apache Parquet, "File Format")."""
_SMALLEST = 12
"""Bytes of the smallest Parquet file: magic number twice, and the length of the footer."""


def describe_damage(file: Path, connection: duckdb.DuckDBPyConnection) -> str:
    """Describe why a Parquet file cannot be opened: it is missing, cut, or its footer is damaged; empty if it can."""
    try:
        with file.open("rb") as content:
            head = content.read(len(_MAGIC))
            size = content.seek(0, 2)
            content.seek(max(0, size - len(_MAGIC)))
            tail = content.read(len(_MAGIC))
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({describe_io_error(error)})"
    if size < _SMALLEST or tail != _MAGIC:
        return f"ends too early, after {size:,} bytes" if head == _MAGIC else "has no Parquet data"
    return _query_damage(connection, f"select * from parquet_metadata({quote_literal(file)})")


def describe_content_damage(file: Path, connection: duckdb.DuckDBPyConnection) -> str:
    """Describe why a Parquet file cannot be read to its end; empty if it can. It decodes the whole file."""
    select = f"select bit_xor(hash(f)) from read_parquet({quote_literal(file)}, hive_partitioning=false) f"
    return describe_damage(file, connection) or _query_damage(connection, select)


def find_damage(files: Iterable[Path | str], cause: Exception, *, remedy: str) -> DamagedHomeError | None:
    """
    Find the damaged or missing file that made a query fail.

    Parameters
    ----------
    files : iterable of Path or str
        Parquet files that the query read.
    cause : Exception
        Only if it is an error without a type, as of damaged pages, or of reading, files are read to their end.
    remedy : str
        What to do about a damaged file.

    Returns
    -------
    DamagedHomeError or None
        None if all files are whole.
    """
    paths = [Path(file) for file in files]
    is_content = type(cause) in {duckdb.Error, duckdb.IOException}
    describers = (describe_damage, describe_content_damage) if is_content else (describe_damage,)
    with duckdb_session(SessionLimits()) as connection:
        for describe in describers:
            for path in paths:
                if damage := describe(path, connection):
                    return DamagedHomeError(f"the file {str(path)!r} {damage}; {remedy}")
    return None


def count_rows_of_files(files: Sequence[Path]) -> dict[Path, int]:
    """Read the number of rows of each Parquet file from its footer."""
    if not files:
        return {}
    names = ", ".join(map(quote_literal, files))
    with duckdb_session(SessionLimits()) as connection:
        rows = connection.execute(f"select file_name, num_rows from parquet_file_metadata([{names}])").fetchall()
    return {Path(name): count for name, count in rows}


def _query_damage(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    try:
        connection.execute(sql).fetchall()
    except duckdb.Error as error:
        return f"is damaged ({' '.join(str(error).split())[:100]})"
    return ""
