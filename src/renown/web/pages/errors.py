"""Errors as pages: what happened, what would be right, what to do."""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from renown.errors import HomeError, NotPublished, RenownError, UnknownWho
from renown.web.pages.render import render, written_by
from renown.web.pages.spoken import DEFAULT, spoken
from renown.web.refusals import AWAY, OURS, status_of

_log = logging.getLogger(__name__)

HEADS = {
    400: "That cannot be asked",
    401: "That key is unknown",
    403: "That is not allowed",
    404: "Nobody and nothing here",
    405: "Not this way",
    409: "Made by another method",
    414: "That is too long",
    429: "A little slower, please",
    500: "Something went wrong here",
    503: "We will be back",
}
"""What an error page says in large letters."""
_SAID = {
    404: "There is no such page. The address may have changed, or it was never one.",
    405: "This page does not take what was sent to it. Go back and try again.",
}

_OTHER_DAY = "Choose a day that a page offers, or come back once the next one is over."


def said(path: str, status: int, message: str) -> Response:
    """Return a refusal that is written before any page is asked."""
    told = spoken(DEFAULT)
    return HTMLResponse(written_by("error.html", **told, **_of(status, message), here=path), status)


async def on_mistake(request: Request, error: Exception) -> Response:
    """Show a mistake that this package raises on purpose."""
    status = status_of(error)
    if isinstance(error, NotPublished):
        # What follows in it is said to who runs the server.
        what, _, _ = str(error).partition(";")
        told = _of(404, f"{what[:1].upper()}{what[1:]}. {_OTHER_DAY}") | {"head": "No such day here"}
        return render(request, "error.html", status=404, **told)
    if status is not None:
        told = _of(status, str(error)) | {"nobody": isinstance(error, UnknownWho)}
        return render(request, "error.html", status=status, **told)
    if isinstance(error, HomeError):
        _log.error("%s", error)
        return render(request, "error.html", status=503, **_of(503, AWAY))
    raise error


async def on_http(request: Request, error: Exception) -> Response:
    """Show what the routes refuse."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls it for these alone
    status = error.status_code
    message = _SAID.get(status, error.detail)
    page = render(request, "error.html", status=status, **_of(status, message))
    page.headers.update(error.headers or {})
    return page


async def on_bug(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the server logs it
    """Show what nobody expected, without telling anything of it."""
    return render(request, "error.html", status=500, **_of(500, f"{OURS[2][:1].upper()}{OURS[2][1:]}."))


HANDLERS = {RenownError: on_mistake, HTTPException: on_http, Exception: on_bug}


def _of(status: int, message: str) -> dict[str, object]:
    return {"code": status, "head": HEADS.get(status, "That did not work"), "message": message, "nobody": False}
