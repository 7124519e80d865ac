"""Our API on who leads, on a network or over all."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from renown import answers
from renown.answers import BoardPage, Place
from renown.answers.standing import no_score
from renown.store import ServedScore
from renown.web.asked import MOST, After, place_of, stamp
from renown.web.site import Site, site_of

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
    site, day = site_of(request), site_of(request).served.day()
    if day is None:
        raise no_score(None)
    stamp(site, response)
    places = _overall(site, place_of(after)) if network is None else _there(site, network, place_of(after))
    return answers.board_page(day, network, places, limit=limit)


def _overall(site: Site, after: tuple[int, int]) -> Iterator[tuple[Place, ServedScore]]:
    read = site.served.leaders if site.everyone else site.served.claimed
    hidden = site.hidden()
    for place, one in answers.overall_places(lambda behind: read(MOST, after=behind), after):
        if one.key not in hidden and site.may_show(one.key):
            yield place, one


def _there(site: Site, network: str, after: tuple[int, int]) -> Iterator[tuple[Place, ServedScore]]:
    hidden = site.hidden()
    for place in site.boards.board(network, everyone=site.everyone).after(*after):
        if place.key not in hidden and (one := site.seen(place.key)):
            yield place, one
