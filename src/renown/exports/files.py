"""Write tables to files: CSV, Parquet or JSON Lines, complete or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from renown.engines.duckdb import DuckDB
from renown.errors import InvalidInputError
from renown.exports.columns import EXPORT_COLUMNS, LIST_TYPE, ExportColumn
from renown.fsync import sync_path
from renown.steps import quote_literal
from renown.store import partial_export_path

_TIME_FORMAT = "timestampformat '%Y-%m-%dT%H:%M:%SZ'"
FILE_FORMATS = {
    "csv": f"format csv, header, {_TIME_FORMAT}",
    "parquet": "format parquet, compression zstd",
    "jsonl": f"format json, {_TIME_FORMAT}",
}
"""Format, which is also the suffix of its files, to DuckDB's options."""
PART_FILE = "part-0.parquet"
"""Name of the file in each folder of a day."""


@dataclass(frozen=True)
class Destination:
    """Where to write an export."""

    path: Path
    file_format: str
    """One of `FILE_FORMATS`."""
    is_folder: bool = False
    """Whether it is a folder with one file of Parquet for each day, in folders named by their day (Hive style)."""

    def day_file(self, day: object) -> Path:
        """Return the file of a day in the folder."""
        return self.path / f"day={day}" / PART_FILE

    def select_columns(self, table: str) -> list[ExportColumn]:
        """Return the columns of a file; the day that folders are named by is not in their files (Hive style)."""
        return [column for column in EXPORT_COLUMNS[table] if not (self.is_folder and column.name == "day")]


def parse_destination(text: str) -> Destination:
    """
    Parse the name of a file or folder to export to.

    Raises
    ------
    InvalidInputError
        If its format is unknown, or there is no folder to write it to.

    Examples
    --------
    >>> parse_destination("scores.csv").file_format, parse_destination("scores/").is_folder
    ('csv', True)
    """
    path = Path(text)
    is_folder = text.endswith("/") or path.is_dir()
    file_format = "parquet" if is_folder else path.suffix.removeprefix(".")
    if file_format not in FILE_FORMATS:
        raise InvalidInputError(
            f"cannot export to {text!r}; name a file that ends in {', '.join('.' + name for name in FILE_FORMATS)}, "
            "a folder that ends in /, or - for standard output"
        )
    if not path.parent.is_dir():
        raise InvalidInputError(f"there is no folder {str(path.parent)!r} to export to; create it first")
    return Destination(path, file_format, is_folder)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a file to write to, beside its final place, which it takes at the end; after an error it is deleted."""
    partial_path = partial_export_path(path)
    try:
        yield partial_path
        sync_path(partial_path)
        partial_path.replace(path)
        sync_path(path.parent)
    finally:
        partial_path.unlink(missing_ok=True)


def write_rows(engine: DuckDB, columns: Sequence[ExportColumn], rows_sql: str, path: Path, file_format: str) -> int:
    """Write the columns of a SELECT to a file; return the number of rows."""
    columns_sql = ", ".join(
        f"cast(to_json({column.name}) as varchar) as {column.name}"
        if file_format == "csv" and column.sql_type == LIST_TYPE
        else column.name
        for column in columns
    )
    copy_sql = f"copy (select {columns_sql} from ({rows_sql})) to {quote_literal(path)} ({FILE_FORMATS[file_format]})"
    return int(engine.execute(copy_sql).fetchall()[0][0])


def join_files(
    engine: DuckDB, columns: Sequence[ExportColumn], parts: Sequence[Path], path: Path, file_format: str
) -> int:
    """Write the rows of Parquet files, in their order, to one file; return their number."""
    names_sql = ", ".join(map(quote_literal, parts))
    engine.execute("set preserve_insertion_order = true")
    return write_rows(engine, columns, f"from read_parquet([{names_sql}])", path, file_format)
