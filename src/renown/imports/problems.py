"""
Problems of refused values in import files, in words: what is wrong, and what to do.

The SQL of the fields decides alone; it names a problem, of which this has the words, so that an explanation cannot
disagree with the refusal.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from renown.connectors.mastodon.ids import normalize_account_id
from renown.imports.column_reader import EARLIEST_INSTANT, TIME_UNITS, ColumnReader
from renown.imports.field_sql import MAX_COUNT
from renown.imports.time_formats import suggest_time_formats
from renown.records import MAX_ID_BYTES, VERBS
from renown.text import find_nearest, suggest_spelling

_MAX_UTC_OFFSET = timedelta(hours=14)
"""Largest UTC offset of a time zone (Line Islands)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT_FORM = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?|$)", re.ASCII)
"""A day and time in ISO 8601, whether or not it exists; what follows the seconds does not matter."""


@dataclass(frozen=True)
class InvalidValue:
    """A refused value, as the SQL read it."""

    text: str | None
    """The file's value."""
    number: float | None
    """The same as a number, if it is one."""
    value: object
    """What `FieldSpec.value_sql` made of it."""


_UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
"""Unit of `TIME_UNITS` to its name."""


def describe_problem(problem: str, invalid: InvalidValue, reader: ColumnReader, *, required: bool) -> str:
    """Return what is wrong with a refused value and what to do, to be read after the value."""
    if problem in {"early", "late"}:
        return _describe_out_of_range(problem, invalid, reader)
    if problem == "instant":
        return _describe_no_instant(invalid.text or "", reader)
    unknown = "" if required else ", or leave it empty if it is unknown"
    sentences = {
        "empty": "is empty; every record needs it",
        "no instant": "is empty; every record needs a timestamp",
        "no flag": "is empty; write true or false",
        "too long": f"is {len((invalid.text or '').encode()):,} bytes long; an id or handle has at most "
        f"{MAX_ID_BYTES:,}. Is it the right column?",
        "missing": "is a word for a missing value, not an id; remove the record, or write its permanent id",
        "damaged": "is a number in floating point, which spreadsheets and pandas make of long ids: digits are lost. "
        "Export the ids again as text",
        "object": "is an object or list, not an id; write the id in it to a column of its own, and name that: "
        + reader.names.map_column("FIELD"),
        "url": f"is not an address on the web; write all of it, from https:// on{unknown}",
        "long url": f"is {len((invalid.text or '').encode()):,} bytes long; an address has at most {MAX_ID_BYTES:,}. "
        "Is it the right column?",
        "tags": "is not a list of tags; write them with commas between them, such as python,open data, or as a JSON "
        f"list of texts{unknown}",
        "address": f"has a domain that is not as in DNS; write {_suggest_address(invalid.text)}",
        "verb": f"is not a known verb; {_suggest_verb(invalid.text or '', reader)}",
        "no number": f"is not a number; write a whole number of 0 or more{unknown}",
        "no count": f"is not a count; write a whole number from 0 to {MAX_COUNT:,}",
        "flag": f"is neither true nor false; write one of them{unknown}",
    }
    return sentences[problem]


def _describe_out_of_range(problem: str, invalid: InvalidValue, reader: ColumnReader) -> str:
    seconds = int(str(invalid.value))
    if (instant := _format_seconds(seconds)) is None:
        side = "after the year 9999" if problem == "late" else "before the year 1"
        return f"is {side}{_suggest_unit(invalid, reader)}"
    if 0 < seconds - reader.latest.timestamp() <= _MAX_UTC_OFFSET.total_seconds():
        return (
            f"is {instant}, in the future; times without a UTC offset are read as "
            f"{reader.timezone}: if this is a local time, add its offset, such as +09:00, or name its zone with "
            f"{reader.names.timezone}; otherwise correct the file, or the clock of this machine"
        )
    side = "in the future" if problem == "late" else f"before {EARLIEST_INSTANT.year}"
    return f"is {instant}, {side}{_suggest_unit(invalid, reader)}"


def _describe_no_instant(text: str, reader: ColumnReader) -> str:
    numbers = f"a number of {_UNIT_NAMES[reader.unit or 's']} (see {reader.names.unit})"
    if reader.unit is not None:
        return f"is not a timestamp; write {numbers}"
    if reader.time_format is not None:
        return f"is not a timestamp in the format {reader.time_format!r} (see {reader.names.time_format})"
    if _is_impossible_instant(text):
        return "is a day or time that does not exist; correct it"
    if suggestions := suggest_time_formats(text, reader):
        return f"is not a timestamp in ISO 8601; {', '.join(suggestions)}"
    return f"is not a timestamp; write ISO 8601 text such as 2026-11-20T10:00:00Z, or {numbers}"


def _suggest_verb(word: str, reader: ColumnReader) -> str:
    """Suggest the verb that is nearest to a word, and how to map the word."""
    nearest = find_nearest(word, VERBS)
    mapping = reader.names.map_verb(word or "WORD", nearest or "VERB")
    return f"{suggest_spelling(word, VERBS)}{'' if nearest else '.'} Map it with {mapping}"


def _is_impossible_instant(text: str) -> bool:
    """Tell whether a text has the form of a day and time in ISO 8601, but there is none such."""
    if not (match := _INSTANT_FORM.match(text.strip())):
        return False
    try:
        datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return True
    return False


def _format_seconds(seconds: int) -> str | None:
    """Return an instant in ISO 8601; None if it is outside of the years 1 to 9999."""
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat(timespec="seconds")
    except OverflowError:
        return None


def _suggest_unit(invalid: InvalidValue, reader: ColumnReader) -> str:
    """Suggest a unit in which a numeric timestamp would be valid."""
    for unit, per_second in TIME_UNITS.items() if invalid.number is not None else ():
        seconds = invalid.number // per_second  # type: ignore[operator]
        if EARLIEST_INSTANT.timestamp() <= seconds <= reader.latest.timestamp():
            return f"; in {unit} it would be {_format_seconds(int(seconds))}: try {reader.names.set_unit(unit)}"
    return "; correct the file, or the clock of this machine"


def _suggest_address(text: str | None) -> str:
    name = normalize_account_id((text or "").strip().lstrip("@"), "")
    return repr(name) if name and name.isascii() else "user@domain, such as ada@example.social"
