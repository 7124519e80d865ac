"""
API routes of people, as JSON: scores, receipts, changes, reviews, influence, goals, simulations.

A path below a person comes before the person itself, whose name may contain slashes: the first match counts.
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import WithJsonSchema
from starlette.responses import RedirectResponse

from renown import answers
from renown.answers import (
    BestTimes,
    Changes,
    Explanation,
    GoalPlan,
    Standing,
    Way,
    WeekReview,
    WhatIfResult,
    YearReview,
)
from renown.web.api import goal_queries, identities, queries, review_queries
from renown.web.api.identities import InfluenceResponse, RulerResponse, SimilarPersonResponse
from renown.web.api.models import ComparisonResponse, PersonResponse, ScoreResponse
from renown.web.api.params import SubjectParam, TargetParam, set_last_modified
from renown.web.api.people import build_score
from renown.web.people import find_by_name
from renown.web.profiles import load_profile
from renown.web.ranks import compute_standing
from renown.web.state import get_app_state

router = APIRouter()

_MAX_CHANGES = 100
_CHANGE_PATTERN = r"^.+=(x[0-9]{1,4}(\.[0-9]{1,6})?|[+-]?[0-9]{1,9})$"
ChangeParams = Annotated[
    list[Annotated[str, WithJsonSchema({"type": "string", "pattern": _CHANGE_PATTERN})]],
    Query(
        default_factory=list,
        max_length=_MAX_CHANGES,
        description="`network:handle/signal=12` (12 people, followers or lists more; `-12` fewer), "
        "`…=x1.5` (1.5 times as many), or `everything=x1.5`; applied in order.",
        examples=[["everything=x1.5"]],
    ),
]

DayParam = Annotated[date | None, Query(description="UTC day; the latest published day if omitted.")]


@router.get("/compare")
def compare_people(
    request: Request,
    who: Annotated[
        list[str],
        Query(
            min_length=answers.MIN_COMPARED,
            max_length=answers.MAX_COMPARED,
            description="Two to five people.",
            examples=[["ada", "grace"]],
        ),
    ],
) -> ComparisonResponse:
    """Compare two to five people."""
    return queries.compare_people(get_app_state(request), who)


@router.get("/people/{who:path}/score")
def get_score(request: Request, response: Response, who: SubjectParam) -> ScoreResponse:
    """Return a person's score of the served day."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return build_score(state, subject)


@router.get("/people/{who:path}/standing")
def get_standing(
    request: Request,
    response: Response,
    who: SubjectParam,
    goal: Annotated[float, Query(ge=1, le=100, description="Score to stay at or above.")] = answers.DEFAULT_GOAL,
    days: Annotated[
        int, Query(ge=1, le=3660, description="Consecutive days required at the goal.")
    ] = answers.DEFAULT_STREAK_DAYS,
) -> Standing:
    """Return a person's rank, its changes, and the streak at a goal."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return compute_standing(state, subject, goal, days)


@router.get("/people/{who:path}/ruler")
def get_ruler(request: Request, response: Response, who: SubjectParam) -> RulerResponse:
    """Return where a score stands: its range, the goal, the scores that 1, 10 and 50% reach, landmarks if listed."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return identities.show_ruler(state, goal_queries.build_ruler(state, subject, load_profile(state, subject)))


@router.get("/people/{who:path}/week/{week}")
def get_week_review(
    request: Request,
    who: SubjectParam,
    week: Annotated[str, Path(description="ISO 8601 week.", examples=["2026-W47"], max_length=20)],
) -> WeekReview:
    """Return a person's week, from published days: change, best day and post, people, ranks and places in races."""
    state = get_app_state(request)
    return review_queries.load_week_review(state, find_by_name(state, who), week)[0]


@router.get("/people/{who:path}/year/{year}")
def get_year_review(
    request: Request,
    who: SubjectParam,
    year: Annotated[str, Path(description="Calendar year.", examples=["2026"], max_length=20)],
) -> YearReview:
    """Return a person's year, from published days: line, highest, lowest, biggest day and months."""
    state = get_app_state(request)
    return review_queries.load_year_review(state, find_by_name(state, who), year)


