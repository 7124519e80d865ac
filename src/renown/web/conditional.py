"""Conditional answers: whoever holds the present one is told so in place of it."""

import hashlib
from email.utils import parsedate_to_datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DIGITS = 32


class Conditional:
    """Gives each whole answer an ETag, and answers 304 to who has it (RFC 9110, section 13)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold an answer back until it is whole, for it decides its tag."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def hold(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                await _release(Headers(scope=scope), start, bytes(body), send)

        await self._app(scope, receive, hold)


async def _release(asked: Headers, start: Message, body: bytes, send: Send) -> None:
    if start["status"] == 200:  # noqa: PLR2004 - OK
        headers = MutableHeaders(scope=start)
        headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:_DIGITS]}"'
        headers.setdefault("Cache-Control", "no-cache")
        if _is_held(asked, headers):
            start["status"], body = 304, b""
            for name in ("content-length", "content-type"):
                del headers[name]
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _is_held(asked: Headers, headers: MutableHeaders) -> bool:
    tags = asked.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or headers["ETag"].removeprefix("W/") in [
            tag.strip().removeprefix("W/") for tag in tags.split(",")
        ]
    since, changed = asked.get("if-modified-since"), headers.get("last-modified")
    if not (since and changed):
        return False
    try:
        return parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
