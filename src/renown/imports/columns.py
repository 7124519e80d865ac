"""Columns of import files: how each field is read (in SQL), and what is wrong with an invalid value (in Python)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from renown.errors import InvalidInputError
from renown.records import MAX_ID_BYTES, VERBS
from renown.steps import quote_literal

EARLIEST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
"""Earliest valid instant: no supported network is older, so an earlier one was read in the wrong unit."""
MAX_CLOCK_SKEW = timedelta(minutes=10)
"""How far a source's clock may be ahead of ours."""
_MAX_UTC_OFFSET = timedelta(hours=14)
"""Largest UTC offset of a time zone (Line Islands)."""
TIME_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Unit of a numeric timestamp to units per second."""
MAX_COUNT = 10**12
"""Maximum count: no channel has as many views, and the sum of 100 of them in millionths is below 2^63."""
_NUMBER_PATTERN = re.compile(r"[+-]?\d+(\.\d*)?$")


@dataclass(frozen=True)
class ColumnReader:
    """How to read the columns of a file."""

    columns: Mapping[str, str]
    """Field to the file's column name."""
    verbs: Mapping[str, str]
    """The file's own word to the verb; words that are already verbs need no entry."""
    unit: str | None
    """Unit of numeric timestamps, of `TIME_UNITS`; None for seconds, or ISO 8601 text."""
    now: datetime
    """Latest valid instant, apart from clock skew."""

    @property
    def verb_codes(self) -> dict[str, int]:
        """Every valid word of the verb column to the verb's number."""
        return dict(VERBS) | {word: VERBS[verb] for word, verb in self.verbs.items()}

    @property
    def latest(self) -> datetime:
        """Latest valid instant, with clock skew."""
        return self.now + MAX_CLOCK_SKEW


@dataclass(frozen=True)
class FieldSpec:
    """A field of a table: whether it is required, how to read it, and what is wrong with an invalid value."""

    required: bool
    sql: Callable[[str, str, str, ColumnReader], str]
    """(field, column, SQL type of the column, reader) to an SQL expression that fails with ``error(field)``."""
    find_error: Callable[[object, ColumnReader], str | None]
    """(value, reader) to what is wrong with the value and what to do; None if it is valid."""


def _checked_sql(field: str, condition: str, value: str) -> str:
    return f"case when {condition} then {value} else error('{field}') end"


