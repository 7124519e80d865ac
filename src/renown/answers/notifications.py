"""Notifications: what happened to a person on a published day, in sentences, for feeds, mail and webhooks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from renown.answers.explain.changes import Changes
from renown.answers.group_standings import Standings
from renown.answers.standing import DEFAULT_GOAL
from renown.answers.week_review import format_week

MOVE, GOAL, OVERTAKEN, LEFT, WEEK = "move", "goal", "overtaken", "left", "week"
"""Kinds: the score moved, a goal was reached, somebody got ahead, reactions left the window, a week is over."""
_MIN_LEFT_POINTS = 0.1
"""Points that reactions must have taken with them when they left the window to be worth a notification."""
_WEEK_DAYS, _SUNDAY = 7, 7

ScoreHistory = Sequence[tuple[date, float | None]]


@dataclass(frozen=True, kw_only=True)
class Notification:
    """Something that happened to a person on a published day."""

    kind: str
    """`move`, `goal`, `overtaken`, `left` or `week`."""
    key: str
    """Unique among the person's notifications; a day that is scored again has the same."""
    day: str
    """UTC day, as 2026-11-23."""
    title: str
    text: str
    """The cause in a sentence; empty if it is not known."""
    path: str
    """Page below the person's page, or the path of a group's page."""
    points: float
    """Signed points of score; 0 if it is not about points."""


def find_notifications(
    history: ScoreHistory, changes: Changes | None, standings: Iterable[tuple[str, Standings]], *, name: str
) -> list[Notification]:
    """
    Find what happened to a person on the latest day of a history.

    Parameters
    ----------
    history : sequence of (date, float or None)
        Scores by day, oldest first; the latest day is the one that is told of.
    changes : Changes, optional
        Explanation of the change since the day before.
    standings : iterable of (path, Standings)
        Standings of the person's groups and running challenges, with the paths of their pages.
    name : str
        Name of the person.

    Examples
    --------
    >>> days = [(date(2026, 11, 21), 66.4), (date(2026, 11, 22), 67.3)]
    >>> [row.title for row in find_notifications(days, None, [], name="ada")]
    ['Your score rose by 0.9 to 67.3', 'Your week: 67.3 (+0.9)']
    """
    if not history or history[-1][1] is None:
        return []
    day, score = history[-1][0], history[-1][1]
    return [
        *_find_move(history, changes),
        *_find_goal(history),
        *_find_left(day, changes),
        *(row for path, standing in standings for row in _find_race_news(path, standing, name, day)),
        *_summarize_week(history, day, score),
    ]


def _find_move(history: ScoreHistory, changes: Changes | None) -> Iterator[Notification]:
    before = next((score for _, score in reversed(history[:-1]) if score is not None), None)
    day, score = history[-1]
    if before is None or score is None or round(score - before, 1) == 0:
        return
    move = score - before
    verb = "rose" if move > 0 else "fell"
    yield Notification(
        kind=MOVE,
        key=f"{MOVE}/{day}",
        day=day.isoformat(),
        title=f"Your score {verb} by {abs(move):.1f} to {score:.1f}",
        text=changes.summary.sentence if changes else "",
        path="why",
        points=move,
    )


def _find_goal(history: ScoreHistory) -> Iterator[Notification]:
    day, score = history[-1]
    highest = max((earlier for _, earlier in history[:-1] if earlier is not None), default=None)
    if score is not None and highest is not None and highest < DEFAULT_GOAL <= score:
        yield Notification(
            kind=GOAL,
            key=f"{GOAL}/{DEFAULT_GOAL:.0f}/{day}",
            day=day.isoformat(),
            title=f"You reached {DEFAULT_GOAL:.0f}",
            text=f"Your score is {score:.1f}, for the first time {DEFAULT_GOAL:.0f} or more.",
            path="",
            points=0.0,
        )


def _find_left(day: date, changes: Changes | None) -> Iterator[Notification]:
    points = next((cause.points for cause in changes.causes if cause.kind == LEFT), 0.0) if changes else 0.0
    if points <= -_MIN_LEFT_POINTS:
        yield Notification(
            kind=LEFT,
            key=f"{LEFT}/{day}",
            day=day.isoformat(),
            title="Older reactions no longer count",
            text=f"Reactions that are older than the window took {-points:.2f} points with them.",
            path="goal",
            points=points,
        )


def _find_race_news(path: str, standing: Standings, name: str, day: date) -> Iterator[Notification]:
    row = next((row for row in standing.standings if row.name == name), None)
    if row is None:
        return
    if row.reached_on == day.isoformat():
        yield Notification(
            kind=GOAL,
            key=f"{GOAL}{path}/{standing.goal}",
            day=day.isoformat(),
            title=f"You reached {standing.goal} in {standing.title}",
            text=f"Your score is {row.score:.1f}." if row.score else "",
            path=path,
            points=0.0,
        )
    names = [overtake.name for overtake in standing.overtakes if (overtake.overtaken, overtake.day) == (name, f"{day}")]
    if names:
        yield Notification(
            kind=OVERTAKEN,
            key=f"{OVERTAKEN}{path}/{day}",
            day=day.isoformat(),
            title=f"{' and '.join(names)} overtook you in {standing.title}",
            text=f"You are number {row.rank} of {len(standing.standings)} now." if row.rank else "",
            path=path,
            points=0.0,
        )


def _summarize_week(history: ScoreHistory, day: date, score: float) -> Iterator[Notification]:
    if day.isoweekday() != _SUNDAY:
        return
    week = [(past, value) for past, value in history if (day - past).days <= _WEEK_DAYS and value is not None]
    first, best = week[0][1], max(week, key=lambda row: row[1])
    move = score - first
    yield Notification(
        kind=WEEK,
        key=f"{WEEK}/{day.isocalendar().year}-{day.isocalendar().week}",
        day=day.isoformat(),
        title=f"Your week: {score:.1f}" + (f" ({move:+z.1f})" if round(move, 1) else ""),
        text=f"Highest on {best[0]}: {best[1]:.1f}.",
        path=f"week/{format_week(day)}",
        points=move,
    )
