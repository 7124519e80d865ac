"""Import files: read records from CSV, JSON Lines and Parquet, and find the first invalid value in them."""

import csv
import gzip
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from renown.engines.session import SessionLimits, duckdb_session
from renown.errors import InvalidInputError
from renown.imports.columns import FIELDS, ColumnReader, match_columns
from renown.records import BATCH_COLUMNS
from renown.steps import Step, quote_literal

_CSV_SUFFIXES, _JSON_SUFFIXES, _PARQUET_SUFFIXES = {"csv", "tsv", "txt"}, {"jsonl", "ndjson", "json"}, {"parquet", "pq"}
_CHUNK_BYTES = 1 << 20
_MAX_SHOWN_CHARS = 60
"""Maximum characters of a value in an error message."""

_JSON_KEY_RECORDS = 1000
"""Number of records of a JSON Lines file whose keys are taken as its columns."""


@dataclass(frozen=True, kw_only=True)
class ImportFile:
    """A file and how to read it."""

    path: Path
    file_format: str
    """``csv``, ``json`` or ``parquet``."""
    delimiter: str
    types: Mapping[str, str]
    """Column to DuckDB type; always VARCHAR except for Parquet."""
    reader: ColumnReader
    limits: SessionLimits
    """Limits of the sessions that read it."""


def inspect_files(
    paths: Sequence[Path],
    table: str,
    *,
    columns: Mapping[str, str],
    verbs: Mapping[str, str],
    unit: str | None,
    now: datetime,
    limits: SessionLimits = SessionLimits(),  # noqa: B008 - immutable
) -> list[ImportFile]:
    """
    Detect the formats of files and match their columns with a table's fields.

    Parameters
    ----------
    paths : sequence of Path
    table : str
        A table of `records.BATCH_COLUMNS`.
    columns, verbs : mapping of str to str
        Field to the files' column name; the files' own word to the verb.
    unit : str or None
        Unit of numeric timestamps, of `TIME_UNITS`.
    now : datetime
        Latest valid instant, apart from clock skew.
    limits : SessionLimits
        Limits of the sessions that read the files.

    Raises
    ------
    InvalidInputError
        If a file is missing, empty, truncated, of an unknown format, or lacks a column.
    """
    import_files = []
    for path in paths:
        file_format = _detect_format(path)
        delimiter, types = ",", {}
        if file_format == "parquet":
            types = _parquet_types(path, limits)
        else:
            _check_gzip(path)
            delimiter, names = _read_csv_header(path) if file_format == "csv" else (",", _read_json_keys(path))
            types = dict.fromkeys(names, "VARCHAR")
        reader = match_columns(table, list(types), columns=columns, verbs=verbs, unit=unit, now=now, file=str(path))
        import_files.append(
            ImportFile(
                path=path,
                file_format=file_format,
                delimiter=delimiter,
                types=types,
                reader=reader,
                limits=limits,
            )
        )
    return import_files


def batch_step(table: str, import_files: Sequence[ImportFile]) -> Step:
    """Return the step `batch`: the records of all files, in the columns of `records.BATCH_COLUMNS`."""
    sql = "\nunion all\n".join(_select_sql(table, import_file) for import_file in import_files)
    return Step(name="batch", sql=sql, columns=dict(BATCH_COLUMNS[table]), stored=False)


def compute_digest(table: str, import_files: Sequence[ImportFile]) -> str:
    """Return a SHA-256 digest, in hex, of the files' contents and how they are read: it identifies a batch."""
    digest_parts: list[object] = [table]
    for import_file in import_files:
        with import_file.path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest_parts.append([content, import_file.reader.columns, import_file.reader.verbs, import_file.reader.unit])
    return hashlib.sha256(json.dumps(digest_parts, sort_keys=True).encode()).hexdigest()


def find_first_error(table: str, import_files: Sequence[ImportFile]) -> str | None:
    """
    Find the first invalid record; return its file, line, value and what is wrong; None if all are valid.

    It reads the files row by row, which is slow: call it only once an import has failed.
    """
    for import_file in import_files:
        try:
            for position, record in _read_records(import_file):
                for name, column in import_file.reader.columns.items():
                    problem = FIELDS[table][name].find_error(record.get(column), import_file.reader)
                    if problem:
                        return f"{import_file.path}, {position}: {column} {_shorten(record.get(column))} {problem}"
        except _UnreadableLineError as error:
            return f"{import_file.path}, {error}"
    return None


class _UnreadableLineError(Exception):
    """A line cannot be parsed."""


def _select_sql(table: str, import_file: ImportFile) -> str:
    parts = []
    for name, sql_type in BATCH_COLUMNS[table].items():
        column = import_file.reader.columns.get(name)
        if column is None:
            parts.append(f'cast(null as {"varchar" if sql_type == "string" else sql_type}) as "{name}"')
        else:
            quoted = '"' + column.replace('"', '""') + '"'
            parts.append(
                f'{FIELDS[table][name].sql(name, quoted, import_file.types[column], import_file.reader)} as "{name}"'
            )
    return f"select {', '.join(parts)} from {_scan_sql(import_file)}"


def _scan_sql(import_file: ImportFile) -> str:
    path = quote_literal(import_file.path)
    if import_file.file_format == "parquet":
        return f"read_parquet({path}, hive_partitioning=false)"
    columns = "{" + ", ".join(f"{quote_literal(name)}: 'VARCHAR'" for name in import_file.types) + "}"
    if import_file.file_format == "json":
        return f"read_json({path}, format='newline_delimited', columns={columns})"
    return (
        f"read_csv({path}, header=true, auto_detect=false, delim={quote_literal(import_file.delimiter)}, "
        f"quote='\"', escape='\"', columns={columns}, nullstr='')"
    )


