"""Pages about a goal: what it takes to reach a score, with a what-if simulation, and the most similar person there."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import GoalStep
from renown.answers.signal_words import signal_word
from renown.errors import InvalidInputError
from renown.web.api import goal_queries
from renown.web.identities import load_identities
from renown.web.pages.charts.bars import build_bars
from renown.web.pages.charts.heat_map import build_heat_map
from renown.web.pages.people.receipt_levels import SIGNAL_DESCRIPTIONS
from renown.web.pages.templates import render
from renown.web.people import find_by_name, find_time_zone
from renown.web.profiles import load_profile
from renown.web.state import get_app_state

_FIELD_PREFIX = "more:"
"""Prefix of form fields, followed by the key of the lever."""
_MIN_SLIDER_MAXIMUM, _CURRENT_FACTOR, _TARGET_FACTOR = 50, 5, 25
"""Maximum of a slider: at least 50, five times the current number, or what reaches the target up to 25 times it."""
_MAX_INCREASE = 999_999_999
_MAX_FACTOR = 100
_MILESTONES = (30, 40, 50, 60, 70, 80, 90)


@dataclass(frozen=True)
class _Slider:
    """A form field and slider for one lever."""

    step: GoalStep
    description: str
    field: str
    maximum: int
    increase: int


def show_goal(request: Request) -> Response:
    """Show what it takes to get from a person's score to a target."""
    state, query = get_app_state(request), request.query_params
    served_score = find_by_name(state, request.path_params["who"])
    target = _parse_target(query.get("target"))
    profile = load_profile(state, served_score)
    way, plan = goal_queries.plan_way(state, served_score, profile, target)
    sliders = [_build_slider(step, query.get(_FIELD_PREFIX + step.lever.key)) for step in plan.steps]
    factor = _parse_factor(query.get("all"))
    changes = [f"{slider.step.lever.key}=+{slider.increase}" for slider in sliders if slider.increase]
    changes = [f"all=x{factor}", *changes] if factor > 1 else changes
    result = goal_queries.what_if(state, served_score, changes) if changes else None
    times = goal_queries.find_best_times(state, served_score, profile, query.get("tz"))
    return render(
        request,
        "goal.html",
        identities=load_identities(state, {way.name}),
        way=way,
        plan=plan,
        times=times,
        own_time_zone=find_time_zone(state, served_score),
        heat_map=build_heat_map(times),
        expiry=build_bars([week.acts for week in way.expiry]),
        factor=factor,
        is_tinkering=any(slider.increase for slider in sliders),
        sliders=sliders,
        score_after=result.score_after if result else plan.simulated_score,
        move=result.move if result else 0.0,
        milestones=[milestone for milestone in _MILESTONES if milestone > plan.score],
    )


def show_similar(request: Request) -> Response:
    """Show the most similar person who has reached a target, and the differences."""
    state = get_app_state(request)
    served_score = find_by_name(state, request.path_params["who"])
    similar = goal_queries.find_similar_person(state, served_score, _parse_target(request.query_params.get("target")))
    identities = load_identities(state, [similar.name, *filter(None, [similar.similar_name])])
    return render(request, "similar.html", identities=identities, similar=similar, descriptions=SIGNAL_DESCRIPTIONS)


def _parse_target(text: str | None) -> float:
    try:
        target = float(text or answers.DEFAULT_GOAL)
    except ValueError:
        target = 0.0
    if not 1 <= target <= 100:  # noqa: PLR2004 - what a score can be
        raise InvalidInputError(f"{text!r} is not a score; write a number from 1 to 100")
    return target


def _parse_factor(text: str | None) -> int:
    """Parse the factor of everything: 1 changes nothing."""
    try:
        factor = int(text or 1)
    except ValueError:
        factor = 0
    if not 1 <= factor <= _MAX_FACTOR:
        raise InvalidInputError(f"{text!r} is not a factor; write a whole number from 1 to {_MAX_FACTOR}")
    return factor


def _build_slider(step: GoalStep, text: str | None) -> _Slider:
    lever = step.lever
    try:
        increase = int(text or 0)
    except ValueError:
        increase = -1
    if not 0 <= increase <= _MAX_INCREASE:
        raise InvalidInputError(
            f"{text!r} is not a number of {lever.unit}; write a whole number from 0 to {_MAX_INCREASE}"
        )
    maximum = max(_MIN_SLIDER_MAXIMUM, _CURRENT_FACTOR * lever.now, min(step.increase or 0, _TARGET_FACTOR * lever.now))
    word = signal_word(lever.signal, round(lever.now))
    description = word if lever.unit == "acts" else SIGNAL_DESCRIPTIONS.get(lever.signal, "")
    return _Slider(step, description, _FIELD_PREFIX + lever.key, maximum, increase)
