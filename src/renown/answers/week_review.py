"""Review a person's ISO week from published days: the score, its best day and post, who reacted, ranks gained."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from renown.answers.explain.change_summary import PostGain
from renown.answers.explain.changes import Changes
from renown.answers.group_standings import Standings
from renown.answers.history import PastDay
from renown.answers.member_standings import MemberStanding
from renown.answers.overtakes import rank_scores
from renown.errors import InvalidInputError, PersonNotFoundError

_WEEK_PATTERN = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_WEEK = timedelta(days=7)

ScoreHistory = Sequence[tuple[date, float | None]]


@dataclass(frozen=True)
class DayMove:
    """How much a score moved in a day."""

    day: str
    """UTC day, as 2026-11-23."""
    score: float
    """Score of that day."""
    points: float
    """Signed points since the day before."""


@dataclass(frozen=True, kw_only=True)
class RacePosition:
    """A person's place in a group at the end of a week."""

    group: str
    title: str
    rank: int
    members: int
    """Number of members with a score that day."""
    places_gained: int | None
    """Ranks gained since the day before the week, negative if lost; None without a score then."""


@dataclass(frozen=True, kw_only=True)
class WeekSpan:
    """The published days of a week on which a person had a score."""

    week: str
    """ISO 8601 week, as 2026-W47."""
    monday: date
    before: tuple[date, float] | None
    """The last published day with a score in the week before, with the score; None if there is none."""
    scores: tuple[tuple[date, float], ...]
    """Scores by published day, oldest first; at least one."""

    @property
    def compared(self) -> tuple[date, float]:
        """The day and score that the end of the week is compared with: the last of the week before, else its first."""
        return self.before or self.scores[0]

    @property
    def last(self) -> tuple[date, float]:
        """The last day with its score."""
        return self.scores[-1]


@dataclass(frozen=True, kw_only=True)
class WeekReview:
    """A person's week."""

    name: str
    week: str
    """ISO 8601 week, as 2026-W47."""
    first_day: str
    """Monday, as 2026-11-16; `last_day` is the Sunday."""
    last_day: str
    is_over: bool
    """Whether the Sunday is published."""
    score: float
    """Score on the last published day of the week."""
    score_day: str
    change: float | None
    """Signed points from `compared_day` to `score_day`; None if both are the same day."""
    compared_day: str
    """The last published day before the week; the first of the week if the person had no score in the week before."""
    days: tuple[PastDay, ...]
    """Published days of the week with a score, oldest first."""
    best_day: DayMove | None
    """The day with the largest rise; None if the score rose on none."""
    sentence: str
    """Why the score changed; empty if it is not known."""
    best_post: PostGain | None
    """The post whose new reactions brought most; None if none did, or it is not known."""
    people: int | None
    """People who reacted in the 90 days up to `score_day`; None if it is not known."""
    new_people: int | None
    """Those of them who had not reacted in the 90 days up to `compared_day`; None if it is not known."""
    rank: int | None
    """Rank on `score_day` among everybody but hidden people; None without a verified score."""
    places_gained: int | None
    """Ranks gained since `compared_day`, negative if lost; None if either is not known."""
    races: tuple[RacePosition, ...]
    """Place in each of the person's groups, by its title."""
    message: str
    """What there is not enough data for; empty if nothing is missing."""


@dataclass(frozen=True, kw_only=True)
class WeekFigures:
    """What a review needs besides the scores; None for what is not known."""

    changes: Changes | None = None
    """Why the score changed from the compared to the last day."""
    people: int | None = None
    rank: int | None = None
    rank_before: int | None = None


def parse_week(text: str) -> date:
    """
    Return the Monday of an ISO 8601 week.

    Raises
    ------
    InvalidInputError
        If the text is not a week.

    Examples
    --------
    >>> parse_week("2026-W47")
    datetime.date(2026, 11, 16)
    """
    match = _WEEK_PATTERN.fullmatch(text)
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else _reject_week(text)
    except ValueError:
        return _reject_week(text)


