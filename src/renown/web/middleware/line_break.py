"""Middleware that leads paths with an encoded line feed to the pages or the API, like all others."""

from starlette.types import ASGIApp, Receive, Scope, Send


class LineBreakMiddleware:
    """
    Read a line feed in a path as a carriage return.

    The router's patterns match no line feed, and ignore one at the end: `/people/a%0Ab` would pass by the pages, with
    their errors and rate limits, and `/people/ada%0A` would be the page of ada.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            scope["path"] = scope["path"].replace("\n", "\r")
        await self._app(scope, receive, send)
