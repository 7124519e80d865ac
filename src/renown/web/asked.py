"""What routes are asked for, and since when answers hold."""

from datetime import UTC
from email.utils import format_datetime
from typing import Annotated

from fastapi import Path, Query, Response

from renown.web.site import Site

Asked = Annotated[
    str, Path(description="A person's name, `network:handle` or `network:id`.", examples=["ada"], max_length=1200)
]
Target = Annotated[float, Query(ge=1, le=100, description="Score to reach.")]


def stamp(site: Site, response: Response) -> None:
    """Say since when an answer holds: scores change with the day that is published."""
    at = site.served.published_at()
    if at:
        response.headers["Last-Modified"] = format_datetime(at.astimezone(UTC), usegmt=True)