@router.get("/people/{who:path}/week", include_in_schema=False)
def redirect_to_latest_week(request: Request, who: SubjectParam) -> RedirectResponse:
    """Redirect to a person's latest week."""
    return RedirectResponse(review_queries.latest_week_path(find_by_name(get_app_state(request), who)), 303)


@router.get("/people/{who:path}/year", include_in_schema=False)
def redirect_to_latest_year(request: Request, who: SubjectParam) -> RedirectResponse:
    """Redirect to a person's latest year."""
    return RedirectResponse(review_queries.latest_year_path(find_by_name(get_app_state(request), who)), 303)


@router.get("/people/{who:path}/receipt")
def get_receipt(request: Request, response: Response, who: SubjectParam, day: DayParam = None) -> Explanation:
    """Return the receipt of a score, down to the people and posts behind each signal."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    if day is None or day == subject.day:
        set_last_modified(state, response)
    return queries.load_explanation(state, subject, day)


@router.get("/people/{who:path}/changes")
def get_changes(
    request: Request,
    who: SubjectParam,
    day: DayParam = None,
    since: Annotated[
        date | None, Query(description="Day to compare with; the previous published day if omitted.")
    ] = None,
) -> Changes:
    """Explain a score change between two published days: signed causes that sum to it, and the people behind them."""
    state = get_app_state(request)
    return queries.explain_changes(state, find_by_name(state, who), day, since)


@router.get("/people/{who:path}/influence")
def get_influence(request: Request, response: Response, who: SubjectParam) -> InfluenceResponse:
    """Return a person's influencers and influencees; hidden people are only counted."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return identities.show_influence(state, subject, load_profile(state, subject))


@router.get("/people/{who:path}/goal")
def get_goal_plan(
    request: Request, response: Response, who: SubjectParam, target: TargetParam = answers.DEFAULT_GOAL
) -> GoalPlan:
    """Return what it takes to reach a score, the odds at the current trend, and the score if no new reactions come."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return goal_queries.plan_goal(state, subject, target)


@router.get("/people/{who:path}/way")
def get_way(request: Request, response: Response, who: SubjectParam, target: TargetParam = answers.DEFAULT_GOAL) -> Way:
    """Return the way to a score in steps: recipes for the next one, its odds in words, and what the whole way takes."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return goal_queries.plan_way(state, subject, load_profile(state, subject), target)[0]


@router.get("/people/{who:path}/if")
def get_what_if(request: Request, response: Response, who: SubjectParam, change: ChangeParams) -> WhatIfResult:
    """Return the score after hypothetical changes; without a change, the published score."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return goal_queries.what_if(state, subject, change)


@router.get("/people/{who:path}/when")
def get_best_times(
    request: Request,
    response: Response,
    who: SubjectParam,
    tz: Annotated[
        str | None,
        Query(
            max_length=64,
            description="Time zone, such as Europe/Berlin; the person's own if omitted.",
            examples=["Europe/Berlin"],
        ),
    ] = None,
) -> BestTimes:
    """Return when reactions come, by hour of the week in a time zone, with how sure the best hours are."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return goal_queries.find_best_times(state, subject, load_profile(state, subject), tz)


@router.get("/people/{who:path}/similar")
def get_similar_person(
    request: Request, response: Response, who: SubjectParam, target: TargetParam = answers.DEFAULT_GOAL
) -> SimilarPersonResponse:
    """Return the most similar person who has reached a score, and the difference signal by signal."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return identities.show_similar_person(state, goal_queries.find_similar_person(state, subject, target))


@router.get("/people/{who:path}")
def get_person(request: Request, response: Response, who: SubjectParam) -> PersonResponse:
    """Return a person: score, accounts, score changes, reach and style."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return queries.build_person(state, subject, load_profile(state, subject))
