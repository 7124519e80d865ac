"""SQL that reads instants of import files, as epoch seconds, and names the problem of a refused one."""

import re

from renown.imports.column_reader import EARLIEST_INSTANT, TIME_UNITS, ColumnReader
from renown.imports.field_sql import value_name
from renown.steps import quote_literal

_LOCAL_INSTANT = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]+[0-9:.]*)?"
"""ISO 8601 text without a UTC offset."""


def instant_problem_sql(name: str, sql_type: str, reader: ColumnReader) -> str:  # noqa: ARG001 - same signature for all
    """Return SQL for the problem of an instant."""
    seconds = value_name(name)
    low, high = int(EARLIEST_INSTANT.timestamp()), int(reader.latest.timestamp())
    return (
        f"case when {seconds} between {low} and {high} then null when {name} is null then 'no instant' "
        f"when {seconds} is null then 'instant' when {seconds} < {low} then 'early' else 'late' end"
    )


def instant_value_sql(name: str, sql_type: str, reader: ColumnReader) -> str:
    """Return SQL for the epoch second of an instant; null if it is none."""
    units_per_second = TIME_UNITS[reader.unit or "s"]
    integer, decimal = f"try_cast({name} as bigint)", f"try_cast({name} as double)"
    from_decimal = f"case when isfinite({decimal}) then try_cast(floor({decimal} / {units_per_second}) as bigint) end"
    if reader.timezone != "UTC" and (
        sql_type == "DATE" or (sql_type.startswith("TIMESTAMP") and "ZONE" not in sql_type)
    ):
        local = f"timezone({quote_literal(reader.timezone)}, cast({name} as timestamp))"
        return f"case when isfinite({name}) then try_cast(floor(epoch({local})) as bigint) end"
    if sql_type.startswith(("TIMESTAMP", "DATE")):
        return f"case when isfinite({name}) then try_cast(floor(epoch({name})) as bigint) end"
    if "INT" in sql_type:
        return f"{integer} // {units_per_second}"
    if sql_type != "VARCHAR":
        return f"({from_decimal})"
    if reader.time_format is not None:
        return _formatted_seconds_sql(name, reader.time_format, reader.timezone)
    at = f"try_cast({name} as timestamptz)"
    if reader.timezone != "UTC":
        local = f"timezone({quote_literal(reader.timezone)}, try_cast({name} as timestamp))"
        at = f"case when {is_local_instant_sql(name, None)} then {local} else {at} end"
    text = f"try_cast(floor(epoch({at})) as bigint)"  # null for infinity
    if reader.unit is not None:
        text = "null"
    # Most files have ISO dates; to try them as numbers first would take as long again.
    return (
        f"(case when {name} like '____-%' then {text} "
        f"when contains({name}, '.') and isfinite({decimal}) then {from_decimal} "
        f"else coalesce({integer} // {units_per_second}, {text}) end)"
    )


def _formatted_seconds_sql(name: str, time_format: str, timezone: str) -> str:
    parsed = f"try_strptime({name}, {quote_literal(time_format)})"
    if not _has_offset(time_format):
        parsed = f"timezone({quote_literal(timezone)}, {parsed})"
    return f"try_cast(floor(epoch({parsed})) as bigint)"


def _has_offset(time_format: str) -> bool:
    """Tell whether timestamps in a format have a UTC offset or the name of a time zone."""
    return bool(re.search("%[zZ]", time_format.replace("%%", "")))


def is_local_instant_sql(name: str, time_format: str | None) -> str:
    """Return SQL that tells whether a text, read in a format, is an instant without a UTC offset."""
    if time_format is not None:
        return "false" if _has_offset(time_format) else f"{name} is not null"
    return f"regexp_full_match({name}, {quote_literal(_LOCAL_INSTANT)})"
