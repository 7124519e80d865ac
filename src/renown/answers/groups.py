"""
Standings of groups and challenges: rank members, and cache the result until scores or the group's log change.

A standing has a member's rank, rise, streak and odds of reaching the goal.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from renown.answers.overtakes import Overtake, find_overtakes, rank_scores
from renown.answers.simulate.forecast import TREND_DAYS, estimate_reach_probability, estimate_trend
from renown.answers.visibility import Visibility
from renown.store import GoalOrigin, GroupLogEntry, GroupStore, PublishedDayStore, ServedScoreStore

HORIZON_DAYS = 30
"""Days ahead for which a group's odds are computed; those of a challenge are for its last day."""
_MAX_SCORE = 100.0
_MIN_DISTANCE = 1.0
"""Lower bound of the points from start to 100, so that a tiny rise close to 100 does not count as all of it."""

_SELF_REPORTED_NOTE = "without accounts whose figures come from the member's own archive, which are easy to edit"

_PLACES_DAYS = 7
"""Days over which gained ranks are counted."""

CACHE_SIZE = 16
"""Maximum standings in the cache, least recently used ones dropped; 1,000 members with 90 days take about 10 MB."""

_NO_VISIBILITY = -1
"""Version in the cache of standings that show everybody."""

_CacheVersion = tuple[str | None, str, int, int]


@dataclass(frozen=True)
class DayScore:
    """A member's score on a day."""

    day: str
    score: float | None
    """Points, rounded to a hundredth; None if they had no score."""


@dataclass(frozen=True, kw_only=True)
class MemberStanding:
    """A member's rank, rise and odds."""

    rank: int | None
    """1 for the highest score; equal scores share a rank; None without a score."""
    name: str
    score: float | None
    """The latest score, rounded to a hundredth."""
    start: float | None
    """Their first score: the one served when they joined, or the first one logged after that."""
    rise: float | None
    """Points from start to score."""
    handicap: float | None
    """The rise as a share of the points from start to 100; negative for a fall."""
    to_go: float | None
    """Points from the score to the goal; 0 at or above it."""
    day_change: float | None
    """Points since the day before; None without a score then."""
    places_gained: int | None
    """Ranks gained in the last seven days, negative if lost; None without a score then."""
    started_above: bool
    """Whether the first score was at or above the goal already."""
    reached_on: str | None
    """First day with a score at or above the goal; None for those who started above."""
    streak: int
    """Consecutive days, up to the latest, with a score at or above the goal."""
    odds: float | None
    """Probability that they reach the goal in time; 1 once they have; None if there is too little data."""
    scores: tuple[DayScore, ...]
    """Oldest first."""
    note: str
    """Why the score here is lower than on the member's page, or missing; empty if it is the same."""


@dataclass(frozen=True, kw_only=True)
class Standings:
    """Standings of a group, or of one of its challenges."""

    group: str
    title: str
    challenge: int
    """Number of the challenge; 0 for the group itself."""
    goal: float
    goal_origin: GoalOrigin | None
    """Where the goal comes from; None if it was chosen as a score."""
    method: str | None
    """Version of the method of the latest scores; fixed for a challenge."""
    first_day: str | None
    """A challenge's first day."""
    last_day: str | None
    """A challenge's last day."""
    day: str | None
    """Latest logged day."""
    leaders: tuple[str, ...]
    """Names of those with the highest score."""
    reached_first: tuple[str, ...]
    """Names of those who reached the goal on the earliest day."""
    biggest_rise: tuple[str, ...]
    """Names of those with the largest rise; empty if nobody rose."""
    best_handicap: tuple[str, ...]
    """Names of those with the largest handicap; empty if nobody rose."""
    overtakes: tuple[Overtake, ...]
    """Who overtook whom lately, newest first."""
    standings: tuple[MemberStanding, ...]


@dataclass(frozen=True, kw_only=True)
class GroupSummary:
    """One group of a list."""

    name: str
    title: str
    goal: float
    join_by: str
    members: int
    challenges: int
    head: str
    """Digest of the last entry of its log."""


@dataclass(frozen=True)
class GroupList:
    """All groups."""

    groups: tuple[GroupSummary, ...]


@dataclass(frozen=True)
class GroupLog:
    """A group's log, with everything needed to verify it independently."""

    group: str
    head: str
    """Digest of the last entry."""
    entries: tuple[GroupLogEntry, ...]


