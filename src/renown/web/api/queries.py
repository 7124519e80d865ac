"""Queries shared by API routes and pages."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from functools import partial

from renown import answers
from renown.answers import (
    BestTimes,
    Changes,
    CustomWeightsResult,
    Explanation,
    GoalPlan,
    LeaderboardEntry,
    LeaderboardPage,
    PersonProfile,
    Position,
    Ruler,
    SimilarPerson,
    UniformIncrease,
    Way,
    WeekFigures,
    WeekReview,
    WeightSandbox,
    WhatIfResult,
    YearReview,
)
from renown.answers.standing import no_score_error
from renown.engines.duckdb import DuckDB
from renown.errors import InvalidInputError, PersonNotFoundError
from renown.store import AccountName, PublishedDay, PublishedTables, ServedScore
from renown.web.api.cursor import decode_cursor, encode_cursor
from renown.web.api.models import (
    AccountResponse,
    ComparisonResponse,
    PersonResponse,
)
from renown.web.api.people import build_score, build_scores, iter_visible, list_leaders
from renown.web.explanations import explain_day, explain_method_switch, load_past_changes, load_redacted_changes
from renown.web.networks import check_network
from renown.web.people import find_by_key, find_by_name, find_time_zone, list_visible_scores
from renown.web.profiles import load_profile, load_scoring_inputs
from renown.web.ranks import list_group_standings, list_landmarks, list_top_scores, present_score, read_past_standing
from renown.web.state import AppState

_WAY_HISTORY_DAYS = 90
"""Days of history that tell whether odds can be given."""
_DAYS_BEFORE_WEEK = 8
"""Days up to the one before the week before a Monday: the end of that week is what a week is compared with."""
_DAYS_BEFORE_YEAR = 32
"""The same for the last month before a year."""


def compare_people(state: AppState, names: list[str]) -> ComparisonResponse:
    """
    Compare people side by side, each once.

    Raises
    ------
    InvalidInputError
        If all names are of one person.
    """
    subjects = list({subject.key: subject for subject in (find_by_name(state, name) for name in names)}.values())
    if len(subjects) == 1:
        raise InvalidInputError(f"{' and '.join(names)} are the same person; name two different people")
    profiles = [load_profile(state, subject) for subject in subjects]
    all_shares = [answers.compute_shares(profile.explanation.receipt) for profile in profiles]
    return ComparisonResponse(
        build_scores(state, subjects),
        [answers.load_history(state.scores, subject.key) for subject in subjects],
        [{share.name: share.points for share in shares.signals} for shares in all_shares],
        [profile.known_range for profile in profiles],
    )


def load_explanation(state: AppState, subject: ServedScore, day: date | None = None) -> Explanation:
    """
    Load the explanation of a score, of the served day or another.

    Raises
    ------
    PersonNotFoundError
        If they have no score that day.
    """
    if day is None or day == subject.day:
        return load_profile(state, subject).explanation
    explanation = explain_day(state, subject, day)
    if explanation is None:
        raise PersonNotFoundError(
            f"{subject.name} has no score on {day}; /api/people/{subject.name}/history lists the days with one"
        )
    return explanation


def explain_changes(
    state: AppState, subject: ServedScore, day: date | None = None, since: date | None = None
) -> Changes:
    """Explain a score change between two published days, as others see it; `since` defaults to the one before `day`."""
    return load_redacted_changes(state, subject, *find_compared_days(state, day, since))


def find_compared_days(state: AppState, day: date | None, since: date | None) -> tuple[PublishedDay, PublishedDay]:
    """Find two published days to compare; `since` defaults to the one before `day`."""
    return state.days.find_compared(day, since)


def plan_goal(state: AppState, subject: ServedScore, target: float) -> GoalPlan:
    """Plan what it takes to reach a score: odds at the current trend, and the score if no new reactions come."""
    inputs = load_scoring_inputs(state, subject)
    has_odds = not subject.has_self_reported
    past_scores = state.scores.read_history(subject.key, answers.TREND_DAYS + 1) if has_odds else None
    return state.computer.compute_once(
        ("goal", subject, target),
        lambda engine: answers.plan_goal(subject.name, subject.score, inputs, past_scores, engine, target=target),
    )


def plan_way(state: AppState, subject: ServedScore, profile: PersonProfile, target: float) -> tuple[Way, GoalPlan]:
    """Plan the way to a score, with the plan for its next step."""
    history = state.scores.read_history(subject.key, _WAY_HISTORY_DAYS)
    next_step = answers.choose_next_step(subject.score, target)
    past_scores = None if subject.has_self_reported else history[-answers.TREND_DAYS - 1 :]
    inputs = profile.known_inputs

    def plan_steps(engine: DuckDB) -> tuple[GoalPlan, UniformIncrease]:
        return answers.plan_two_goals(
            subject.name,
            subject.score,
            inputs,
            past_scores,
            engine,
            target=next_step,
            further_target=max(next_step, target),
        )

    plan, whole = state.computer.compute_once(("way", subject, target), plan_steps)
    leaders = list_leaders(state, limit=1)
    way = answers.build_way(
        plan,
        whole,
        target=target,
        history_days=sum(score is not None for _, score in history),
        highest=leaders[0].score if leaders else None,
        reaction_days=profile.reaction_days,
        window=profile.explanation.receipt.coverage.window,
    )
    return way, plan


def find_best_times(state: AppState, subject: ServedScore, profile: PersonProfile, time_zone: str | None) -> BestTimes:
    """Find when reactions to a person come; in their own time zone unless another is requested."""
    zone = time_zone or find_time_zone(state, subject)
    return answers.compute_best_times(subject.name, subject.day, profile.hours, zone)


def what_if(state: AppState, subject: ServedScore, changes: list[str]) -> WhatIfResult:
    """Simulate a score after hypothetical changes."""
    parsed_changes, inputs = [answers.parse_change(text) for text in changes], load_scoring_inputs(state, subject)
    return state.computer.compute(
        ("what-if", subject, tuple(parsed_changes)),
        lambda engine: answers.simulate_changes(subject.name, subject.score, inputs, parsed_changes, engine),
    )


def build_ruler(state: AppState, subject: ServedScore, profile: PersonProfile) -> Ruler:
    """Build the ruler on which a score stands among others."""
    return Ruler(
        name=subject.name,
        day=subject.day,
        score=subject.score,
        range=profile.known_range if profile.known_range.sample_size else None,
        goal=answers.DEFAULT_GOAL,
        top_scores=list_top_scores(state, subject),
        landmarks=list_landmarks(state, subject),
    )


def load_week_review(state: AppState, subject: ServedScore, week: str) -> tuple[WeekReview, Changes | None]:
    """
    Load the review of a week such as 2026-W47, with why the score changed, with all names.

    Raises
    ------
    InvalidInputError
        If the text is not a week.
    PersonNotFoundError
        If they have no published score in that week.
    """
    monday = answers.parse_week(week)
    history = state.scores.read_history(subject.key, max(1, (subject.day - monday).days + _DAYS_BEFORE_WEEK))
    span = answers.select_week(subject.name, history, monday)
    first, last = span.compared[0], span.last[0]
    changes = load_past_changes(state, subject, first, last) if first < last else None
    rank, people = read_past_standing(state, subject, last)
    rank_before, _ = read_past_standing(state, subject, first)
    figures = WeekFigures(changes=changes, people=people, rank=rank, rank_before=rank_before)
    standings = list_group_standings(state, subject)
    return answers.review_week(subject.name, span, figures, standings, published_until=subject.day), changes


def load_year_review(state: AppState, subject: ServedScore, year: str) -> YearReview:
    """
    Load the review of a year such as 2026.

    Raises
    ------
    InvalidInputError
        If the text is not a year.
    PersonNotFoundError
        If they have no published score in that year.
    """
    number = answers.parse_year(year)
    days = (subject.day - date(number, 1, 1)).days + _DAYS_BEFORE_YEAR
    history = state.scores.read_history(subject.key, max(1, days))
    return answers.review_year(subject.name, history, number, published_until=subject.day)


def latest_week_path(subject: ServedScore) -> str:
    """Return the path of a person's latest week, relative to the path that ends with `week`."""
    return f"week/{answers.format_week(subject.day)}"


