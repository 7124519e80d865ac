"""Find the first record of import files that was refused, by the parser and the SQL that refused it."""

from collections.abc import Sequence

import duckdb

from renown.engines.session import duckdb_session
from renown.imports.fields import FIELDS
from renown.imports.import_file import ImportFile, scan_sql
from renown.imports.parser_errors import describe_json_error, describe_parser_error, numbered_lines_sql, shorten
from renown.imports.problems import InvalidValue, describe_problem
from renown.imports.record_steps import problem_sql, values_sql

_RECORD = '"record number"'
"""Number of a record in its file, from 1."""


def explain_failure(table: str, import_files: Sequence[ImportFile], error: BaseException) -> str | None:
    """Return which record made an import fail, else what the parser said; None if the files are not to blame."""
    if problem := find_first_error(table, import_files):
        return problem
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, duckdb.InvalidInputException | duckdb.ConversionException):
        cause = cause.__cause__
    paths = ", ".join(str(import_file.path) for import_file in import_files)
    return f"{paths}: {describe_parser_error(cause)}" if isinstance(cause, Exception) else None


def find_first_error(table: str, import_files: Sequence[ImportFile]) -> str | None:
    """
    Find the first invalid record; return its file, line, value and what is wrong; None if all are valid.

    It reads the files a second time: call it only once an import has failed.
    """
    for import_file in import_files:
        with duckdb_session(import_file.limits) as connection:
            # With one thread, records are numbered in the order of the file.
            connection.execute("set threads = 1")
            try:
                problem = _find_invalid_value(connection, table, import_file)
            except duckdb.Error as error:
                is_json = import_file.file_format == "json"
                problem = (
                    describe_json_error(connection, import_file.path, error)
                    if is_json
                    else describe_parser_error(error)
                )
        if problem:
            return f"{import_file.path}, {problem}"
    return None


def _find_invalid_value(connection: duckdb.DuckDBPyConnection, table: str, import_file: ImportFile) -> str | None:
    reader = import_file.reader
    raw_columns = [
        f'cast({import_file.column_sql(column)} as varchar) as "raw {name}"' for name, column in reader.columns.items()
    ]
    problems = [problem_sql(table, name, import_file) for name in reader.columns]
    outputs = [
        f'{problem}, "raw {name}", try_cast("raw {name}" as double), "{name} value"'
        for name, problem in zip(reader.columns, problems, strict=True)
    ]
    rows = connection.execute(
        f"select {_RECORD}, {', '.join(outputs)} "
        f"from {values_sql(table, import_file, f'row_number() over () as {_RECORD}', *raw_columns)} "
        f"where coalesce({', '.join(problems)}) is not null limit 1"
    ).fetchall()
    if not rows:
        return None
    number, *values = rows[0]
    for index, (field, column) in enumerate(reader.columns.items()):
        problem, *parts = values[4 * index : 4 * index + 4]
        if problem is not None:
            text = parts[0] if parts[0] is not None or import_file.file_format != "csv" else ""
            words = describe_problem(problem, InvalidValue(*parts), reader, required=FIELDS[table][field].required)
            return f"{_locate(connection, import_file, number)}: {column} {shorten(text)} {words}"
    return None


def _locate(connection: duckdb.DuckDBPyConnection, import_file: ImportFile, number: int) -> str:
    """Return the line of a record; its number where values with line ends were before it."""
    if import_file.file_format == "parquet":
        return f"row {number:,}"
    header = import_file.header
    header_lines = 0 if header is None else header.skipped_lines + 1
    try:
        if header is not None and _has_multiline_values(connection, import_file, number):
            return f"record {number:,}"
        rows = connection.execute(
            f"select number from {numbered_lines_sql(import_file.path)} "
            f"where line is not null limit 1 offset {number - 1 + header_lines}"
        ).fetchall()
    except duckdb.Error:  # the lines cannot be told apart without the parser of records
        rows = []
    return f"line {rows[0][0]}" if rows else f"record {number:,}"


def _has_multiline_values(connection: duckdb.DuckDBPyConnection, import_file: ImportFile, number: int) -> bool:
    columns = [import_file.column_sql(column) for column in import_file.types]
    multiline_sql = " or ".join(f"contains({name}, chr(10)) or contains({name}, chr(13))" for name in columns)
    rows = connection.execute(
        f"select 1 from (select row_number() over () as {_RECORD}, * from {scan_sql(import_file)}) "
        f"where {_RECORD} < {number} and ({multiline_sql}) limit 1"
    ).fetchall()
    return bool(rows)
