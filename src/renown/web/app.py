"""The application: routes, guard and the shape of errors, put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from renown.errors import RenownError
from renown.web import api, klout, pages
from renown.web.asked import known_only
from renown.web.conditional import Conditional
from renown.web.guard import Gate, Guard
from renown.web.limits import Allowance
from renown.web.refusals import REFUSALS, Refusal, on_bug, on_http, on_mistake, refused
from renown.web.site import Site

_LARGE = 1_000
"""Bytes from which an answer is compressed for who takes it so."""
ABOUT = """Scores of influence from 1 to 100, every day, each with a receipt that adds up.

Send a key as `Authorization: Bearer KEY` or `X-API-Key: KEY`; without one, the address you ask from is counted.
"""

_READABLE = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["GET"],
    allow_headers=["Authorization", "X-API-Key", "If-None-Match"],
    expose_headers=["ETag", "RateLimit", "RateLimit-Policy", "Retry-After"],
)
"""Scripts of other sites may read what anybody may."""


def make_app(site: Site, anybody: Allowance, *, clock: Callable[[], float]) -> Starlette:
    """
    Return the application.

    Parameters
    ----------
    site : Site
        What routes read from.
    anybody : Allowance
        What an address without a key may ask.
    clock : callable
        Returns seconds since 1970-01-01 00:00 UTC.
    """
    handlers: dict[Any, Any] = {
        RenownError: on_mistake,
        HTTPException: on_http,
        Exception: on_bug,
    }
    gate = Gate(site.keys, anybody, clock)
    ours = _our_api(site, gate, handlers)
    around = [_READABLE, Middleware(Guard, gate=gate), Middleware(klout.Padded)]
    mounts = [Mount(base, routes=routes, middleware=around) for base, routes in klout.ROUTES.items()]

    @asynccontextmanager
    async def held(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(site.tryouts.close)

    index = Route("/api", RedirectResponse("/api/", 308))
    routes = [*mounts, index, Mount("/api", ours), Mount("/", _our_pages(site, gate))]
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=held)
    app.state.site = site
    return app


def _our_pages(site: Site, gate: Gate) -> Starlette:
    """Return the pages; static files are everybody's and count for nobody."""
    packed = [Middleware(GZipMiddleware, minimum_size=_LARGE), Middleware(Conditional)]
    guard = Middleware(Guard, gate=gate, policy=pages.POLICY, say=pages.said)
    shown = Starlette(routes=pages.ROUTES, middleware=[guard, *packed], exception_handlers=pages.HANDLERS)
    shown.state.site = site
    static = Mount("/static", routes=[pages.STATIC], middleware=packed[:1])
    # Browsers say where a form comes from only where they may say it to this site itself.
    own = Middleware(Guard, gate=gate, policy=pages.POLICY, say=pages.said, referrer="same-origin")
    everything = [static, *pages.visitors([own]), Mount("/", shown)]
    app = Starlette(routes=everything, exception_handlers=pages.HANDLERS)
    app.state.site, app.state.asks = site, pages.Asks()
    return app


def _our_api(site: Site, gate: Gate, handlers: dict[Any, Any]) -> FastAPI:
    app = FastAPI(
        title="renown",
        version="1",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(known_only)],
        middleware=[
            _READABLE,
            Middleware(Guard, gate=gate),
            Middleware(GZipMiddleware, minimum_size=_LARGE),
            Middleware(Conditional),
        ],
        exception_handlers={**handlers, RequestValidationError: _on_wrong_value},
        responses={status: {"model": Refusal, "description": said} for status, said in REFUSALS.items()},
    )
    for router in api.ROUTERS:
        app.include_router(router)
    app.state.site = site
    return app


async def _on_wrong_value(_request: Request, error: Exception) -> Response:
    """Answer a value that a route does not take."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - FastAPI calls it for these alone
    first = error.errors()[0]
    return refused(400, f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg'].lower()}; see /api/openapi.json")
