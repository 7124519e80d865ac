"""Queries about people, shared by API routes and pages."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import date

from renown import answers
from renown.answers import (
    Changes,
    CustomWeightsResult,
    Explanation,
    PersonProfile,
    TopicList,
    WeightSandbox,
)
from renown.errors import PersonNotFoundError
from renown.store import PublishedDay, PublishedTables, ServedScore
from renown.web.api.models import (
    AccountResponse,
    ComparisonResponse,
    PersonResponse,
)
from renown.web.api.people import build_score, build_scores
from renown.web.explanations import explain_day, explain_method_switch, load_redacted_changes
from renown.web.people import find_by_name, list_visible_scores
from renown.web.profiles import load_profile
from renown.web.state import AppState


def compare_people(state: AppState, names: list[str]) -> ComparisonResponse:
    """
    Compare people side by side, each once.

    Raises
    ------
    InvalidInputError
        If all names are of one person.
    """
    subjects = answers.list_compared([find_by_name(state, name) for name in names])
    comparison = answers.compare_people(subjects, [load_profile(state, subject) for subject in subjects], state.scores)
    return ComparisonResponse(
        people=build_scores(state, subjects),
        histories=[person.history for person in comparison.people],
        signals=[person.signals for person in comparison.people],
        ranges=[person.range for person in comparison.people],
        base=comparison.base,
        warnings=[person.warnings for person in comparison.people],
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


def list_topics(state: AppState, subject: ServedScore) -> TopicList:
    """List what a person's posts are about."""
    return answers.list_topics(subject.name, subject.day, load_profile(state, subject))


def build_person(state: AppState, subject: ServedScore, profile: PersonProfile) -> PersonResponse:
    """Build the response with a person's score, accounts, score changes and style."""
    score_changes = state.scores.read_changes_by_key(subject.key)
    owner = state.people.by_key(subject.key)
    handles = state.profiles.handles(subject.key)
    accounts = [
        AccountResponse(
            claim.network,
            handles.get((claim.network, claim.account_id), claim.account_id),
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
