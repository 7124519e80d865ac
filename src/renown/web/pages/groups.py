"""Pages of groups and challenges: standings, score chart, log, and a large view for a projector."""

import json

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import PastDay, Standings
from renown.web.pages.charts.bars import COLOUR_COUNT
from renown.web.pages.charts.line import Figure, build_figure
from renown.web.pages.templates import render
from renown.web.state import get_app_state

_MAX_CHART_LINES = 24
"""Maximum members in a chart, highest ranks first: three lines of each colour."""
_MAX_WALL_ROWS = 50
"""Maximum members on the wall page, highest ranks first: a screen has no room for more."""
_MAX_LOG_ENTRIES = 200
"""Latest log entries that a page shows; the API returns all."""


def show_groups(request: Request) -> Response:
    """List the groups."""
    state = get_app_state(request)
    return render(request, "groups.html", groups=answers.list_groups(state.groups, state.visibility).groups)


def show_group(request: Request) -> Response:
    """Show a group's standings, score chart and challenges."""
    state = get_app_state(request)
    standings = _load_standings(request)
    name = standings.group
    return render(
        request,
        "group.html",
        standings=standings,
        figure=_build_standings_figure(standings),
        challenges=state.groups.challenges(name),
        group=state.groups.find(name),
    )


def show_challenge(request: Request) -> Response:
    """Show a challenge's standings and score chart."""
    standings = _load_standings(request)
    group = get_app_state(request).groups.find(standings.group)
    return render(
        request,
        "group.html",
        standings=standings,
        figure=_build_standings_figure(standings),
        challenges=[],
        group=group,
    )


def show_wall(request: Request) -> Response:
    """Show the standings in large letters, for a screen on a wall; the page reloads itself."""
    standings = _load_standings(request)
    rows = standings.standings[:_MAX_WALL_ROWS]
    return render(
        request,
        "wall.html",
        standings=standings,
        rows=rows,
        figure=_build_standings_figure(standings),
        colours=COLOUR_COUNT,
    )


def show_log(request: Request) -> Response:
    """Show the latest entries of a group's log, and how to verify it."""
    name = request.path_params["name"]
    latest_entries = get_app_state(request).groups.latest_entries(name, _MAX_LOG_ENTRIES)
    entries = [(entry, json.loads(entry.message)) for entry in latest_entries]
    return render(
        request,
        "log.html",
        group=name,
        digest=latest_entries[0].digest,
        entries=entries,
        earlier=latest_entries[-1].number - 1,
    )


def _load_standings(request: Request) -> Standings:
    state, path_params = get_app_state(request), request.path_params
    return state.standings_cache.get_standings(path_params["name"], path_params.get("number", 0), state.visibility)


def _build_standings_figure(standings: Standings) -> Figure:
    """Build the chart of the highest ranks; more lines could not be distinguished."""
    lines = [
        (row.name, [PastDay(day_score.day, day_score.score, is_published=True) for day_score in row.scores])
        for row in standings.standings[:_MAX_CHART_LINES]
    ]
    return build_figure(lines, goal=standings.goal)
