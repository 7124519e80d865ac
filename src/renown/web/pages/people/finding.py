"""Finding somebody: the start page, the leaderboard and the search."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renown.errors import BadInput
from renown.web import views
from renown.web.asked import PLACE, place_of
from renown.web.pages.render import render
from renown.web.pages.spoken import path
from renown.web.site import site_of

_LEADERS, _GROUPS = 5, 3
"""People and groups on the start page."""
_PAGE = 50
_LONGEST_SEARCH = 300


def home(request: Request) -> Response:
    """Show what this is, who leads, and where to look somebody up."""
    site = site_of(request)
    races = [site.races.standings(group.name) for group in site.groups.all()[:_GROUPS]]
    leaders = views.people(site, after=(0, 0), limit=_LEADERS).people
    return render(request, "home.html", leaders=leaders, groups=races, most=_LEADERS, day_served=site.served.day())


def people(request: Request) -> Response:
    """List who leads, over all networks or on one."""
    site, query = site_of(request), request.query_params
    network, after = query.get("network") or None, query.get("after")
    if site.served.day() is None:
        return render(request, "people.html", listed=None, networks=[], groups=[], network_asked=network, after=after)
    if after is not None and not PLACE.fullmatch(after):
        msg = f"{after!r} is no place in the list; go on from one of its pages"
        raise BadInput(msg)
    listed = views.leaders(site, network, after=place_of(after), limit=_PAGE)
    networks = sorted({each for each, _ in site.boards.crowd().of})
    return render(
        request,
        "people.html",
        listed=listed,
        networks=networks,
        groups=site.groups.all(),
        network_asked=network,
        after=after,
    )


def search(request: Request) -> Response:
    """Find people by how their names begin; one who goes by exactly this name is shown at once."""
    text = request.query_params.get("q", "").strip()
    if len(text) > _LONGEST_SEARCH:
        msg = f"a search of {len(text)} characters is too long; write at most {_LONGEST_SEARCH}"
        raise BadInput(msg)
    found = views.search(site_of(request), text.lstrip("@"), network=None, limit=_PAGE)
    if len(found) == 1:
        return RedirectResponse(path(found[0].who), 303)
    return render(request, "search.html", text=text, found=found)
