"""API routes, as JSON: the index, groups and their challenges, the method and its evaluations."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from renown import answers
from renown.answers import GroupLog
from renown.method.file import load_evaluations, load_method
from renown.web.api import identities, queries
from renown.web.api.identities import CustomWeightsResponse, StandingsResponse
from renown.web.api.params import MAX_PAGE_SIZE
from renown.web.state import get_app_state

router = APIRouter()

GroupParam = Annotated[str, Path(description="A group's name.", examples=["club70"], max_length=40)]
_WEIGHT_PARAMS = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "description": f"Factor for the weight of {name}; the signals depend on the method.",
        "schema": {"type": "number", "minimum": 0, "maximum": answers.MAX_FACTOR, "default": 1},
    }
    for name in answers.list_weights(load_method())
]


@router.get("/")
async def index(request: Request) -> dict[str, Any]:
    """List the served day and the paths of the API."""
    return {"day": get_app_state(request).scores.day(), "paths": sorted(request.app.openapi()["paths"])}


@router.get("/groups/{name}")
def get_group(request: Request, name: GroupParam) -> StandingsResponse:
    """Return a group's standings: leaders, first to the goal, largest rise, and each member's odds."""
    state = get_app_state(request)
    return identities.show_standings(state, state.standings_cache.get_standings(name, 0, state.visibility))


@router.get("/groups/{name}/challenges/{number}")
def get_challenge(
    request: Request,
    name: GroupParam,
    number: Annotated[int, Path(ge=1, lt=2**31, description="Number of the challenge.", examples=[1])],
) -> StandingsResponse:
    """Return the standings of one of a group's challenges."""
    state = get_app_state(request)
    return identities.show_standings(state, state.standings_cache.get_standings(name, number, state.visibility))


@router.get("/groups/{name}/log")
def get_group_log(request: Request, name: GroupParam) -> GroupLog:
    """Return a group's log, with everything needed to verify it independently; hidden members are not named."""
    state = get_app_state(request)
    return answers.load_group_log(state.groups, name, state.visibility)


@router.get("/method")
def get_method(request: Request) -> dict[str, Any]:
    """Return the scoring method: every constant with its source, every step with its SQL."""
    scoring_method = get_app_state(request).load_method()
    return {
        "version": scoring_method.version,
        "digest": scoring_method.digest,
        "constants": [
            {"name": name, "value": constant.value, "unit": constant.unit, "source": constant.source}
            for name, constant in scoring_method.constants.items()
        ],
        "signals": [
            {
                "name": signal.name,
                "reads": signal.reads,
                "verbs": list(signal.verbs),
                "weight": asdict(signal.weight),
                "rate": asdict(signal.rate),
            }
            for signal in scoring_method.signals
        ],
        "text": scoring_method.text,
        "steps": [
            {"name": step.name, "about": step.description, "sql": step.sql} for step in scoring_method.all_steps()
        ],
    }


@router.get("/method/try", openapi_extra={"parameters": _WEIGHT_PARAMS})
def score_with_weights(
    request: Request,
    who: Annotated[str | None, Query(max_length=1200, description="Person to include at any rank.")] = None,
    limit: Annotated[
        int, Query(ge=1, le=MAX_PAGE_SIZE, description="Maximum number of people to list.")
    ] = answers.DEFAULT_LIMIT,
) -> CustomWeightsResponse:
    """Rank people by custom weights, with the method's own steps on the published data."""
    factors = {name: text for name, text in request.query_params.items() if name not in {"who", "limit"}}
    state = get_app_state(request)
    return identities.show_custom_weights(state, queries.score_with_weights(state, factors, name=who, limit=limit))


@router.get("/evaluations")
def get_evaluations(request: Request) -> dict[str, Any]:
    """Return how well the method agrees with human judgements, later reposts and Klout's scores."""
    return load_evaluations(get_app_state(request).load_method())
