"""Our API on who leads, on a network or over all."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from renown.answers import BoardPage
from renown.web import views
from renown.web.asked import MOST, After, place_of, stamp
from renown.web.site import site_of

router = APIRouter()


@router.get("/leaders")
def leaders(
    request: Request,
    response: Response,
    network: Annotated[str | None, Query(max_length=40, description="Over all networks without it.")] = None,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> BoardPage:
    """Tell who leads among those who may be shown, by what they would score with one network alone, or over all."""
    stamp(site_of(request), response)
    return views.leaders(site_of(request), network, after=place_of(after), limit=limit)
