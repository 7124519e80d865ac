"""Build the web application: routes, middleware and error handlers."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Mount, Route
from starlette.types import Scope

from renown.errors import RenownError
from renown.web import klout, pages
from renown.web.api import lists, openapi, person_routes, routes, webhooks
from renown.web.api.openapi import DescribedApi
from renown.web.api.params import check_param_names
from renown.web.api.validation import describe_invalid_parameter
from renown.web.concurrency import SERVER_THREADS
from renown.web.errors import (
    ErrorResponse,
    error_response,
    handle_http_error,
    handle_renown_error,
    handle_unexpected_error,
)
from renown.web.health import HomeCollector, serve_health, serve_metrics
from renown.web.middleware.auth import AccessControl, AuthMiddleware
from renown.web.middleware.compression import CompressionMiddleware
from renown.web.middleware.etag import EtagMiddleware
from renown.web.middleware.head import HeadMiddleware
from renown.web.middleware.line_break import LineBreakMiddleware
from renown.web.middleware.observe import ObserveMiddleware, RequestMetrics
from renown.web.middleware.proxy_hint import ProxyHintMiddleware
from renown.web.middleware.rate_limit import Allowance, RateLimiter
from renown.web.middleware.trailing_slash import TrailingSlashMiddleware
from renown.web.state import AppState
from renown.web.webmention import receive_webmention

_MAX_AVATARS = 50
"""Pictures of people on one page: their rate limit is so many times that of pages."""
_GZIP_MIN_BYTES = 1_000
"""Smallest response that is compressed with gzip, in bytes."""
API_DESCRIPTION = """Daily influence scores from 1 to 100, each with a receipt that adds up.

