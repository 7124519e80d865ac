"""Compute the standings of a group, or of one of its challenges, from its log and the served scores."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from renown.answers.member_standings import (
    MemberStanding,
    build_member_standing,
    compute_odds,
    rank_members,
)
from renown.answers.overtakes import Overtake, find_overtakes
from renown.answers.simulate.trend_history import TrendHistory, read_trend_histories
from renown.store import Challenge, GoalOrigin, GroupStore, PublishedDayStore, ServedScore, ServedScoreStore

_SELF_REPORTED_NOTE = "without accounts whose figures come from the member's own archive, which are easy to edit"
MIN_NOTABLE_ODDS = 0.01
"""Odds below which nobody is called the one with the best odds."""
_NO_TREND = TrendHistory(scores={}, recomputed=frozenset(), history_days=0)


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
    odds_day: str | None
    """Day by which the odds are to reach the goal: the last day of the challenge; of a group, that of its running
    challenge to the same goal which ends first. None without one: the odds are those within `HORIZON_DAYS`."""
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

    @property
    def best_odds(self) -> tuple[str, ...]:
        """Names of those with the highest odds, among those who have not reached the goal; empty below 1%."""
        odds = [
            (row.odds, row.name)
            for row in self.standings
            if row.odds and row.odds >= MIN_NOTABLE_ODDS and row.score and row.score < self.goal
        ]
        maximum = max(odds, default=(0.0, ""))[0]
        return tuple(name for value, name in odds if value == maximum < 1)


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
    goal = challenge_terms.goal if challenge_terms else group.goal
    all_scores = groups.log.read_scores(name, challenge)
    members = [member for member in groups.members(name) if is_shown is None or is_shown(member.key)]
    methods = days.methods_by_day()
    scores_by_member = {member.name: scores for member in members if (scores := all_scores.get(member.name))}
    latest_day = max((day for scores in scores_by_member.values() for day in scores), default=None)
    running_challenges = [] if challenge_terms else groups.challenges.by_group(name)
    odds_day = challenge_terms.last if challenge_terms else _find_next_end(running_challenges, goal, latest_day)
    method = challenge_terms.method if challenge_terms else methods.get(latest_day) if latest_day else None
    served_scores = {member.name: score_store.find(member.key) for member in members}
    trend_histories = read_trend_histories(score_store, days, list(filter(None, served_scores.values())), method)
    unranked = [
        _build_row(
            member.name,
            scores_by_member.get(member.name, {}),
            goal=goal,
            odds_day=odds_day,
            is_challenge=bool(challenge),
            served_score=served_scores[member.name],
            trend_history=trend_histories.get(member.key, _NO_TREND),
        )
        for member in members
    ]
    rows = rank_members(unranked, latest_day)
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
        odds_day=odds_day.isoformat() if odds_day else None,
        leaders=tuple(row.name for row in rows if row.rank == 1),
        reached_first=_first_to_reach(rows),
        biggest_rise=_largest_gain((row.name, row.rise) for row in rows),
        best_handicap=_largest_gain((row.name, row.handicap) for row in rows),
        overtakes=find_overtakes({row.name: row.scores_by_day for row in rows}),
        standings=rows,
    )


def count_days_left(standings: Standings, today: date) -> int | None:
    """Return the days from today to the last day of a challenge, negative once it is over; None without one."""
    return (date.fromisoformat(standings.last_day) - today).days if standings.last_day else None


def _find_next_end(challenges: Iterable[Challenge], goal: float, day: date | None) -> date | None:
    """Find when the next challenge to a goal ends, of those that run on a day; None if none does."""
    return min(
        (terms.last for terms in challenges if day and terms.goal == goal and terms.first <= day < terms.last),
        default=None,
    )


def _build_row(
    name: str,
    scores: dict[date, float | None],
    *,
    goal: float,
    odds_day: date | None,
    is_challenge: bool,
    served_score: ServedScore | None,
    trend_history: TrendHistory,
) -> MemberStanding:
    """Build the row of a member; the trend of a challenge follows its own scores."""
    past_scores = {**trend_history.scores, **scores} if is_challenge else trend_history.scores
    odds = compute_odds(scores, past_scores, goal, odds_day)
    return build_member_standing(
        name,
        scores,
        goal,
        odds,
        recomputed_days=len(trend_history.recomputed) if odds is not None else 0,
        note=_SELF_REPORTED_NOTE if served_score and served_score.has_self_reported else "",
    )


def _first_to_reach(rows: Iterable[MemberStanding]) -> tuple[str, ...]:
    reached_days = [(row.reached_on, row.name) for row in rows if row.reached_on]
    first_day = min(reached_days, default=("", ""))[0]
    return tuple(name for day, name in reached_days if day == first_day)


def _largest_gain(gains: Iterable[tuple[str, float | None]]) -> tuple[str, ...]:
    """Return the names with the largest gain; empty if nobody gained."""
    positive_gains = [(gain, name) for name, gain in gains if gain and gain > 0]
    maximum = max(positive_gains, default=(0.0, ""))[0]
    return tuple(name for gain, name in positive_gains if gain == maximum)
