"""Import files: detect the formats of CSV, JSON Lines and Parquet files, and match their columns with fields."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO

import duckdb

from renown.engines.session import SessionLimits, duckdb_session
from renown.errors import InvalidInputError
from renown.imports.argument_names import ArgumentNames
from renown.imports.column_reader import ColumnReader
from renown.imports.columns import check_reader, check_types, match_columns
from renown.imports.csv_header import CsvHeader, read_csv_header
from renown.imports.fields import FIELDS
from renown.imports.import_file import ImportFile, scan_sql
from renown.imports.instant_sql import is_local_instant_sql
from renown.imports.parser_errors import MAX_JSON_BYTES, describe_json_error
from renown.records import VERBS, WHOLE_NETWORK
from renown.steps import quote_literal

_CSV_SUFFIXES, _JSON_SUFFIXES, _PARQUET_SUFFIXES = {"csv", "tsv", "txt"}, {"jsonl", "ndjson", "json"}, {"parquet", "pq"}
_CHUNK_BYTES = 1 << 20
_JSON_KEY_RECORDS = 1000
"""Number of records of a JSON Lines file whose keys are taken as its columns."""
_SAMPLE_RECORDS = 1000
"""Number of records of a file in which instants without a UTC offset are looked for."""


def inspect_files(
    paths: Sequence[Path],
    table: str,
    reader: ColumnReader,
    *,
    limits: SessionLimits = SessionLimits(),  # noqa: B008 - immutable
) -> list[ImportFile]:
    """
    Detect the formats of files and match their columns with a table's fields.

    Parameters
    ----------
    paths : sequence of Path
    table : str
        A table of `records.BATCH_COLUMNS`.
    reader : ColumnReader
        How to read the columns, as the caller gives it.
    limits : SessionLimits
        Limits of the sessions that read the files.

    Raises
    ------
    InvalidInputError
        If a file is missing, empty, truncated, of an unknown format, or lacks a column; or if none has timestamps, but
        the reader says how to read them.
    """
    check_reader(reader)
    if reader.timezone != "UTC":
        _check_timezone(reader, limits)
    if reader.time_format is not None:
        _check_time_format(reader.time_format, reader.names, limits)
    inspected = [_inspect_file(path, table, reader, limits) for path in paths]
    if not any("at" in file.reader.columns for file in inspected):
        _check_no_time_option(reader)
    return inspected


def _check_no_time_option(reader: ColumnReader) -> None:
    """Refuse how to read timestamps of files that have none: their column probably has another name."""
    names = reader.names
    options = {names.unit: reader.unit, names.time_format: reader.time_format, names.timezone: reader.timezone}
    for name, value in options.items():
        if value not in {None, "UTC"}:
            raise InvalidInputError(
                f"{name} is {value!r}, but the files have no column for at; map it with {names.map_column('at')}, or "
                f"leave out {name}"
            )


def _inspect_file(path: Path, table: str, reader: ColumnReader, limits: SessionLimits) -> ImportFile:
    file_format, header = _detect_format(path), None
    if file_format == "parquet":
        types = _parquet_types(path, limits)
    else:
        _check_gzip(path)
        header = _read_header(path, table, reader.columns) if file_format == "csv" else None
        types = dict.fromkeys(header.names if header else _read_json_keys(path, limits), "VARCHAR")
    matched = match_columns(table, list(types), reader, file=str(path))
    check_types(table, types, matched, file=str(path))
    return ImportFile(path=path, file_format=file_format, types=types, reader=matched, header=header, limits=limits)


def compute_digest(table: str, import_files: Sequence[ImportFile]) -> str:
    """Return a SHA-256 digest, in hex, of the files' contents and how they are read: it identifies a batch."""
    digest_parts: list[object] = [table]
    for import_file in import_files:
        with import_file.path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        reader = import_file.reader
        digest_parts.append([content, reader.columns, reader.verbs, reader.unit])
        if reader.time_format is not None:
            digest_parts.append({"time_format": reader.time_format})
        if reader.timezone != "UTC":
            digest_parts.append({"timezone": reader.timezone})
    return hashlib.sha256(json.dumps(digest_parts, sort_keys=True).encode()).hexdigest()


