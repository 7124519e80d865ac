"""Error responses: one JSON shape on /api, Klout's shapes on /1 and /v2."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from renown.errors import (
    DayNotPublishedError,
    GroupNotFoundError,
    HomeError,
    InvalidInputError,
    InvalidMethodError,
    PersonNotFoundError,
    RenownError,
)

_log = logging.getLogger(__name__)

_ERROR_STATUS: dict[type[RenownError], tuple[int, str]] = {
    PersonNotFoundError: (404, "person_not_found"),
    GroupNotFoundError: (404, "group_not_found"),
    DayNotPublishedError: (404, "day_not_published"),
    InvalidInputError: (400, "invalid_input"),
    InvalidMethodError: (409, "method_unavailable"),
}
"""Status and code of errors that the client caused; all others are internal errors."""
_CODE_BY_STATUS = {
    400: "invalid_input",
    401: "invalid_api_key",
    404: "not_found",
    405: "method_not_allowed",
    414: "uri_too_long",
    429: "rate_limited",
    503: "server_busy",
}
_METHODS = ("GET", "POST", "DELETE")
"""Methods that routes of this site take, apart from HEAD."""


@dataclass(frozen=True)
class ErrorDetail:
    """Details of an error."""

    status: int
    code: str
    """Stable identifier for programs."""
    message: str
    """What happened, what was expected, what to do."""
    retry_after: int | None = None
    """Seconds after which a retry may succeed, as in the header Retry-After; absent if unknown."""


@dataclass(frozen=True)
class ErrorResponse:
    """Error response of the API."""

    error: ErrorDetail


UNAVAILABLE_MESSAGE = "the scores are temporarily unavailable; please try again later"
"""Message when the disk or database is unavailable, without internal paths."""
INTERNAL_ERROR = (500, "internal_error", "internal server error; it was logged, please try again later")


@dataclass(frozen=True)
class ErrorKind:
    """A kind of error that the API returns, with an example."""

    status: int
    code: str
    description: str
    message: str
    """Message of the example."""
    retry_after: int | None = None


ERROR_KINDS = (
    ErrorKind(
        400,
        "invalid_input",
        "A parameter is not valid, unknown to the path, or repeated.",
        "limit is '500'; write a number of at most 100; see /api/openapi.json",
    ),
    ErrorKind(
        401,
        "invalid_api_key",
        "The API key is invalid, or there is none where one is needed.",
        "the API key is invalid; send another, or none",
    ),
    ErrorKind(
        404,
        "person_not_found",
        "Nobody with a page has this name, or they have no score in the time that is asked for.",
        "nobody with a page here is called 'x'; write a person's name, …",
    ),
    ErrorKind(
        404,
        "group_not_found",
        "There is no such group or challenge.",
        "there is no group 'x'; choose one from the list of groups",
    ),
    ErrorKind(
        404,
        "day_not_published",
        "There are no scores of this day.",
        "2026-11-01 is not published; 5 days are, from 2026-11-24 to 2026-11-28",
    ),
    ErrorKind(404, "not_found", "There is no such path or webhook.", "there is no such path; /api lists the paths"),
    ErrorKind(
        405,
        "method_not_allowed",
        "The path does not take this HTTP method.",
        "POST is not allowed here; send GET or HEAD",
    ),
    ErrorKind(
        409,
        "method_unavailable",
        "The day was published by a method that is not available in this version.",
        "the day was published by a method that is not in this version",
    ),
    ErrorKind(
        414,
        "uri_too_long",
        "Path and query are too long.",
        "path and query are longer than 8000 bytes; send a shorter request",
    ),
    ErrorKind(
        429,
        "rate_limited",
        "The rate limit is exceeded; the header Retry-After says when to retry.",
        "rate limit of 20 requests per second exceeded; retry in 1 s",
        1,
    ),
    ErrorKind(*INTERNAL_ERROR[:2], "Unexpected error; the details are in the server's log only.", INTERNAL_ERROR[2]),
    ErrorKind(
        503,
        "server_busy",
        "The server is busy; the header Retry-After says when to retry.",
        "too many computations are running; retry in 2 s",
        2,
    ),
    ErrorKind(503, "unavailable", "The scores are temporarily unavailable.", UNAVAILABLE_MESSAGE),
)
"""Every error of the API, for its page and for OpenAPI."""

KLOUT_CODES = {
    "key": "ERR_403_DEVELOPER_INACTIVE",
    "second": "ERR_403_DEVELOPER_OVER_QPS",
    "day": "ERR_403_DEVELOPER_OVER_RATE",
}
"""Values of the header ``X-Mashery-Error-Code`` as sent by Klout's gateway."""


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None, *, code: str = "") -> Response:
    """Build an error response of the API."""
    retry_after = (headers or {}).get("Retry-After")
    detail = ErrorDetail(
        status, code or _CODE_BY_STATUS.get(status, "error"), message, int(retry_after) if retry_after else None
    )
    fields = {name: value for name, value in asdict(detail).items() if value is not None}
    return Response(msgspec.json.encode({"error": fields}), status, headers, "application/json")


