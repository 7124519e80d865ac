"""A published day: where its files are, and what they were computed from."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from renown.engines.session import SessionLimits
from renown.errors import DamagedHomeError, InvalidInputError
from renown.records import epoch_seconds


@dataclass(frozen=True, kw_only=True)
class PublishedDay:
    """One day, scored by one method."""

    day: date
    method: str
    """Version of the method."""
    method_digest: str
    method_text: str
    """Text of the method file, so that the day can be explained even if the file is deleted."""
    inputs: str
    """Digest of all inputs of the scores."""
    engine: str
    folder: Path
    """Contains `scores`, `strengths` and `points`, each a folder of Parquet files; without a ledger also `actors`."""
    people: int
    """Number of people scored."""
    lake: dict[str, int] = field(hash=False)
    """Version of each lake table that was read, and of the ledger's `entries`."""
    published_at: datetime
    limits: SessionLimits = field(default_factory=SessionLimits, repr=False, compare=False)
    """Limits of the sessions that read its files."""
    is_default: bool = True
    """Whether this method is the day's default: published first, shown unless another method is requested."""
    has_own_entries: bool = False
    """Whether its folder has the entries that it was computed from: the ledger lacks those of a day of one person."""

    @property
    def is_final(self) -> bool:
        """Whether the day had ended when it was scored; if not, the scores are preliminary."""
        return epoch_seconds(self.published_at) >= epoch_seconds(datetime.combine(self.day + timedelta(days=1), time()))

    def files(self, table: str) -> list[str]:
        """
        Return the Parquet files of one of the published tables.

        Raises
        ------
        DamagedHomeError
            If there is none.
        """
        files = sorted(str(file) for file in (self.folder / table).glob("*.parquet"))
        if not files:
            raise DamagedHomeError(
                f"the folder {str(self.folder / table)!r} is missing or empty; {remedy(self.folder)}"
            )
        return files


@contextlib.contextmanager
def translate_read_errors(folder: Path) -> Iterator[None]:
    """
    Translate errors of a query on the files of a published day, if one of them is damaged.

    Raises
    ------
    DamagedHomeError
    """
    import duckdb  # noqa: PLC0415 - which days are published is read without DuckDB

    try:
        yield
    except duckdb.Error as error:
        files = sorted(folder.glob("*/*.parquet"))
        if not files:
            raise DamagedHomeError(f"the folder {str(folder)!r} is missing or empty; {remedy(folder)}") from error
        from renown.engines.parquet import find_damage  # noqa: PLC0415 - as above

        if damage := find_damage(files, error, remedy=remedy(folder)):
            raise damage from error
        raise


def remedy(folder: Path) -> str:
    """Return what to do about the damaged folder of a published day, ``DAY/METHOD/ID``."""
    return f"compute the day again with `renown score --day {folder.parts[-3]}`, or restore the folder from a backup"


def check_day_order(first: date, last: date) -> None:
    """
    Check that a first day is not after the last one.

    Raises
    ------
    InvalidInputError
        If it is.
    """
    if first > last:
        raise InvalidInputError(f"the first day, {first}, is after the last one, {last}; write the earlier day first")
