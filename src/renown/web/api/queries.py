"""Queries shared by API routes and pages."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date

from renown import answers
from renown.answers import (
    Changes,
    CustomWeightsResult,
    Explanation,
    GoalPlan,
    LeaderboardPage,
    LeaderboardRank,
    PersonProfile,
    SimilarPerson,
    WeightSandbox,
    WhatIfResult,
)
from renown.answers.standing import no_score_error
from renown.errors import PersonNotFoundError
from renown.store import AccountName, PublishedDay, PublishedTables, ServedScore
from renown.web.api.models import (
    AccountResponse,
    ComparisonResponse,
    InfluenceResponse,
    PeopleResponse,
    PersonResponse,
    ScoreResponse,
)
from renown.web.api.params import MAX_PAGE_SIZE
from renown.web.state import AppState


def list_people(state: AppState, *, after: tuple[int, int], limit: int) -> PeopleResponse:
    """List a page of people by rank, after a (rank, key) cursor."""
    scores = state.scores.list_claimed(limit + 1, after=after)
    next_cursor = _format_cursor(scores[limit - 1]) if len(scores) > limit else None
    return PeopleResponse(
        [ScoreResponse.from_served_score(score) for score in scores[:limit] if state.may_show(score.key)], next_cursor
    )


def search_people(state: AppState, text: str, *, network: str | None, limit: int) -> list[ScoreResponse]:
    """Search people by a prefix of their name or of a handle or id on any network."""
    if "\0" in text + (network or ""):
        return []
    exact_matches = [] if network else [state.scores.by_name(text)]
    keys = state.profiles.search(text, network=network, limit=limit)
    scores = {
        score.key: score
        for score in (*exact_matches, *map(state.scores.find, keys))
        if score and state.may_show(score.key)
    }
    return [ScoreResponse.from_served_score(score) for score in scores.values()][:limit]


def compare_people(state: AppState, names: list[str]) -> ComparisonResponse:
    """Compare people side by side."""
    subjects = [state.find_by_name(name) for name in names]
    profiles = [state.load_profile(subject) for subject in subjects]
    all_shares = [answers.compute_shares(profile.explanation.receipt) for profile in profiles]
    return ComparisonResponse(
        [ScoreResponse.from_served_score(subject) for subject in subjects],
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
        return state.load_profile(subject).explanation
    profile = state.build_profile(subject, day)
    if profile is None:
        raise PersonNotFoundError(
            f"{subject.name} has no score on {day}; /api/people/{subject.name}/history lists the days with one"
        )
    return state.redact_profile(profile).explanation


def explain_changes(
    state: AppState, subject: ServedScore, day: date | None = None, since: date | None = None
) -> Changes:
    """Explain a score change between two published days; `since` defaults to the one before `day`."""
    last = state.days.find(day)
    return state.explain_changes(subject, state.days.find(since) if since else state.days.find_before(last), last)


def plan_goal(state: AppState, subject: ServedScore, target: float) -> GoalPlan:
    """Plan what it takes to reach a score: odds at the current trend, and the score if no new reactions come."""
    inputs = state.load_scoring_inputs(subject)
    has_odds = not subject.has_self_reported
    past_scores = state.scores.read_history(subject.key, answers.TREND_DAYS + 1) if has_odds else None
    with state.engine_session() as engine:
        return answers.plan_goal(subject.name, subject.score, inputs, past_scores, engine, target=target)


def what_if(state: AppState, subject: ServedScore, changes: list[str]) -> WhatIfResult:
    """Simulate a score after hypothetical changes."""
    parsed_changes, inputs = [answers.parse_change(text) for text in changes], state.load_scoring_inputs(subject)
    with state.engine_session() as engine:
        return answers.simulate_changes(subject.name, subject.score, inputs, parsed_changes, engine)


def find_similar_person(state: AppState, subject: ServedScore, target: float) -> SimilarPerson:
    """Find the most similar visible person who has reached a score."""
    return answers.find_similar_person(
        subject,
        state.leaderboards.get_comparison_band(),
        state.find_by_key,
        lambda score: state.load_profile(score).explanation.receipt,
        target=target,
        hidden_keys=state.hidden_keys(),
    )


def load_leaderboard_page(
    state: AppState, network: str | None, *, after: tuple[int, int], limit: int
) -> LeaderboardPage:
    """
    Load a page of the leaderboard of a network, or of all networks, with visible people only.

    Raises
    ------
    DayNotPublishedError
        If no day is served yet.
    """
    day = state.scores.day()
    if day is None:
        raise no_score_error(None)
    ranks = _overall_ranks(state, after) if network is None else _network_ranks(state, network, after)
    return answers.build_leaderboard_page(day, network, ranks, limit=limit)


def build_influence(subject: ServedScore, profile: PersonProfile) -> InfluenceResponse:
    """Build the response with a person's influencers and influencees."""
    return InfluenceResponse(
        subject.name,
        list(profile.influencers.people),
        list(profile.influencees.people),
        profile.influencers.count,
        profile.influencees.count,
    )


