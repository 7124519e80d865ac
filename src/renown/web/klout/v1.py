"""Klout's API, version 1: JSON and XML."""

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from renown.errors import BadInput, UnknownWho
from renown.store import ServedScore
from renown.web.klout.people import bucket, by_screen_name, movers, names_of, screen_name
from renown.web.site import Site, site_of

MOST = 5
"""Users of one request."""
MONTH, FIVE_DAYS, DAY = 30, 5, 1
Shape = dict[str, Any]
_ITEMS = {"users": "user", "topics": "topic", "influencers": "influencer", "influencees": "influencee"}
"""What one of each list is called in XML."""


def klout(_site: Site, of: ServedScore, name: str) -> Shape:
    """Return a user's score."""
    return {"twitter_screen_name": name, "kscore": round(of.score, 2)}


def show(site: Site, of: ServedScore, name: str) -> Shape:
    """Return a user with all that was told of one."""
    drawn, moved = site.portrait(of), site.served.moved(of, (DAY, FIVE_DAYS, MONTH))
    style, names = drawn.manner.style(), names_of(site, of.key)
    called = names.get("x") or next((one for one in names.values() if one.shown == name), None)
    return {
        "twitter_id": called.account_id if called else "",
        "twitter_screen_name": name,
        "score": {
            "kscore": round(of.score, 2),
            "slope": moved[MONTH] or 0,
            "description": f"{of.people} people reached in 90 days on {of.networks} network(s)",
            "kclass_id": style.number,
            "kclass": style.name,
            "kclass_description": style.about,
            "kscore_description": f"place {of.rank} among all who are scored; {bucket(of.score)}",
            "network_score": round(drawn.network, 2),
            "amplification_score": round(drawn.amplification, 2),
            "true_reach": drawn.reach,
            "delta_1day": moved[DAY] or 0,
            "delta_5day": moved[FIVE_DAYS] or 0,
        },
    }


def topics(_site: Site, _of: ServedScore, name: str) -> Shape:
    """Return no topic: there are none yet."""
    return {"twitter_screen_name": name, "topics": []}


def influencers(site: Site, of: ServedScore, name: str) -> Shape:
    """Return who moves a user."""
    return {"twitter_screen_name": name, "influencers": _named(site, of, "influencers")}


def influencees(site: Site, of: ServedScore, name: str) -> Shape:
    """Return whom a user moves."""
    return {"twitter_screen_name": name, "influencees": _named(site, of, "influencees")}


def _named(site: Site, of: ServedScore, which: str) -> list[Shape]:
    return [klout(site, *one) for one in movers(site, getattr(site.portrait(of), which))]


def _route(path: str, tell: Callable[[Site, ServedScore, str], Shape]) -> Route:
    async def endpoint(request: Request) -> Response:
        site, form = site_of(request), request.path_params["form"]
        if form not in {"json", "xml"}:
            raise HTTPException(404)
        given = ",".join(request.query_params.getlist("users")).split(",")
        asked = [name for name in map(str.strip, given) if name]
        if not 1 <= len(asked) <= MOST:
            msg = f"users has {len(asked)} names; give 1 to {MOST}, separated by commas"
            raise BadInput(msg)
        users = await run_in_threadpool(_users, site, tell, asked)
        return (_json if form == "json" else _xml)(users)

    return Route(f"/{path}.{{form}}", endpoint)


def _users(site: Site, tell: Callable[[Site, ServedScore, str], Shape], asked: list[str]) -> list[Shape]:
    """Return the users who are found, in the order in which they were asked for."""
    found = []
    for name in asked:
        try:
            of = by_screen_name(site, name)
        except UnknownWho:
            continue
        found.append(tell(site, of, screen_name(of, names_of(site, of.key))))
    return found


def _json(users: list[Shape]) -> Response:
    said: Shape = {"status": 200, "users": users}
    nobody: Shape = {"status": 200, "headers": [], "body": {"error": "No users"}}
    return Response(msgspec.json.encode(said if users else nobody), media_type="application/json")


def _xml(users: list[Shape]) -> Response:
    if users:
        root = Element("users")
        _fill(root, users)
    else:
        root = Element("error")
        root.text = "No users"
    return Response(tostring(root, encoding="UTF-8", xml_declaration=True), media_type="text/xml")


def _fill(above: Element, said: object) -> None:
    """Write what JSON would say as elements below another."""
    if isinstance(said, dict):
        for name, value in said.items():
            _fill(SubElement(above, name), value)
    elif isinstance(said, list):
        for each in said:
            _fill(SubElement(above, _ITEMS[above.tag]), each)
    else:
        # XML has no way to write the control characters that a name may hold.
        above.text = "".join(letter for letter in str(said) if letter.isprintable())


ROUTES = [
    _route("klout", klout),
    _route("users/show", show),
    _route("users/topics", topics),
    _route("soi/influenced_by", influencers),
    _route("soi/influencer_of", influencees),
]
