"""JSONP middleware: wraps JSON in a callback, for scripts on other sites written before CORS."""

import re
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renown.web.errors import klout_error_response

_CALLBACK_PATTERN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.\[\]]{0,99}")
"""Allowed callbacks: identifiers, attributes and list indices."""


class JsonpMiddleware:
    """Wrap a JSON response in the function named by the ``callback`` parameter."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and wrap the response if a callback is requested."""
        if scope["type"] != "http" or b"callback=" not in scope["query_string"]:
            await self._app(scope, receive, send)
            return
        callback = parse_qs(scope["query_string"].decode("latin-1")).get("callback", [""])[0]
        if not _CALLBACK_PATTERN.fullmatch(callback):
            message = f"callback {callback[:40]!r} is not a function name; use letters, digits, _, $, . and [ ]"
            await klout_error_response(scope["path"], 400, message)(scope, receive, send)
            return
        await self._app(scope, receive, _wrap_send(callback, send))


def _wrap_send(callback: str, send: Send) -> Send:
    start: dict[str, Any] = {}
    parts: list[bytes] = []

    async def send_jsonp(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        headers, body = dict(start["headers"]), b"".join(parts)
        if headers[b"content-type"] == b"application/json":
            # The comment prevents the caller from choosing the first bytes of the script (Rosetta Flash).
            body = b"/**/%s(%s);" % (callback.encode(), body)
            headers |= {b"content-type": b"application/javascript", b"content-length": str(len(body)).encode()}
        await send(start | {"headers": list(headers.items())})
        await send({"type": "http.response.body", "body": body})

    return send_jsonp
