"""Store of confidence ranges: that of each published day of claimed people, kept when the day's profiles are built."""

from collections.abc import Collection, Iterable
from datetime import date

import sqlalchemy as sa

from renown.records import day_number
from renown.store.schema import score_ranges
from renown.store.serving.score_ranges import ScoreRange


def replace_score_ranges(connection: sa.Connection, day: date, ranges: Iterable[ScoreRange]) -> None:
    """Replace all ranges of a day, in a transaction."""
    delete_score_ranges(connection, [day])
    rows = [
        {"person_id": -row.key, "day_no": day_number(day), "score": row.score, "low": row.low, "high": row.high}
        for row in ranges
    ]
    if rows:
        connection.execute(sa.insert(score_ranges), rows)


def delete_score_ranges(connection: sa.Connection, days: Collection[date]) -> None:
    """Delete all ranges of some days, in a transaction."""
    connection.execute(sa.delete(score_ranges).where(score_ranges.c.day_no.in_(list(map(day_number, days)))))


def erase_score_ranges(connection: sa.Connection, key: int) -> int:
    """Erase the ranges of a person, in a transaction; return the number of rows deleted."""
    if key >= 0:
        return 0  # an account that nobody claimed
    return connection.execute(sa.delete(score_ranges).where(score_ranges.c.person_id == -key)).rowcount
