"""A file to import: its format, its columns and how to read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from renown.engines.session import SessionLimits
from renown.imports.column_reader import ColumnReader
from renown.imports.csv_header import CsvHeader
from renown.imports.parser_errors import MAX_JSON_BYTES
from renown.steps import quote_literal

_MAX_LINE_BYTES = 16 << 20
"""Maximum bytes of a line of CSV: a longer one is a file of another kind."""


@dataclass(frozen=True, kw_only=True)
class ImportFile:
    """A file and how to read it."""

    path: Path
    file_format: str
    """``csv``, ``json`` or ``parquet``."""
    types: Mapping[str, str]
    """Column to DuckDB type; always VARCHAR except for Parquet."""
    reader: ColumnReader
    limits: SessionLimits
    """Limits of the sessions that read it."""
    header: CsvHeader | None = None
    """Only of a CSV file."""

    def column_sql(self, column: str) -> str:
        """Return the SQL name of a column in `scan_sql`; columns of CSV files are numbered, as any name may occur."""
        if self.header is not None:
            return f'"column {self.header.names.index(column)}"'
        return '"' + column.replace('"', '""') + '"'


def scan_sql(import_file: ImportFile) -> str:
    """Return the table function that reads a file: everything that reads records reads them by it."""
    path = quote_literal(import_file.path)
    if import_file.file_format == "parquet":
        return f"read_parquet({path}, hive_partitioning=false)"
    if import_file.header is None:
        names = sorted(set(import_file.reader.columns.values()))
        return (
            f"read_json({path}, format='newline_delimited', columns={_text_columns(names)}, "
            f"maximum_object_size={MAX_JSON_BYTES})"
        )
    header = import_file.header
    columns = _text_columns([f"column {index}" for index in range(len(header.names))])
    return (
        f"read_csv({path}, header=true, auto_detect=false, delim={quote_literal(header.delimiter)}, "
        f"quote='\"', escape='\"', columns={columns}, nullstr='', skip={header.skipped_lines}, "
        f"max_line_size={_MAX_LINE_BYTES})"
    )


def _text_columns(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"{quote_literal(name)}: 'VARCHAR'" for name in names) + "}"
