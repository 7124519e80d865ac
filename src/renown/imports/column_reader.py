"""How the columns of a file are read: their names, words for verbs, unit and time zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from renown.imports.argument_names import PYTHON_ARGUMENTS, ArgumentNames
from renown.records import VERBS

EARLIEST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
"""Earliest valid instant: no supported network is older, so an earlier one was read in the wrong unit."""
MAX_CLOCK_SKEW = timedelta(minutes=10)
"""How far a source's clock may be ahead of ours."""
TIME_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Unit of a numeric timestamp to units per second."""


@dataclass(frozen=True, kw_only=True)
class ColumnReader:
    """How to read the columns of a file."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Field to the file's column name; as a caller gives them, those whose names differ."""
    verbs: Mapping[str, str] = field(default_factory=dict)
    """The file's own word to the verb; words that are already verbs need no entry."""
    unit: str | None = None
    """Unit of numeric timestamps, of `TIME_UNITS`; None for seconds, or ISO 8601 text."""
    time_format: str | None = None
    """Format of timestamps that are text, in the directives of strptime; None for ISO 8601."""
    now: datetime
    """Latest valid instant, apart from clock skew."""
    network: str = ""
    """Network of the records: its names are normalized as by its connector."""
    timezone: str = "UTC"
    """Time zone of instants that have no UTC offset, as in the IANA database."""
    names: ArgumentNames = PYTHON_ARGUMENTS
    """How errors name these settings."""

    @property
    def verb_codes(self) -> dict[str, int]:
        """Every valid word of the verb column to the verb's number."""
        return dict(VERBS) | {word: VERBS[verb] for word, verb in self.verbs.items()}

    @property
    def latest(self) -> datetime:
        """Latest valid instant, with clock skew."""
        return self.now + MAX_CLOCK_SKEW
