"""Klout's API, version 2: JSON alone."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from renown.errors import BadInput, UnknownWho
from renown.store import ServedScore
from renown.web.klout.people import (
    KLOUT,
    NETWORKS,
    SHOWN,
    bucket,
    by_account,
    by_id,
    by_screen_name,
    changes,
    klout_id,
    movers,
    names_of,
    screen_name,
)
from renown.web.site import Site, site_of, unknown

MOST = 100
"""X ids of one batch."""
Shape = dict[str, Any]
_encode = msgspec.json.Encoder().encode


def _json(said: Any) -> Response:
    return Response(_encode(said), media_type="application/json")


def user(site: Site, of: ServedScore) -> Shape:
    """Return a user."""
    return _user(site, of, screen_name(of, names_of(site, of.key)))


def score(site: Site, of: ServedScore) -> Shape:
    """Return a score."""
    return {"score": of.score, "scoreDelta": changes(site, of), "bucket": bucket(of.score)}


def topics(_site: Site, _of: ServedScore) -> list[Shape]:
    """Return no topic: there are none yet."""
    return []


def influence(site: Site, of: ServedScore) -> Shape:
    """Return who moves a user and who is moved by them, five each; the counts are of everybody."""
    drawn = site.portrait(of)
    return {
        "myInfluencers": [_entity(site, *one) for one in movers(site, drawn.influencers)[:SHOWN]],
        "myInfluencees": [_entity(site, *one) for one in movers(site, drawn.influencees)[:SHOWN]],
        "myInfluencersCount": drawn.influencers.count,
        "myInfluenceesCount": drawn.influencees.count,
    }


def _user(site: Site, of: ServedScore, nick: str) -> Shape:
    return {
        "kloutId": klout_id(of.key),
        "nick": nick,
        "score": {"score": of.score, "bucket": bucket(of.score)},
        "scoreDeltas": changes(site, of),
    }


def _entity(site: Site, of: ServedScore, nick: str) -> Shape:
    return {"entity": {"id": klout_id(of.key), "payload": _user(site, of, nick)}}


ANSWERS: dict[str, Callable[[Site, ServedScore], Any]] = {
    "": user,
    "score": score,
    "topics": topics,
    "influence": influence,
}


def _identity(of: ServedScore) -> Response:
    return _json({"id": klout_id(of.key), "network": "ks"})


def identity_by_name(request: Request) -> Response:
    """Tell the Klout id of a screen name."""
    site, network = site_of(request), request.path_params["network"]
    name = request.query_params.get("screenName", "")
    if not name:
        msg = "screenName is missing; ask identity.json/twitter?screenName=NAME"
        raise BadInput(msg)
    by_x = NETWORKS.get(network, network) == "x"
    return _identity(by_screen_name(site, name) if by_x else by_account(site, network, name))


def identity_by_account(request: Request) -> Response:
    """Tell the Klout id of an account."""
    given = request.path_params
    return _identity(by_account(site_of(request), given["network"], given["account"]))


async def identity_of_klout(request: Request) -> Response:
    """Tell the Klout id that is given, where somebody has it."""
    return _identity(by_id(site_of(request), request.path_params["klout_id"]))


async def account_of_klout(request: Request) -> Response:
    """Tell the account that a Klout id has on a network."""
    site, given = site_of(request), request.path_params
    network = NETWORKS.get(given["network"], given["network"])
    of = by_id(site, given["klout_id"])
    if network == KLOUT:
        return _identity(of)
    found = names_of(site, of.key).get(network)
    if found is None:
        raise unknown(given["klout_id"])
    return _json({"id": found.account_id, "network": given["network"]})


async def told(request: Request) -> Response:
    """Answer of one user; what may have to be computed holds nobody else up."""
    site, given = site_of(request), request.path_params
    what = given.get("what", "")
    if what not in ANSWERS:
        raise HTTPException(404)
    if what == "influence" or ("twitter_id" in given and site.everyone):
        return await run_in_threadpool(lambda: _json(ANSWERS[what](site, _asked(site, given))))
    return _json(ANSWERS[what](site, _asked(site, given)))


async def batch(request: Request) -> Response:
    """Answer for several X accounts at once: an object of id to answer, without those nobody has."""
    site, what = site_of(request), request.path_params["what"]
    ids = [one for one in request.query_params.get("twitterIds", "").split(",") if one]
    if what not in ANSWERS or not what:
        raise HTTPException(404)
    if not ids or len(ids) > MOST:
        msg = f"twitterIds has {len(ids)} ids; give 1 to {MOST}, separated by commas"
        raise BadInput(msg)
    return await run_in_threadpool(lambda: _json(_each(site, ANSWERS[what], ids)))


def _each(site: Site, tell: Callable[[Site, ServedScore], Any], ids: list[str]) -> Shape:
    found = {}
    for one in ids:
        try:
            found[one] = tell(site, by_account(site, "tw", one))
        except UnknownWho:
            continue
    return found


def _asked(site: Site, given: Shape) -> ServedScore:
    return by_id(site, given["klout_id"]) if "klout_id" in given else by_account(site, "tw", given["twitter_id"])


ROUTES = [
    Route("/user.json/{klout_id}/{what}", told),
    Route("/user.json/{klout_id}", told),
    Route("/tw-user.json/batch/{what}", batch),
    Route("/tw-user.json/{twitter_id}/{what}", told),
    Route("/tw-user.json/{twitter_id}", told),
    Route("/identity.json/klout/{klout_id}", identity_of_klout),
    Route("/identity.json/klout/{klout_id}/{network}", account_of_klout),
    Route("/identity.json/{network}", identity_by_name),
    Route("/identity.json/{network}/", identity_by_name),
    Route("/identity.json/{network}/{account:path}", identity_by_account),
]
