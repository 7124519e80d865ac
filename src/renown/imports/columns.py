"""Match the columns of import files with the fields of a table."""

import re
from collections.abc import Mapping
from dataclasses import replace

from renown.errors import InvalidInputError
from renown.imports.column_reader import TIME_UNITS, ColumnReader
from renown.imports.csv_header import normalize_name
from renown.imports.fields import DETAIL_FIELDS, FIELDS
from renown.records import VERBS
from renown.text import suggest_spelling, truncate

_MAX_SHOWN_CHARS = 60
"""Maximum characters of a type in an error message."""


def check_reader(reader: ColumnReader) -> None:
    """
    Check the unit and the verbs that a caller gave.

    Raises
    ------
    InvalidInputError
        If one is unknown, or timestamps have both a unit and a format.
    """
    names = reader.names
    if reader.unit is not None and reader.unit not in TIME_UNITS:
        raise InvalidInputError(f"{names.unit} is {reader.unit!r}; write one of {', '.join(TIME_UNITS)}")
    if reader.unit is not None and reader.time_format is not None:
        raise InvalidInputError(f"{names.unit} is for numbers, {names.time_format} for text; write one of them")
    if unknown := {verb for verb in reader.verbs.values() if verb not in VERBS}:
        raise InvalidInputError(
            f"{names.verbs} has the unknown verb {', '.join(map(repr, sorted(unknown)))}; "
            f"{suggest_spelling(min(unknown), VERBS)}"
        )


def match_columns(table: str, file_columns: list[str], reader: ColumnReader, *, file: str) -> ColumnReader:
    """
    Match a table's fields with a file's columns.

    A field is matched by its own name, with or without ``_id`` and in any case, unless the reader
    maps it to another column.

    Raises
    ------
    InvalidInputError
        If a required field, or all details, have no column, or the reader maps something unknown.
    """
    short_names = {name.removesuffix("_id").replace("interaction", "id"): name for name in FIELDS[table]}
    column_by_field = {short_names.get(name, name): column for name, column in reader.columns.items()}
    if unknown := set(column_by_field) - set(FIELDS[table]):
        raise InvalidInputError(
            f"{table} have no field {min(unknown)!r}; {suggest_spelling(min(unknown), short_names)}"
        )
    listed_columns = f"the file has: {', '.join(file_columns)}"
    for name, column in reader.columns.items():
        if column not in file_columns:
            raise InvalidInputError(f"{file}: no column {column!r}, named for {name}; {listed_columns}")
    for name, field in short_names.items():
        match = _find_column(name, file_columns) or _find_column(field, file_columns)
        if field not in column_by_field and match is not None:
            column_by_field[field] = match
    missing = [
        name for name, field in short_names.items() if FIELDS[table][field].required and field not in column_by_field
    ]
    if missing:
        raise InvalidInputError(
            f"{file}: no column for {', '.join(missing)}; {listed_columns}. "
            f"Map it with {reader.names.map_column(missing[0])}"
        )
    if (details := DETAIL_FIELDS.get(table, ())) and column_by_field.keys().isdisjoint(details):
        raise InvalidInputError(
            f"{file}: no column for any of {', '.join(details)}; {listed_columns}. "
            f"Map one with {reader.names.map_column(details[0])}"
        )
    return replace(reader, columns=column_by_field)


def _find_column(name: str, file_columns: list[str]) -> str | None:
    """Return the column of a name, else the only one that differs from it in case and blanks alone."""
    similar = [column for column in file_columns if normalize_name(column) == name]
    return name if name in file_columns else similar[0] if len(similar) == 1 else None


def check_types(table: str, types: Mapping[str, str], reader: ColumnReader, *, file: str) -> None:
    """
    Check that the columns of a file with types can be read as fields.

    Raises
    ------
    InvalidInputError
        If one has another type, such as an id in floating point.
    """
    for field, column in reader.columns.items():
        if re.fullmatch(FIELDS[table][field].types, types[column]):
            continue
        remedy = "write it as text"
        if types[column].startswith(("STRUCT", "MAP")) or types[column].endswith("]"):
            remedy = f"write the value in it to a column of its own, and name that: {reader.names.map_column(field)}"
        elif types[column] in {"FLOAT", "DOUBLE"} or types[column].startswith("DECIMAL"):
            remedy = "long ids lose digits in it; write them as text or as whole numbers"
            if re.fullmatch(FIELDS[table][field].types, "BOOLEAN"):
                remedy = "write true or false"
        shown_type = truncate(types[column], _MAX_SHOWN_CHARS)
        raise InvalidInputError(f"{file}: the column {column!r} has the type {shown_type}; {remedy}")
