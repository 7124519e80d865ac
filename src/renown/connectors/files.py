"""A user's own files: CSV, JSON lines and Parquet to records, and the first fault in them where there is one."""

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

from renown.connectors.fields import FIELDS, Reading, reading
from renown.errors import BadInput
from renown.records import SAID
from renown.steps import Step, literal

_CSV, _JSON, _PARQUET = {"csv", "tsv", "txt"}, {"jsonl", "ndjson", "json"}, {"parquet", "pq"}
_CHUNK = 1 << 20
_SHOWN = 60
"""Characters of a value that a message shows."""


@dataclass(frozen=True)
class Source:
    """One file and how to read it."""

    path: Path
    form: str
    """``csv``, ``json`` or ``parquet``."""
    delimiter: str
    types: Mapping[str, str]
    """Column to DuckDB's type; text for all but Parquet."""
    reading: Reading


def sources(
    paths: Sequence[Path],
    table: str,
    *,
    columns: Mapping[str, str],
    verbs: Mapping[str, str],
    unit: str | None,
    now: datetime,
) -> list[Source]:
    """
    Look at the heads of files and match their columns with a table's fields.

    Parameters
    ----------
    paths : sequence of Path
    table : str
        A table of `records.SAID`.
    columns, verbs : mapping of str to str
        Field to the files' column; the files' word to the verb.
    unit : str or None
        What numbers in `at` count, of `fields.UNITS`.
    now : datetime
        No record is younger.

    Raises
    ------
    BadInput
        If a file is missing, empty, cut short, of no known form, or lacks a column.
    """
    found = []
    for path in paths:
        form = _form(path)
        delimiter, types = ",", {}
        if form == "parquet":
            types = _parquet_types(path)
        else:
            _check_gzip(path)
            delimiter, present = _csv_head(path) if form == "csv" else (",", _json_keys(path))
            types = dict.fromkeys(present, "VARCHAR")
        match = reading(table, list(types), columns=columns, verbs=verbs, unit=unit, now=now, file=str(path))
        found.append(Source(path, form, delimiter, types, match))
    return found


def batch(table: str, found: Sequence[Source]) -> Step:
    """Return the step `batch`: the records of all files, in the columns of `records.SAID`."""
    sql = "\nunion all\n".join(_select(table, source) for source in found)
    return Step("batch", sql, dict(SAID[table]), stored=False)


def digest(table: str, found: Sequence[Source]) -> str:
    """Return a digest, in hex, of what files hold and how they are read: the same batch has the same."""
    said: list[object] = [table]
    for source in found:
        with source.path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        said.append([content, source.reading.columns, source.reading.verbs, source.reading.unit])
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def first_fault(table: str, found: Sequence[Source]) -> str | None:
    """
    Return what is wrong with the first record that cannot be taken, by file, line and value.

    Slow and careful; called once something is known to be wrong.
    """
    for source in found:
        try:
            for place, record in _records(source):
                for name, column in source.reading.columns.items():
                    fault = FIELDS[table][name].fault(record.get(column), source.reading)
                    if fault:
                        return f"{source.path}, {place}: {column} {_show(record.get(column))} {fault}"
        except _Unreadable as error:
            return f"{source.path}, {error}"
    return None


_LOOKED_AT = 1000
"""Records of JSON lines of which the keys are taken for the columns."""


class _Unreadable(Exception):
    """A line that is no record at all."""


def _select(table: str, source: Source) -> str:
    parts = []
    for name, kind in SAID[table].items():
        column = source.reading.columns.get(name)
        if column is None:
            parts.append(f'cast(null as {"varchar" if kind == "string" else kind}) as "{name}"')
        else:
            quoted = '"' + column.replace('"', '""') + '"'
            parts.append(f'{FIELDS[table][name].sql(name, quoted, source.types[column], source.reading)} as "{name}"')
    return f"select {', '.join(parts)} from {_reader(source)}"


def _reader(source: Source) -> str:
    path = literal(source.path)
    if source.form == "parquet":
        return f"read_parquet({path}, hive_partitioning=false)"
    columns = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in source.types) + "}"
    if source.form == "json":
        return f"read_json({path}, format='newline_delimited', columns={columns})"
    return (
        f"read_csv({path}, header=true, auto_detect=false, delim={literal(source.delimiter)}, "
        f"quote='\"', escape='\"', columns={columns}, nullstr='')"
    )


