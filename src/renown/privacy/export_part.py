"""A part of an export: one table, with a person's rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ExportPart:
    """One table of an export, with a person's rows."""

    name: str
    """Path in the export, as ``lake/interactions/bluesky as actor``."""
    count: Callable[[], int]
    rows: Callable[[], Iterator[Row]]


def list_part(name: str, rows: Sequence[Row]) -> ExportPart:
    """Return a part whose rows are in memory."""
    return ExportPart(name, lambda: len(rows), lambda: iter(rows))
