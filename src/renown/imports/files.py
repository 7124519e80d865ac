"""Import files: read records from CSV, JSON Lines and Parquet."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import duckdb

from renown.engines.session import SessionLimits, duckdb_session
from renown.errors import InvalidInputError
from renown.imports.column_reader import ColumnReader
from renown.imports.columns import check_types, match_columns
from renown.imports.csv_header import CsvHeader, read_csv_header
from renown.imports.field_sql import plain_name, text_value_sql, value_name
from renown.imports.fields import FIELDS
from renown.imports.instant_sql import is_local_instant_sql
from renown.imports.parser_errors import MAX_JSON_BYTES, describe_json_error
from renown.records import ACCOUNT_ID_COLUMNS, BATCH_COLUMNS, VERBS, WHOLE_NETWORK
from renown.steps import Step, quote_literal

_CSV_SUFFIXES, _JSON_SUFFIXES, _PARQUET_SUFFIXES = {"csv", "tsv", "txt"}, {"jsonl", "ndjson", "json"}, {"parquet", "pq"}
_CHUNK_BYTES = 1 << 20
_JSON_KEY_RECORDS = 1000
"""Number of records of a JSON Lines file whose keys are taken as its columns."""
_SAMPLE_RECORDS = 1000
"""Number of records of a file in which instants without a UTC offset are looked for."""
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


def inspect_files(
    paths: Sequence[Path],
    table: str,
    *,
    columns: Mapping[str, str],
    verbs: Mapping[str, str],
    unit: str | None,
    now: datetime,
    network: str = "",
    timezone: str = "UTC",
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
    network : str, optional
        Network of the records: names are normalized as by its connector.
    timezone : str, optional
        Time zone of instants without a UTC offset, as in the IANA database.
    limits : SessionLimits
        Limits of the sessions that read the files.

    Raises
    ------
    InvalidInputError
        If a file is missing, empty, truncated, of an unknown format, or lacks a column.
    """
    if timezone != "UTC":
        _check_timezone(timezone, limits)
    import_files = []
    for path in paths:
        file_format, header = _detect_format(path), None
        if file_format == "parquet":
            types = _parquet_types(path, limits)
        else:
            _check_gzip(path)
            header = _read_header(path, table, columns) if file_format == "csv" else None
            types = dict.fromkeys(header.names if header else _read_json_keys(path, limits), "VARCHAR")
        reader = match_columns(
            table,
            list(types),
            columns=columns,
            verbs=verbs,
            unit=unit,
            now=now,
            file=str(path),
            network=network,
            timezone=timezone,
        )
        check_types(table, types, reader, file=str(path))
        import_files.append(
            ImportFile(path=path, file_format=file_format, types=types, reader=reader, header=header, limits=limits)
        )
    return import_files


def batch_step(table: str, import_files: Sequence[ImportFile], *, unchanged: Collection[str] = ()) -> Step:
    """
    Return the step `batch`: the records of all files, in the columns of `records.BATCH_COLUMNS`.

    Parameters
    ----------
    table : str
    import_files : sequence of ImportFile
    unchanged : collection of str, optional
        Fields whose values are known to be valid and normalized; they are read as they are in the files.
    """
    sql = "\nunion all\n".join(_select_sql(table, import_file, unchanged) for import_file in import_files)
    return Step(name="batch", sql=sql, columns=dict(BATCH_COLUMNS[table]), stored=False)


def account_ids_step(table: str, import_files: Sequence[ImportFile]) -> Step:
    """
    Return the step `account_ids`: the account ids of all files; each is checked once for all its rows of a file.

    It tells of each id whether the file has it as it is, normalized already.
    """
    sql = "\nunion all\n".join(_distinct_ids_sql(table, import_file) for import_file in import_files)
    return Step(name="account_ids", sql=sql, columns={"account_id": "string", "is_unchanged": "boolean"})


def _distinct_ids_sql(table: str, import_file: ImportFile) -> str:
    fields, reader = ACCOUNT_ID_COLUMNS[table], import_file.reader
    spec = FIELDS[table][fields[0]]
    columns = ", ".join(f"cast({import_file.column_sql(reader.columns[name])} as varchar)" for name in fields)
    # One scan for all columns: a file of text is parsed once.
    texts_sql = f"select distinct unnest([{columns}]) as text from {scan_sql(import_file)}"
    ids_sql = f"select text, {spec.input_sql('text', 'VARCHAR', reader)} as account_id from ({texts_sql})"
    problem = spec.problem_sql("account_id", "VARCHAR", reader)
    return (
        f"select case when {problem} is null then account_id else error({quote_literal(fields[0])}) end as account_id, "
        f"text = account_id as is_unchanged from ({ids_sql})"
    )


