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

from renown.errors import InvalidInputError, PersonNotFoundError
from renown.store import ServedScore
from renown.text import plural
from renown.web.klout.people import (
    MAX_TOPICS,
    find_by_screen_name,
    list_influencers,
    load_names,
    pick_screen_name,
    score_bucket,
)
from renown.web.profiles import load_profile
from renown.web.ranks import present_score
from renown.web.state import AppState, get_app_state

MAX_USERS = 5
"""Maximum users per request."""
MONTH, FIVE_DAYS, DAY = 30, 5, 1
JsonObject = dict[str, Any]
_XML_ITEM_NAMES = {"users": "user", "topics": "topic", "influencers": "influencer", "influencees": "influencee"}
"""XML element names of list items."""


def build_score(_state: AppState, subject: ServedScore, name: str) -> JsonObject:
    """Build a user's score."""
    return {"twitter_screen_name": name, "kscore": round(subject.score, 2)}


def build_user(state: AppState, subject: ServedScore, name: str) -> JsonObject:
    """Build a user with all fields of Klout's response."""
    profile, changes_by_days = load_profile(state, subject), state.scores.read_changes(subject, (DAY, FIVE_DAYS, MONTH))
    style, names = profile.activity.classify(), load_names(state, subject.key)
    is_ranked = subject.verified_score is not None
    rank_text = f"place {present_score(state, subject).rank} among all who are scored" if is_ranked else "not ranked"
    x_name = names.get("x") or next(
        (account_name for account_name in names.values() if account_name.original_name == name), None
    )
    return {
        "twitter_id": x_name.account_id if x_name else "",
        "twitter_screen_name": name,
        "score": {
            "kscore": round(subject.score, 2),
            "slope": changes_by_days[MONTH] or 0,
            "description": f"{plural(subject.people, 'person', 'people')} reached in 90 days "
            f"on {plural(subject.networks, 'network')}",
            "kclass_id": style.number,
            "kclass": style.name,
            "kclass_description": style.description,
            "kscore_description": f"{rank_text}; {score_bucket(subject.score)}",
            "network_score": round(profile.network, 2),
            "amplification_score": round(profile.amplification, 2),
            "true_reach": profile.reach,
            "delta_1day": changes_by_days[DAY] or 0,
            "delta_5day": changes_by_days[FIVE_DAYS] or 0,
        },
    }


def build_topics(state: AppState, subject: ServedScore, name: str) -> JsonObject:
    """Build the names of a user's topics."""
    topics = load_profile(state, subject).topics[:MAX_TOPICS]
    return {"twitter_screen_name": name, "topics": [topic.topic for topic in topics]}


def build_influencers(state: AppState, subject: ServedScore, name: str) -> JsonObject:
    """Build a user's influencers."""
    return {"twitter_screen_name": name, "influencers": _build_influencer_scores(state, subject, "influencers")}


def build_influencees(state: AppState, subject: ServedScore, name: str) -> JsonObject:
    """Build a user's influencees."""
    return {"twitter_screen_name": name, "influencees": _build_influencer_scores(state, subject, "influencees")}


def _build_influencer_scores(state: AppState, subject: ServedScore, attribute: str) -> list[JsonObject]:
    return [
        build_score(state, *influencer)
        for influencer in list_influencers(state, getattr(load_profile(state, subject), attribute))
    ]


def _route(path: str, build: Callable[[AppState, ServedScore, str], JsonObject]) -> Route:
    async def endpoint(request: Request) -> Response:
        state, form = get_app_state(request), request.path_params["form"]
        if form not in {"json", "xml"}:
            raise HTTPException(404)
        values = ",".join(request.query_params.getlist("users")).split(",")
        names = [name for name in map(str.strip, values) if name]
        if not 1 <= len(names) <= MAX_USERS:
            raise InvalidInputError(f"users has {len(names)} names; give 1 to {MAX_USERS}, separated by commas")
        users = await run_in_threadpool(_find_users, state, build, names)
        return (_json_response if form == "json" else _xml_response)(users)

    return Route(f"/{path}.{{form}}", endpoint)


def _find_users(
    state: AppState, build: Callable[[AppState, ServedScore, str], JsonObject], names: list[str]
) -> list[JsonObject]:
    """Return the users that exist, in the requested order."""
    users = []
    for name in names:
        try:
            subject = find_by_screen_name(state, name)
        except PersonNotFoundError:
            continue
        users.append(build(state, subject, pick_screen_name(subject, load_names(state, subject.key))))
    return users


def _json_response(users: list[JsonObject]) -> Response:
    body: JsonObject = {"status": 200, "users": users}
    no_users: JsonObject = {"status": 200, "headers": [], "body": {"error": "No users"}}
    return Response(msgspec.json.encode(body if users else no_users), media_type="application/json")


def _xml_response(users: list[JsonObject]) -> Response:
    if users:
        root = Element("users")
        _append_xml(root, users)
    else:
        root = Element("error")
        root.text = "No users"
    return Response(tostring(root, encoding="UTF-8", xml_declaration=True), media_type="text/xml")


def _append_xml(parent: Element, data: object) -> None:
    """Append JSON data as XML elements below a parent."""
    if isinstance(data, dict):
        for name, value in data.items():
            _append_xml(SubElement(parent, name), value)
    elif isinstance(data, list):
        for item in data:
            _append_xml(SubElement(parent, _XML_ITEM_NAMES[parent.tag]), item)
    else:
        # XML cannot represent control characters, which names may contain.
        parent.text = "".join(letter for letter in str(data) if letter.isprintable())


ROUTES = [
    _route("klout", build_score),
    _route("users/show", build_user),
    _route("users/topics", build_topics),
    _route("soi/influenced_by", build_influencers),
    _route("soi/influencer_of", build_influencees),
]