def latest_year_path(subject: ServedScore) -> str:
    """Return the path of a person's latest year, relative to the path that ends with `year`."""
    return f"year/{subject.day.year}"


def find_similar_person(state: AppState, subject: ServedScore, target: float) -> SimilarPerson:
    """Find the most similar visible person who has reached a score."""
    return answers.find_similar_person(
        subject,
        state.leaderboards.get_comparison_band(),
        partial(find_by_key, state),
        lambda score: load_profile(state, score).explanation.receipt,
        target=target,
        select_visible=state.visibility.select,
    )


def load_leaderboard_page(state: AppState, network: str | None, *, after: Position, limit: int) -> LeaderboardPage:
    """
    Load a page of the leaderboard of a network, or of all networks, with visible people only.

    Raises
    ------
    DayNotPublishedError
        If no day is served yet.
    InvalidInputError
        If the network is not known.
    """
    day = state.scores.day()
    if day is None:
        raise no_score_error(None)
    check_network(state, network)
    rows = _overall_ranks(state, after, limit) if network is None else _network_ranks(state, network, after)
    return answers.build_leaderboard_page(
        day, network, rows, lambda position: encode_cursor(position, state.cursor_secret), limit=limit
    )


def parse_cursor(state: AppState, cursor: str | None) -> Position:
    """Parse a pagination cursor into a position; the start of the list without one."""
    return decode_cursor(cursor, state.cursor_secret)


