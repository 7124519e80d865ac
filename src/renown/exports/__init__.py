"""Exports: tables of scores, points, histories, the ledger and people as files for other programs."""

from renown.exports.columns import EXPORT_COLUMNS, ExportColumn
from renown.exports.export import EXPORT_TABLES, TableExport, export_to_files, export_to_stream, write_table
from renown.exports.files import FILE_FORMATS, Destination, parse_destination
from renown.exports.sources import DayRange, ExportSources, TablePart

__all__ = [
    "EXPORT_COLUMNS",
    "EXPORT_TABLES",
    "FILE_FORMATS",
    "DayRange",
    "Destination",
    "ExportColumn",
    "ExportSources",
    "TableExport",
    "TablePart",
    "export_to_files",
    "export_to_stream",
    "parse_destination",
    "write_table",
]