def _id_sql(field: str, column: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    text = column if sql_type == "VARCHAR" else f"cast({column} as varchar)"
    return _checked_sql(field, f"strlen({text}) between 1 and {MAX_ID_BYTES}", text)


def _text_sql(field: str, column: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    text = column if sql_type == "VARCHAR" else f"cast({column} as varchar)"
    fits = f"when strlen({text}) <= {MAX_ID_BYTES} then nullif({text}, '')"
    return f"case {fits} when {text} is not null then error('{field}') end"


def _verb_sql(field: str, column: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    cases = " ".join(f"when {quote_literal(word)} then {code}" for word, code in reader.verb_codes.items())
    return f"cast(case {column} {cases} else error('{field}') end as smallint)"


def _count_sql(field: str, column: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    number = f"try_cast({column} as double)"
    return _checked_sql(
        field, f"{number} between 0 and {MAX_COUNT} and {number} = floor({number})", f"cast({number} as bigint)"
    )


def _optional_count_sql(field: str, column: str, sql_type: str, reader: ColumnReader) -> str:
    count = _count_sql(field, column, sql_type, reader)
    return f"case when {_is_blank_sql(column, sql_type)} then null else {count} end"


def _optional_bool_sql(field: str, column: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    flag = f"try_cast({column} as boolean)"
    blank = _is_blank_sql(column, sql_type)
    return f"case when {blank} then null when {flag} is not null then {flag} else error('{field}') end"


def _bool_sql(field: str, column: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    flag = f"try_cast({column} as boolean)"
    return _checked_sql(field, f"{flag} is not null", flag)


def _instant_sql(field: str, column: str, sql_type: str, reader: ColumnReader) -> str:
    units_per_second = TIME_UNITS[reader.unit or "s"]
    integer, decimal = f"try_cast({column} as bigint)", f"try_cast({column} as double)"
    if sql_type.startswith(("TIMESTAMP", "DATE")):
        seconds = f"cast(floor(epoch({column})) as bigint)"
    elif sql_type != "VARCHAR":
        seconds = (
            f"{integer} // {units_per_second}"
            if "INT" in sql_type
            else f"cast(floor({decimal} / {units_per_second}) as bigint)"
        )
    else:
        text = f"cast(floor(epoch(try_cast({column} as timestamptz))) as bigint)"
        seconds = (
            f"case when contains({column}, '.') and {decimal} is not null and isfinite({decimal}) "
            f"then try_cast(floor({decimal} / {units_per_second}) as bigint) "
            f"else coalesce({integer} // {units_per_second}, {text if reader.unit is None else 'null'}) end"
        )
    low, high = int(EARLIEST_INSTANT.timestamp()), int(reader.latest.timestamp())
    return _checked_sql(field, f"({seconds}) between {low} and {high}", f"({seconds})")


def _optional_instant_sql(field: str, column: str, sql_type: str, reader: ColumnReader) -> str:
    instant = _instant_sql(field, column, sql_type, reader)
    return f"case when {_is_blank_sql(column, sql_type)} then null else {instant} end"


def _is_blank_sql(column: str, sql_type: str) -> str:
    return f"({column} is null or {column} = '')" if sql_type == "VARCHAR" else f"{column} is null"


def _find_id_error(value: object, reader: ColumnReader) -> str | None:
    if value is None or value == "":
        return "is empty; every record needs it"
    return _find_text_error(value, reader)


def _find_text_error(value: object, _reader: ColumnReader) -> str | None:
    size = len(str(value if value is not None else "").encode())
    return (
        f"is {size:,} bytes long; an id or handle has at most {MAX_ID_BYTES:,}. Is it the right column?"
        if size > MAX_ID_BYTES
        else None
    )


def _find_verb_error(value: object, reader: ColumnReader) -> str | None:
    if value in reader.verb_codes:
        return None
    return f"is not a known verb; known: {', '.join(VERBS)}. Map it with --verbs {value or 'WORD'}=repost"


def _find_count_error(value: object, _reader: ColumnReader) -> str | None:
    try:
        number = float(str(value))
    except ValueError:
        return "is not a number; write a whole number of 0 or more"
    if not 0 <= number <= MAX_COUNT or number != int(number):
        return f"is not a count; write a whole number from 0 to {MAX_COUNT:,}"
    return None


def _find_optional_count_error(value: object, reader: ColumnReader) -> str | None:
    return None if value in (None, "") else _find_count_error(value, reader)


def _find_optional_bool_error(value: object, _reader: ColumnReader) -> str | None:
    if value in (None, "") or str(value).lower() in {"true", "false", "t", "f", "1", "0", "yes", "no", "y", "n"}:
        return None
    return "is neither true nor false; write one of them, or leave it empty"


def _find_bool_error(value: object, reader: ColumnReader) -> str | None:
    return "is empty; write true or false" if value in (None, "") else _find_optional_bool_error(value, reader)


def _find_optional_instant_error(value: object, reader: ColumnReader) -> str | None:
    return None if value in (None, "") else _find_instant_error(value, reader)


def _find_instant_error(value: object, reader: ColumnReader) -> str | None:
    if value in (None, ""):
        return "is empty; every record needs a timestamp"
    try:
        at = _parse_instant(value, reader.unit)
    except (ValueError, OverflowError):
        return f"is not a timestamp; write ISO 8601 text or a number of {reader.unit or 's'} (see --at-unit)"
    if at is not None and EARLIEST_INSTANT <= at <= reader.latest:
        return None
    instant_text = "beyond the year 9999" if at is None else at.isoformat(timespec="seconds")
    if at is not None and reader.latest < at <= reader.latest + _MAX_UTC_OFFSET:
        return (
            f"is {instant_text}, in the future; times without a UTC offset are read as UTC: if this is a local time, "
            "add its offset, such as +09:00; otherwise correct the file, or the clock of this machine"
        )
    side = "in the future" if at is None or at > reader.latest else f"before {EARLIEST_INSTANT.year}"
    return f"is {instant_text}, {side}{_suggest_unit(value, reader)}"


def _suggest_unit(value: object, reader: ColumnReader) -> str:
    """Suggest a unit in which a numeric timestamp would be valid."""
    for unit in TIME_UNITS:
        try:
            at = _parse_instant(value, unit) if _NUMBER_PATTERN.match(str(value)) else None
        except (ValueError, OverflowError):
            continue
        if at is not None and EARLIEST_INSTANT <= at <= reader.latest:
            return f"; in {unit} it would be {at.isoformat(timespec='seconds')}: try --at-unit {unit}"
    return "; correct the file, or the clock of this machine"


def _parse_instant(value: object, unit: str | None) -> datetime | None:
    """Convert a value to an instant; None if it is out of the calendar's range."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if unit is None and not _NUMBER_PATTERN.match(str(value)):
        at = datetime.fromisoformat(str(value))
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return datetime.fromtimestamp(float(str(value)) / TIME_UNITS[unit or "s"], UTC)
    except (OverflowError, OSError, ValueError):
        if not _NUMBER_PATTERN.match(str(value)):
            raise
        return None


_ID, _COUNT, _INSTANT = (
    (True, _id_sql, _find_id_error),
    (True, _count_sql, _find_count_error),
    (True, _instant_sql, _find_instant_error),
)
_VERB, _BOOL = (True, _verb_sql, _find_verb_error), (True, _bool_sql, _find_bool_error)
_TEXT, _OPTIONAL_COUNT, _OPTIONAL_BOOL = (
    (False, _text_sql, _find_text_error),
    (False, _optional_count_sql, _find_optional_count_error),
    (False, _optional_bool_sql, _find_optional_bool_error),
)

FIELDS: dict[str, dict[str, FieldSpec]] = {
    "interactions": {
        "interaction_id": FieldSpec(*_TEXT),
        "verb": FieldSpec(*_VERB),
        "actor_id": FieldSpec(*_ID),
        "target_id": FieldSpec(*_ID),
        "post_id": FieldSpec(*_TEXT),
        "at": FieldSpec(*_INSTANT),
        "unverified": FieldSpec(*_OPTIONAL_BOOL),
    },
    "tallies": {
        "account_id": FieldSpec(*_ID),
        "post_id": FieldSpec(*_TEXT),
        "verb": FieldSpec(*_VERB),
        "count": FieldSpec(*_COUNT),
        "at": FieldSpec(*_INSTANT),
        "self_reported": FieldSpec(*_OPTIONAL_BOOL),
    },
    "profiles": {
        "account_id": FieldSpec(*_ID),
        "handle": FieldSpec(*_TEXT),
        "followers": FieldSpec(*_OPTIONAL_COUNT),
        "following": FieldSpec(*_OPTIONAL_COUNT),
        "posts": FieldSpec(*_OPTIONAL_COUNT),
        "lists": FieldSpec(*_OPTIONAL_COUNT),
        "verified": FieldSpec(*_OPTIONAL_BOOL),
        "created_at": FieldSpec(required=False, sql=_optional_instant_sql, find_error=_find_optional_instant_error),
        "at": FieldSpec(*_INSTANT),
        "self_reported": FieldSpec(*_OPTIONAL_BOOL),
    },
    "undone": {
        "interaction_id": FieldSpec(*_ID),
        "at": FieldSpec(*_INSTANT),
    },
    "presence": {
        "account_id": FieldSpec(*_ID),
        "present": FieldSpec(*_BOOL),
        "at": FieldSpec(*_INSTANT),
    },
}
"""Table to its fields, in the order of `records.BATCH_COLUMNS`."""


def match_columns(
    table: str,
    file_columns: list[str],
    *,
    columns: Mapping[str, str],
    verbs: Mapping[str, str],
    unit: str | None,
    now: datetime,
    file: str,
) -> ColumnReader:
    """
    Match a table's fields with a file's columns.

    A field is matched by its own name, with or without ``_id``, unless `columns`
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
            f"--verbs has the unknown verb {', '.join(map(repr, sorted(unknown)))}; known verbs: {', '.join(VERBS)}"
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
        match = next((column for column in (name, field) if column in file_columns), None)
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
    return ColumnReader(column_by_field, dict(verbs), unit, now)
