"""Read the confidence ranges of past days."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from renown.records import day_from_number, day_number
from renown.store.schema import score_ranges
from renown.store.serving.read import open_reader

_READ_SQL = (
    "select day_no, score, low, high from score_ranges "
    "where person_id = :person_id and day_no between :first_no and :last_no order by day_no"
)


@dataclass(frozen=True, kw_only=True)
class ScoreRange:
    """The confidence range of a published score."""

    key: int
    """Score key of a claimed person."""
    day: date
    score: float
    """The score that the range is of; a day that is scored again may have another one."""
    low: float
    high: float


class ScoreRangeReader:
    """Reader of the ranges of past days."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._reader = open_reader(database)

    def read(self, key: int, first: date, last: date) -> list[ScoreRange]:
        """Return a person's ranges from first to last day, oldest first."""
        if key >= 0:
            return []  # an account that nobody claimed
        values = {"person_id": -key, "first_no": day_number(first), "last_no": day_number(last)}
        return [
            ScoreRange(key=key, day=day_from_number(day_no), score=score, low=low, high=high)
            for day_no, score, low, high in self._reader.read_rows(_READ_SQL, values)
        ]

    def read_of_day(self, keys: Collection[int], day: date) -> dict[int, ScoreRange]:
        """Return the ranges of some people on a day, by score key."""
        if len(keys) == 1:  # without SQLAlchemy, since most requests are about one person
            return {key: row for key in keys for row in self.read(key, day, day)}
        is_wanted = score_ranges.c.person_id.in_([-key for key in keys if key < 0])
        select = sa.select(score_ranges).where(score_ranges.c.day_no == day_number(day), is_wanted)
        with self._database.connect() as connection:
            return {
                -row.person_id: ScoreRange(key=-row.person_id, day=day, score=row.score, low=row.low, high=row.high)
                for row in connection.execute(select)
            }

    def list_of_day(self, day: date) -> list[ScoreRange]:
        """Return everybody's ranges of a day."""
        select = sa.select(score_ranges).where(score_ranges.c.day_no == day_number(day))
        with self._database.connect() as connection:
            return [
                ScoreRange(key=-row.person_id, day=day, score=row.score, low=row.low, high=row.high)
                for row in connection.execute(select)
            ]
