"""When reactions come: their shares by hour of the week in a time zone, with how sure the best hours are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from renown.answers.simulate.confidence import derive_seed
from renown.errors import InvalidInputError
from renown.store import DEFAULT_TIME_ZONE
from renown.text import plural

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24
_SLOTS = len(WEEKDAYS) * HOURS
MIN_REACTIONS, MIN_WEEKS = 200, 4
"""Minimum reactions, and weeks with any, so that an hour of the week is more than a handful of them; stated."""
_BEST_SLOTS = 3
_RESAMPLES = 1_000
_INTERVAL = (5.0, 95.0)
"""Percentiles of the resamples: a range of 90%, as that of a score."""
_MAX_ZONE_LENGTH = 64
_HOUR_SECONDS = 3_600
HourCounts = Sequence[tuple[int, int]]
"""(hours since 1970, reactions)"""


@dataclass(frozen=True, kw_only=True)
class WeekSlot:
    """One hour of the week."""

    weekday: str
    hour: int
    """0 to 23: the hour in which the reactions came."""
    percent: float
    """Percent of all reactions."""
    low: float
    """Low end of the 90% interval of `percent`, from resampling the weeks."""
    high: float
    is_sure: bool
    """Whether it has more reactions than chance gives the best hour of a week in 95% of cases."""


@dataclass(frozen=True, kw_only=True)
class BestTimes:
    """When reactions to a person come."""

    name: str
    day: str
    """Last UTC day of the window, as 2026-11-23."""
    time_zone: str
    """Name of the time zone of all hours, such as Europe/Berlin."""
    reactions: int
    """Reactions in the window whose instant is known."""
    weeks: int
    """Weeks in which there were any."""
    average_percent: float
    """Percent of the reactions in an average hour of the week."""
    best: tuple[WeekSlot, ...]
    """The three hours with most reactions; none if there are too few."""
    hours: tuple[tuple[int, ...], ...]
    """Number of reactions by hour, for each day of the week from Monday on."""
    message: str
    """How sure this is, or why there is no answer."""


def compute_best_times(name: str, day: date, counts: HourCounts, time_zone: str = DEFAULT_TIME_ZONE) -> BestTimes:
    """
    Compute when reactions to a person come.

    Parameters
    ----------
    name : str
    day : date
        Last day of the window.
    counts : sequence of (int, int)
        Hours since 1970 in UTC, and the reactions in them.
    time_zone : str
        Name in the IANA time zone database.

    Raises
    ------
    InvalidInputError
        If there is no such time zone.

    Notes
    -----
    Reactions come in bursts, several in an hour after one post, so the weeks are resampled instead of the reactions: an
    hour that was good in a single week has a wide interval.

    The best of 168 hours are above the average even if all hours are alike. So an hour is sure only if it has more than
    the best hour has when each week is turned by a random number of hours, which keeps its bursts.
    """
    weekly = _count_by_week(counts, find_time_zone(time_zone))
    totals, weeks = weekly.sum(axis=0), int((weekly.sum(axis=1) > 0).sum())
    reactions = int(totals.sum())
    missing = _describe_missing(reactions, weeks)
    best = () if missing else _rank_slots(weekly, derive_seed(name, day.isoformat()))
    return BestTimes(
        name=name,
        day=day.isoformat(),
        time_zone=time_zone,
        reactions=reactions,
        weeks=weeks,
        average_percent=100 / _SLOTS,
        best=best,
        hours=tuple(tuple(int(count) for count in row) for row in totals.reshape(len(WEEKDAYS), HOURS)),
        message=missing or _describe_certainty(best, reactions, weeks),
    )


def find_time_zone(name: str) -> ZoneInfo:
    """
    Return the time zone of a name.

    Raises
    ------
    InvalidInputError
        If there is none.
    """
    try:
        return ZoneInfo(name[:_MAX_ZONE_LENGTH])
    except (ValueError, OSError, KeyError):
        excerpt = name[:_MAX_ZONE_LENGTH]
        raise InvalidInputError(f"{excerpt!r} is not a time zone; write a name such as Europe/Berlin or UTC") from None


def _count_by_week(counts: HourCounts, zone: ZoneInfo) -> np.ndarray:
    """Return the reactions by week and hour of the week, Monday at 0:00 first."""
    rows: dict[int, np.ndarray] = {}
    for hour, reactions in counts:
        moment = datetime.fromtimestamp(hour * _HOUR_SECONDS, UTC).astimezone(zone)
        monday = moment.toordinal() - moment.weekday()
        row = rows.setdefault(monday, np.zeros(_SLOTS, dtype=np.int64))
        row[moment.weekday() * HOURS + moment.hour] += reactions
    return np.array([rows[monday] for monday in sorted(rows)]) if rows else np.zeros((0, _SLOTS), dtype=np.int64)


def _rank_slots(weekly: np.ndarray, seed: int) -> tuple[WeekSlot, ...]:
    totals = weekly.sum(axis=0)
    best = sorted(range(_SLOTS), key=lambda slot: (-totals[slot], slot))[:_BEST_SLOTS]
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, len(weekly), size=(_RESAMPLES, len(weekly)))
    weights = np.zeros((_RESAMPLES, len(weekly)))
    np.add.at(weights, (np.arange(_RESAMPLES)[:, None], draws), 1)
    percents = 100 * (weights @ weekly[:, best]) / np.maximum(weights @ weekly.sum(axis=1), 1)[:, None]
    chance = _find_chance_total(weekly, generator)
    lows, highs = np.percentile(percents, _INTERVAL, axis=0)
    return tuple(
        WeekSlot(
            weekday=WEEKDAYS[slot // HOURS],
            hour=slot % HOURS,
            percent=100 * int(totals[slot]) / int(totals.sum()),
            low=float(low),
            high=float(high),
            is_sure=bool(totals[slot] > chance),
        )
        for slot, low, high in zip(best, lows, highs, strict=True)
    )


def _find_chance_total(weekly: np.ndarray, generator: np.random.Generator) -> float:
    """Return the number of reactions in the best hour that only 5% of turned weeks exceed."""
    turns = generator.integers(0, _SLOTS, size=(_RESAMPLES, len(weekly), 1))
    slots = (np.arange(_SLOTS) + turns) % _SLOTS
    turned = np.take_along_axis(weekly[None], slots, axis=2)
    return float(np.percentile(turned.sum(axis=1).max(axis=1), _INTERVAL[1]))


def _describe_missing(reactions: int, weeks: int) -> str:
    if reactions >= MIN_REACTIONS and weeks >= MIN_WEEKS:
        return ""
    return (
        f"too few reactions with a known hour: {reactions:,} in {plural(weeks, 'week')}; "
        f"at least {MIN_REACTIONS} in {MIN_WEEKS} weeks are needed"
    )


def _describe_certainty(best: Sequence[WeekSlot], reactions: int, weeks: int) -> str:
    sure = sum(slot.is_sure for slot in best)
    basis = f"{reactions:,} reactions in {plural(weeks, 'week')}"
    if sure == len(best):
        return f"all three hours are surely better than the average hour ({basis})"
    if sure:
        return f"{sure} of the three hours are surely better than the average hour; the others may be chance ({basis})"
    return f"no hour is surely better than the average hour: these may be chance ({basis})"
