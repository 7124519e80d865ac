"""Convert the values of a table of settings to the types of its fields, with errors that say what to write."""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from renown.errors import InvalidSettingsError

Table = TypeVar("Table")


def convert_table(table_type: type[Table], name: str, values: Mapping[str, Any], home: Path) -> Table:
    """
    Convert the values of a table; fields without a value have their defaults.

    Numbers and booleans may be text, as environment variables are. An empty text is None where a field may be None,
    text with commas is a tuple, and relative paths start at the home.

    Parameters
    ----------
    table_type : type
        A dataclass.
    name : str
        Name of the table, for errors.
    values : mapping
        Field to value; every key is a field.
    home : Path

    Raises
    ------
    InvalidSettingsError
        If a value does not have the type of its field, or is out of its range.
    """
    field_types = get_type_hints(table_type, include_extras=True)
    secret_fields = {field.name for field in dataclasses.fields(table_type) if not field.repr}  # type: ignore[arg-type]
    converted: dict[str, Any] = {}
    for key, value in values.items():
        try:
            converted[key] = _convert(value, field_types[key], home)
        except msgspec.ValidationError as error:
            # A URL may contain a password.
            is_secret = key in secret_fields or "://" in str(value)
            hint = _describe_type(field_types[key]) or str(error)
            raise InvalidSettingsError(
                f"{name}.{key} is {'not valid' if is_secret else repr(value)}; write {hint}"
            ) from error
    return table_type(**converted)


def _convert(value: Any, field_type: Any, home: Path) -> Any:
    if isinstance(value, str):
        value = value.strip()
        if not value and type(None) in get_args(field_type):
            return None
        if get_origin(field_type) is tuple:
            value = [part.strip() for part in re.split(r"[,\n]", value) if part.strip()]
    return msgspec.convert(value, field_type, strict=False, dec_hook=lambda _type, path: home / Path(path).expanduser())


def _describe_type(field_type: Any) -> str:
    """Say what a value of a type looks like."""
    if type(None) in get_args(field_type):
        return _describe_type(next(part for part in get_args(field_type) if part is not type(None)))
    if field_type is bool:
        return "true or false"
    if field_type is str:
        return "text, in quotes"
    if get_origin(field_type) is Literal:
        return " or ".join(map(repr, get_args(field_type)))
    if get_origin(field_type) is Annotated:
        limits: msgspec.Meta = get_args(field_type)[1]
        start = f"of {limits.ge} or more, " if limits.ge else ""
        return limits.description or f"a whole number {start}up to {limits.le}"
    return ""
