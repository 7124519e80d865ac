"""Export tables: documented columns in real numbers, dates and names, without the keys of rows inside renown."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from renown.engines.duckdb import DuckDB
from renown.engines.session import spill_folder
from renown.errors import DepartureError, InvalidInputError
from renown.exports.columns import EXPORT_COLUMNS, ExportColumn
from renown.exports.files import Destination, atomic_file, join_files, write_rows
from renown.exports.ledger import list_ledger_parts
from renown.exports.people import list_history_parts, list_people_parts
from renown.exports.scores import list_point_parts, list_score_parts
from renown.exports.sources import DayRange, ExportSources, TablePart
from renown.progress import Progress

EXPORT_TABLES: dict[str, Callable[[ExportSources, DayRange], list[TablePart]]] = {
    "scores": list_score_parts,
    "points": list_point_parts,
    "history": list_history_parts,
    "ledger": list_ledger_parts,
    "people": list_people_parts,
}
"""Table to the function that lists its parts; `columns.EXPORT_COLUMNS` has its columns."""


@dataclass(frozen=True)
class TableExport:
    """A table and its days to export."""

    table: str
    """One of `EXPORT_TABLES`."""
    days: DayRange = field(default_factory=DayRange)

    def list_parts(self, sources: ExportSources) -> list[TablePart]:
        """
        List the parts of the table.

        Raises
        ------
        InvalidInputError
            If there is no such table, or it has no days or method to choose.
        DayNotPublishedError
            If there is nothing on the days.
        """
        if self.table not in EXPORT_TABLES:
            raise InvalidInputError(f"cannot export {self.table!r}; export one of {', '.join(EXPORT_TABLES)}")
        return EXPORT_TABLES[self.table](sources, self.days)


def export_to_files(
    sources: ExportSources, table_export: TableExport, destination: Destination, *, progress: Progress
) -> int:
    """
    Export a table to a file, or to a folder with a file for each day; return the number of rows.

    A file takes its place when it is complete. Of a folder, only the files of the exported days are replaced. Files are
    recorded, so that people who opt out are erased from them.

    Raises
    ------
    InvalidInputError
        If the table is not by day, and cannot be written to a folder.
    DepartureError
        If somebody opted out meanwhile: the file, or that of the current day, is not written.
    """
    parts = table_export.list_parts(sources)
    files = [(destination.path, parts)]
    if destination.is_folder:
        if any(part.day is None for part in parts):
            raise InvalidInputError(
                f"{table_export.table} has no file for each day; name a file, as {table_export.table}.parquet"
            )
        files = [(destination.day_file(part.day), [part]) for part in parts]
    columns, row_count = destination.select_columns(table_export.table), 0
    progress.start(f"exporting {table_export.table}", len(parts))
    for file, file_parts in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        departures = sources.days.count_departures()
        # Recorded before it is written: `renown forget` must reach every file with people's scores.
        sources.days.exports.add(file)
        with atomic_file(file) as partial_file:
            row_count += _write_parts(
                sources, columns, file_parts, partial_file, destination.file_format, progress=progress
            )
            _check_departures(sources, departures)
        if departures != sources.days.count_departures():
            file.unlink()
        # Whoever leaves from here on is erased from the file by the same command.
        _check_departures(sources, departures)
    return row_count


def export_to_stream(
    sources: ExportSources, table_export: TableExport, stream: BinaryIO, *, file_format: str, progress: Progress
) -> int:
    """Export a table to a stream, once it is complete; return the number of rows. See `export_to_files`."""
    with spill_folder(sources.limits.spill) as folder:
        file = folder / f"export.{file_format}"
        row_count = write_table(sources, table_export, file, file_format, progress=progress)
        with file.open("rb") as content:
            shutil.copyfileobj(content, stream)
    return row_count


def write_table(
    sources: ExportSources, table_export: TableExport, file: Path, file_format: str, *, progress: Progress
) -> int:
    """Write a table to a temporary file, which is not recorded; return the number of rows. See `export_to_files`."""
    parts = table_export.list_parts(sources)
    progress.start(f"exporting {table_export.table}", len(parts))
    departures = sources.days.count_departures()
    row_count = _write_parts(sources, EXPORT_COLUMNS[table_export.table], parts, file, file_format, progress=progress)
    _check_departures(sources, departures)
    return row_count


def _write_parts(
    sources: ExportSources,
    columns: Sequence[ExportColumn],
    parts: Sequence[TablePart],
    file: Path,
    file_format: str,
    *,
    progress: Progress,
) -> int:
    """Write the parts to one file; several ones by way of a file for each, to bound memory."""
    if len(parts) == 1:
        progress.advance(str(parts[0].day or ""))
        return _write_part(sources, columns, parts[0], file, file_format)
    with spill_folder(sources.limits.spill) as folder:
        files = []
        for part in parts:
            progress.advance(str(part.day))
            files.append(folder / f"{part.day}.parquet")
            _write_part(sources, columns, part, files[-1], "parquet")
        with DuckDB(sources.limits) as engine:
            return join_files(engine, columns, files, file, file_format)


def _write_part(
    sources: ExportSources, columns: Sequence[ExportColumn], part: TablePart, file: Path, file_format: str
) -> int:
    with DuckDB(sources.limits) as engine, part.open_rows(engine) as rows_sql:
        return write_rows(engine, columns, rows_sql, file, file_format)


def _check_departures(sources: ExportSources, departures: int) -> None:
    if departures != sources.days.count_departures():
        raise DepartureError("somebody opted out during the export, so it was not written; repeat the command")
