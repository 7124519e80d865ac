"""Finding somebody: the start page, the leaderboard and the search."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renown import answers
from renown.errors import BadInput
from renown.web import views
from renown.web.pages.render import render
from renown.web.pages.spoken import path
from renown.web.site import site_of

_LEADERS, _GROUPS = 5, 3
"""People and groups on the start page."""
_PAGE = 50
_LONGEST_SEARCH = 300


async def home(request: Request) -> Response:
    """Show what this is, who leads, and where to look somebody up."""
    return await run_in_threadpool(_home, request)


def _home(request: Request) -> Response:
    site = site_of(request)
    listed = answers.group_list(site.groups).groups[:_GROUPS]
    races = [answers.standings(site.groups, site.served, site.days, name=line.name) for line in listed]
    leaders = views.people(site, after=None, limit=_LEADERS).people
    return render(request, "home.html", leaders=leaders, groups=races, most=_LEADERS, day_served=site.served.day())


async def people(request: Request) -> Response:
    """List people by rank."""
    after = request.query_params.get("after")
    try:
        listed = await run_in_threadpool(views.people, site_of(request), after=after, limit=_PAGE)
    except ValueError:
        msg = f"{after!r} is no place in the list; go on from one of its pages"
        raise BadInput(msg) from None
    return render(request, "people.html", listed=listed, after=after, day_served=site_of(request).served.day())


async def search(request: Request) -> Response:
    """Find people by how their names begin; one who goes by exactly this name is shown at once."""
    text = request.query_params.get("q", "").strip()
    if len(text) > _LONGEST_SEARCH:
        msg = f"a search of {len(text)} characters is too long; write at most {_LONGEST_SEARCH}"
        raise BadInput(msg)
    found = await run_in_threadpool(views.search, site_of(request), text.lstrip("@"), network=None, limit=_PAGE)
    if len(found) == 1:
        return RedirectResponse(path(found[0].who), 303)
    return render(request, "search.html", text=text, found=found)
