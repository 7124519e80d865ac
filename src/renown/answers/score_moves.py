"""The score of one person by two methods, signal by signal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from renown.store import PublishedPoints, PublishedTables


@dataclass(frozen=True, kw_only=True)
class SignalPointsChange:
    """Points of one signal by both methods."""

    signal: str
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class ScoreMove:
    """The score of one person by both methods."""

    name: str
    before: float
    after: float
    difference: float
    signals: tuple[SignalPointsChange, ...]
    """Points by signal, over all accounts; with the base score of 1 they sum to the score. Largest change first."""


def explain_move(
    before: PublishedTables,
    after: PublishedTables,
    key: int,
    points: Mapping[str, float],
    new_points: Mapping[str, float],
) -> ScoreMove | None:
    """Return the score and points of a person by both methods; None if they have no score by one of them."""
    score, new_score = before.read_score(key), after.read_score(key)
    if score is None or new_score is None:
        return None
    changes = [
        SignalPointsChange(signal=signal, before=points.get(signal, 0.0), after=new_points.get(signal, 0.0))
        for signal in {**points, **new_points}
    ]
    return ScoreMove(
        name=new_score.name,
        before=score.score,
        after=new_score.score,
        difference=new_score.score - score.score,
        signals=tuple(sorted(changes, key=lambda change: (-abs(change.after - change.before), change.signal))),
    )


def sum_points(rows_by_key: Mapping[int, Iterable[PublishedPoints]]) -> dict[int, dict[str, float]]:
    """Sum each person's points by signal."""
    sums: dict[int, dict[str, float]] = {key: {} for key in rows_by_key}
    for key, rows in rows_by_key.items():
        for row in rows:
            sums[key][row.signal] = sums[key].get(row.signal, 0.0) + row.points
    return sums
