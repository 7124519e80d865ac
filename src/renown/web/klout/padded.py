"""Padded: JSON as a script that calls a function, for pages of other sites (JSONP, as scripts of 2010 asked for it)."""

import re
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from renown.web.refusals import klout_refused

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.\[\]]{0,99}")
"""What a function may be called: names, their parts, and places in lists."""


class Padded:
    """Hands what a route says to the function that a request names as its ``callback``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or b"callback=" not in scope["query_string"]:
            await self._app(scope, receive, send)
            return
        name = parse_qs(scope["query_string"].decode("latin-1")).get("callback", [""])[0]
        if not _NAME.fullmatch(name):
            said = f"callback is {name[:40]!r}, which is no name of a function; write letters, digits, _, $, . and [ ]"
            await klout_refused(scope["path"], 400, said)(scope, receive, send)
            return
        await self._app(scope, receive, _pad(name, send))


def _pad(name: str, send: Send) -> Send:
    start: dict[str, Any] = {}
    parts: list[bytes] = []

    async def padded(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        headers, body = dict(start["headers"]), b"".join(parts)
        if headers[b"content-type"] == b"application/json":
            # The comment keeps what begins a script from being chosen by who asks.
            body = b"/**/%s(%s);" % (name.encode(), body)
            headers |= {b"content-type": b"application/javascript", b"content-length": str(len(body)).encode()}
        await send(start | {"headers": list(headers.items())})
        await send({"type": "http.response.body", "body": body})

    return padded
