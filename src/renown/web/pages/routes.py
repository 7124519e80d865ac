"""Routes: which page answers which address."""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.routing import Route

from renown.web.pages import groups, method
from renown.web.pages.people import badge, card, finding, person, way
from renown.web.pages.static import static
from renown.web.pages.visitors import joining, leaving, mine, signing
from renown.web.pages.visitors.mine import troubled
from renown.web.pages.visitors.visit import Private, form

POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {badge.STYLE_HASH}; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: what this site serves, and nothing of anybody else's."""

ROUTES = [
    Route("/", finding.home),
    Route("/search", finding.search),
    Route("/people", finding.people),
    Route("/compare", person.compare),
    Route("/method", method.method),
    Route("/method/try", method.trial),
    Route("/groups", groups.groups),
    Route("/groups/{name}", groups.group),
    Route("/groups/{name}/wall", groups.wall),
    Route("/groups/{name}/log", groups.log),
    Route("/groups/{name}/challenges/{number:int}", groups.challenge),
    Route("/groups/{name}/challenges/{number:int}/wall", groups.wall),
    Route("/people/{who:path}/badge.svg", badge.badge),
    Route("/people/{who:path}/card.png", card.card),
    Route("/people/{who:path}/why", person.why),
    Route("/people/{who:path}/way", way.way),
    Route("/people/{who:path}/twin", way.twin),
    Route("/people/{who:path}", person.person),
]
_FORMS = {
    "/accounts": signing.begin,
    "/check": signing.check,
    "/name": signing.name,
    "/back": signing.come_back,
    "/drop": signing.drop,
    "/out": signing.out,
    "/data": leaving.data,
    "/opt-out": leaving.opt_out,
    "/opt-in": leaving.opt_in,
    "/erase": leaving.erase,
    "/join": joining.join,
    "/leave": joining.leave,
}
"""What a visitor's page sends, below its own address."""


def visitors(guards: Sequence[Middleware]) -> list[Route]:
    """Return the routes of a visitor's own page, behind guards; nothing of them is kept in a cache, nor packed."""
    # What is packed together with a secret tells of it by its length (BREACH).
    inside = [*guards, Middleware(Private)]
    shown = {"": mine.mine, "/data": leaving.held, "/wishes/{ticket}": leaving.wish}
    pages = [Route(f"{mine.HERE}{below}", page, middleware=inside) for below, page in shown.items()]
    forms = [
        Route(f"{mine.HERE}{below}", form(troubled(work)), methods=["POST"], middleware=inside)
        for below, work in _FORMS.items()
    ]
    # The address of a form stays in the browser where it was not taken, and may be opened again.
    again = [Route(f"{mine.HERE}{below}", mine.again, methods=["GET"], middleware=inside) for below in _FORMS]
    return [*forms, *pages, *again]


STATIC = Route("/{mark}/{name:path}", static)
