"""Late acts: acts of published days that the lake received only after these days were scored."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from renown.errors import DamagedHomeError
from renown.lake import Lake
from renown.records import day_number
from renown.store import PublishedDay

MAX_LOG_ENTRIES = 20_000
"""Commits to the lake that are examined: two weeks of a stream that commits every minute, in two seconds."""
_TABLE = "interactions"


@dataclass(frozen=True, kw_only=True)
class TouchedDays:
    """Published days that do not count what came later: they stay as published until somebody restates them."""

    days: int
    """Number of published days whose window contains something that came later."""
    first_day: str
    """First day to score again."""
    last_day: str
    """Last day to score again: the latest final day, as each day depends on the scores of the day before."""
    unpublished: int = 0
    """Number of days from first to last that are not published; whoever scores all of them publishes these, too."""


@dataclass(frozen=True, kw_only=True)
class LateActs(TouchedDays):
    """Acts that came after days were scored whose window contains them."""

    acts: int
    """Number of acts."""


def find_touched_days(
    published_days: Sequence[PublishedDay], new_days: Collection[int], *, window: int, method: str
) -> TouchedDays | None:
    """
    Find the published days whose window contains records that have just been imported; None if there are none.

    Parameters
    ----------
    published_days : sequence of PublishedDay
        Oldest first.
    new_days : collection of int
        Numbers of the days of the new records.
    window : int
        Number of days that a score looks back on.
    method : str
        Version of the method that would score the days again.
    """
    days = _find_restatable_days(published_days, method)
    touched_days = [day.day for day in days if any(0 <= day_number(day.day) - day_no < window for day_no in new_days)]
    return _summarize(touched_days, days, published_days) if touched_days else None


def count_late_acts(lake: Lake, published_days: Sequence[PublishedDay], *, window: int, method: str) -> LateActs | None:
    """
    Count the acts that came after the days were scored whose window contains them; None if there are none.

    Only the latest published days are examined, as many as the window has and `MAX_LOG_ENTRIES` allows. Corrections
    (undone acts, erased accounts) are not late acts, and a late act is not seen where as many acts of the same day were
    erased.

    Parameters
    ----------
    lake : Lake
    published_days : sequence of PublishedDay
        Oldest first.
    window : int
        Number of days that a score looks back on.
    method : str
        Version of the method that would score the days again.
    """
    days = _find_restatable_days(published_days, method)
    if not days:
        return None
    earliest_day, earliest_version = days[-1].day - timedelta(days=window), days[-1].lake[_TABLE] - MAX_LOG_ENTRIES
    recent_days = [day for day in days if day.day > earliest_day and day.lake[_TABLE] >= earliest_version]
    versions = sorted({day.lake[_TABLE] for day in recent_days})
    try:
        *rows_then, rows_now = (Counter(rows) for rows in lake.count_rows(_TABLE, versions))
    except DamagedHomeError:
        return None  # an older entry of the log is damaged, which nothing else reads; `renown check` finds it
    late_by_version = {version: rows_now - rows for version, rows in zip(versions, rows_then, strict=True)}
    late_by_day: Counter[int] = Counter()
    touched_days = []
    for day in recent_days:
        if late := _select_window(late_by_version[day.lake[_TABLE]], day.day, window):
            late_by_day |= Counter(late)
            touched_days.append(day.day)
    if not touched_days:
        return None
    return LateActs(acts=late_by_day.total(), **vars(_summarize(touched_days, days, published_days)))


def _find_restatable_days(published_days: Sequence[PublishedDay], method: str) -> list[PublishedDay]:
    """Return the days that were over when this version of the method published them; no run changes them."""
    return [day for day in published_days if day.is_default and day.is_final and day.method == method]


def _summarize(
    touched_days: Sequence[date], restatable_days: Sequence[PublishedDay], published_days: Sequence[PublishedDay]
) -> TouchedDays:
    first_day, last_day = touched_days[0], restatable_days[-1].day
    return TouchedDays(
        days=len(touched_days),
        first_day=first_day.isoformat(),
        last_day=last_day.isoformat(),
        unpublished=(last_day - first_day).days
        + 1
        - len({day.day for day in published_days if first_day <= day.day <= last_day}),
    )


def _select_window(rows_by_day: Mapping[int, int], day: date, window: int) -> dict[int, int]:
    first = day_number(day - timedelta(days=window - 1))
    return {day_no: rows for day_no, rows in rows_by_day.items() if first <= day_no <= day_number(day)}
