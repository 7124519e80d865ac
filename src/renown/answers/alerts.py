"""Alerts: people whose score moved much between two published days."""

from collections.abc import Sequence
from dataclasses import dataclass

from renown.method.parameters import BASE_SCORE
from renown.store import Person, PublishedDay, PublishedTables

DEFAULT_ALERT_POINTS = 1.0
"""Points by which a score must have moved for an alert."""


@dataclass(frozen=True, kw_only=True)
class ScoreAlert:
    """A person whose score moved between two published days."""

    name: str
    first_day: str
    last_day: str
    first: float
    """Score of the first day."""
    last: float | None
    """Score of the last day; None if there is none any more."""
    move: float
    """Signed points; without a score on the last day, those down to the base score of 1."""


def find_score_alerts(
    people: Sequence[Person], first: PublishedDay, last: PublishedDay, *, points: float = DEFAULT_ALERT_POINTS
) -> tuple[ScoreAlert, ...]:
    """
    Find the people whose score moved by at least `points` from one published day to another, largest fall first.

    A person without a score on the first day has no alert: there is nothing that it moved from.

    Parameters
    ----------
    people : sequence of Person
    first, last : PublishedDay
    points : float, optional

    Raises
    ------
    DamagedHomeError
        If the files of a day are damaged or missing.
    """
    keys = [person.key for person in people]
    with PublishedTables(first) as first_tables, PublishedTables(last) as last_tables:
        first_scores, last_scores = first_tables.read_scores_by_key(keys), last_tables.read_scores_by_key(keys)
    alerts = [
        ScoreAlert(
            name=person.name,
            first_day=first.day.isoformat(),
            last_day=last.day.isoformat(),
            first=first_scores[person.key],
            last=last_scores.get(person.key),
            move=last_scores.get(person.key, BASE_SCORE) - first_scores[person.key],
        )
        for person in people
        if person.key in first_scores
    ]
    return tuple(sorted((alert for alert in alerts if abs(alert.move) >= points), key=lambda a: (a.move, a.name)))