class StandingsCache:
    """
    LRU cache of standings: computing them takes half a second for a thousand members.

    An entry is stale once another snapshot of scores is served, the group's log grows, the number of members changes
    (erasing a person's data removes a member without a log entry), or somebody becomes visible or hidden.
    """

    def __init__(self, groups: GroupStore, score_store: ServedScoreStore, days: PublishedDayStore) -> None:
        self._groups, self._score_store, self._days = groups, score_store, days
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[str, int], tuple[_CacheVersion, Standings]] = OrderedDict()

    def get_standings(self, name: str, challenge: int = 0, visibility: Visibility | None = None) -> Standings:
        """
        Return the standings of a group or challenge, computed if they are not cached.

        Parameters
        ----------
        name : str
        challenge : int
            0 for the group itself.
        visibility : Visibility, optional
            Who is shown; everybody without it.

        Raises
        ------
        GroupNotFoundError
            If there is no such group or challenge.
        """
        key, visibility_version = (name, challenge), visibility.version if visibility else _NO_VISIBILITY
        with self._lock:
            version = self._score_store.snapshot_id(), *self._groups.head_and_member_count(name), visibility_version
            entry = self._cache.pop(key, None)
            if entry is None or entry[0] != version:
                entry = (version, self._compute_standings(name, challenge, visibility.includes if visibility else None))
            self._cache[key] = entry
            if len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return entry[1]

    def get_standings_for(self, member: int, name: str, visibility: Visibility) -> Standings:
        """Return the standings of a group as a member sees them: with their own row, even if others do not see it."""
        if visibility.includes(member):
            return self.get_standings(name, 0, visibility)
        return self._compute_standings(name, 0, lambda key: key == member or visibility.includes(key))

    def _compute_standings(self, name: str, challenge: int, is_shown: Callable[[int], bool] | None) -> Standings:
        return compute_standings(
            self._groups, self._score_store, self._days, name=name, challenge=challenge, is_shown=is_shown
        )


def compute_standings(
    groups: GroupStore,
    score_store: ServedScoreStore,
    days: PublishedDayStore,
    *,
    name: str,
    challenge: int = 0,
    is_shown: Callable[[int], bool] | None = None,
) -> Standings:
    """
    Compute the standings of a group or challenge from its log and the served scores.

    Members whose key is not shown are left out, and ranks and leaders are those among the others; without `is_shown`,
    everybody is shown.

    Raises
    ------
    GroupNotFoundError
        If there is no such group or challenge.
    """
    group, challenge_terms = groups.find(name), groups.challenges.find(name, challenge) if challenge else None
    goal, last_day = (challenge_terms.goal, challenge_terms.last) if challenge_terms else (group.goal, None)
    all_scores = groups.log.read_scores(name, challenge)
    members = [member for member in groups.members(name) if is_shown is None or is_shown(member.key)]
    methods = days.methods_by_day()
    scores_by_member = {member.name: scores for member in members if (scores := all_scores.get(member.name))}
    latest_day = max((day for scores in scores_by_member.values() for day in scores), default=None)
    method = challenge_terms.method if challenge_terms else methods.get(latest_day) if latest_day else None
    unranked = []
    for member in members:
        scores, served_score = scores_by_member.get(member.name, {}), score_store.find(member.key)
        has_self_reported = served_score is not None and served_score.has_self_reported
        # A change of method must not count as a trend of the member.
        history = [] if has_self_reported else score_store.read_history(member.key, TREND_DAYS + 1)
        past_scores = {day: score for day, score in history if methods.get(day) == method}
        unranked.append(
            _member_standing(
                member.name,
                scores,
                goal,
                _compute_odds(scores, past_scores | scores if challenge_terms else past_scores, goal, last_day),
                note=_SELF_REPORTED_NOTE if has_self_reported else "",
            )
        )
    rows = _rank_members(unranked, latest_day)
    return Standings(
        group=name,
        title=group.title,
        challenge=challenge,
        goal=goal,
        goal_origin=group.goal_origin if goal == group.goal else None,
        method=method,
        first_day=challenge_terms.first.isoformat() if challenge_terms else None,
        last_day=challenge_terms.last.isoformat() if challenge_terms else None,
        day=latest_day.isoformat() if latest_day else None,
        leaders=tuple(row.name for row in rows if row.rank == 1),
        reached_first=_first_to_reach(rows),
        biggest_rise=_largest_gain((row.name, row.rise) for row in rows),
        best_handicap=_largest_gain((row.name, row.handicap) for row in rows),
        overtakes=find_overtakes({row.name: _by_day(row.scores) for row in rows}),
        standings=rows,
    )


def count_days_left(standings: Standings, today: date) -> int | None:
    """Return the days from today to the last day of a challenge, negative once it is over; None without one."""
    return (date.fromisoformat(standings.last_day) - today).days if standings.last_day else None


