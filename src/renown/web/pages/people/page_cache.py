"""Cache of rendered pages for visitors without a cookie: a page that many open at once is rendered once."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import wraps
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response

from renown.web.state import AppState, get_app_state

MAX_AGE = 2.0
"""Seconds for which a page is served again; a change of who is visible, or of the day, is seen at once."""
MAX_PAGES = 256
"""Pages in the cache, with about 100 kB each."""

Handler = Callable[[Request], Response]


class PageCache:
    """
    The latest pages, by all that they depend on for visitors without a cookie.

    Parameters
    ----------
    clock : callable
        Returns seconds; ``time.monotonic``.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._pages: dict[Hashable, tuple[float, Future[Response]]] = {}
        """Key to when a page was requested first, and its rendering, the oldest first."""

    def get(self, key: Hashable, render: Callable[[], Response]) -> Response:
        """Return a copy of a page; requests that come while it is rendered wait for it."""
        rendering, is_own = self._share(key)
        if is_own:
            try:
                rendering.set_result(render())
            except BaseException as error:
                self._forget(key)
                rendering.set_exception(error)
                raise
        return _copy(rendering.result())

    def _share(self, key: Hashable) -> "tuple[Future[Response], bool]":
        """Return the rendering of a page, and whether the caller has to do it."""
        now = self._clock()
        with self._lock:
            begun_at, rendering = self._pages.get(key, (now - MAX_AGE, Future()))
            if now - begun_at < MAX_AGE:
                return rendering, False
            self._pages.pop(key, None)
            rendering = Future()
            self._pages[key] = (now, rendering)
            for oldest in list(self._pages)[:-MAX_PAGES]:
                del self._pages[oldest]
            return rendering, True

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            self._pages.pop(key, None)


def cached(show: Handler) -> Handler:
    """Wrap a page that depends on nothing but its address, the language, what is served and who is signed in."""

    @wraps(show)
    def show_cached(request: Request) -> Response:
        if "cookie" in request.headers:
            return show(request)
        cache: PageCache = request.app.state.page_cache
        return cache.get(_describe(request, get_app_state(request)), lambda: show(request))

    return show_cached


def _describe(request: Request, state: AppState) -> Hashable:
    """Return all that a page depends on for visitors without a cookie."""
    language = request.headers.get("accept-language", "")
    return str(request.url), language, state.scores.snapshot_id(), state.visibility.version, state.last_modified()


def _copy(response: Response) -> Response:
    """Return a copy of a response: middleware changes its headers."""
    copy = Response(response.body, response.status_code)
    copy.raw_headers = list(response.raw_headers)
    return copy
