"""Middleware that redirects pages with a slash at the end of their path to those without."""

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class TrailingSlashMiddleware:
    """
    Redirect GET requests whose path ends with a slash: `/people/ada/` is typed, and added by editors and sites.

    A slash inside a name is encoded in the path and remains.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect, or pass the request on."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        path: bytes = scope.get("raw_path") or b""
        if path == b"/" or not path.endswith(b"/"):
            await self._app(scope, receive, send)
            return
        # One slash at the beginning: two would lead to another site.
        location = "/" + path.strip(b"/").decode("latin-1")
        if query := scope["query_string"].decode("latin-1"):
            location += f"?{query}"
        await RedirectResponse(location, 308)(scope, receive, send)
