"""A published day: where its files lie, and what they were made of."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from renown.records import epoch_seconds


@dataclass(frozen=True)
class PublishedDay:
    """One day by one method."""

    day: date
    method: str
    """Version of the method."""
    method_digest: str
    method_text: str
    """The method file, so that the day can be explained when the file is gone."""
    inputs: str
    """Digest of all that counted."""
    engine: str
    folder: Path
    """Holds `scores`, `strengths`, `points` and `actors`, each a folder of Parquet."""
    people: int
    """People scored."""
    lake: dict[str, int]
    """Version of each lake table that was read."""
    published_at: datetime
    own: bool = True
    """Whether it is the day's own: published first, shown unless another method is asked for."""

    @property
    def final(self) -> bool:
        """Whether it was over when it was scored; else it is as far as it was known."""
        return epoch_seconds(self.published_at) >= epoch_seconds(datetime.combine(self.day + timedelta(days=1), time()))

    def files(self, table: str) -> list[str]:
        """Return the Parquet files of one of the published tables."""
        return sorted(str(file) for file in (self.folder / table).glob("*.parquet"))
