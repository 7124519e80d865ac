"""Load a person's score history, published and recomputed, with method changes and gaps in the data coverage."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from renown.answers.standing import no_score_error, read_recomputed_scores
from renown.lake import Lake
from renown.records import day_from_number, day_number
from renown.scoring.inputs import find_observed_days
from renown.store import PublishedDayStore, ServedScoreStore

_SILENT_DAYS = 2
"""Last days without any data of a network from which on that is said: on one day alone there may have been nothing."""


@dataclass(frozen=True)
class ScoreBounds:
    """The 90% confidence range of a published score."""

    low: float
    """To a hundredth of a point, as the score; so is `high`."""
    high: float


@dataclass(frozen=True)
class PastDay:
    """One day of a history."""

    day: str
    """UTC day, as 2026-11-23."""
    score: float | None
    """Rounded to a hundredth; None if there was no score."""
    is_published: bool
    """Whether the day is in the history; if not, the score is recomputed, or unknown."""
    recomputed: bool = False
    """Whether the score was recomputed later, from what was collected until then, instead of published that day."""
    range: ScoreBounds | None = None
    """None if it was not computed when the day was published: for recomputed days, and where nobody reacted."""


@dataclass(frozen=True)
class History:
    """Past scores up to the served day."""

    first_day: str
    """The first requested day with a score."""
    last_day: str
    days: tuple[PastDay, ...]
    """Every day from first to last, oldest first."""


@dataclass(frozen=True)
class MethodChange:
    """The first day that was scored by another method than the published day before it."""

    day: str
    """UTC day, as 2026-11-23."""
    before: str
    """Version of the method before that day."""
    method: str
    """Version of the method from that day on."""


@dataclass(frozen=True)
class CoverageGap:
    """Consecutive days for which the lake has no data of a network."""

    network: str
    first_day: str
    last_day: str
    days: int


@dataclass(frozen=True)
class Timeline(History):
    """A score history with annotations."""

    method_changes: tuple[MethodChange, ...]
    """Oldest first."""
    coverage_gaps: tuple[CoverageGap, ...]
    """Gaps of the networks on which the person has accounts, by network, oldest first."""


def load_history(score_store: ServedScoreStore, key: int, *, days: int = 90) -> History:
    """
    Load a person's scores of the last days, starting with the first day that has one.

    A published score always goes before a recomputed one, and a published day without a score before a recomputed
    score, unless it is from before the person's first published score: then they had claimed nothing yet.

    Raises
    ------
    DayNotPublishedError
        If no day is served yet.
    PersonNotFoundError
        If they have no score on any of these days.
    """
    scores = dict(score_store.read_history(key, days))
    if not scores:
        raise no_score_error(score_store.day())
    last = max(scores)
    first_day = date.fromordinal(max(1, last.toordinal() - days + 1))
    recomputed = read_recomputed_scores(score_store, key, first_day, last)
    ranges = _read_ranges(score_store, key, scores)
    first = min([*scores, *recomputed])
    dates = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    past_days = (
        PastDay(
            day.isoformat(),
            scores[day] if day in scores else recomputed.get(day),
            is_published=day in scores,
            recomputed=day not in scores and day in recomputed,
            range=ranges.get(day),
        )
        for day in dates
    )
    return History(first.isoformat(), last.isoformat(), tuple(past_days))


def find_first_published_days(past_days: Iterable[PastDay]) -> list[str]:
    """
    Find the published days that follow a recomputed one: there a line can fall or rise because of what is known.

    Examples
    --------
    >>> days = PastDay("2026-11-22", 49.0, is_published=False, recomputed=True), PastDay("2026-11-23", 40.5, True)
    >>> find_first_published_days(days)
    ['2026-11-23']
    """
    known_days = [past_day for past_day in past_days if past_day.score is not None]
    return [day.day for before, day in pairwise(known_days) if before.recomputed and not day.recomputed]


def _read_ranges(
    score_store: ServedScoreStore, key: int, scores: Mapping[date, float | None]
) -> dict[date, ScoreBounds]:
    """Return the ranges of published scores; a day that was scored again has none until its profile is built again."""
    rows = score_store.ranges.read(key, min(scores), max(scores))
    return {
        row.day: ScoreBounds(round(row.low, 2), round(row.high, 2))
        for row in rows
        if round(row.score, 2) == scores.get(row.day)
    }


def split_recomputed(
    scores: Sequence[tuple[float | None, bool]],
) -> tuple[list[float | None], list[float | None]]:
    """
    Split (score, whether it was recomputed) of each day into two lines, which meet at the first published day.

    Examples
    --------
    >>> split_recomputed([(1.0, True), (2.0, True), (3.0, False), (4.0, False)])
    ([None, None, 3.0, 4.0], [1.0, 2.0, 3.0, None])
    """
    published = [None if recomputed else score for score, recomputed in scores]
    is_near = [
        any(recomputed for _, recomputed in scores[max(0, index - 1) : index + 2]) for index in range(len(scores))
    ]
    return published, [score if near else None for (score, _), near in zip(scores, is_near, strict=True)]


def load_timeline(
    score_store: ServedScoreStore,
    published_days: PublishedDayStore,
    lake: Lake,
    key: int,
    *,
    networks: Iterable[str],
    days: int = 90,
) -> Timeline:
    """
    Load a person's score history, with method changes and coverage gaps of the person's networks.

    A day of a network is covered if the lake has any data of it, as in the coverage of receipts. Data that arrived
    after a day was published closes the gap here, but does not change the score of that day.

    Raises
    ------
    DayNotPublishedError
        If no day is served yet.
    PersonNotFoundError
        If they have no score on any of these days.
    """
    history = load_history(score_store, key, days=days)
    first, last = date.fromisoformat(history.first_day), date.fromisoformat(history.last_day)
    observed_days = find_observed_days(lake, networks)
    return Timeline(
        history.first_day,
        history.last_day,
        history.days,
        tuple(_find_method_changes(published_days.methods_by_day(), first, last)),
        tuple(
            gap
            for network in sorted(observed_days)
            for gap in _find_gaps(network, observed_days[network], range(day_number(first), day_number(last) + 1))
        ),
    )


def find_silent_networks(lake: Lake, networks: Iterable[str], day: date) -> list[CoverageGap]:
    """Find the networks of which the lake has no data on the last days up to `day`, although it has earlier data."""
    last = day_number(day)
    gaps: list[CoverageGap] = []
    for network, observed_days in sorted(find_observed_days(lake, networks).items()):
        latest = max((day_no for day_no in observed_days if day_no <= last), default=last)
        if last - latest >= _SILENT_DAYS:
            gaps += _find_gaps(network, observed_days, range(latest + 1, last + 1))
    return gaps


def _find_method_changes(methods: Mapping[date, str], first: date, last: date) -> Iterable[MethodChange]:
    for (_, before), (day, method) in pairwise(methods.items()):
        if before != method and first <= day <= last:
            yield MethodChange(day.isoformat(), before, method)


def _find_gaps(network: str, observed_days: AbstractSet[int], requested_days: Iterable[int]) -> Iterable[CoverageGap]:
    """Join the uncovered days into spans."""
    missing = set(requested_days) - observed_days
    starts = sorted(day_no for day_no in missing if day_no - 1 not in missing)
    ends = sorted(day_no for day_no in missing if day_no + 1 not in missing)
    for first, last in zip(starts, ends, strict=True):
        yield CoverageGap(
            network, day_from_number(first).isoformat(), day_from_number(last).isoformat(), last - first + 1
        )
