"""The way to a score: what reaches it, how likely it is, what fades, and a place to try it out."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import WayStep
from renown.errors import BadInput
from renown.web import views
from renown.web.pages.drawing.scales import ruler
from renown.web.pages.people.levels import MEANS
from renown.web.pages.render import render
from renown.web.site import site_of

_TRY = "more:"
"""How the fields of the form are named: this, and the lever's key."""
_LEAST, _TIMES, _FAR = 50, 5, 25
"""A slider goes to so many, to so many times what there is, and to what reaches the target unless that is farther."""
_MOST = 999_999_999
_MILESTONES = (30, 40, 50, 60, 70, 80, 90)


@dataclass(frozen=True)
class _Slider:
    """A lever that a reader can move."""

    step: WayStep
    means: str
    field: str
    most: int
    more: int


def way(request: Request) -> Response:
    """Show what leads from somebody's score to a target."""
    site, query = site_of(request), request.query_params
    found = site.find(request.path_params["who"])
    target = _target(query.get("target"))
    told = views.way(site, found, target)
    sliders = [_slider(step, query.get(_TRY + step.lever.key)) for step in told.steps]
    tried = views.what_if(site, found, [f"{each.step.lever.key}=+{each.more}" for each in sliders if each.more])
    return render(
        request,
        "way.html",
        way=told,
        ruler=ruler(told.score, goal=target),
        sliders=sliders,
        tried=tried,
        milestones=[each for each in _MILESTONES if each > told.score],
    )


def twin(request: Request) -> Response:
    """Show who is most like somebody and has reached a target, and what differs."""
    site = site_of(request)
    found = site.find(request.path_params["who"])
    told = views.twin(site, found, _target(request.query_params.get("target")))
    return render(request, "twin.html", twin=told, means=MEANS)


def _target(text: str | None) -> float:
    try:
        target = float(text or answers.GOAL)
    except ValueError:
        target = 0.0
    if not 1 <= target <= 100:  # noqa: PLR2004 - what a score can be
        msg = f"{text!r} cannot be reached; write a score from 1 to 100"
        raise BadInput(msg)
    return target


def _slider(step: WayStep, text: str | None) -> _Slider:
    lever = step.lever
    try:
        more = int(text or 0)
    except ValueError:
        more = -1
    if not 0 <= more <= _MOST:
        msg = f"{text!r} more {lever.unit} cannot be tried; write a whole number from 0 to {_MOST}"
        raise BadInput(msg)
    most = max(_LEAST, _TIMES * lever.now, min(step.more or 0, _FAR * lever.now))
    return _Slider(step, MEANS.get(lever.signal, ""), _TRY + lever.key, most, more)
