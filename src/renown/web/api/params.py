"""Request parameters of API routes: names, pagination cursors, unknown parameters; and Last-Modified."""

import re
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated

from fastapi import Path, Query, Request, Response

from renown.errors import InvalidInputError
from renown.text import suggest_spelling
from renown.web.state import AppState

SubjectParam = Annotated[
    str, Path(description="A person's name, `network:handle` or `network:id`.", examples=["ada"], max_length=1200)
]
TargetParam = Annotated[float, Query(ge=1, le=100, description="Score to reach.")]

CURSOR_PATTERN = re.compile(r"^[0-9]{1,9}:-?[0-9]{1,19}$", re.ASCII)
"""Format of a pagination cursor: rank:key."""
AfterParam = Annotated[str | None, Query(description="`next` of the previous page.", pattern=CURSOR_PATTERN.pattern)]
MAX_PAGE_SIZE = 100
"""Maximum people per page."""
_MAX_KEY = 2**63 - 1


def parse_cursor(cursor: str | None) -> tuple[int, int]:
    """Parse a pagination cursor into (rank, key); out-of-range keys are clamped."""
    if cursor is None:
        return 0, 0
    rank, key = (int(part) for part in cursor.split(":"))
    return rank, max(-_MAX_KEY, min(_MAX_KEY, key))


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
    """Set Last-Modified to the time at which the served day was published."""
    published_at = state.scores.published_at()
    if published_at:
        response.headers["Last-Modified"] = format_datetime(published_at.astimezone(UTC), usegmt=True)
