"""
Lenient decoding of JSON: element by element, strict only about the fields that a model requires.

Servers with one API are many programs in many versions. A response that fits its model exactly is decoded by msgspec
alone. In any other response a number may stand for a text and a text for a number, an unreadable value becomes None or
else the default of its field, and an unreadable element of a list is dropped and reported; the others are kept.
"""

import functools
import inspect
import json
import types
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from renown.connectors.decode_values import (
    WHOLE_NUMBER,
    UnreadableError,
    check_limits,
    convert_scalar,
    unreadable_error,
)

STRICT = msgspec.Meta(extra={"strict": True})
"""Marks a field with a default whose unreadable value makes the whole element unreadable."""


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
    except UnreadableError as error:
        raise msgspec.ValidationError(str(error)) from None


def _parse(body: bytes, error: Exception) -> Any:
    """Parse what msgspec refuses because of a part of it; raise its error if it is not JSON."""
    text = body.decode("utf-8", "replace")
    try:
        return _replace_surrogates(_PARSER.decode(text))
    except ValueError:
        msgspec.json.decode(body)  # tells truncated from malformed, also behind a field of an unexpected type
        raise error from None


def _parse_int(digits: str) -> int | None:
    return int(digits) if WHOLE_NUMBER.fullmatch(digits) else None


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


class _LenientDecoder:
    """Converts parsed JSON to a type, and collects the elements that it drops."""

    def __init__(self) -> None:
        self.dropped: list[str] = []

    def convert(self, value: Any, expected_type: Any, path: str) -> Any:
        """Convert a value; raise `UnreadableError` if it cannot be."""
        plain_type = get_args(expected_type)[0] if get_origin(expected_type) is Annotated else expected_type
        if get_origin(plain_type) in {Union, types.UnionType}:
            return self._convert_union(value, plain_type, path)
        if get_origin(plain_type) is list:
            return self._convert_list(value, get_args(plain_type)[0], path)
        if inspect.isclass(plain_type) and issubclass(plain_type, msgspec.Struct):
            return self._convert_struct(value, plain_type, path)
        result = convert_scalar(value, plain_type, path)
        return result if plain_type is expected_type else check_limits(result, expected_type, path)

    def _convert_union(self, value: Any, union_type: Any, path: str) -> Any:
        options = [option for option in get_args(union_type) if option is not types.NoneType]
        if value is None and len(options) < len(get_args(union_type)):
            return None
        return self.convert(value, options[0], path) if len(options) == 1 else convert_scalar(value, union_type, path)

    def _convert_list(self, value: Any, item_type: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise unreadable_error(value, "a list", path)
        items = []
        for index, item in enumerate(value):
            dropped_count = len(self.dropped)
            try:
                items.append(self.convert(item, item_type, f"{path}[{index}]"))
            except UnreadableError as error:
                self.dropped[dropped_count:] = [str(error)]
        return items

    def _convert_struct(self, value: Any, struct_type: type[msgspec.Struct], path: str) -> msgspec.Struct:
        if not isinstance(value, dict):
            raise unreadable_error(value, "an object", path)
        fields: dict[str, Any] = {}
        for item in _struct_fields(struct_type):
            field_path = f"{path}.{item.encode_name}"
            if item.encode_name not in value:
                if item.required:
                    raise UnreadableError(f"{field_path}: missing")
                continue
            try:
                fields[item.name] = self.convert(value[item.encode_name], item.type, field_path)
            except UnreadableError:
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
