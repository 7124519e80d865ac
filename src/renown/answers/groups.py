"""Groups: who leads, who reached the goal first, who rose most and who is likely to get there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from renown.answers.odds import TREND_DAYS, reach, trend
from renown.store import Days, Entry, Groups, Served

HORIZON_DAYS = 30
"""Days ahead that a group's odds are for; a challenge's are for its last day."""
_TOP = 100.0
_LEAST_WAY = 1.0
"""Points that anybody is held to have before them, so that a hair's breadth at the very top is not the whole way."""


@dataclass(frozen=True)
class DayScore:
    """A member's score of a day."""

    day: str
    score: float | None
    """Points to a hundredth; None where they had none."""


@dataclass(frozen=True)
class Standing:
    """A member's place."""

    place: int | None
    """1 for the highest score; equal scores share a place, who has none has no place."""
    who: str
    score: float | None
    """The latest, to a hundredth of a point."""
    start: float | None
    """Their first one: as it was served when they joined, or the first that was logged since."""
    rise: float | None
    """Points from start to score."""
    handicap: float | None
    """The rise as a share of the way from start to 100; below 0 for a fall."""
    reached: str | None
    """First day with a score at the goal or above."""
    streak: int
    """Days in a row, up to their latest, with a score at the goal or above."""
    odds: float | None
    """Probability that they reach the goal in time; 1 once they did, None where too little is known."""
    scores: tuple[DayScore, ...]
    """Oldest first: their line in a chart of the race."""


@dataclass(frozen=True)
class Standings:
    """The standings of a group, or of one of its challenges."""

    group: str
    title: str
    challenge: int
    """0: the group itself."""
    goal: int
    method: str | None
    """Version of the method of the latest scores; a challenge's is frozen."""
    first_day: str | None
    """A challenge's first day."""
    last_day: str | None
    """A challenge's last day."""
    day: str | None
    """Latest day that was logged."""
    leads: tuple[str, ...]
    """Who has the highest score."""
    reached_first: tuple[str, ...]
    """Who reached the goal on the earliest day."""
    biggest_rise: tuple[str, ...]
    """Who rose most; nobody where nobody rose."""
    best_handicap: tuple[str, ...]
    """Who made most of their way to 100; nobody where nobody rose."""
    standings: tuple[Standing, ...]


@dataclass(frozen=True)
class GroupLine:
    """A group in a list."""

    name: str
    title: str
    goal: int
    join_by: str
    members: int
    challenges: int
    head: str
    """Digest of its log's last entry."""


@dataclass(frozen=True)
class GroupList:
    """All groups."""

    groups: tuple[GroupLine, ...]


@dataclass(frozen=True)
class GroupLog:
    """A group's log: all that a stranger needs to verify it."""

    group: str
    head: str
    """Digest of the last entry."""
    entries: tuple[Entry, ...]


def standings(groups: Groups, served: Served, days: Days, *, name: str, challenge: int = 0) -> Standings:
    """
    Return the standings of a group or challenge, from its log and the scores that are served.

    Raises
    ------
    UnknownGroup
        If there is no such group or challenge.
    """
    group, race = groups.find(name), groups.challenge(name, challenge) if challenge else None
    goal, last = (race.goal, race.last) if race else (group.goal, None)
    logged, methods = groups.scores(name, challenge), days.methods()
    latest = max((day for scores in logged.values() for day in scores), default=None)
    method = race.method if race else methods.get(latest) if latest else None
    lines = []
    for member in groups.members(name):
        scores = logged.get(member.name, {})
        # A change of method is no trend of theirs.
        past = {day: score for day, score in served.history(member.key, TREND_DAYS + 1) if methods.get(day) == method}
        lines.append(_line(member.name, scores, goal, _odds(scores, past | scores if race else past, goal, last)))
    rows = _placed(lines)
    return Standings(
        group=name,
        title=group.title,
        challenge=challenge,
        goal=goal,
        method=method,
        first_day=race.first.isoformat() if race else None,
        last_day=race.last.isoformat() if race else None,
        day=latest.isoformat() if latest else None,
        leads=tuple(row.who for row in rows if row.place == 1),
        reached_first=_first(rows),
        biggest_rise=_most((row.who, row.rise) for row in rows),
        best_handicap=_most((row.who, row.handicap) for row in rows),
        standings=rows,
    )


def group_list(groups: Groups) -> GroupList:
    """Return all groups, by name."""
    lines = []
    for each in groups.all():
        head, members = groups.state(each.name)
        challenges = len(groups.challenges(each.name))
        lines.append(GroupLine(each.name, each.title, each.goal, each.join_by, members, challenges, head))
    return GroupList(tuple(lines))


def group_log(groups: Groups, name: str) -> GroupLog:
    """
    Return the log of a group.

    Raises
    ------
    UnknownGroup
    """
    entries = tuple(groups.log(name))
    return GroupLog(name, entries[-1].digest, entries)


def _line(who: str, scores: dict[date, float | None], goal: int, odds: float | None) -> Standing:
    """Return a member's standing, without a place yet; `scores` are oldest first."""
    had = {day: score for day, score in scores.items() if score is not None}
    score, start = next(reversed(scores.values()), None), next(iter(had.values()), None)
    rise = None if score is None or start is None else round(score - start, 2)
    reached = next((day for day, one in had.items() if one >= goal), None)
    return Standing(
        place=None,
        who=who,
        score=score,
        start=start,
        rise=rise,
        handicap=None if rise is None or start is None else rise / max(_TOP - start, _LEAST_WAY),
        reached=reached.isoformat() if reached else None,
        streak=_streak(scores, goal),
        odds=odds,
        scores=tuple(DayScore(day.isoformat(), one) for day, one in scores.items()),
    )


def _streak(scores: Mapping[date, float | None], goal: int) -> int:
    day, days = max(scores, default=date.min), 0
    while (scores.get(day) or 0) >= goal:
        day, days = day - timedelta(days=1), days + 1
    return days


def _odds(
    scores: dict[date, float | None], past: Mapping[date, float | None], goal: int, last: date | None
) -> float | None:
    if any(score is not None and score >= goal for score in scores.values()):
        return 1.0
    day, score = next(reversed(scores.items()), (None, None))
    if day is None or score is None:
        return None
    left = (last - day).days if last else HORIZON_DAYS
    if left <= 0:
        return 0.0
    own = trend({day: score for day, score in past.items() if score is not None})
    return reach(own, goal - score, left) if own else None


def _placed(lines: Iterable[Standing]) -> tuple[Standing, ...]:
    """Return standings from the highest score, equal ones by name, those without a score last."""
    rows = sorted(lines, key=lambda row: (-(row.score or 0), row.who))
    places: dict[float | None, int] = {}
    for place, row in enumerate(rows, 1):
        places.setdefault(row.score, place)
    return tuple(replace(row, place=places[row.score]) if row.score else row for row in rows)


def _first(rows: Iterable[Standing]) -> tuple[str, ...]:
    reached = [(row.reached, row.who) for row in rows if row.reached]
    first = min(reached, default=("", ""))[0]
    return tuple(who for day, who in reached if day == first)


def _most(rises: Iterable[tuple[str, float | None]]) -> tuple[str, ...]:
    """Return who rose most of those who rose."""
    rose = [(rise, who) for who, rise in rises if rise and rise > 0]
    most = max(rose, default=(0.0, ""))[0]
    return tuple(who for rise, who in rose if rise == most)
