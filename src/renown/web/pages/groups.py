"""Groups and challenges: standings, the race, the log, and a wall to project them on."""

import json

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import Standings
from renown.web.pages.drawing.figures import Figure, figure
from renown.web.pages.drawing.scales import SERIES
from renown.web.pages.render import render
from renown.web.site import site_of

_LINES = 24
"""Members whose lines a chart has, those who are ahead: three of each colour."""
_ON_WALL = 50
"""Members on a wall, those who are ahead: it has no more room."""
_ENTRIES = 200
"""Latest entries of a log that a page shows; our API has all."""


def groups(request: Request) -> Response:
    """List the groups."""
    return render(request, "groups.html", groups=answers.group_list(site_of(request).groups).groups)


def group(request: Request) -> Response:
    """Show a group's standings, its race, and its challenges."""
    site = site_of(request)
    told = _standings(request)
    name = told.group
    return render(
        request,
        "group.html",
        told=told,
        figure=_race(told),
        challenges=site.groups.challenges(name),
        of=site.groups.find(name),
    )


def challenge(request: Request) -> Response:
    """Show the same of a challenge."""
    told = _standings(request)
    of = site_of(request).groups.find(told.group)
    return render(request, "group.html", told=told, figure=_race(told), challenges=[], of=of)


def wall(request: Request) -> Response:
    """Show a race in large letters, to be seen from across a room; it looks for news by itself."""
    told = _standings(request)
    return render(request, "wall.html", told=told, ahead=told.standings[:_ON_WALL], figure=_race(told), colours=SERIES)


def log(request: Request) -> Response:
    """Show what was logged of a group, and how a stranger verifies it."""
    name = request.path_params["name"]
    last = site_of(request).groups.latest(name, _ENTRIES)
    entries = [(entry, json.loads(entry.said)) for entry in last]
    return render(request, "log.html", group=name, head=last[0].digest, entries=entries, earlier=last[-1].number - 1)


def _standings(request: Request) -> Standings:
    asked = request.path_params
    return site_of(request).races.standings(asked["name"], asked.get("number", 0))


def _race(told: Standings) -> Figure:
    """Return the lines of who is ahead: of more, nobody could follow one."""
    lines = [(row.who, [(each.day, each.score) for each in row.scores]) for row in told.standings[:_LINES]]
    return figure(lines, goal=told.goal)
