"""Match the columns of import files with the fields of a table."""

import re
from collections.abc import Mapping
from datetime import datetime

from renown.errors import InvalidInputError
from renown.imports.column_reader import TIME_UNITS, ColumnReader
from renown.imports.csv_header import normalize_name
from renown.imports.fields import FIELDS
from renown.records import VERBS
from renown.text import suggest_spelling

_MAX_SHOWN_CHARS = 60
"""Maximum characters of a type in an error message."""


def match_columns(
    table: str,
    file_columns: list[str],
    *,
    columns: Mapping[str, str],
    verbs: Mapping[str, str],
    unit: str | None,
    now: datetime,
    file: str,
    network: str = "",
    timezone: str = "UTC",
) -> ColumnReader:
    """
    Match a table's fields with a file's columns.

    A field is matched by its own name, with or without ``_id`` and in any case, unless `columns`
    maps it to another column.

    Raises
    ------
    InvalidInputError
        If a required field has no column, or `columns`, `verbs` or `unit` contain something unknown.
    """
    if unit is not None and unit not in TIME_UNITS:
        raise InvalidInputError(f"--at-unit is {unit!r}; write one of {', '.join(TIME_UNITS)}")
    if unknown := {verb for verb in verbs.values() if verb not in VERBS}:
        raise InvalidInputError(
            f"--verbs has the unknown verb {', '.join(map(repr, sorted(unknown)))}; "
            f"{suggest_spelling(min(unknown), VERBS)}"
        )
    short_names = {field.removesuffix("_id").replace("interaction", "id"): field for field in FIELDS[table]}
    column_by_field = {short_names.get(field, field): column for field, column in columns.items()}
    if unknown := set(column_by_field) - set(FIELDS[table]):
        raise InvalidInputError(
            f"--map has the unknown field {', '.join(map(repr, sorted(unknown)))}; "
            f"{table} have: {', '.join(short_names)}"
        )
    if missing_columns := {column for column in column_by_field.values() if column not in file_columns}:
        listed = ", ".join(map(repr, sorted(missing_columns)))
        raise InvalidInputError(
            f"{file}: no column {listed}, which is in --map; the file has: {', '.join(file_columns)}"
        )
    for name, field in short_names.items():
        match = _find_column(name, file_columns) or _find_column(field, file_columns)
        if field not in column_by_field and match is not None:
            column_by_field[field] = match
    missing = [
        name for name, field in short_names.items() if FIELDS[table][field].required and field not in column_by_field
    ]
    if missing:
        raise InvalidInputError(
            f"{file}: no column for {', '.join(missing)}; the file has: {', '.join(file_columns)}. "
            f"Map it with --map {missing[0]}=COLUMN"
        )
    return ColumnReader(
        columns=column_by_field, verbs=dict(verbs), unit=unit, now=now, network=network, timezone=timezone
    )


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
            remedy = "write the value in it to a column of its own, and name that with --map"
        elif types[column] in {"FLOAT", "DOUBLE"} or types[column].startswith("DECIMAL"):
            remedy = "long ids lose digits in it; write them as text or as whole numbers"
        shown_type = types[column] if len(types[column]) <= _MAX_SHOWN_CHARS else f"{types[column][:_MAX_SHOWN_CHARS]}…"
        raise InvalidInputError(f"{file}: the column {column!r} has the type {shown_type}; {remedy}")
