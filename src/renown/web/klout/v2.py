"""Klout's API, version 2: JSON alone."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from renown.errors import InvalidInputError, PersonNotFoundError
from renown.store import ServedScore
from renown.web.klout.people import (
    KLOUT,
    MAX_INFLUENCERS,
    MAX_TOPICS,
    NETWORKS,
    find_by_account,
    find_by_klout_id,
    find_by_screen_name,
    klout_id,
    klout_topic_id,
    list_influencers,
    load_names,
    pick_screen_name,
    score_bucket,
    score_changes,
)
from renown.web.profiles import load_profile
from renown.web.state import AppState, get_app_state

MAX_BATCH_IDS = 100
"""Maximum X ids per batch."""
JsonObject = dict[str, Any]
_encode = msgspec.json.Encoder().encode


def _json_response(body: Any) -> Response:
    return Response(_encode(body), media_type="application/json")


def build_user(state: AppState, subject: ServedScore) -> JsonObject:
    """Build a user."""
    return _user_body(state, subject, pick_screen_name(subject, load_names(state, subject.key)))


def build_score(state: AppState, subject: ServedScore) -> JsonObject:
    """Build a score."""
    return {"score": subject.score, "scoreDelta": score_changes(state, subject), "bucket": score_bucket(subject.score)}


def build_topics(state: AppState, subject: ServedScore) -> list[JsonObject]:
    """Build a user's topics; they have no pictures here, and each is a topic of its own."""
    return [
        {
            "id": klout_topic_id(topic.topic),
            "displayName": topic.topic,
            "name": topic.topic,
            "slug": "-".join(re.findall(r"\w+", topic.topic)),
            "imageUrl": "",
            "topicType": "sub",
        }
        for topic in load_profile(state, subject).topics[:MAX_TOPICS]
    ]


def build_influence(state: AppState, subject: ServedScore) -> JsonObject:
    """Build a user's influencers and influencees, five each, with the counts of all."""
    profile = load_profile(state, subject)
    return {
        "myInfluencers": [
            _entity_body(state, *influencer)
            for influencer in list_influencers(state, profile.influencers)[:MAX_INFLUENCERS]
        ],
        "myInfluencees": [
            _entity_body(state, *influencee)
            for influencee in list_influencers(state, profile.influencees)[:MAX_INFLUENCERS]
        ],
        "myInfluencersCount": profile.influencers.count,
        "myInfluenceesCount": profile.influencees.count,
    }


def _user_body(state: AppState, subject: ServedScore, nick: str) -> JsonObject:
    return {
        "kloutId": klout_id(subject.key),
        "nick": nick,
        "score": {"score": subject.score, "bucket": score_bucket(subject.score)},
        "scoreDeltas": score_changes(state, subject),
    }


def _entity_body(state: AppState, subject: ServedScore, nick: str) -> JsonObject:
    return {"entity": {"id": klout_id(subject.key), "payload": _user_body(state, subject, nick)}}


USER_BUILDERS: dict[str, Callable[[AppState, ServedScore], Any]] = {
    "": build_user,
    "score": build_score,
    "topics": build_topics,
    "influence": build_influence,
}


def _identity_response(subject: ServedScore) -> Response:
    return _json_response({"id": klout_id(subject.key), "network": "ks"})


def get_identity_by_name(request: Request) -> Response:
    """Return the Klout id of a screen name."""
    state, network = get_app_state(request), request.path_params["network"]
    name = request.query_params.get("screenName", "")
    if not name:
        raise InvalidInputError("the parameter screenName is missing; write identity.json/twitter?screenName=NAME")
    by_x = NETWORKS.get(network, network) == "x"
    return _identity_response(find_by_screen_name(state, name) if by_x else find_by_account(state, network, name))


def get_identity_by_account(request: Request) -> Response:
    """Return the Klout id of an account."""
    params = request.path_params
    return _identity_response(find_by_account(get_app_state(request), params["network"], params["account"]))


async def get_identity_by_klout_id(request: Request) -> Response:
    """Return a Klout id if somebody has it."""
    return _identity_response(find_by_klout_id(get_app_state(request), request.path_params["klout_id"]))


async def get_account_by_klout_id(request: Request) -> Response:
    """Return the account of a Klout id on a network."""
    state, params = get_app_state(request), request.path_params
    network = NETWORKS.get(params["network"], params["network"])
    subject = find_by_klout_id(state, params["klout_id"])
    if network == KLOUT:
        return _identity_response(subject)
    account_name = load_names(state, subject.key).get(network)
    if account_name is None:
        raise PersonNotFoundError(
            f"the person with the Klout id {params['klout_id']} has no account on {network[:100]!r}"
        )
    return _json_response({"id": account_name.account_id, "network": params["network"]})


async def get_user(request: Request) -> Response:
    """Return one user or a part of it; what may be slow runs in the thread pool."""
    state, params = get_app_state(request), request.path_params
    part = params.get("what", "")
    if part not in USER_BUILDERS:
        raise HTTPException(404)
    if part == "influence" or ("twitter_id" in params and state.can_show_unclaimed):
        return await run_in_threadpool(lambda: _json_response(USER_BUILDERS[part](state, _find_user(state, params))))
    return _json_response(USER_BUILDERS[part](state, _find_user(state, params)))


async def get_batch(request: Request) -> Response:
    """Return several X accounts at once, as an object by id; unknown ids are omitted."""
    state, part = get_app_state(request), request.path_params["what"]
    ids = [x_id for x_id in request.query_params.get("twitterIds", "").split(",") if x_id]
    if part not in USER_BUILDERS or not part:
        raise HTTPException(404)
    if not ids or len(ids) > MAX_BATCH_IDS:
        raise InvalidInputError(f"twitterIds has {len(ids)} ids; give 1 to {MAX_BATCH_IDS}, separated by commas")
    return await run_in_threadpool(lambda: _json_response(_build_batch(state, USER_BUILDERS[part], ids)))


def _build_batch(state: AppState, build: Callable[[AppState, ServedScore], Any], ids: list[str]) -> JsonObject:
    users = {}
    for x_id in ids:
        try:
            users[x_id] = build(state, find_by_account(state, "tw", x_id))
        except PersonNotFoundError:
            continue
    return users


def _find_user(state: AppState, params: JsonObject) -> ServedScore:
    return (
        find_by_klout_id(state, params["klout_id"])
        if "klout_id" in params
        else find_by_account(state, "tw", params["twitter_id"])
    )


ROUTES = [
    Route("/user.json/{klout_id}/{what}", get_user),
    Route("/user.json/{klout_id}", get_user),
    Route("/tw-user.json/batch/{what}", get_batch),
    Route("/tw-user.json/{twitter_id}/{what}", get_user),
    Route("/tw-user.json/{twitter_id}", get_user),
    Route("/identity.json/klout/{klout_id}", get_identity_by_klout_id),
    Route("/identity.json/klout/{klout_id}/{network}", get_account_by_klout_id),
    Route("/identity.json/{network}", get_identity_by_name),
    Route("/identity.json/{network}/", get_identity_by_name),
    Route("/identity.json/{network}/{account:path}", get_identity_by_account),
]