def _detect_format(path: Path) -> str:
    if not path.is_file():
        raise InvalidInputError(f"there is no file {str(path)!r}; check the name")
    if not path.stat().st_size:
        raise InvalidInputError(f"{path}: the file is empty; was it written completely?")
    suffix = path.with_suffix("").suffix[1:] if path.suffix == ".gz" else path.suffix[1:]
    for file_format, suffixes in (("csv", _CSV_SUFFIXES), ("json", _JSON_SUFFIXES), ("parquet", _PARQUET_SUFFIXES)):
        if suffix.lower() in suffixes:
            return file_format
    raise InvalidInputError(f"{path}: unknown file format; name it .csv, .jsonl (either may end in .gz) or .parquet")


def _parquet_types(path: Path, limits: SessionLimits) -> dict[str, str]:
    try:
        with duckdb_session(limits) as connection:
            rows = connection.execute(
                f"describe select * from read_parquet({quote_literal(path)}, hive_partitioning=false)"
            ).fetchall()
    except duckdb.Error as error:
        raise InvalidInputError(
            f"{path}: not a complete Parquet file ({str(error).splitlines()[0]}); write or download it again"
        ) from error
    return {row[0]: row[1] for row in rows}


def _check_gzip(path: Path) -> None:
    if path.suffix != ".gz":
        return
    try:
        with gzip.open(path) as file:
            size = sum(len(chunk) for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""))
    except (EOFError, OSError, zlib.error) as error:
        raise InvalidInputError(
            f"{path}: the gzip file is damaged or truncated ({error}); write or download it again"
        ) from error
    if not size:
        raise InvalidInputError(f"{path}: the gzip file is empty; was it written completely?")


def _open_file(path: Path) -> io.BufferedIOBase:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _read_lines(path: Path) -> Iterator[str]:
    """Yield a file's lines with their line ends; raise for the first line that is not UTF-8."""
    with _open_file(path) as file:
        for number, line in enumerate(file, 1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                line_text = _shorten(line[:_MAX_SHOWN_CHARS].decode("latin-1"))
                raise _UnreadableLineError(
                    f"line {number}: not UTF-8 (byte 0x{line[error.start]:02x} in {line_text}); "
                    "convert the file, for instance with iconv -f LATIN1 -t UTF-8"
                ) from error


def _read_csv_header(path: Path) -> tuple[str, list[str]]:
    try:
        line = next(_read_lines(path), "").strip("\r\n")
    except _UnreadableLineError as error:
        raise InvalidInputError(f"{path}, {error}") from error
    delimiter = max(",;\t|", key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    if not any(names) or len(set(names)) != len(names):
        raise InvalidInputError(
            f"{path}, line 1: {_shorten(line)} is not a header; the first line must have unique column names"
        )
    return delimiter, names


def _read_json_keys(path: Path) -> list[str]:
    """Return the keys of the first records, which together are the columns: a record may lack some."""
    keys: dict[str, None] = {}
    try:
        for number, line in enumerate(_read_lines(path), 1):
            if number > _JSON_KEY_RECORDS:
                break
            keys |= dict.fromkeys(_parse_json_record(line, number)) if line.strip() else {}
    except _UnreadableLineError as error:
        raise InvalidInputError(f"{path}, {error}") from error
    return list(keys)


def _parse_json_record(line: str, number: int) -> dict[str, object]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise _UnreadableLineError(
            f"line {number}: {_shorten(line)} is not JSON ({error}); write one object per line"
        ) from error
    if not isinstance(record, dict):
        raise _UnreadableLineError(f"line {number}: {_shorten(line)} is not a JSON object; write one object per line")
    return record


def _read_records(import_file: ImportFile) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each record with its position (line or row number)."""
    if import_file.file_format == "parquet":
        yield from _read_parquet_records(import_file)
    elif import_file.file_format == "json":
        for number, line in enumerate(_read_lines(import_file.path), 1):
            if line.strip():
                yield f"line {number}", _parse_json_record(line, number)
    else:
        yield from _read_csv_records(import_file)


def _read_csv_records(import_file: ImportFile) -> Iterator[tuple[str, dict[str, object]]]:
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(_read_lines(import_file.path), delimiter=import_file.delimiter)
    names = next(rows)
    try:
        previous_line = rows.line_num
        for row in rows:
            if row and len(row) != len(names):
                raise _UnreadableLineError(
                    f"line {previous_line + 1}: {len(row)} fields, but the header has {len(names)}; "
                    "is a quote or a delimiter missing?"
                )
            if row:
                yield f"line {previous_line + 1}", dict(zip(names, row, strict=True))
            previous_line = rows.line_num
    except csv.Error as error:
        raise _UnreadableLineError(f"line {rows.line_num}: {error}; is a quote missing?") from error


def _read_parquet_records(import_file: ImportFile) -> Iterator[tuple[str, dict[str, object]]]:
    columns = list(import_file.reader.columns.values())
    select = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
    with duckdb_session(import_file.limits) as connection:
        rows = connection.execute(f"select {select} from {_scan_sql(import_file)}")
        number = 0
        while chunk := rows.fetchmany(10_000):
            for row in chunk:
                number += 1
                yield f"row {number:,}", dict(zip(columns, row, strict=True))


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]}…"
