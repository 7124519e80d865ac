"""A server that stands for sites on the web, and for the receiver that lists the webmentions of one of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from http_server import reply

if TYPE_CHECKING:
    from datetime import datetime

    from http_server import RequestHandler

POST = "https://ada.example/engine"
_HOME = (
    '<link rel="alternate" type="application/rss+xml" href="/feed.xml"><a rel="me" href="https://ada.example/">Ada</a>'
)
_FEED = f"<rss><channel><title>Ada</title><item><title>Engine</title><link>{POST}</link></item></channel></rss>"


class BlogServer:
    """Ada's blog, pages of others by their paths, and the list of Ada's webmentions."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str]] = {"/": (200, _HOME), "/feed.xml": (200, _FEED)}
        self.mentions: list[dict[str, object]] = []

    def __call__(self, request: RequestHandler) -> None:
        """Answer a request."""
        url = urlsplit(request.path)
        if url.path == "/api/mentions.jf2":
            targets = {target.rstrip("/") for target in parse_qs(url.query).get("target[]", [])}
            children = [mention for mention in self.mentions if str(mention["wm-target"]) in targets]
            request.wfile.write(reply(body=json.dumps({"type": "feed", "children": children}).encode()))
            return
        status, text = self.pages.get(url.path, (404, ""))
        kind = "application/rss+xml" if url.path.endswith(".xml") else "text/html"
        request.wfile.write(reply(status, text.encode(), kind=kind))

    def write(self, path: str, kind: str, *, at: datetime | None = None, target: str = POST) -> None:
        """Publish a page that likes, answers, reposts or mentions a post."""
        published = f'<time class="dt-published" datetime="{at.isoformat()}"></time>' if at else ""
        link = f'<a class="u-{kind}" href="{target}">a post</a>'
        self.pages[path] = (200, f'<article class="h-entry">{link}{published}</article>')

    def list_mention(self, number: int, source: str, kind: str, at: datetime) -> None:
        """List a webmention, as a receiver does."""
        self.mentions.append(
            {
                "wm-id": number,
                "wm-source": source,
                "wm-target": POST,
                "wm-property": kind,
                "wm-received": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "published": None,
                "author": {"type": "card", "name": "Somebody", "url": None},
                "wm-private": False,
            }
        )
