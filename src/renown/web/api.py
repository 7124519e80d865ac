"""Our API: people, scores, receipts, changes, history, days and the method, as JSON."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from renown import answers
from renown.answers import Changes, Explanation, GroupList, GroupLog, History, Standing, Standings
from renown.errors import UnknownWho
from renown.method import evaluations as evaluations_of
from renown.store import Name, Published, ServedScore
from renown.web import leaders, ways
from renown.web.asked import MOST, After, Asked, place_of, stamp
from renown.web.shapes import Account, Compared, Influence, People, Person, PublishedOn, Score
from renown.web.site import site_of

router = APIRouter()
ROUTERS = (ways.router, leaders.router, router)
"""All of our API in the order in which a path is looked for: the last has a route that takes any path for a name."""

Group = Annotated[str, Path(description="A group's name.", examples=["klout70"], max_length=40)]
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
    site = site_of(request)
    found = site.served.claimed(limit + 1, after=place_of(after))
    stamp(site, response)
    more = _cursor(found[limit - 1]) if len(found) > limit else None
    return People([Score.of(one) for one in found[:limit] if site.may_show(one.key)], more)


@router.get("/search")
async def search(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=300, description="Beginning of a handle, id or name.")],
    network: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> list[Score]:
    """Find people by how their names on any network, or here, begin."""
    site = site_of(request)
    if "\0" in q + (network or ""):
        return []
    named = [] if network else [site.served.by_name(q)]
    keys = site.portraits.search(q, network=network, limit=limit)
    found = {one.key: one for one in (*named, *map(site.served.find, keys)) if one and site.may_show(one.key)}
    return [Score.of(one) for one in found.values()][:limit]


@router.get("/compare")
def compare(request: Request, who: Annotated[list[str], Query(min_length=2, max_length=5)]) -> Compared:
    """Put two to five people side by side."""
    site = site_of(request)
    found = [site.find(asked) for asked in who]
    signals: list[dict[str, float]] = []
    for one in found:
        points: dict[str, float] = {}
        for row in site.portrait(one).explanation.receipt.points:
            points[row.signal] = points.get(row.signal, 0.0) + row.points
        signals.append(points)
    return Compared([Score.of(one) for one in found], [answers.history(site.served, one.key) for one in found], signals)


@router.get("/people/{who:path}/score")
async def score(request: Request, response: Response, who: Asked) -> Score:
    """Tell somebody's score of the served day."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return Score.of(found)


@router.get("/people/{who:path}/history")
async def history(
    request: Request, response: Response, who: Asked, days: Annotated[int, Query(ge=1, le=3660)] = 90
) -> History:
    """Tell somebody's past scores, day by day."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return answers.history(site.served, found.key, days=days)


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
        return site.portrait(found).explanation
    with site.reader() as engine, Published(site.days.find(day)) as published:
        everybody = site.people.all()
        drawn = answers.portraits([site.who(found, engine)], everybody, published, engine, site.lake)
    if not drawn:
        msg = f"{found.name} has no score on {day}; /api/people/{found.name}/history lists the days that have one"
        raise UnknownWho(msg)
    return (drawn[0] if site.everyone else site.discreet(drawn[0])).explanation


@router.get("/people/{who:path}/changes")
def changes(
    request: Request,
    who: Asked,
    day: Day = None,
    since: Annotated[
        date | None, Query(description="Day to compare with; the published one before without it.")
    ] = None,
) -> Changes:
    """Tell why somebody's score moved between two published days, in signed parts that sum to the move."""
    site = site_of(request)
    found = site.find(who)
    last = site.days.find(day)
    first = site.days.find(since) if since else site.days.before(last)
    with site.reader() as engine, Published(first) as before, Published(last) as after:
        return answers.changes(site.who(found, engine), before, after, engine, site.lake)


@router.get("/people/{who:path}/influence")
def influence(request: Request, response: Response, who: Asked) -> Influence:
    """Tell who moves somebody and whom they move; those who are not shown here are counted alone."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    drawn = site.portrait(found)
    return Influence(
        found.name,
        list(drawn.influencers.people),
        list(drawn.influencees.people),
        drawn.influencers.count,
        drawn.influencees.count,
    )


@router.get("/people/{who:path}")
def person(request: Request, response: Response, who: Asked) -> Person:
    """Tell of a person: score, accounts, moves, reach and style."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    drawn = site.portrait(found)
    moved = site.served.changes(found.key)
    owner = site.people.by_key(found.key)
    names = {(one.network, one.account_id): one.shown for one in _ids_first(site.portraits.names(found.key))}
    accounts = [
        Account(
            claim.network,
            names.get((claim.network, claim.account_id), claim.account_id),
            claim.account_id,
            claim.proven,
            claim.proof,
        )
        for claim in (owner.claims if owner else ())
    ]
    return Person(
        Score.of(found),
        accounts,
        dict(zip(("day", "week", "month"), moved.values(), strict=True)),
        drawn.reach,
        drawn.amplification,
        drawn.network,
        drawn.manner.style(),
    )


@router.get("/groups")
def groups(request: Request) -> GroupList:
    """List the groups."""
    return answers.group_list(site_of(request).groups)


@router.get("/groups/{name}")
def group(request: Request, name: Group) -> Standings:
    """Tell who leads a group, who reached its goal first, who rose most, and each member's odds."""
    site = site_of(request)
    return answers.standings(site.groups, site.served, site.days, name=name)


@router.get("/groups/{name}/challenges/{number}")
def challenge(request: Request, name: Group, number: Annotated[int, Path(ge=1, lt=2**31)]) -> Standings:
    """Tell the same of one of a group's challenges."""
    site = site_of(request)
    return answers.standings(site.groups, site.served, site.days, name=name, challenge=number)


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


@router.get("/evaluations")
def evaluations(request: Request) -> dict[str, Any]:
    """Tell how well the method agrees with judges, with what came after, and with Klout's scores."""
    return evaluations_of(site_of(request).method())


def _ids_first(names: list[Name]) -> list[Name]:
    return sorted(names, key=lambda one: one.shown != one.account_id)


def _cursor(last: ServedScore) -> str:
    return f"{last.rank}:{last.key}"
