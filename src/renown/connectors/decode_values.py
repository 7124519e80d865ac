"""Convert single values leniently: a text that is a number, a date without a zone, and the like."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time with its offset from UTC, in ISO 8601."""
_MAX_DIGITS = 40
"""Digits of a whole number that are read; a longer one is no figure of this world, and costs time to convert."""
WHOLE_NUMBER = re.compile(rf"[+-]?\d{{1,{_MAX_DIGITS}}}", re.ASCII)
_MIN_EPOCH_SECONDS, _MAX_EPOCH_SECONDS = 10**8, 10**11
"""Seconds since 1970 that are an instant: 1973 to 5138; a larger number is in milliseconds."""
_KINDS: Mapping[type, str] = {
    type(None): "null",
    bool: "a Boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


def parse_lenient_instant(value: object) -> datetime | None:
    """
    Parse an instant: ISO 8601 without a zone (UTC) or a time (midnight), or seconds or milliseconds since 1970.

    Examples
    --------
    >>> parse_lenient_instant("2026-11-20"), parse_lenient_instant("9999-12-31T23:59:59-05:00")
    (datetime.datetime(2026, 11, 20, 0, 0, tzinfo=datetime.timezone.utc), None)
    """
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value.strip())
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        seconds = value if isinstance(value, int | float) and not isinstance(value, bool) else 0
        seconds = seconds / 1000 if seconds >= _MAX_EPOCH_SECONDS else seconds
        return datetime.fromtimestamp(seconds, UTC) if seconds >= _MIN_EPOCH_SECONDS else None
    except (ValueError, OverflowError, OSError):
        return None


class UnreadableError(Exception):
    """A value cannot be converted: where and why."""


def convert_scalar(value: Any, expected_type: Any, path: str) -> Any:
    """Convert a value that is no list and no object; raise `UnreadableError` if it cannot be read."""
    if expected_type in _CONVERTERS:
        name, converter = _CONVERTERS[expected_type]
        result = converter(value)
        if result is None:
            raise unreadable_error(value, name, path)
        return result
    try:
        return msgspec.convert(value, expected_type, strict=False)
    except msgspec.ValidationError as error:
        raise UnreadableError(f"{path}: {error}") from None


def check_limits(value: Any, annotated_type: Any, path: str) -> Any:
    """Return a converted value that keeps the limits of its type, such as the length of an id."""
    try:
        return msgspec.convert(value, annotated_type)
    except msgspec.ValidationError as error:
        raise UnreadableError(f"{path}: {error}") from None


def unreadable_error(value: Any, expected: str, path: str) -> UnreadableError:
    """Return the error for a value of another kind than expected."""
    kind = _KINDS.get(type(value), "a value")
    return UnreadableError(f"{path}: {f'other {kind}' if kind == expected else kind} instead of {expected}")


def _to_text(value: Any) -> str | None:
    """Return text; a whole number is one, a fraction may have lost digits."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if isinstance(value, str) or is_number else None


def _to_int(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        return int(value) if WHOLE_NUMBER.fullmatch(value.strip()) else None
    return value if isinstance(value, int) else None


_CONVERTERS: Mapping[Any, tuple[str, Callable[[Any], Any]]] = {
    str: ("text", _to_text),
    int: ("a whole number", _to_int),
    datetime: ("an instant", parse_lenient_instant),
}
