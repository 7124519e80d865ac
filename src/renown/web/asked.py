"""What routes are asked for, and since when answers hold."""

import re
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated

from fastapi import Path, Query, Request, Response

from renown.errors import BadInput
from renown.spelling import offer
from renown.web.site import Site

Asked = Annotated[
    str, Path(description="A person's name, `network:handle` or `network:id`.", examples=["ada"], max_length=1200)
]
Target = Annotated[float, Query(ge=1, le=100, description="Score to reach.")]

PLACE = re.compile(r"^[0-9]{1,9}:-?[0-9]{1,19}$", re.ASCII)
"""How a place in a list is written."""
After = Annotated[str | None, Query(description="`next` of the page before.", pattern=PLACE.pattern)]
MOST = 100
"""People of one page."""
_FARTHEST = 2**63 - 1


def place_of(cursor: str | None) -> tuple[int, int]:
    """Return the place that a cursor names; one that no page gave is beyond everybody, or before."""
    if cursor is None:
        return 0, 0
    rank, key = (int(part) for part in cursor.split(":"))
    return rank, max(-_FARTHEST, min(_FARTHEST, key))


async def known_only(request: Request) -> None:
    """
    Refuse a parameter that a route does not know: an old question is not to get today's answer.

    Raises
    ------
    BadInput
        If there is one.
    """
    if not request.query_params:
        return
    route = request.scope["route"]
    listed = request.app.openapi()["paths"][route.path_format]["get"].get("parameters", [])
    known = [one["name"] for one in listed if one["in"] == "query"]
    unknown = next((name for name in request.query_params if name not in known), None)
    # Trials take the signals of whatever method is served, and refuse others themselves.
    if unknown is not None and route.openapi_extra is None:
        takes = offer(unknown, known) if known else "it takes none"
        msg = f"there is no parameter {unknown!r} here; {takes}; see /api/openapi.json"
        raise BadInput(msg)


def stamp(site: Site, response: Response) -> None:
    """Say since when an answer holds: scores change with the day that is published."""
    at = site.served.published_at()
    if at:
        response.headers["Last-Modified"] = format_datetime(at.astimezone(UTC), usegmt=True)