def klout_error_response(
    path: str, status: int, description: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Build an error response of Klout's API, in XML if the path asks for XML."""
    if path.endswith(".xml"):
        escaped = description.replace("&", "&amp;").replace("<", "&lt;")
        xml = f"<error><code>{status}</code><description>{escaped}</description></error>"
        return Response(f'<?xml version="1.0" encoding="UTF-8"?>{xml}', status, headers, "text/xml")
    # Version 1 repeats the status in the body, where its clients read it.
    status_field = {"status": status} if path.startswith("/1/") else {}
    body = msgspec.json.encode(status_field | {"error": status, "description": description})
    return Response(body, status, headers, "application/json")


def is_klout(path: str) -> bool:
    """Return whether a path belongs to Klout's API."""
    return path.startswith(("/1/", "/v2/"))


def respond_with_error(
    request: Request, status: int, message: str, headers: Mapping[str, str] | None = None, *, code: str = ""
) -> Response:
    """Build an error response in the shape of the requested API."""
    path = request.scope["path"]
    if is_klout(path):
        return klout_error_response(path, status, message, headers)
    return error_response(status, message, headers, code=code)


def error_status(error: Exception) -> int | None:
    """Return the HTTP status of an error that the client caused; None for internal errors."""
    return next((status for kind, (status, _) in _ERROR_STATUS.items() if isinstance(error, kind)), None)


async def handle_renown_error(request: Request, error: Exception) -> Response:
    """Respond to an error that this package raises on purpose, without what only the operator can do."""
    assert isinstance(error, RenownError)  # noqa: S101 - Starlette calls it for these alone
    for kind, (status, code) in _ERROR_STATUS.items():
        if isinstance(error, kind):
            return respond_with_error(request, status, error.public_message, code=code)
    if isinstance(error, HomeError):
        _log.error("%s", error)
        return respond_with_error(request, 503, UNAVAILABLE_MESSAGE, code="unavailable")
    raise error


def error_headers(request: Request, error: HTTPException) -> Mapping[str, str]:
    """Return the headers of an HTTP error; ``Allow`` has all methods of the path, also HEAD if GET is one."""
    headers = error.headers or {}
    if "Allow" not in headers:
        return headers
    # The framework lists the methods of the first route of the path, and HEAD for some routes only.
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] == Match.PARTIAL]
    methods = set(headers["Allow"].split(", ")) | {
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] == Match.FULL for route in routes)
    }
    methods |= {"HEAD"} if "GET" in methods else set()
    return {**headers, "Allow": ", ".join(sorted(methods))}


async def handle_http_error(request: Request, error: Exception) -> Response:
    """Respond to HTTP errors of the routes: unknown path, another method than those allowed."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls it for these alone
    headers, message = error_headers(request, error), error.detail
    if error.detail == HTTPStatus.NOT_FOUND.phrase:
        message = "there is no such path; /api lists the paths"
    if allowed := headers.get("Allow"):
        message = f"{request.method} is not allowed here; send {allowed.replace(', ', ' or ')}"
    return respond_with_error(request, error.status_code, message, headers)


async def handle_unexpected_error(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the server logs it
    """Respond to an unexpected exception without leaking its details."""
    status, code, message = INTERNAL_ERROR
    return respond_with_error(request, status, message, code=code)
