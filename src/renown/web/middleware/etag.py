"""Middleware for conditional requests: ETag, If-None-Match, If-Modified-Since."""

import hashlib
from email.utils import parsedate_to_datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ETAG_DIGITS = 32


class EtagMiddleware:
    """Add an ETag to each response, and respond 304 if the client has it in its cache (RFC 9110, section 13)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Buffer the response, because its ETag is a hash of the whole body."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def buffer_message(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                await _send_response(Headers(scope=scope), start, bytes(body), send)

        await self._app(scope, receive, buffer_message)


async def _send_response(request_headers: Headers, start: Message, body: bytes, send: Send) -> None:
    if start["status"] == 200:  # noqa: PLR2004 - OK
        headers = MutableHeaders(scope=start)
        headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:_ETAG_DIGITS]}"'
        headers.setdefault("Cache-Control", "no-cache")
        if _is_not_modified(request_headers, headers):
            start["status"], body = 304, b""
            for name in ("content-length", "content-type"):
                del headers[name]
            # The compression outside of this middleware cannot tell any more whether it would have compressed the body.
            headers.add_vary_header("Accept-Encoding")
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _is_not_modified(request_headers: Headers, headers: MutableHeaders) -> bool:
    tags = request_headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or headers["ETag"].removeprefix("W/") in [
            tag.strip().removeprefix("W/") for tag in tags.split(",")
        ]
    modified_since, last_modified = request_headers.get("if-modified-since"), headers.get("last-modified")
    if not (modified_since and last_modified):
        return False
    try:
        return parsedate_to_datetime(last_modified) <= parsedate_to_datetime(modified_since)
    except (TypeError, ValueError):
        return False