Send an API key as `Authorization: Bearer KEY` or `X-API-Key: KEY`; without a key, rate limits apply per IP address.
"""

_CORS = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["GET"],
    allow_headers=["Authorization", "X-API-Key", "If-None-Match", "If-Modified-Since"],
    expose_headers=[
        *("ETag", "Link", "RateLimit", "RateLimit-Policy", "Retry-After"),
        *("X-Mashery-Error-Code", "X-Request-ID"),
    ],
)
"""CORS: scripts of other sites may read what is public."""


class _OtherPaths(Mount):
    """
    Application for the paths that no route before it has.

    A `Mount` at / would also take the other methods of these routes: 404 instead of 405.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every path only partially: the router prefers routes, also those that do not take the method."""
        match, child_scope = super().matches(scope)
        return (Match.PARTIAL if match == Match.FULL else match), child_scope


def make_app(state: AppState, anonymous_allowance: Allowance, *, clock: Callable[[], float]) -> Starlette:
    """
    Return the application.

    Parameters
    ----------
    state : AppState
        State that routes read from.
    anonymous_allowance : Allowance
        Rate limit of an IP address without an API key.
    clock : callable
        Returns seconds since 1970-01-01 00:00 UTC.
    """
    state.people.visibility.record_settings(f"{state.settings.visibility} {state.settings.unproven}")
    handlers: dict[Any, Any] = {
        RenownError: handle_renown_error,
        HTTPException: handle_http_error,
        Exception: handle_unexpected_error,
    }
    access_control = AccessControl(state.api_keys, anonymous_allowance, clock)
    api_app = _build_api(state, access_control, handlers)
    klout_middleware = [
        _CORS,
        Middleware(AuthMiddleware, access_control=access_control),
        Middleware(klout.JsonpMiddleware),
    ]
    mounts = [Mount(base, routes=routes, middleware=klout_middleware) for base, routes in klout.ROUTES.items()]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = SERVER_THREADS
        yield
        await run_in_threadpool(state.sandboxes.close)
        await run_in_threadpool(state.computer.close)

    webmention = Route(
        "/webmention",
        receive_webmention,
        methods=["POST"],
        middleware=[Middleware(AuthMiddleware, access_control=access_control)],
    )
    # Outside of authentication: load balancers and monitoring ask often, from one address.
    operation = [Route("/healthz", serve_health), Route("/metrics", serve_metrics)]
    pages_app = _build_pages(state, access_control, api_app.openapi)
    routes = [*mounts, *operation, webmention, Mount("/api", api_app), _OtherPaths("/", pages_app)]
    registry = CollectorRegistry()
    observe = Middleware(ObserveMiddleware, metrics=RequestMetrics(registry), has_access_log=state.settings.access_log)
    middleware = [Middleware(ProxyHintMiddleware), observe, Middleware(HeadMiddleware), Middleware(LineBreakMiddleware)]
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan, middleware=middleware)
    app.state.site, app.state.registry = state, registry
    app.state.webmention_limiter = RateLimiter()
    registry.register(HomeCollector(state))
    return app


def _build_pages(
    state: AppState, access_control: AccessControl, describe_api: Callable[[], dict[str, Any]]
) -> Starlette:
    """Build the application of the pages; static files need no authentication and are not rate-limited."""
    action_limits = pages.ActionRateLimiter()
    response_middleware = [Middleware(CompressionMiddleware, minimum_size=_GZIP_MIN_BYTES), Middleware(EtagMiddleware)]
    auth = Middleware(
        AuthMiddleware, access_control=access_control, policy=pages.PAGE_CSP, render_error=pages.render_early_error
    )
    public_pages = Starlette(
        routes=pages.ROUTES, middleware=[auth, *response_middleware], exception_handlers=pages.HANDLERS
    )
    public_pages.state.site, public_pages.state.action_limits = state, action_limits
    public_pages.state.describe_api = describe_api
    public_pages.state.page_cache = pages.PageCache(time.monotonic)
    static = Mount("/static", routes=[pages.STATIC_ROUTE], middleware=response_middleware[:1])
    avatar_auth = Middleware(AuthMiddleware, access_control=access_control.multiply(_MAX_AVATARS))
    avatars = Mount("/avatars", routes=[pages.AVATAR_ROUTE], middleware=[avatar_auth, *response_middleware[1:]])
    # Browsers send the Origin of a form only if the referrer policy allows it for this site (CSRF check).
    account_auth = Middleware(
        AuthMiddleware,
        access_control=access_control,
        policy=pages.PAGE_CSP,
        render_error=pages.render_early_error,
        referrer="same-origin",
    )
    events = Route(pages.EVENT_ROUTE.path, pages.EVENT_ROUTE.endpoint, middleware=[auth])
    routes = [
        static,
        avatars,
        events,
        *pages.account_routes([account_auth]),
        *pages.admin_routes([account_auth]),
        _OtherPaths("/", public_pages),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(TrailingSlashMiddleware)], exception_handlers=pages.HANDLERS)
    app.state.site, app.state.action_limits = state, action_limits
    app.state.operator_sessions = pages.OperatorSessions()
    app.state.progress_streams = CapacityLimiter(pages.MAX_STREAMS)
    return app


def _build_api(state: AppState, access_control: AccessControl, handlers: dict[Any, Any]) -> DescribedApi:
    app = DescribedApi(
        title="renown",
        version="1",
        description=API_DESCRIPTION,
        docs_url=None,
        generate_unique_id_function=lambda route: route.name,
        redoc_url=None,
        dependencies=[Depends(check_param_names)],
        middleware=[
            _CORS,
            Middleware(AuthMiddleware, access_control=access_control),
            Middleware(CompressionMiddleware, minimum_size=_GZIP_MIN_BYTES),
            Middleware(EtagMiddleware),
        ],
        exception_handlers={**handlers, RequestValidationError: _handle_validation_error},
        responses={
            status: {"model": ErrorResponse, "description": description}
            for status, description in openapi.ERROR_DESCRIPTIONS.items()
        },
    )
    # A path below a person comes before the person itself: the lists first.
    app.include_router(lists.router)
    app.include_router(person_routes.router)
    app.include_router(routes.router)
    app.include_router(webhooks.router)
    app.state.site = state
    return app


async def _handle_validation_error(_request: Request, error: Exception) -> Response:
    """Respond to a request parameter that failed validation."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - FastAPI calls it for these alone
    return error_response(400, f"{describe_invalid_parameter(error.errors()[0])}; see /api/openapi.json")