def find_local_instant(import_files: Sequence[ImportFile]) -> str | None:
    """Return the first instant without a UTC offset among the first records of each file; None if there is none."""
    for import_file in import_files:
        column = import_file.reader.columns.get("at")
        if column is None or import_file.types[column] != "VARCHAR":
            continue
        at = import_file.column_sql(column)
        with duckdb_session(import_file.limits) as connection:
            rows = connection.execute(
                f"select {at} from (select {at} from {scan_sql(import_file)} limit {_SAMPLE_RECORDS}) "
                f"where {is_local_instant_sql(at, import_file.reader.time_format)} limit 1"
            ).fetchall()
        if rows:
            return str(rows[0][0])
    return None


def _check_time_format(time_format: str, names: ArgumentNames, limits: SessionLimits) -> None:
    try:
        with duckdb_session(limits) as connection:
            connection.execute(f"select try_strptime('', {quote_literal(time_format)})")
    except duckdb.InvalidInputException as error:
        raise InvalidInputError(
            f"{names.time_format} is {time_format!r}; write directives of strptime, such as '%d/%m/%Y %H:%M'"
        ) from error


def _check_timezone(reader: ColumnReader, limits: SessionLimits) -> None:
    with duckdb_session(limits) as connection:
        rows = connection.execute("select 1 from pg_timezone_names() where name = ?", [reader.timezone]).fetchall()
    if not rows:
        raise InvalidInputError(
            f"{reader.names.timezone} is {reader.timezone!r}; write a name of the IANA database, such as Europe/Berlin"
        )


def _detect_format(path: Path) -> str:
    if path.is_dir():
        raise InvalidInputError(f"{str(path)!r} is a folder; write the names of its files, such as {path}/*.csv")
    if not path.is_file():
        raise InvalidInputError(f"there is no file {str(path)!r}; check the name")
    if not path.stat().st_size:
        raise InvalidInputError(f"{path}: the file is empty; was it written completely?")
    suffix = path.with_suffix("").suffix[1:] if path.suffix == ".gz" else path.suffix[1:]
    for file_format, suffixes in (("csv", _CSV_SUFFIXES), ("json", _JSON_SUFFIXES), ("parquet", _PARQUET_SUFFIXES)):
        if suffix.lower() in suffixes:
            return file_format
    raise InvalidInputError(
        f"{path}: unknown file format; save the records as CSV (.csv), JSON Lines (.jsonl), either of them perhaps "
        "compressed (.gz), or Parquet (.parquet)"
    )


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


def _open_file(path: Path) -> IO[bytes]:
    """Open a file that may be compressed."""
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _read_header(path: Path, table: str, columns: Mapping[str, str]) -> CsvHeader:
    fields = FIELDS[table]
    known_names = {*fields, *(name.removesuffix("_id") for name in fields), "id", *columns.values()}
    with _open_file(path) as file:
        return read_csv_header(file, path, known_names)


def _read_json_keys(path: Path, limits: SessionLimits) -> list[str]:
    """Return the keys of the first records, which together are the columns: a record may lack some."""
    objects = (
        f"read_json_objects({quote_literal(path)}, format='newline_delimited', maximum_object_size={MAX_JSON_BYTES})"
    )
    with duckdb_session(limits) as connection:
        try:
            rows = connection.execute(f"select json_keys(json) from {objects} limit {_JSON_KEY_RECORDS}").fetchall()
        except duckdb.Error as error:
            raise InvalidInputError(f"{path}, {describe_json_error(connection, path, error)}") from error
    names = list(dict.fromkeys(key for (keys,) in rows for key in keys or ()))
    if not names:
        raise InvalidInputError(f"{path}: no JSON object; write one object per line, of a list with jq -c '.[]'")
    return names


def list_covered_verbs(table: str, verbs: Collection[str] = (), *, is_whole_network: bool) -> set[int]:
    """Return the numbers of the verbs that files cover: all, unless some are named; none in tables without verbs."""
    if "verb" not in FIELDS[table]:
        return set()
    whole_network = {WHOLE_NETWORK} if table == "interactions" and is_whole_network else set()
    return {VERBS[verb] for verb in (verbs or VERBS)} | whole_network
