"""HTML pages, rendered on the server from the same queries as the API."""

from renown.web.pages.account.rate_limit import ActionRateLimiter
from renown.web.pages.admin.session import OperatorSessions
from renown.web.pages.admin.views import admin_routes
from renown.web.pages.errors import HANDLERS, render_early_error
from renown.web.pages.people.first_score import MAX_STREAMS
from renown.web.pages.people.page_cache import PageCache
from renown.web.pages.routes import AVATAR_ROUTE, EVENT_ROUTE, PAGE_CSP, ROUTES, STATIC_ROUTE, account_routes

__all__ = [
    "AVATAR_ROUTE",
    "EVENT_ROUTE",
    "HANDLERS",
    "MAX_STREAMS",
    "PAGE_CSP",
    "ROUTES",
    "STATIC_ROUTE",
    "ActionRateLimiter",
    "OperatorSessions",
    "PageCache",
    "account_routes",
    "admin_routes",
    "render_early_error",
]
