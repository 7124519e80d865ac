"""Suggest formats that read a timestamp of an import file, in the directives of strptime."""

from datetime import UTC, datetime
from itertools import product

from renown.imports.column_reader import ColumnReader

_DATES = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%a, %d %b %Y",
)
_SEPARATORS = (" ", ", ")
_TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S %z")
_COMMON_FORMATS = (
    *_DATES,
    *map("".join, product(_DATES, _SEPARATORS, _TIMES)),
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S %z %Y",
)
_MAX_SUGGESTIONS = 2
"""A value can have the day or the month first."""


def suggest_time_formats(text: str, reader: ColumnReader) -> list[str]:
    """
    Suggest formats that read a timestamp of an import file.

    Returns
    -------
    list of str
        Each with the day that it reads; two if the value can have the day or the month first, none if no common format
        reads it.
    """
    formats_by_instant: dict[datetime, str] = {}
    for time_format in _COMMON_FORMATS:
        try:
            local = datetime.strptime(text.strip(), time_format)  # noqa: DTZ007 - compared with each other
        except ValueError:
            continue
        instant = local if local.tzinfo else local.replace(tzinfo=UTC)
        if instant <= reader.latest:
            formats_by_instant.setdefault(instant, time_format)
    return [
        f"{reader.names.set_time_format(time_format)} reads {instant.date()}"
        for instant, time_format in list(formats_by_instant.items())[:_MAX_SUGGESTIONS]
    ]
