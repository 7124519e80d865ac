"""Challenges: log every group's scores of a day that was published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from renown.errors import NotPublished
from renown.store import Days, Group, Groups, Published, PublishedDay


@dataclass(frozen=True)
class Missing:
    """A challenge whose frozen method has not scored a day."""

    group: str
    challenge: int
    day: date
    method: str


@dataclass(frozen=True)
class Recorded:
    """What came of recording a day."""

    entries: int
    """New entries, over all groups and challenges."""
    missing: tuple[Missing, ...]


def methods_needed(groups: Groups, day: date) -> set[str]:
    """
    Return the versions of the methods that running challenges have to have a day scored by.

    Their text is in `PublishedDay.method_text` of any day that they published.
    """
    return {challenge.method for _, challenge in groups.running(day)}


def record(days: Days, groups: Groups, day: date, *, now: datetime) -> Recorded:
    """
    Log the members' scores of a published day: each group's by the day's own method, a challenge's by its frozen one.

    Recording again changes nothing; where a day was published again with other scores, a
    correction is logged.

    Parameters
    ----------
    days : Days
    groups : Groups
    day : date
    now : datetime
        The instant that the log notes.

    Returns
    -------
    Recorded

    Raises
    ------
    NotPublished
        If the day has no scores at all.
    """
    wanted: dict[str | None, list[tuple[Group, int]]] = {None: [(group, 0) for group in groups.all()]}
    for group, challenge in groups.running(day):
        wanted.setdefault(challenge.method, []).append((group, challenge.number))
    entries, missing = 0, []
    for method, logs in wanted.items():
        try:
            entries += _log(days.find(day, method), groups, logs, now)
        except NotPublished:
            if method is None:
                raise
            missing += [Missing(group.name, number, day, method) for group, number in logs]
    return Recorded(entries, tuple(missing))


def _log(of: PublishedDay, groups: Groups, logs: Iterable[tuple[Group, int]], now: datetime) -> int:
    keys = {member.key for group, _ in logs for member in groups.members(group.name)}
    with Published(of) as published:
        scores = published.scores(sorted(keys))
    made = [groups.record(group, of, scores, at=now, challenge=number) for group, number in logs]
    return len([number for number in made if number is not None])
