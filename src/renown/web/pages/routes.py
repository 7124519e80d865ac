"""Routes: which page answers which address."""

from starlette.routing import Route

from renown.web.pages import badge, card, finding, groups, method, person
from renown.web.pages.static import static

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
    Route("/people/{who:path}", person.person),
]
STATIC = Route("/{mark}/{name:path}", static)
