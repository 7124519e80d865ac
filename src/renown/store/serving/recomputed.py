"""Read the recomputed scores of one person, in one fast read."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from renown.records import day_from_number, day_number
from renown.store.serving.read import open_reader

_READ_DAY_SQL = "select person_id, score from recomputed_scores where day_no = :day_no and method = :method"
_READ_SQL = (
    "select day_no, score, method, weights, days, self_reported from recomputed_scores "
    "where person_id = :person_id and day_no between :first_no and :last_no order by day_no"
)


@dataclass(frozen=True)
class ScoreSources:
    """What a score was computed from: only scores from the same sources can be compared."""

    weights: int
    """Millionths; sum of the weights of what could be observed: followers, lists and reactions of each account."""
    days: int
    """Days of the window that were observed, on the network with the fewest of them."""
    self_reported: bool
    """Whether any of it comes from figures that the person provided."""


@dataclass(frozen=True)
class RecomputedScore:
    """A person's recomputed score of one day."""

    day: date
    score: float | None
    """1 to 100; None if nothing was known of the person in the window."""
    method: str
    """Version of the method."""
    sources: ScoreSources | None
    """None without a score, or if an older version of renown recomputed it."""


class RecomputedScoreReader:
    """Reader of what claimed people would have had on days on which they have no published score."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._reader = open_reader(database)

    def read(self, key: int, first: date, last: date) -> list[RecomputedScore]:
        """Return a person's recomputed scores from first to last day, by their score key, oldest first."""
        if key >= 0:
            return []  # an account that nobody claimed
        values = {"person_id": -key, "first_no": day_number(first), "last_no": day_number(last)}
        rows = self._reader.read_rows(_READ_SQL, values)
        return [
            RecomputedScore(
                day_from_number(day_no),
                score,
                method,
                None if weights is None else ScoreSources(weights, observed_days, bool(self_reported)),
            )
            for day_no, score, method, weights, observed_days, self_reported in rows
        ]

    def read_day(self, day: date, method: str) -> dict[int, float]:
        """Return the scores of everybody on a day that were recomputed by a version of the method, by score key."""
        rows = self._reader.read_rows(_READ_DAY_SQL, {"day_no": day_number(day), "method": method})
        return {-person_id: score for person_id, score in rows if score is not None}