def list_groups(groups: GroupStore, visibility: Visibility | None = None) -> GroupList:
    """List all groups, ordered by name, with the number of their members who are visible; of all without it."""
    summaries = []
    for group in groups.all():
        head, members = groups.head_and_member_count(group.name)
        if visibility is not None:
            members = sum(visibility.includes(member.key) for member in groups.members(group.name))
        challenges = len(groups.challenges.by_group(group.name))
        summaries.append(
            GroupSummary(
                name=group.name,
                title=group.title,
                goal=group.goal,
                join_by=group.join_by,
                members=members,
                challenges=challenges,
                head=head,
            )
        )
    return GroupList(tuple(summaries))


def load_group_log(groups: GroupStore, name: str, visibility: Visibility | None = None) -> GroupLog:
    """
    Load the log of a group; of hidden people it has commitments without openings, as of erased ones.

    Raises
    ------
    GroupNotFoundError
    """
    entries = tuple(groups.log.read_entries(name))
    if visibility is not None:
        entries = tuple(
            replace(entry, openings=tuple(opening for opening in entry.openings if opening.member in visibility.names))
            for entry in entries
        )
    return GroupLog(name, entries[-1].digest, entries)


def _member_standing(
    name: str, scores: dict[date, float | None], goal: float, odds: float | None, note: str
) -> MemberStanding:
    """Return a member's standing without a rank; `scores` are oldest first."""
    known_scores = {day: score for day, score in scores.items() if score is not None}
    score, start = next(reversed(scores.values()), None), next(iter(known_scores.values()), None)
    rise = None if score is None or start is None else round(score - start, 2)
    started_above = start is not None and start >= goal
    reached_on = next((day for day, value in known_scores.items() if value >= goal and not started_above), None)
    day = max(scores, default=date.min)
    before = scores.get(day - timedelta(days=1)) if scores else None
    return MemberStanding(
        rank=None,
        name=name,
        score=score,
        start=start,
        rise=rise,
        handicap=None if rise is None or start is None else rise / max(_MAX_SCORE - start, _MIN_DISTANCE),
        to_go=None if score is None else round(max(goal - score, 0.0), 2),
        day_change=None if score is None or before is None else round(score - before, 2),
        places_gained=None,
        started_above=started_above,
        reached_on=reached_on.isoformat() if reached_on else None,
        streak=_count_streak(scores, goal),
        odds=odds,
        scores=tuple(DayScore(day.isoformat(), value) for day, value in scores.items()),
        note=note,
    )


def _count_streak(scores: Mapping[date, float | None], goal: float) -> int:
    day, days = max(scores, default=date.min), 0
    while (scores.get(day) or 0) >= goal:
        day, days = day - timedelta(days=1), days + 1
    return days


def _compute_odds(
    scores: dict[date, float | None], past_scores: Mapping[date, float | None], goal: float, last_day: date | None
) -> float | None:
    if any(score is not None and score >= goal for score in scores.values()):
        return 1.0
    day, score = next(reversed(scores.items()), (None, None))
    if day is None or score is None:
        return None
    remaining_days = (last_day - day).days if last_day else HORIZON_DAYS
    if remaining_days <= 0:
        return 0.0
    score_trend = estimate_trend({day: score for day, score in past_scores.items() if score is not None})
    return estimate_reach_probability(score_trend, goal - score, remaining_days) if score_trend else None


def _rank_members(unranked: Sequence[MemberStanding], latest_day: date | None) -> tuple[MemberStanding, ...]:
    """Rank members by score, ties ordered by name, those without a score last."""
    rows = sorted(unranked, key=lambda row: (-(row.score or 0), row.name))
    ranks = rank_scores(row.score for row in rows)
    earlier = {}
    if latest_day:
        day = latest_day - timedelta(days=_PLACES_DAYS)
        earlier = {row.name: score for row in rows if (score := _by_day(row.scores).get(day)) is not None}
    earlier_ranks = rank_scores(earlier.values())

    def count_places_gained(row: MemberStanding) -> int | None:
        return earlier_ranks[earlier[row.name]] - ranks[row.score] if row.score and row.name in earlier else None

    return tuple(
        replace(row, rank=ranks[row.score], places_gained=count_places_gained(row)) if row.score else row
        for row in rows
    )


def _by_day(scores: Iterable[DayScore]) -> dict[date, float | None]:
    return {date.fromisoformat(day_score.day): day_score.score for day_score in scores}


def _first_to_reach(rows: Iterable[MemberStanding]) -> tuple[str, ...]:
    reached_days = [(row.reached_on, row.name) for row in rows if row.reached_on]
    first_day = min(reached_days, default=("", ""))[0]
    return tuple(name for day, name in reached_days if day == first_day)


def _largest_gain(gains: Iterable[tuple[str, float | None]]) -> tuple[str, ...]:
    """Return the names with the largest gain; empty if nobody gained."""
    positive_gains = [(gain, name) for name, gain in gains if gain and gain > 0]
    maximum = max(positive_gains, default=(0.0, ""))[0]
    return tuple(name for gain, name in positive_gains if gain == maximum)
