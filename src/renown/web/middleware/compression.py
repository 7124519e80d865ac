"""Middleware that compresses responses with gzip."""

import re

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

_EXCLUDES_GZIP = re.compile(r"(^|,)\s*gzip\s*;\s*q\s*=\s*0(\.0*)?\s*(,|$)", re.IGNORECASE)


class CompressionMiddleware(GZipMiddleware):
    """Compress responses for clients that accept gzip; Starlette also does so for those that exclude it by `q=0`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond, compressed if the client accepts it (RFC 9110, 12.5.3)."""
        if scope["type"] == "http":
            headers = MutableHeaders(scope=scope)
            if _EXCLUDES_GZIP.search(headers.get("accept-encoding", "")):
                del headers["accept-encoding"]
        await super().__call__(scope, receive, send)
