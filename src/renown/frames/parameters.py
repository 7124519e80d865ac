"""Parameters of the Python API: days, numbers, texts and frames, checked with their values."""

from __future__ import annotations

import reprlib
from collections import Counter
from datetime import UTC, date, datetime
from math import nan
from operator import index
from typing import Protocol

from renown.errors import InvalidInputError
from renown.method.parameters import BASE_SCORE, MAX_SCORE


class SupportsArrowStream(Protocol):
    """A frame that other libraries can read, by the PyCapsule interface of Arrow."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the rows as a stream of Arrow."""


def parse_day(day: date | str) -> date:
    """
    Return a day; text has to be as 2026-11-23.

    Frames have instants in place of dates, such as a Timestamp of pandas or a datetime64 of NumPy: one with a time zone
    is of its UTC day.

    Raises
    ------
    InvalidInputError
    """
    try:
        instant = day.astype("datetime64[D]").item() if hasattr(day, "astype") else day
        instant = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        if isinstance(instant, datetime) and instant.tzinfo:
            instant = instant.astimezone(UTC)
        if isinstance(instant, date):
            # Not date(): the missing instant of pandas returns itself.
            return date(instant.year, instant.month, instant.day)
    except (TypeError, ValueError):
        pass
    raise InvalidInputError(f"{shorten(day)} is not a day; write it as 2026-11-23, or give a date")


def check_frame(frame: object) -> None:
    """
    Check that a value is a frame, and its columns: libraries of Arrow have their names in a schema, others themselves.

    Raises
    ------
    InvalidInputError
        If it is no frame, or has no columns, or two of one name.
    """
    if not hasattr(frame, "__arrow_c_stream__"):
        raise InvalidInputError(
            f"a {type(frame).__name__} is no frame; give one of pandas, Polars, Arrow or DuckDB; collect a lazy one"
        )
    names = getattr(getattr(frame, "schema", None), "names", None)
    names = names if isinstance(names, list) else getattr(frame, "columns", None)
    if names is None:
        return
    counts = Counter(map(str, names))
    if not counts:
        raise InvalidInputError("the frame has no columns; give one with columns")
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise InvalidInputError(f"the frame has {counts[repeated[0]]} columns named {repeated[0]!r}; rename them")


def shorten(value: object) -> str:
    """Return the value of a parameter for an error message, without most of a long one."""
    return reprlib.repr(value)


def check_text(name: str, value: object) -> str:
    """
    Return a text that was given as a parameter of this name.

    Raises
    ------
    InvalidInputError
        If it is not text.
    """
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} is {shorten(value)}; write it as text")
    return value


def check_method(method: str | None) -> str | None:
    """
    Return the version of a method.

    Raises
    ------
    InvalidInputError
        If it is not text, such as a number.
    """
    if method is not None and not isinstance(method, str):
        raise InvalidInputError(f"method is {shorten(method)}; write the version as text, such as '3'")
    return method


def parse_optional_day(day: date | str | None) -> date | None:
    """Return a day as `parse_day` does; None if there is none."""
    return None if day is None else parse_day(day)


def check_count(name: str, value: int, *, least: int) -> int:
    """
    Return a number that was given as a parameter of this name.

    Raises
    ------
    InvalidInputError
        If it is not a whole number, or too small.
    """
    try:
        count = index(value)
    except TypeError:
        count = least - 1
    if count < least:
        raise InvalidInputError(f"{name} is {value!r}; write a whole number from {least} on")
    return count


def check_score(name: str, value: float) -> float:
    """
    Return a score that was given as a parameter of this name.

    Raises
    ------
    InvalidInputError
        If it is not a number from 1 to 100.
    """
    try:
        score = float(value)
    except (TypeError, ValueError):
        score = nan
    if not BASE_SCORE <= score <= MAX_SCORE:
        raise InvalidInputError(f"{name} is {value!r}; write a score of 1 to 100")
    return score
