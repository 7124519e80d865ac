"""Export tables to files, folders and standard output."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from renown.cli.home import open_home
from renown.cli.options import parse_optional_day
from renown.cli.output import console
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError
from renown.text import plural

if TYPE_CHECKING:
    from renown import exports

_STANDARD_OUTPUT = "-"


def export(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="scores, points, history, ledger or people.")],
    file: Annotated[
        str | None,
        typer.Argument(
            help="File that ends in .csv, .parquet or .jsonl; folder that ends in /, for one Parquet file per day; "
            "or - for standard output."
        ),
    ] = None,
    *,
    day: Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23. Default: the latest published.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First of several days. Default: the first.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last of several days. Default: the latest.")] = None,
    method_version: Annotated[
        str | None, typer.Option("--method", help="Version of the method. Default: that of each day.")
    ] = None,
    file_format: Annotated[
        str | None, typer.Option("--format", help="Format of standard output: csv (default), parquet or jsonl.")
    ] = None,
) -> None:
    """
    Export a table to a file, always in the same order, for spreadsheets, notebooks and databases.

    Columns have names, real numbers and dates. A file appears when it is complete. A folder is partitioned by day
    (`day=2026-11-23/part-0.parquet`), and only the days that are exported are replaced, so one command a day keeps it
    current. A history has all days without --from and --to.

    People who opted out are left out, and erased from files when they opt out later. What goes to standard output, or
    is moved, cannot be reached by `renown forget`.

    Example: `renown export scores scores.parquet --day 2026-11-23`

    Example: `renown export scores --from 2026-11-01 scores/`

    Example: `renown export people - --format jsonl | jq .name`
    """
    from renown import exports

    file, to = _resolve_file(file, to, table, exports.FILE_FORMATS)
    table_export = exports.TableExport(table, _parse_days(day, from_, to, method_version))
    _check_output(file, file_format, exports.FILE_FORMATS)
    destination = None if file == _STANDARD_OUTPUT else exports.parse_destination(file)
    home = open_home(context)
    with ProgressBar(console if destination else Console(stderr=True)) as bar:
        if destination is None:
            exports.export_to_stream(
                home.export_sources, table_export, sys.stdout.buffer, file_format=file_format or "csv", progress=bar
            )
            return
        rows = exports.export_to_files(home.export_sources, table_export, destination, progress=bar)
        bar.finish(f"{plural(rows, 'row')} written to {file}")


def _parse_days(day: str | None, first: str | None, last: str | None, method_version: str | None) -> exports.DayRange:
    from renown.exports import DayRange

    if day and (first or last):
        raise InvalidInputError(f"--day is {day}, together with --from or --to; write a day, or the first and last one")
    return DayRange(parse_optional_day(first or day), parse_optional_day(last or day), method_version)


def _resolve_file(file: str | None, to: str | None, table: str, formats: Collection[str]) -> tuple[str, str | None]:
    """Return the file and the last day; programs of earlier versions name the file with `--to`."""
    names_file = to is not None and to.endswith(tuple(f".{name}" for name in formats))
    if file is None and to and names_file:
        Console(stderr=True).print(f"--to names the last day now; write: renown export {table} {to}", markup=False)
        return to, None
    if file is None:
        raise InvalidInputError(
            f"no file is named; write: renown export {table} FILE.csv, or {_STANDARD_OUTPUT} for standard output"
        )
    if names_file:
        raise InvalidInputError(f"--to is {to!r}, but it names the last day, and the file is {file!r}; leave out one")
    return file, to


def _check_output(file: str, file_format: str | None, formats: Collection[str]) -> None:
    """Check the format of standard output; a file has it by its name."""
    if file != _STANDARD_OUTPUT:
        if file_format:
            raise InvalidInputError(f"--format is {file_format!r}, but {file!r} names its format; leave it out")
    elif file_format not in {None, *formats}:
        raise InvalidInputError(f"--format is {file_format!r}; write one of {', '.join(formats)}")
    elif file_format == "parquet" and sys.stdout.isatty():
        raise InvalidInputError("Parquet is binary, and standard output is a terminal; redirect it, or name a file")