def _form(path: Path) -> str:
    if not path.is_file():
        msg = f"there is no file {str(path)!r}; check the name"
        raise BadInput(msg)
    if not path.stat().st_size:
        msg = f"{path}: the file is empty; was it written to its end?"
        raise BadInput(msg)
    suffix = path.with_suffix("").suffix[1:] if path.suffix == ".gz" else path.suffix[1:]
    for form, suffixes in (("csv", _CSV), ("json", _JSON), ("parquet", _PARQUET)):
        if suffix.lower() in suffixes:
            return form
    msg = f"{path}: cannot tell its form from its name; name it .csv, .jsonl (either may end in .gz) or .parquet"
    raise BadInput(msg)


def _parquet_types(path: Path) -> dict[str, str]:
    try:
        with duckdb.connect() as connection:
            rows = connection.execute(
                f"describe select * from read_parquet({literal(path)}, hive_partitioning=false)"
            ).fetchall()
    except duckdb.Error as error:
        msg = f"{path}: not a whole Parquet file ({str(error).splitlines()[0]}); write or fetch it again"
        raise BadInput(msg) from error
    return {row[0]: row[1] for row in rows}


def _check_gzip(path: Path) -> None:
    if path.suffix != ".gz":
        return
    try:
        with gzip.open(path) as file:
            size = sum(len(chunk) for chunk in iter(lambda: file.read(_CHUNK), b""))
    except (EOFError, OSError, zlib.error) as error:
        msg = f"{path}: the gzip file is broken or cut short ({error}); fetch or write it again"
        raise BadInput(msg) from error
    if not size:
        msg = f"{path}: nothing is in the gzip file; was it written to its end?"
        raise BadInput(msg)


def _open(path: Path) -> io.BufferedIOBase:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _text(path: Path) -> Iterator[str]:
    """Yield a file's lines with their ends; say which line is no UTF-8."""
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                shown = _show(line[:_SHOWN].decode("latin-1"))
                msg = (
                    f"line {number}: not UTF-8 (byte 0x{line[error.start]:02x} in {shown}); "
                    "convert the file, for instance with iconv -f LATIN1 -t UTF-8"
                )
                raise _Unreadable(msg) from error


def _csv_head(path: Path) -> tuple[str, list[str]]:
    try:
        line = next(_text(path), "").strip("\r\n")
    except _Unreadable as error:
        msg = f"{path}, {error}"
        raise BadInput(msg) from error
    delimiter = max(",;\t|", key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    if not any(names) or len(set(names)) != len(names):
        msg = f"{path}, line 1: {_show(line)} is no header; the first line must name the columns, each once"
        raise BadInput(msg)
    return delimiter, names


def _json_keys(path: Path) -> list[str]:
    """Return the keys of the first records: any of them may leave some out."""
    keys: dict[str, None] = {}
    try:
        for number, line in enumerate(_text(path), 1):
            if number > _LOOKED_AT:
                break
            keys |= dict.fromkeys(_json_record(line, number)) if line.strip() else {}
    except _Unreadable as error:
        msg = f"{path}, {error}"
        raise BadInput(msg) from error
    return list(keys)


def _json_record(line: str, number: int) -> dict[str, object]:
    try:
        record = json.loads(line)
    except ValueError as error:
        msg = f"line {number}: {_show(line)} is no JSON ({error}); write one object a line"
        raise _Unreadable(msg) from error
    if not isinstance(record, dict):
        msg = f"line {number}: {_show(line)} is no JSON object; write one object a line"
        raise _Unreadable(msg)
    return record


def _records(source: Source) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield (place, record) as a person would look for it."""
    if source.form == "parquet":
        yield from _parquet_records(source)
    elif source.form == "json":
        for number, line in enumerate(_text(source.path), 1):
            if line.strip():
                yield f"line {number}", _json_record(line, number)
    else:
        yield from _csv_records(source)


def _csv_records(source: Source) -> Iterator[tuple[str, dict[str, object]]]:
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(_text(source.path), delimiter=source.delimiter)
    names = next(rows)
    try:
        before = rows.line_num
        for row in rows:
            if row and len(row) != len(names):
                fields = f"{len(row)} fields where the header has {len(names)}"
                msg = f"line {before + 1}: {fields}; is a quote or a delimiter missing?"
                raise _Unreadable(msg)
            if row:
                yield f"line {before + 1}", dict(zip(names, row, strict=True))
            before = rows.line_num
    except csv.Error as error:
        msg = f"line {rows.line_num}: {error}; is a quote missing?"
        raise _Unreadable(msg) from error


def _parquet_records(source: Source) -> Iterator[tuple[str, dict[str, object]]]:
    columns = list(source.reading.columns.values())
    select = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.execute(f"select {select} from {_reader(source)}")
        number = 0
        while chunk := rows.fetchmany(10_000):
            for row in chunk:
                number += 1
                yield f"row {number:,}", dict(zip(columns, row, strict=True))


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
