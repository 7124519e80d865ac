"""Pages of groups and challenges: standings, score chart, log, and a large view for a projector."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import PastDay, Standings
from renown.errors import InvalidInputError
from renown.store import Challenge
from renown.web.certainties import load_named_certainties
from renown.web.identities import load_identities
from renown.web.pages.charts.figure import Figure, build_figure
from renown.web.pages.charts.lanes import ODDS_BLOCKS, build_race
from renown.web.pages.charts.line import DayNotes
from renown.web.pages.templates import render
from renown.web.state import AppState, get_app_state

_MAX_CHART_LINES = 24
"""Maximum members in a chart, highest ranks first: three lines of each colour."""
_MIN_CHART_DAYS = 28
"""Days from the first to the last one of a chart of a challenge, if it is not over before."""
_MAX_LANES, _MAX_WALL_LANES = 50, 16
"""Maximum members with a lane on a page and on a wall, highest ranks first: a screen has no room for more."""
_RELOAD_SECONDS = 300
"""Seconds after which a wall reloads itself."""
_ROTATE_SECONDS = range(5, 3_601)
"""Seconds for which a wall shows one race before the next."""
_MAX_LOG_ENTRIES = 200
"""Latest log entries that a page shows; the API returns all."""


def load_running_challenges(state: AppState, group: str) -> list[Standings]:
    """Load the standings of the challenges of a group that run today, first of the one that ends first."""
    return [
        state.standings_cache.get_standings(group, challenge.number, state.visibility)
        for challenge in _list_running_challenges(state, group)
    ]


def _list_running_challenges(state: AppState, group: str) -> list[Challenge]:
    today, challenges = state.now().date(), state.groups.challenges.by_group(group)
    running = [challenge for challenge in challenges if challenge.first <= today <= challenge.last]
    return sorted(running, key=lambda challenge: challenge.last)


def show_groups(request: Request) -> Response:
    """List the groups."""
    state = get_app_state(request)
    return render(request, "groups.html", groups=answers.list_groups(state.groups, state.visibility).groups)


def show_group(request: Request) -> Response:
    """Show a group's standings, score chart and challenges."""
    state = get_app_state(request)
    standings = _load_standings(request)
    return _render_race(
        request,
        standings,
        challenges=state.groups.challenges.by_group(standings.group),
        running_challenges=load_running_challenges(state, standings.group),
    )


def show_challenge(request: Request) -> Response:
    """Show a challenge's standings and score chart."""
    return _render_race(request, _load_standings(request))


def show_wall(request: Request) -> Response:
    """
    Show the race in large letters, for a screen on a wall; the page reloads itself.

    With `rotate`, it shows the group and its running challenges in turn, each for so many seconds.
    """
    state, standings = get_app_state(request), _load_standings(request)
    return render(
        request,
        "wall.html",
        identities=load_identities(state, [row.name for row in standings.standings[:_MAX_WALL_LANES]]),
        certainties=load_named_certainties(state, (row.name for row in standings.standings[:_MAX_WALL_LANES])),
        standings=standings,
        race=build_race(standings.standings[:_MAX_WALL_LANES], standings.goal),
        odds_blocks=ODDS_BLOCKS,
        **_choose_next_wall(request, standings),
    )


def show_log(request: Request) -> Response:
    """Show the latest entries of a group's log, and how to verify it."""
    name = request.path_params["name"]
    latest_entries = get_app_state(request).groups.log.read_latest_entries(name, _MAX_LOG_ENTRIES)
    entries = [(entry, json.loads(entry.message)) for entry in latest_entries]
    return render(
        request,
        "log.html",
        group=name,
        digest=latest_entries[0].digest,
        entries=entries,
        earlier=latest_entries[-1].number - 1,
    )


def _render_race(
    request: Request,
    standings: Standings,
    *,
    challenges: Sequence[Challenge] = (),
    running_challenges: Sequence[Standings] = (),
) -> Response:
    state = get_app_state(request)
    return render(
        request,
        "group.html",
        identities=load_identities(state, [row.name for row in standings.standings]),
        certainties=load_named_certainties(state, (row.name for row in standings.standings)),
        standings=standings,
        race=build_race(standings.standings[:_MAX_LANES], standings.goal),
        odds_blocks=ODDS_BLOCKS,
        trend_days=answers.MIN_TREND_DAYS,
        figure=_build_standings_figure(standings),
        challenges=challenges,
        running_challenges=running_challenges,
        group=state.groups.find(standings.group),
        friends=describe_friends(state, standings.method),
    )


def describe_friends(state: AppState, method_version: str | None = None) -> str:
    """Describe how reactions of members to each other count, by this site's method; empty by another method."""
    method = state.load_method()
    rule = answers.find_friend_rule({name: constant.value for name, constant in method.constants.items()})
    return rule.describe() if rule and method_version in {None, method.version} else ""


def _choose_next_wall(request: Request, standings: Standings) -> dict[str, Any]:
    """Return the page that a wall shows next, and after how many seconds."""
    text = request.query_params.get("rotate", "")
    if not text:
        return {"next_path": request.url.path, "seconds": _RELOAD_SECONDS}
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and int(text) in _ROTATE_SECONDS):  # noqa: PLR2004
        raise InvalidInputError(f"rotate is {text[:20]!r}; write whole seconds, {_ROTATE_SECONDS[0]} to 3600")
    state = get_app_state(request)
    numbers = [0, *(challenge.number for challenge in _list_running_challenges(state, standings.group))]
    position = numbers.index(standings.challenge) if standings.challenge in numbers else -1
    number = numbers[(position + 1) % len(numbers)]
    path = f"/groups/{standings.group}" + (f"/challenges/{number}" if number else "")
    return {"next_path": f"{path}/wall?rotate={text}", "seconds": int(text)}


def _load_standings(request: Request) -> Standings:
    state, path_params = get_app_state(request), request.path_params
    return state.standings_cache.get_standings(path_params["name"], path_params.get("number", 0), state.visibility)


def _find_last_shown_day(first_day: date, latest_day: date) -> date:
    """
    Find the last day of a chart, so that what is over takes a quarter of it, but for the first weeks.

    Examples
    --------
    >>> _find_last_shown_day(date(2026, 11, 1), date(2026, 11, 5))
    datetime.date(2026, 11, 29)
    >>> _find_last_shown_day(date(2026, 1, 1), date(2026, 2, 1))
    datetime.date(2026, 5, 5)
    """
    return first_day + timedelta(days=max(_MIN_CHART_DAYS, 4 * (latest_day - first_day).days))


def _build_standings_figure(standings: Standings) -> Figure:
    """Build the chart of the highest ranks; more lines could not be distinguished."""
    lines = [
        (row.name, [PastDay(day_score.day, day_score.score, is_published=True) for day_score in row.scores])
        for row in standings.standings[:_MAX_CHART_LINES]
    ]
    first_day, last_day = (
        date.fromisoformat(day) if day else None for day in (standings.first_day, standings.last_day)
    )
    is_running = standings.last_day and standings.day and standings.day < standings.last_day
    latest_day = [(standings.day, "latest day")] if is_running and standings.day else ()
    if first_day and last_day and standings.day:
        last_day = min(last_day, _find_last_shown_day(first_day, date.fromisoformat(standings.day)))
    return build_figure(
        lines,
        goal=standings.goal,
        first_day=first_day,
        last_day=last_day,
        shows_goal=True,
        notes=DayNotes(annotations=latest_day),
    )
