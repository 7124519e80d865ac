"""Publish group scores: append the members' scores of a published day to the log of each group."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from renown.errors import DayNotPublishedError
from renown.store import Group, GroupStore, PublishedDay, PublishedDayStore, PublishedTables


@dataclass(frozen=True)
class UnscoredChallenge:
    """A challenge whose fixed method version has not scored a day."""

    group: str
    challenge: int
    day: date
    method: str


@dataclass(frozen=True)
class GroupLogResult:
    """Result of logging a day's scores."""

    entries: int
    """New entries, over all groups and challenges."""
    missing: tuple[UnscoredChallenge, ...]


def list_required_methods(groups: GroupStore, day: date) -> set[str]:
    """
    Return the method versions that running challenges need a day to be scored with.

    The text of a version is in `PublishedDay.method_text` of any day that it published.
    """
    return {challenge.method for _, challenge in groups.challenges.find_running(day)}


def publish_group_scores(days: PublishedDayStore, groups: GroupStore, day: date, *, now: datetime) -> GroupLogResult:
    """
    Log members' scores of a published day: groups with the day's own method, challenges with their fixed version.

    Idempotent; if the day was published again with other scores, a correction is logged.

    Parameters
    ----------
    days : PublishedDayStore
    groups : GroupStore
    day : date
    now : datetime
        Time of the log entries.

    Returns
    -------
    GroupLogResult

    Raises
    ------
    DayNotPublishedError
        If the day has no scores at all.
    """
    logs_by_method: dict[str | None, list[tuple[Group, int]]] = {None: [(group, 0) for group in groups.all()]}
    for group, challenge in groups.challenges.find_running(day):
        logs_by_method.setdefault(challenge.method, []).append((group, challenge.number))
    entries, missing = 0, []
    for method, logs in logs_by_method.items():
        try:
            entries += _append_scores(days.find(day, method), groups, logs, now)
        except DayNotPublishedError:
            if method is None:
                raise
            missing += [UnscoredChallenge(group.name, number, day, method) for group, number in logs]
    return GroupLogResult(entries, tuple(missing))


def _append_scores(
    published_day: PublishedDay, groups: GroupStore, logs: Iterable[tuple[Group, int]], now: datetime
) -> int:
    keys = {member.key for group, _ in logs for member in groups.members(group.name)}
    with PublishedTables(published_day) as tables:
        scores = tables.read_verified_scores(sorted(keys))
    entry_numbers = [
        groups.log.record_scores(group, published_day, scores, at=now, challenge=number) for group, number in logs
    ]
    return len([number for number in entry_numbers if number is not None])
