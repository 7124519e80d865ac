"""
Lenient decoding of JSON: element by element, strict only about the fields that a model requires.

Servers with one API are many programs in many versions. A response that fits its model exactly is decoded by msgspec
alone. In any other response a number may stand for a text and a text for a number, an unreadable value becomes None or
else the default of its field, and an unreadable element of a list is dropped and reported; the others are kept.
"""

import functools
import inspect
import json
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

STRICT = msgspec.Meta(extra={"strict": True})
"""Marks a field with a default whose unreadable value makes the whole element unreadable."""

_MAX_DIGITS = 40
"""Digits of a whole number that are read; a longer one is no figure of this world, and costs time to convert."""
_WHOLE_NUMBER = re.compile(rf"[+-]?\d{{1,{_MAX_DIGITS}}}", re.ASCII)
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


@dataclass(frozen=True)
class DecodedJson:
    """A decoded response."""

    value: Any
    """Of the expected type."""
    dropped: tuple[str, ...] = ()
    """Elements of lists that were unreadable: where and why, without what others wrote."""


def decode_json(body: bytes, expected_type: Any) -> DecodedJson:
    """
    Decode JSON into a type; drop unreadable elements of its lists.

    Parameters
    ----------
    body : bytes
    expected_type : type
        A msgspec Struct, a list of them, or another type that msgspec decodes.

    Raises
    ------
    msgspec.ValidationError
        If the whole response does not have the expected type.
    msgspec.DecodeError, UnicodeDecodeError, RecursionError
        If it is not JSON, or nested too deeply.

    Examples
    --------
    >>> class Post(msgspec.Struct):
    ...     id: str
    ...     likes: int | None = None
    >>> decode_json(b'[{"id": 7, "likes": "3"}, {"id": "8", "likes": "many"}, {"id": null}]', list[Post])
    DecodedJson(value=[Post(id='7', likes=3), Post(id='8', likes=None)], dropped=('$[2].id: null instead of text',))
    """
    try:
        return DecodedJson(msgspec.json.decode(body, type=expected_type))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        data = _parse(body, error)
    return convert_data(data, expected_type)


def convert_data(data: Any, expected_type: Any) -> DecodedJson:
    """
    Convert decoded JSON or CBOR into a type; drop unreadable elements of its lists.

    Raises
    ------
    msgspec.ValidationError
        If the whole does not have the expected type.
    """
    decoder = _LenientDecoder()
    try:
        return DecodedJson(decoder.convert(data, expected_type, "$"), tuple(decoder.dropped))
    except _UnreadableError as error:
        raise msgspec.ValidationError(str(error)) from None


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


def _parse(body: bytes, error: Exception) -> Any:
    """Parse what msgspec refuses because of a part of it; raise its error if it is not JSON."""
    text = body.decode("utf-8", "replace")
    try:
        return _replace_surrogates(_PARSER.decode(text))
    except ValueError:
        msgspec.json.decode(body)  # tells truncated from malformed, also behind a field of an unexpected type
        raise error from None


def _parse_int(digits: str) -> int | None:
    return int(digits) if _WHOLE_NUMBER.fullmatch(digits) else None


_PARSER = json.JSONDecoder(strict=False, parse_int=_parse_int)


def _replace_surrogates(data: Any) -> Any:
    """Replace halves of characters, which no table, file or message can hold."""
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode("utf-8")
    if isinstance(data, list):
        return [_replace_surrogates(item) for item in data]
    if isinstance(data, dict):
        return {_replace_surrogates(key): _replace_surrogates(item) for key, item in data.items()}
    return data


class _UnreadableError(Exception):
    """A value cannot be converted: where and why."""


class _LenientDecoder:
    """Converts parsed JSON to a type, and collects the elements that it drops."""

    def __init__(self) -> None:
        self.dropped: list[str] = []

    def convert(self, value: Any, expected_type: Any, path: str) -> Any:
        """Convert a value; raise `_UnreadableError` if it cannot be."""
        plain_type = get_args(expected_type)[0] if get_origin(expected_type) is Annotated else expected_type
        if get_origin(plain_type) in {Union, types.UnionType}:
            return self._convert_union(value, plain_type, path)
        if get_origin(plain_type) is list:
            return self._convert_list(value, get_args(plain_type)[0], path)
        if inspect.isclass(plain_type) and issubclass(plain_type, msgspec.Struct):
            return self._convert_struct(value, plain_type, path)
        result = _convert_scalar(value, plain_type, path)
        return result if plain_type is expected_type else _check_limits(result, expected_type, path)

    def _convert_union(self, value: Any, union_type: Any, path: str) -> Any:
        options = [option for option in get_args(union_type) if option is not types.NoneType]
        if value is None and len(options) < len(get_args(union_type)):
            return None
        return self.convert(value, options[0], path) if len(options) == 1 else _convert_scalar(value, union_type, path)

    def _convert_list(self, value: Any, item_type: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise _unreadable(value, "a list", path)
        items = []
        for index, item in enumerate(value):
            dropped_count = len(self.dropped)
            try:
                items.append(self.convert(item, item_type, f"{path}[{index}]"))
            except _UnreadableError as error:
                self.dropped[dropped_count:] = [str(error)]
        return items

    def _convert_struct(self, value: Any, struct_type: type[msgspec.Struct], path: str) -> msgspec.Struct:
        if not isinstance(value, dict):
            raise _unreadable(value, "an object", path)
        fields: dict[str, Any] = {}
        for item in _struct_fields(struct_type):
            field_path = f"{path}.{item.encode_name}"
            if item.encode_name not in value:
                if item.required:
                    raise _UnreadableError(f"{field_path}: missing")
                continue
            try:
                fields[item.name] = self.convert(value[item.encode_name], item.type, field_path)
            except _UnreadableError:
                if item.required or _is_strict(item.type):
                    raise
                if types.NoneType in get_args(item.type):
                    fields[item.name] = None
        return struct_type(**fields)


@functools.cache
def _struct_fields(struct_type: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(struct_type)


def _is_strict(field_type: Any) -> bool:
    return get_origin(field_type) is Annotated and STRICT in get_args(field_type)[1:]


def _convert_scalar(value: Any, expected_type: Any, path: str) -> Any:
    if expected_type in _CONVERTERS:
        name, converter = _CONVERTERS[expected_type]
        result = converter(value)
        if result is None:
            raise _unreadable(value, name, path)
        return result
    try:
        return msgspec.convert(value, expected_type, strict=False)
    except msgspec.ValidationError as error:
        raise _UnreadableError(f"{path}: {error}") from None


def _check_limits(value: Any, annotated_type: Any, path: str) -> Any:
    """Return a converted value that keeps the limits of its type, such as the length of an id."""
    try:
        return msgspec.convert(value, annotated_type)
    except msgspec.ValidationError as error:
        raise _UnreadableError(f"{path}: {error}") from None


def _unreadable(value: Any, expected: str, path: str) -> _UnreadableError:
    kind = _KINDS.get(type(value), "a value")
    return _UnreadableError(f"{path}: {f'other {kind}' if kind == expected else kind} instead of {expected}")


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
        return int(value) if _WHOLE_NUMBER.fullmatch(value.strip()) else None
    return value if isinstance(value, int) else None


_CONVERTERS: Mapping[Any, tuple[str, Callable[[Any], Any]]] = {
    str: ("text", _to_text),
    int: ("a whole number", _to_int),
    datetime: ("an instant", parse_lenient_instant),
}