def format_week(day: date) -> str:
    """
    Return the ISO 8601 week of a day.

    Examples
    --------
    >>> format_week(date(2027, 1, 1))
    '2026-W53'
    """
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def select_week(name: str, history: ScoreHistory, monday: date) -> WeekSpan:
    """
    Select the published days of a week from a person's history.

    Raises
    ------
    PersonNotFoundError
        If they have no published score in that week.
    """
    known = [(day, score) for day, score in history if score is not None]
    scores = tuple(row for row in known if monday <= row[0] < monday + _WEEK)
    if not scores:
        raise PersonNotFoundError(
            f"no score of {name} is published in the week {format_week(monday)}; "
            f"/api/people/{name}/history lists the days with one"
        )
    before = [row for row in known if monday - _WEEK <= row[0] < monday]
    return WeekSpan(week=format_week(monday), monday=monday, before=before[-1] if before else None, scores=scores)


def review_week(
    name: str, span: WeekSpan, figures: WeekFigures, standings: Iterable[Standings], *, published_until: date
) -> WeekReview:
    """
    Review a week.

    Parameters
    ----------
    name : str
        Name of the person.
    span : WeekSpan
    figures : WeekFigures
    standings : iterable of Standings
        Standings of the person's groups, as others see them.
    published_until : date
        The last published day.
    """
    (compared_day, compared), (last_day, score) = span.compared, span.last
    has_change, changes = compared_day < last_day, figures.changes
    is_known = has_change and figures.rank is not None and figures.rank_before is not None
    sunday = span.monday + _WEEK - timedelta(days=1)
    return WeekReview(
        name=name,
        week=span.week,
        first_day=span.monday.isoformat(),
        last_day=sunday.isoformat(),
        is_over=published_until >= sunday,
        score=score,
        score_day=last_day.isoformat(),
        change=round(score - compared, 2) if has_change else None,
        compared_day=compared_day.isoformat(),
        days=tuple(PastDay(day.isoformat(), day_score, is_published=True) for day, day_score in span.scores),
        best_day=find_best_day([*([span.before] if span.before else []), *span.scores]),
        sentence=changes.summary.sentence if changes else "",
        best_post=changes.summary.best_post if changes else None,
        people=figures.people,
        new_people=changes.people.new if changes else None,
        rank=figures.rank,
        places_gained=(figures.rank_before or 0) - (figures.rank or 0) if is_known else None,
        races=tuple(_find_races(name, standings, last_day, compared_day)),
        message=_describe_missing(has_change=has_change, is_explained=changes is not None),
    )


def find_best_day(scores: Sequence[tuple[date, float]]) -> DayMove | None:
    """Find the day with the largest rise since the day before, the first of equal ones; None if there is none."""
    moves = [
        DayMove(day.isoformat(), score, round(score - before, 2))
        for (day_before, before), (day, score) in pairwise(scores)
        if day - day_before == timedelta(days=1)
    ]
    best = max(moves, key=lambda move: move.points, default=None)
    return best if best and best.points > 0 else None


def _find_races(name: str, standings: Iterable[Standings], last_day: date, compared_day: date) -> list[RacePosition]:
    races = []
    for standing in standings:
        rank, members = _rank_on(standing.standings, name, last_day)
        rank_before, _ = _rank_on(standing.standings, name, compared_day)
        if rank is not None:
            races.append(
                RacePosition(
                    group=standing.group,
                    title=standing.title or standing.group,
                    rank=rank,
                    members=members,
                    places_gained=None if rank_before is None else rank_before - rank,
                )
            )
    return sorted(races, key=lambda race: (race.title, race.group))


def _rank_on(rows: Iterable[MemberStanding], name: str, day: date) -> tuple[int | None, int]:
    """Return the rank of a member on a day, and how many members had a score."""
    scores = {
        row.name: past.score for row in rows for past in row.scores if past.day == f"{day}" and past.score is not None
    }
    return rank_scores(scores.values()).get(scores.get(name)) if name in scores else None, len(scores)


def _describe_missing(*, has_change: bool, is_explained: bool) -> str:
    if not has_change:
        return "not enough data: only one published day, and a change needs two"
    return "" if is_explained else "what changed the score cannot be told any more: the data of these days is gone"


def _reject_week(text: str) -> date:
    raise InvalidInputError(f"{text[:100]!r} is not a week; write it as 2026-W47")
