"""Our API: people, scores, receipts, changes, history, days and the method, as JSON."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from renown import answers
from renown.answers import Changes, Explanation, GroupList, GroupLog, Standing, Standings, Timeline, Trial
from renown.method import evaluations as evaluations_of
from renown.method import load
from renown.web import leaders, views, ways
from renown.web.asked import MOST, After, Asked, place_of, stamp
from renown.web.shapes import Compared, Influence, People, Person, Posts, PublishedOn, Score
from renown.web.site import site_of

router = APIRouter()
ROUTERS = (ways.router, leaders.router, router)
"""All of our API in the order in which a path is looked for: the last has a route that takes any path for a name."""

Group = Annotated[str, Path(description="A group's name.", examples=["klout70"], max_length=40)]
_TIMES = [
    {
        "name": signal.name,
        "in": "query",
        "required": False,
        "description": f"What the weight of {signal.name} is multiplied by; another method has signals of its own.",
        "schema": {"type": "number", "minimum": 0, "maximum": answers.MOST_TIMES, "default": 1},
    }
    for signal in load().signals
]
Day = Annotated[date | None, Query(description="UTC day; the latest published without it.")]


@router.get("/")
async def index(request: Request) -> dict[str, Any]:
    """List what there is."""
    return {"day": site_of(request).served.day(), "paths": sorted(request.app.openapi()["paths"])}


@router.get("/people")
async def people(
    request: Request,
    response: Response,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> People:
    """List people by rank, highest score first."""
    stamp(site_of(request), response)
    return views.people(site_of(request), after=place_of(after), limit=limit)


@router.get("/search")
async def search(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=300, description="Beginning of a handle, id or name.")],
    network: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> list[Score]:
    """Find people by how their names on any network, or here, begin."""
    return views.search(site_of(request), q, network=network, limit=limit)


@router.get("/compare")
def compare(request: Request, who: Annotated[list[str], Query(min_length=2, max_length=5)]) -> Compared:
    """Put two to five people side by side."""
    return views.compared(site_of(request), who)


@router.get("/people/{who:path}/score")
def score(request: Request, response: Response, who: Asked) -> Score:
    """Tell somebody's score of the served day."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return Score.of(found)


@router.get("/people/{who:path}/history")
def history(request: Request, who: Asked, days: Annotated[int, Query(ge=1, le=3660)] = 90) -> Timeline:
    """Tell somebody's past scores, day by day, and where the method changed or a network was not seen."""
    site = site_of(request)
    found = site.find(who)
    return answers.timeline(site.served, site.days, site.lake, found.key, networks=site.networks(found), days=days)


@router.get("/people/{who:path}/standing")
def standing(
    request: Request,
    response: Response,
    who: Asked,
    goal: Annotated[float, Query(ge=1, le=100)] = answers.GOAL,
    days: Annotated[int, Query(ge=1, le=3660, description="Days in a row that are asked for.")] = answers.IN_A_ROW,
) -> Standing:
    """Tell somebody's place, how it moved, and how long a goal has held."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return answers.standing(site.served, found.key, goal=goal, in_a_row=days)


@router.get("/people/{who:path}/receipt")
def receipt(request: Request, response: Response, who: Asked, day: Day = None) -> Explanation:
    """Tell what somebody's score is made of, down to the people and posts behind each signal."""
    site = site_of(request)
    found = site.find(who)
    if day is None or day == found.day:
        stamp(site, response)
    return views.explanation(site, found, day)


@router.get("/people/{who:path}/changes")
def changes(
    request: Request,
    who: Asked,
    day: Day = None,
    since: Annotated[
        date | None, Query(description="Day to compare with; the published one before without it.")
    ] = None,
) -> Changes:
    """Tell why somebody's score moved between two published days, in signed parts that sum to the move, and by whom."""
    site = site_of(request)
    return views.changes(site, site.find(who), day, since)


@router.get("/people/{who:path}/influence")
def influence(request: Request, response: Response, who: Asked) -> Influence:
    """Tell who moves somebody and whom they move; those who are not shown here are counted alone."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return views.influence(found, site.portrait(found))


@router.get("/people/{who:path}/posts")
def posts(request: Request, response: Response, who: Asked) -> Posts:
    """Tell which of somebody's posts of the window brought them most, over all signals."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return Posts(found.name, found.day, list(site.portrait(found).known_posts))


@router.get("/people/{who:path}")
def person(request: Request, response: Response, who: Asked) -> Person:
    """Tell of a person: score, accounts, moves, reach and style."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return views.person(site, found, site.portrait(found))


@router.get("/groups")
def groups(request: Request) -> GroupList:
    """List the groups."""
    return answers.group_list(site_of(request).groups)


@router.get("/groups/{name}")
def group(request: Request, name: Group) -> Standings:
    """Tell who leads a group, who reached its goal first, who rose most, and each member's odds."""
    return site_of(request).races.standings(name)


@router.get("/groups/{name}/challenges/{number}")
def challenge(request: Request, name: Group, number: Annotated[int, Path(ge=1, lt=2**31)]) -> Standings:
    """Tell the same of one of a group's challenges."""
    return site_of(request).races.standings(name, number)


@router.get("/groups/{name}/log")
def log(request: Request, name: Group) -> GroupLog:
    """Tell all that a stranger needs to verify what was logged of a group."""
    return answers.group_log(site_of(request).groups, name)


@router.get("/days")
def days(request: Request) -> list[PublishedOn]:
    """List the published days, oldest first."""
    return [
        PublishedOn(one.day, one.method, one.method_digest, one.inputs, one.people, one.own)
        for one in site_of(request).days.all()
    ]


@router.get("/method")
def method(request: Request) -> dict[str, Any]:
    """Tell the method that days are scored by: every constant with its source, every step as it runs."""
    used = site_of(request).method()
    return {
        "version": used.version,
        "digest": used.digest,
        "text": used.text,
        "steps": [{"name": step.name, "about": step.about, "sql": step.sql} for step in used.steps],
    }


@router.get("/method/try", openapi_extra={"parameters": _TIMES})
def method_try(
    request: Request,
    who: Annotated[str | None, Query(max_length=1200, description="Somebody to tell of, wherever they stand.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="People listed.")] = answers.SHOWN,
) -> Trial:
    """Tell how people would rank by other weights: the method's own steps, run on what was published of them."""
    asked = {name: text for name, text in request.query_params.items() if name not in {"who", "limit"}}
    return views.trial(site_of(request), asked, who=who, limit=limit)


@router.get("/evaluations")
def evaluations(request: Request) -> dict[str, Any]:
    """Tell how well the method agrees with judges, with what came after, and with Klout's scores."""
    return evaluations_of(site_of(request).method())
