"""Request parameters of API routes: names, pagination cursors, unknown parameters; and Last-Modified."""

from collections import Counter
from contextlib import suppress
from datetime import datetime
from email.utils import formatdate
from typing import Annotated

from fastapi import Path, Query, Request, Response
from pydantic import BeforeValidator, WithJsonSchema

from renown.errors import InvalidInputError
from renown.text import suggest_spelling
from renown.web.api.cursor import CURSOR_PATTERN
from renown.web.state import AppState

SubjectParam = Annotated[
    str, Path(description="A person's name, `network:handle` or `network:id`.", examples=["ada"], max_length=1200)
]
TargetParam = Annotated[float, Query(ge=1, le=100, description="Score to reach.")]

MAX_PAGE_SIZE = 100
"""Maximum rows per page."""
AfterParam = Annotated[str | None, Query(description="`next` of the previous page.", pattern=CURSOR_PATTERN.pattern)]
DEFAULT_PAGE_SIZE = 20
PageSizeParam = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="Maximum rows of the page.")]
MAX_IDS = 100
"""Maximum ids in one request."""
IdsParam = Annotated[
    list[str],
    Query(
        default_factory=list,
        max_length=MAX_IDS,
        description="Names, `network:handle` or `network:id`, separated by commas; can be repeated.",
        examples=[["ada,bluesky:bob.bsky.social"]],
    ),
]
NetworkParam = Annotated[
    str | None, Query(max_length=40, description="Network, such as bluesky.", examples=["bluesky"])
]


def _parse_position(text: str) -> str | datetime:
    """Parse a cursor or an instant; a blank stands for a plus sign that the URL did not escape."""
    if CURSOR_PATTERN.fullmatch(text):
        return text
    instant = None
    with suppress(ValueError):
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    if instant is None or "T" not in text.upper() or instant.tzinfo is None:
        raise ValueError(
            "write `next` or `resume` of an earlier page, or an instant with its zone, such as 2026-11-23T00:00:00Z"
        )
    return instant


ChangesAfterParam = Annotated[
    str | datetime | None,
    BeforeValidator(lambda value: _parse_position(value) if isinstance(value, str) else value),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": CURSOR_PATTERN.pattern}, {"type": "string", "format": "date-time"}]}
    ),
    Query(
        description="`next` or `resume` of an earlier page, or an instant such as 2026-11-23T00:00:00Z; "
        "the beginning if omitted.",
        examples=["2026-11-23T00:00:00Z"],
    ),
]


async def check_param_names(request: Request) -> None:
    """
    Reject unknown and repeated query parameters, so that a typo does not silently get a default response.

    Raises
    ------
    InvalidInputError
        If there is an unknown one, or one that takes a single value is repeated.
    """
    if not request.query_params:
        return
    route = request.scope["route"]
    params = request.app.openapi()["paths"][route.path_format][request.method.lower()].get("parameters", [])
    known_names = [param["name"] for param in params if param["in"] == "query"]
    unknown = next((name for name in request.query_params if name not in known_names), None)
    # /method/try takes the signals of the served method as parameters, and validates them itself.
    if unknown is not None and "parameters" not in (route.openapi_extra or {}):
        hint = suggest_spelling(unknown, known_names) if known_names else "this route takes none"
        raise InvalidInputError(f"unknown query parameter {unknown!r}; {hint}; see /api/openapi.json")
    lists = {param["name"] for param in params if param["schema"].get("type") == "array"}
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if count > 1 and name not in lists:
            raise InvalidInputError(f"query parameter {name!r} is given {count} times; give it once")


def set_last_modified(state: AppState, response: Response) -> None:
    """
    Set Last-Modified to the time at which the served day was published, or somebody became visible or hidden.

    Within the second of a change there is no such header: a copy that is made in this second may be outdated already.
    """
    modified_at = state.last_modified()
    if modified_at is not None and modified_at <= state.now().timestamp():
        response.headers["Last-Modified"] = formatdate(modified_at, usegmt=True)