def build_person(state: AppState, subject: ServedScore, profile: PersonProfile) -> PersonResponse:
    """Build the response with a person's score, accounts, score changes and style."""
    score_changes = state.scores.read_changes_by_key(subject.key)
    owner = state.people.by_key(subject.key)
    names = {
        (name.network, name.account_id): name.original_name
        for name in _sort_ids_first(state.profiles.names(subject.key))
    }
    accounts = [
        AccountResponse(
            claim.network,
            names.get((claim.network, claim.account_id), claim.account_id),
            claim.account_id,
            claim.is_verified,
            claim.proof,
        )
        for claim in (owner.claims if owner else ())
    ]
    return PersonResponse(
        score=build_score(state, subject),
        accounts=accounts,
        score_changes=dict(zip(("day", "week", "month"), score_changes.values(), strict=True)),
        reach=profile.reach,
        amplification=profile.amplification,
        network=profile.network,
        style=profile.activity.classify(),
        shares=answers.compute_shares(profile.explanation.receipt),
        range=profile.known_range,
        remark=profile.remark,
        method_switch=explain_method_switch(state, subject),
    )


def score_with_weights(
    state: AppState, factors: Mapping[str, str], *, name: str | None = None, limit: int = answers.DEFAULT_LIMIT
) -> CustomWeightsResult:
    """
    Rank the visible people by custom weights.

    Parameters
    ----------
    state : AppState
    factors : mapping of str to str
        Signal to the factor for its weight, as text.
    name : str, optional
        Person to include at any rank.
    limit : int
        Maximum number of people to list.

    Raises
    ------
    InvalidInputError
        If a factor is not a number, or there is no such signal.
    PersonNotFoundError
        If no visible person is called `name`.
    """
    subject_key = find_by_name(state, name).key if name else None
    people = {score.key: score.name for score in list_visible_scores(state)}
    day = state.days.find(state.scores.day())
    return state.sandboxes.compute(
        (frozenset(factors.items()), subject_key, limit),
        (day, frozenset(people)),
        lambda: _open_sandbox(state, day, people),
        lambda sandbox: answers.score_with_weights(
            sandbox, people, answers.parse_factors(sandbox.method, factors), selected=subject_key, limit=limit
        ),
    )


def _open_sandbox(state: AppState, day: PublishedDay, people: Iterable[int]) -> WeightSandbox:
    with ExitStack() as stack, PublishedTables(day) as published:
        engine = stack.enter_context(state.open_engine())
        sandbox = answers.open_weight_sandbox(engine, state.lake, published, people)
        # The sandbox owns the engine from here on; if opening it failed, the stack has closed the engine.
        stack.pop_all()
        return sandbox


def _sort_ids_first(names: list[AccountName]) -> list[AccountName]:
    return sorted(names, key=lambda name: name.original_name != name.account_id)


def _overall_ranks(state: AppState, after: Position, limit: int) -> Iterator[tuple[Position, LeaderboardEntry]]:
    for score in iter_visible(state, after, limit):
        entry = LeaderboardEntry(
            rank=present_score(state, score).rank,
            name=score.name,
            score=score.ranked_score,
            overall=score.score,
            strength=score.strength / 1e9,
            people=score.people,
            accounts=score.accounts,
        )
        yield (score.rank, score.key), entry


def _network_ranks(state: AppState, network: str, after: Position) -> Iterator[tuple[Position, LeaderboardEntry]]:
    for row in state.leaderboards.get_leaderboard(network, state.visibility).ranks_after(*after):
        if score := find_by_key(state, row.key):
            entry = LeaderboardEntry(
                rank=row.rank,
                name=score.name,
                score=row.score,
                overall=score.score,
                strength=row.strength,
                people=row.people,
                accounts=row.accounts,
            )
            yield (row.rank, row.key), entry
