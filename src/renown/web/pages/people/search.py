"""Pages for finding people: start page, leaderboard with pagination, and search."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renown.errors import InvalidInputError
from renown.web.api import queries
from renown.web.api.cursor import CURSOR_PATTERN
from renown.web.pages.formatting import person_path
from renown.web.pages.templates import render
from renown.web.state import get_app_state

_MAX_LEADERS, _MAX_GROUPS = 5, 3
"""Maximum people and groups listed on the start page."""
_PAGE_SIZE = 50
_MAX_SEARCH_LENGTH = 300


def show_home(request: Request) -> Response:
    """Show the start page: introduction, search field, leaderboard and groups."""
    state = get_app_state(request)
    visibility = state.visibility
    all_standings = [
        state.standings_cache.get_standings(group.name, 0, visibility) for group in state.groups.all()[:_MAX_GROUPS]
    ]
    leaders = queries.list_people(state, after=(0, 0), limit=_MAX_LEADERS).people
    return render(
        request, "home.html", leaders=leaders, races=all_standings, max_rows=_MAX_LEADERS, day_served=state.scores.day()
    )


def show_people(request: Request) -> Response:
    """Show a page of the leaderboard, of all networks or of one."""
    state, query = get_app_state(request), request.query_params
    network, after = query.get("network") or None, query.get("after")
    if state.scores.day() is None:
        return render(request, "people.html", page=None, networks=[], groups=[], network_filter=network, after=after)
    if after is not None and not CURSOR_PATTERN.fullmatch(after):
        raise InvalidInputError(f"{after!r} is not a pagination cursor; use the link to the next page of the list")
    page = queries.load_leaderboard_page(state, network, after=queries.parse_cursor(state, after), limit=_PAGE_SIZE)
    networks = sorted({network_name for network_name, _ in state.leaderboards.get_comparison_band().signals})
    return render(
        request,
        "people.html",
        page=page,
        networks=networks,
        groups=state.groups.all(),
        network_filter=network,
        after=after,
    )


def search_people(request: Request) -> Response:
    """Search people by a prefix of their names; a single result redirects to its page."""
    text = request.query_params.get("q", "").strip()
    if len(text) > _MAX_SEARCH_LENGTH:
        raise InvalidInputError(f"the search text has {len(text)} characters; at most {_MAX_SEARCH_LENGTH} are allowed")
    results = queries.search_people(get_app_state(request), text.lstrip("@"), network=None, limit=_PAGE_SIZE)
    if len(results) == 1:
        return RedirectResponse(person_path(results[0].name), 303)
    return render(request, "search.html", text=text, results=results)
