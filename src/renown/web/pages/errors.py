"""Error pages: what happened, what was expected, what to do."""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from renown.errors import DayNotPublishedError, HomeError, PersonNotFoundError, RenownError
from renown.web.concurrency import ServerBusyError
from renown.web.errors import INTERNAL_ERROR, UNAVAILABLE_MESSAGE, error_headers, error_status
from renown.web.pages.formatting import DEFAULT_LOCALE, build_formatters
from renown.web.pages.templates import render, render_template

_log = logging.getLogger(__name__)

HEADINGS = {
    400: "Invalid request",
    401: "Invalid API key",
    403: "Not allowed",
    404: "Page not found",
    405: "Method not allowed",
    409: "Published by another method",
    414: "Address too long",
    429: "Too many requests",
    500: "Internal error",
    503: "Temporarily unavailable",
}
"""Heading of an error page by HTTP status."""
_HTTP_MESSAGES = {
    404: "There is no page at this address. Check it, or start from the start page.",
    405: "This page does not accept this kind of request. Go back and try again.",
}

_DAY_HINT = "Choose one of the published days, or come back after the next day is published."


def render_early_error(path: str, status: int, message: str) -> Response:
    """Render an error page without a request: for middleware that responds before any page handler."""
    formatters = build_formatters(DEFAULT_LOCALE)
    context = _error_context(status, message) | {"current_path": path, "url": "", "operator_name": ""}
    context["locale_tag"] = str(DEFAULT_LOCALE)
    return HTMLResponse(render_template("error.html", **formatters, **context), status)


def describe_missing_person(error: PersonNotFoundError) -> str:
    """Return as a sentence that nobody has a name; how to write names, and paths of the API, are for programs."""
    return _to_sentence(error.public_message.partition(";")[0])


async def show_renown_error(request: Request, error: Exception) -> Response:
    """Show an error that this package raises on purpose, without what only the operator can do."""
    assert isinstance(error, RenownError)  # noqa: S101 - Starlette calls it for these alone
    status = error_status(error)
    if isinstance(error, DayNotPublishedError):
        reason, _, _ = error.public_message.partition(";")
        context = _error_context(404, f"{_to_sentence(reason)} {_DAY_HINT}") | {"heading": "Day not published"}
        return render(request, "error.html", status=404, **context)
    if isinstance(error, PersonNotFoundError):
        # Somebody who has a page, but no score in a week, need not claim an account.
        is_unknown = error.public_message.startswith("nobody")
        context = _error_context(404, describe_missing_person(error)) | {"person_not_found": is_unknown}
        return render(request, "error.html", status=404, **context)
    if status is not None:
        context = _error_context(status, error.public_message)
        return render(request, "error.html", status=status, **context)
    if isinstance(error, HomeError):
        _log.error("%s", error)
        return render(request, "error.html", status=503, **_error_context(503, UNAVAILABLE_MESSAGE))
    raise error


async def show_http_error(request: Request, error: Exception) -> Response:
    """Show an HTTP error of the routes, such as an unknown path."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls it for these alone
    status = error.status_code
    message = error.page_message if isinstance(error, ServerBusyError) else _HTTP_MESSAGES.get(status, error.detail)
    page = render(request, "error.html", status=status, **_error_context(status, message))
    page.headers.update(error_headers(request, error))
    if isinstance(error, ServerBusyError):
        page.headers["Refresh"] = page.headers["Retry-After"]
    return page


async def show_unexpected_error(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the server logs it
    """Show an unexpected error without leaking its details."""
    return render(
        request,
        "error.html",
        status=500,
        **_error_context(500, INTERNAL_ERROR[2]),
    )


HANDLERS = {RenownError: show_renown_error, HTTPException: show_http_error, Exception: show_unexpected_error}


def _to_sentence(message: str) -> str:
    """Begin a message of this package with a capital letter, and end it with a full stop."""
    return f"{message[:1].upper()}{message[1:]}{'' if message.endswith(('.', '?', '!')) else '.'}"


def _error_context(status: int, message: str) -> dict[str, object]:
    return {
        "code": status,
        "heading": HEADINGS.get(status, "Request failed"),
        "message": _to_sentence(message),
        "person_not_found": False,
    }
