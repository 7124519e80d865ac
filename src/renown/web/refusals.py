"""Refusals: one shape of error on /api, Klout's on /1 and /v2."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from renown.errors import (
    BadInput,
    BadMethod,
    HomeError,
    NotPublished,
    RenownError,
    UnknownGroup,
    UnknownWho,
)

_log = logging.getLogger(__name__)

_STATUS: dict[type[RenownError], tuple[int, str]] = {
    UnknownWho: (404, "unknown_who"),
    UnknownGroup: (404, "unknown_group"),
    NotPublished: (404, "not_published"),
    BadInput: (400, "bad_input"),
    BadMethod: (409, "other_method"),
}
"""What a mistake is to a caller; everything else is ours."""
_CODES = {
    400: "bad_input",
    401: "unknown_key",
    404: "no_such_path",
    405: "method_not_allowed",
    414: "too_long",
    429: "over_limit",
    503: "busy",
}


@dataclass(frozen=True)
class What:
    """What went wrong."""

    status: int
    code: str
    """One word for programs."""
    message: str
    """What happened, what would be right, what to do."""


@dataclass(frozen=True)
class Refusal:
    """The one shape of errors of our API."""

    error: What


REFUSALS = {
    400: "A value is wrong.",
    401: "The key is unknown.",
    404: "Nobody, or nothing, is shown by that name.",
    409: "The day was published by another method.",
    429: "Over a limit.",
    503: "Too many ask for what is to be computed, or the scores are out of reach.",
}
"""Errors that every route may answer."""
AWAY = "the scores cannot be read at the moment; please try again later"
"""What callers are told when the disk or database is away: where it lies is nobody's business."""
OURS = (500, "internal", "something went wrong here; it was noted, please try again later")

KLOUT_CODES = {
    "key": "ERR_403_DEVELOPER_INACTIVE",
    "second": "ERR_403_DEVELOPER_OVER_QPS",
    "day": "ERR_403_DEVELOPER_OVER_RATE",
}
"""Values of the header ``X-Mashery-Error-Code`` that Klout's gateway sent."""


def refused(status: int, message: str, headers: Mapping[str, str] | None = None, *, code: str = "") -> Response:
    """Return an error of our API: what happened, what would be right, what to do."""
    said = Refusal(What(status, code or _CODES.get(status, "refused"), message))
    return Response(msgspec.json.encode(said), status, headers, "application/json")


def klout_refused(path: str, status: int, description: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error of Klout's API, in XML where XML was asked for."""
    if path.endswith(".xml"):
        shown = description.replace("&", "&amp;").replace("<", "&lt;")
        said = f"<error><code>{status}</code><description>{shown}</description></error>"
        return Response(f'<?xml version="1.0" encoding="UTF-8"?>{said}', status, headers, "text/xml")
    # Version 1 told the status of every answer in its body, too, and its clients read it there.
    told = {"status": status} if path.startswith("/1/") else {}
    body = msgspec.json.encode(told | {"error": status, "description": description})
    return Response(body, status, headers, "application/json")


def is_klout(path: str) -> bool:
    """Return whether a path is one of Klout's API."""
    return path.startswith(("/1/", "/v2/"))


def answer(
    request: Request, status: int, message: str, headers: Mapping[str, str] | None = None, *, code: str = ""
) -> Response:
    """Return an error in the shape of the API that was asked."""
    path = request.scope["path"]
    if is_klout(path):
        return klout_refused(path, status, message, headers)
    return refused(status, message, headers, code=code)


def status_of(error: Exception) -> int | None:
    """Return the status of a mistake of who asks; None for one that is ours."""
    return next((status for kind, (status, _) in _STATUS.items() if isinstance(error, kind)), None)


async def on_mistake(request: Request, error: Exception) -> Response:
    """Answer a mistake that this package raises on purpose."""
    for kind, (status, code) in _STATUS.items():
        if isinstance(error, kind):
            return answer(request, status, str(error), code=code)
    if isinstance(error, HomeError):
        _log.error("%s", error)
        return answer(request, 503, AWAY, code="away")
    raise error


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the routes refuse: no such path, another method than GET."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls it for these alone
    said = {404: "there is no such path; /api lists what there is", 405: "only GET is answered here"}
    return answer(request, error.status_code, said.get(error.status_code, error.detail), error.headers)


async def on_bug(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the server logs it
    """Answer what nobody expected, without telling anything of it."""
    status, code, message = OURS
    return answer(request, status, message, code=code)
