"""Read the scores that tell a person's trend: published days, and recomputed ones that can be compared with them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from renown.answers.simulate.forecast import TREND_DAYS
from renown.errors import DayNotPublishedError
from renown.store import PublishedDayStore, PublishedTables, RecomputedScore, ServedScore, ServedScoreStore

WAY_HISTORY_DAYS = 90
"""Days of history that tell whether odds can be given."""
MIN_HISTORY_DAYS = 60
"""Days with a score that odds need, beyond the odds of a group from published days: a shorter history is mostly the
ramp of a newcomer; stated."""
MIN_OBSERVED_DAYS = 60
"""Observed days of the window that a recomputed score needs: with fewer, it rises because more of it is observed."""


@dataclass(frozen=True, kw_only=True)
class TrendHistory:
    """A person's scores of the last days that can be compared with the latest one."""

    scores: Mapping[date, float]
    """Scores of the last `TREND_DAYS` + 1 days by the same method, to a hundredth of a point."""
    recomputed: frozenset[date]
    """Which of these days were recomputed."""
    history_days: int
    """Number of the last `WAY_HISTORY_DAYS` days that have a score, published or recomputed."""


def read_trend_histories(
    score_store: ServedScoreStore, days: PublishedDayStore, subjects: Collection[ServedScore], method: str | None
) -> dict[int, TrendHistory]:
    """
    Read the trend histories of people, by score key.

    A change of method must not count as a trend of the person, so only scores by one method count. A recomputed score
    counts if it comes from the same accounts and kinds of figures as the latest one, none of them self-reported, from
    a window that was observed for long enough, and if the person has a score on enough days.

    Parameters
    ----------
    score_store : ServedScoreStore
    days : PublishedDayStore
    subjects : collection of ServedScore
        Whoever has self-reported figures has no trend history: an archive is easy to edit.
    method : str, optional
        Version of the method.
    """
    methods, verified = days.methods_by_day(), [subject for subject in subjects if not subject.has_self_reported]
    published, recomputed = {}, {}
    for subject in verified:
        history = score_store.read_history(subject.key, WAY_HISTORY_DAYS)
        published[subject.key] = {
            day: score for day, score in history if score is not None and methods.get(day) == method
        }
        recomputed[subject.key] = _read_earlier(score_store, subject, history[0][0] if history else None, method)
    weights = _read_weights(days, [key for key, rows in recomputed.items() if rows])
    return {
        subject.key: _build(subject, published[subject.key], recomputed[subject.key], weights.get(subject.key))
        for subject in verified
    }


def read_trend_history(
    score_store: ServedScoreStore, days: PublishedDayStore, subject: ServedScore
) -> TrendHistory | None:
    """Read the trend history of one person, by the method of the served day; None with self-reported figures."""
    method = days.methods_by_day().get(subject.day)
    return read_trend_histories(score_store, days, [subject], method).get(subject.key)


def _read_earlier(
    score_store: ServedScoreStore, subject: ServedScore, first_published: date | None, method: str | None
) -> list[RecomputedScore]:
    """Read the recomputed scores before the first published one; none if the trend has published days only."""
    last = subject.day
    if first_published is None or (last - first_published).days >= TREND_DAYS:
        return []
    rows = score_store.recomputed.read(
        subject.key, last - timedelta(days=WAY_HISTORY_DAYS - 1), first_published - timedelta(days=1)
    )
    return [row for row in rows if row.score is not None and row.method == method]


def _read_weights(days: PublishedDayStore, keys: Sequence[int]) -> dict[int, int]:
    """Read what could be observed of people on the latest day."""
    if not keys:
        return {}
    try:
        with PublishedTables(days.find()) as published:
            return published.read_weights(keys)
    except DayNotPublishedError:
        return {}


def _build(
    subject: ServedScore, published: Mapping[date, float], earlier: Sequence[RecomputedScore], weights: int | None
) -> TrendHistory:
    history_days, first = len(published) + len(earlier), subject.day - timedelta(days=TREND_DAYS)
    comparable = {
        row.day: round(row.score, 2)
        for row in earlier
        if row.score is not None and history_days >= MIN_HISTORY_DAYS and _is_comparable(row, weights)
    }
    scores = {day: score for day, score in {**comparable, **published}.items() if day >= first}
    return TrendHistory(scores=scores, recomputed=frozenset(comparable) & set(scores), history_days=history_days)


def _is_comparable(row: RecomputedScore, weights: int | None) -> bool:
    sources = row.sources
    return (
        sources is not None
        and sources.weights == weights
        and not sources.self_reported
        and sources.days >= MIN_OBSERVED_DAYS
    )
