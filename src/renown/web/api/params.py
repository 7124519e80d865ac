"""Request parameters of API routes: names, pagination cursors, unknown parameters; and Last-Modified."""

from email.utils import formatdate
from typing import Annotated

from fastapi import Path, Query, Request, Response

from renown.errors import InvalidInputError
from renown.text import suggest_spelling
from renown.web.api.cursor import CURSOR_PATTERN
from renown.web.state import AppState

SubjectParam = Annotated[
    str, Path(description="A person's name, `network:handle` or `network:id`.", examples=["ada"], max_length=1200)
]
TargetParam = Annotated[float, Query(ge=1, le=100, description="Score to reach.")]

AfterParam = Annotated[str | None, Query(description="`next` of the previous page.", pattern=CURSOR_PATTERN.pattern)]
MAX_PAGE_SIZE = 100
"""Maximum people per page."""


async def reject_unknown_params(request: Request) -> None:
    """
    Reject unknown query parameters, so that a typo does not silently get a default response.

    Raises
    ------
    InvalidInputError
        If there is one.
    """
    if not request.query_params:
        return
    route = request.scope["route"]
    params = request.app.openapi()["paths"][route.path_format]["get"].get("parameters", [])
    known_names = [param["name"] for param in params if param["in"] == "query"]
    unknown = next((name for name in request.query_params if name not in known_names), None)
    # /method/try takes the signals of the served method as parameters, and validates them itself.
    if unknown is not None and route.openapi_extra is None:
        hint = suggest_spelling(unknown, known_names) if known_names else "this route takes none"
        raise InvalidInputError(f"unknown query parameter {unknown!r}; {hint}; see /api/openapi.json")


def set_last_modified(state: AppState, response: Response) -> None:
    """
    Set Last-Modified to the time at which the served day was published, or somebody became visible or hidden.

    Within the second of a change there is no such header: a copy that is made in this second may be outdated already.
    """
    modified_at = state.last_modified()
    if modified_at is not None and modified_at <= state.now().timestamp():
        response.headers["Last-Modified"] = formatdate(modified_at, usegmt=True)
