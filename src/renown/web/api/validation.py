"""Parameters that failed validation, in words: what was sent, and what to write."""

from collections.abc import Mapping
from typing import Any

from renown.text import plural, truncate

_MAX_EXCERPT_LENGTH = 100
"""Characters of a value that a message repeats."""
_EXPECTATIONS = {
    "bool_parsing": "write true or false",
    "date_from_datetime_inexact": "write a day as 2026-11-23",
    "date_from_datetime_parsing": "write a day as 2026-11-23",
    "date_parsing": "write a day as 2026-11-23",
    "finite_number": "write a number",
    "float_parsing": "write a number",
    "greater_than_equal": "write a number of at least {ge:g}",
    "int_from_float": "write a whole number",
    "int_parsing": "write a whole number",
    "int_parsing_size": "write a smaller number",
    "less_than": "write a number below {lt:,}",
    "less_than_equal": "write a number of at most {le:g}",
    "string_pattern_mismatch": "write the `next` of the previous page",
    "value_error": "{error}",
}
"""What to do, by the type of Pydantic's error; the braces have the error's own context."""
_COUNT_EXPECTATIONS = {"too_short": "give at least {min_length}", "too_long": "give at most {max_length}"}
"""The same for parameters that can be repeated."""
_LENGTH_EXPECTATIONS = {
    "string_too_short": "write at least {min_length}",
    "string_too_long": "write at most {max_length}",
}
"""The same for texts."""


def describe_invalid_parameter(error: Mapping[str, Any]) -> str:
    """
    Return the message about a parameter that failed validation.

    Examples
    --------
    >>> describe_invalid_parameter(
    ...     {"type": "less_than_equal", "loc": ("query", "limit"), "input": "500", "ctx": {"le": 100}, "msg": ""}
    ... )
    "limit is '500'; write a number of at most 100"
    """
    name, value, context = ".".join(map(str, error["loc"][1:])), error["input"], error.get("ctx", {})
    kind = error["type"]
    if kind == "missing":
        return f"the parameter {name} is missing"
    if kind in _COUNT_EXPECTATIONS:
        times = "once" if len(value) == 1 else f"{len(value)} times"
        return f"{name} is given {times}; {_COUNT_EXPECTATIONS[kind].format(**context)}"
    if kind in _LENGTH_EXPECTATIONS:
        return f"{name} has {plural(len(value), 'character')}; {_LENGTH_EXPECTATIONS[kind].format(**context)}"
    excerpt = truncate(str(value), _MAX_EXCERPT_LENGTH)
    expectation = _EXPECTATIONS.get(kind)
    # A kind that no parameter has yet: Pydantic's own words are better than none.
    return f"{name} is {excerpt!r}; {expectation.format(**context) if expectation else error['msg'].lower()}"
