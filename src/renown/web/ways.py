"""Our API on what could be: the way to a score, and what if."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import WithJsonSchema

from renown import answers
from renown.answers import Twin, Way, WhatIf
from renown.web import views
from renown.web.asked import Asked, Target, stamp
from renown.web.site import site_of

router = APIRouter()

_MOST_CHANGES = 100
_PATTERN = r"^.+=(x[0-9]{1,4}(\.[0-9]{1,6})?|[+-]?[0-9]{1,9})$"
Changes = Annotated[
    list[Annotated[str, WithJsonSchema({"type": "string", "pattern": _PATTERN})]],
    Query(
        default_factory=list,
        max_length=_MOST_CHANGES,
        description="`network:handle/signal=12` (so many people, followers or lists more; `-12` less), "
        "`…=x1.5` (so many times as much), or `everything=x1.5`; one after another.",
        examples=[["everything=x1.5"]],
    ),
]


@router.get("/people/{who:path}/way")
def way(request: Request, response: Response, who: Asked, target: Target = answers.GOAL) -> Way:
    """Tell what would reach a score, how likely that is at today's trend, and what is left if nothing more comes."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return views.way(site, found, target)


@router.get("/people/{who:path}/if")
def what_if(request: Request, response: Response, who: Asked, change: Changes) -> WhatIf:
    """Tell somebody's score if some of what they get were more or less; without a change, the published one."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return views.what_if(site, found, change)


@router.get("/people/{who:path}/twin")
def twin(request: Request, response: Response, who: Asked, target: Target = answers.GOAL) -> Twin:
    """Tell who is most like somebody and has reached a score, and what they have more of, signal by signal."""
    site = site_of(request)
    found = site.find(who)
    stamp(site, response)
    return views.twin(site, found, target)