def compute_digest(table: str, import_files: Sequence[ImportFile]) -> str:
    """Return a SHA-256 digest, in hex, of the files' contents and how they are read: it identifies a batch."""
    digest_parts: list[object] = [table]
    for import_file in import_files:
        with import_file.path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        reader = import_file.reader
        digest_parts.append([content, reader.columns, reader.verbs, reader.unit])
        if reader.timezone != "UTC":
            digest_parts.append(reader.timezone)
    return hashlib.sha256(json.dumps(digest_parts, sort_keys=True).encode()).hexdigest()


def find_local_instant(import_files: Sequence[ImportFile]) -> str | None:
    """Return the first instant without a UTC offset among the first records of each file; None if there is none."""
    for import_file in import_files:
        column = import_file.reader.columns["at"]
        if import_file.types[column] != "VARCHAR":
            continue
        at = import_file.column_sql(column)
        with duckdb_session(import_file.limits) as connection:
            rows = connection.execute(
                f"select {at} from (select {at} from {scan_sql(import_file)} limit {_SAMPLE_RECORDS}) "
                f"where {is_local_instant_sql(at)} limit 1"
            ).fetchall()
        if rows:
            return str(rows[0][0])
    return None


def _check_timezone(timezone: str, limits: SessionLimits) -> None:
    with duckdb_session(limits) as connection:
        rows = connection.execute("select 1 from pg_timezone_names() where name = ?", [timezone]).fetchall()
    if not rows:
        raise InvalidInputError(f"--tz is {timezone!r}; write a name of the IANA database, such as Europe/Berlin")


def _select_sql(table: str, import_file: ImportFile, unchanged: Collection[str]) -> str:
    outputs = []
    for name, sql_type in BATCH_COLUMNS[table].items():
        if name in unchanged:
            outputs.append(f'"{name}"')
        elif name in import_file.reader.columns:
            outputs.append(f'{_checked_value_sql(table, name, import_file)} as "{name}"')
        else:
            outputs.append(f'cast(null as {"varchar" if sql_type == "string" else sql_type}) as "{name}"')
    return f"select {', '.join(outputs)} from {values_sql(table, import_file, unchanged=unchanged)}"


def _checked_value_sql(table: str, name: str, import_file: ImportFile) -> str:
    """Return the SQL of a field's value, over the columns of `values_sql`; it fails if the value is not valid."""
    quoted_name = f'"{name}"'
    problem = problem_sql(table, name, import_file)
    return f"case when {problem} is null then {value_name(quoted_name)} else error('{name}') end"


def values_sql(table: str, import_file: ImportFile, *more_columns: str, unchanged: Collection[str] = ()) -> str:
    """Return a subquery with the input and the value of each field, and more columns of the file."""
    reader, fields = import_file.reader, FIELDS[table]
    plain, inputs, values = ["*"], list(more_columns), []
    for name, column in reader.columns.items():
        sql_type, column_sql, quoted_name = import_file.types[column], import_file.column_sql(column), f'"{name}"'
        input_sql = (text_value_sql if name in unchanged else fields[name].input_sql)(column_sql, sql_type, reader)
        if is_plain_sql := fields[name].is_plain_sql:
            plain.append(f"{is_plain_sql(column_sql, sql_type, reader)} as {plain_name(quoted_name)}")
            text = text_value_sql(column_sql, sql_type, reader)
            input_sql = f"case when {plain_name(quoted_name)} then {text} else {input_sql} end"
            inputs.append(plain_name(quoted_name))
        inputs.append(f"{input_sql} as {quoted_name}")
        values.append(f"{fields[name].value_sql(quoted_name, sql_type, reader)} as {value_name(quoted_name)}")
    source = f"(select {', '.join(plain)} from {scan_sql(import_file)})"
    return f"(select *, {', '.join(values)} from (select {', '.join(inputs)} from {source}))"


def problem_sql(table: str, name: str, import_file: ImportFile) -> str:
    """Return the SQL of a field's problem, over the columns of `values_sql`."""
    spec, quoted_name = FIELDS[table][name], f'"{name}"'
    sql_type = import_file.types[import_file.reader.columns[name]]
    sql = spec.problem_sql(quoted_name, sql_type, import_file.reader)
    return f"case when not coalesce({plain_name(quoted_name)}, false) then {sql} end" if spec.is_plain_sql else sql


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


def _detect_format(path: Path) -> str:
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
    """Return the numbers of the verbs that files cover: all, unless some are named; none in other tables."""
    if table not in {"interactions", "tallies"}:
        return set()
    whole_network = {WHOLE_NETWORK} if table == "interactions" and is_whole_network else set()
    return {VERBS[verb] for verb in (verbs or VERBS)} | whole_network
