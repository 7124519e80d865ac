"""Explain to each person what the latest switch of the method did to their score, for some weeks after it."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from renown.answers.explain.receipt import Receipt
from renown.answers.score_moves import ScoreMove, explain_move, sum_points
from renown.store import PublishedDay, PublishedDayStore, PublishedTables

SWITCH_DAYS = 30
"""Days from a switch of the method on that it is explained, and days around it that both methods may have scored."""


@dataclass(frozen=True, kw_only=True)
class SwitchDays:
    """The published days that show what a switch of the method did."""

    day: date
    """The first day that the new method scored by default."""
    before: PublishedDay
    """A day by the old method."""
    after: PublishedDay
    """The same day by the new method; the day after it if no day was scored by both."""


@dataclass(frozen=True, kw_only=True)
class MethodSwitch:
    """What a switch of the method did to a person's score."""

    day: str
    """First UTC day of the new method, as 2026-11-23."""
    before_method: str
    method: str
    before_day: str
    """The day of the score by the old method."""
    after_day: str
    """The day of the score by the new method: the same, if both methods scored a day around the switch."""
    move: ScoreMove
    """Both scores, and the points of each signal."""


@dataclass(frozen=True, kw_only=True)
class CurrentReceipt(Receipt):
    """A receipt with what the latest switch of the method did."""

    method_switch: MethodSwitch | None
    """None if there was none in the `SWITCH_DAYS` up to the receipt's day."""


def find_switch_days(days: PublishedDayStore, day: date) -> SwitchDays | None:
    """
    Find the latest switch of the default method up to a day, and the days to compare.

    Returns
    -------
    SwitchDays or None
        None if the last `SWITCH_DAYS` days up to `day` have no switch.
    """
    methods = [item for item in days.methods_by_day().items() if item[0] <= day]
    switches = [(before, after) for before, after in pairwise(methods) if before[1] != after[1]]
    if not switches or switches[-1][1][0] <= day - timedelta(days=SWITCH_DAYS):
        return None
    (last_day, before_method), (first_day, after_method) = switches[-1]
    published = {(published_day.day, published_day.method): published_day for published_day in days.all()}
    shared_days = [
        shared_day
        for shared_day, method in published
        if method == before_method
        and (shared_day, after_method) in published
        and abs(shared_day - first_day) < timedelta(days=SWITCH_DAYS)
    ]
    # The same day by both methods shows the switch alone; the nearest one, and the earlier of two.
    shared = min(shared_days, key=lambda shared_day: (abs(shared_day - first_day), shared_day), default=None)
    return SwitchDays(
        day=first_day,
        before=published[shared or last_day, before_method],
        after=published[shared or first_day, after_method],
    )


def explain_method_switch(switch: SwitchDays, key: int) -> MethodSwitch | None:
    """
    Explain a switch of the method to a claimed person.

    Returns
    -------
    MethodSwitch or None
        None if they have no score on one of its days, or are an unclaimed account, whose points are not published.
    """
    if key > 0:
        return None
    with PublishedTables(switch.before) as before, PublishedTables(switch.after) as after:
        points = [sum_points({key: tables.read_points(key)})[key] for tables in (before, after)]
        move = explain_move(before, after, key, *points)
    if move is None:
        return None
    return MethodSwitch(
        day=switch.day.isoformat(),
        before_method=switch.before.method,
        method=switch.after.method,
        before_day=switch.before.day.isoformat(),
        after_day=switch.after.day.isoformat(),
        move=move,
    )


def add_method_switch(receipt: Receipt, switch: MethodSwitch | None) -> CurrentReceipt:
    """Return a receipt with what a switch of the method did."""
    return CurrentReceipt(**vars(receipt), method_switch=switch)
