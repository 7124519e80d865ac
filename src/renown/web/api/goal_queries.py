"""Queries about goals, shared by API routes and pages: plans, what-if, ruler and similar people."""

from functools import partial

from renown import answers
from renown.answers import (
    BestTimes,
    GoalPlan,
    PersonProfile,
    Ruler,
    SimilarPerson,
    Way,
    WhatIfResult,
)
from renown.store import ServedScore
from renown.web.api.people import list_leaders
from renown.web.people import find_by_key, find_time_zone
from renown.web.profiles import load_profile, load_scoring_inputs
from renown.web.ranks import list_landmarks, list_top_scores
from renown.web.state import AppState


def plan_goal(state: AppState, subject: ServedScore, target: float) -> GoalPlan:
    """Plan what it takes to reach a score: odds at the current trend, and the score if no new reactions come."""
    inputs = load_scoring_inputs(state, subject)
    history = answers.read_trend_history(state.scores, state.days, subject)
    return state.computer.compute_once(
        ("goal", subject, target),
        lambda engine: answers.plan_goal(subject.name, subject.score, inputs, history, engine, target=target),
    )


def plan_way(state: AppState, subject: ServedScore, profile: PersonProfile, target: float) -> tuple[Way, GoalPlan]:
    """Plan the way to a score, with the plan for its next step."""
    history = answers.read_trend_history(state.scores, state.days, subject)
    plan, whole = state.computer.compute_once(
        ("way", subject, target),
        lambda engine: answers.plan_way(subject, profile.known_inputs, history, engine, target=target),
    )
    leaders = list_leaders(state, limit=1)
    way = answers.build_way(
        plan,
        whole,
        history,
        target=target,
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