def build_person(state: AppState, subject: ServedScore, profile: PersonProfile) -> PersonResponse:
    """Build the response with a person's score, accounts, score changes and style."""
    score_changes = state.scores.read_changes_by_key(subject.key)
    owner = state.people.by_key(subject.key)
    names = {
        (name.network, name.account_id): name.display_name
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
        score=ScoreResponse.from_served_score(subject),
        accounts=accounts,
        score_changes=dict(zip(("day", "week", "month"), score_changes.values(), strict=True)),
        reach=profile.reach,
        amplification=profile.amplification,
        network=profile.network,
        style=profile.activity.classify(),
        shares=answers.compute_shares(profile.explanation.receipt),
        range=profile.known_range,
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
    subject_key = state.find_by_name(name).key if name else None
    people = {score.key: score.name for score in state.list_visible_scores()}
    day = state.days.find(state.scores.day())
    with state.sandboxes.borrow(day, frozenset(people), lambda: _open_sandbox(state, day, people)) as sandbox:
        return answers.score_with_weights(
            sandbox, people, answers.parse_factors(sandbox.method, factors), selected=subject_key, limit=limit
        )


def _open_sandbox(state: AppState, day: PublishedDay, people: Iterable[int]) -> WeightSandbox:
    with ExitStack() as stack, PublishedTables(day) as published:
        engine = stack.enter_context(state.open_engine())
        sandbox = WeightSandbox(engine, state.lake, published, people)
        # The sandbox owns the engine from here on; if opening it failed, the stack has closed the engine.
        stack.pop_all()
        return sandbox


def _sort_ids_first(names: list[AccountName]) -> list[AccountName]:
    return sorted(names, key=lambda name: name.display_name != name.account_id)


def _format_cursor(last: ServedScore) -> str:
    return f"{last.rank}:{last.key}"


def _overall_ranks(state: AppState, after: tuple[int, int]) -> Iterator[tuple[LeaderboardRank, ServedScore]]:
    load_scores = state.scores.list_leaders if state.can_show_unclaimed else state.scores.list_claimed
    hidden_keys = state.hidden_keys()
    for rank, score in answers.iter_overall_ranks(lambda cursor: load_scores(MAX_PAGE_SIZE, after=cursor), after):
        if score.key not in hidden_keys and state.may_show(score.key):
            yield rank, score


def _network_ranks(
    state: AppState, network: str, after: tuple[int, int]
) -> Iterator[tuple[LeaderboardRank, ServedScore]]:
    hidden_keys = state.hidden_keys()
    for rank in state.leaderboards.get_leaderboard(network, include_unclaimed=state.can_show_unclaimed).ranks_after(
        *after
    ):
        if rank.key not in hidden_keys and (score := state.find_by_key(rank.key)):
            yield rank, score
