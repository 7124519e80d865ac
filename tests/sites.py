"""A server on this machine that answers what a test says, and a clock that goes when somebody sleeps."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = 1_700_000_000.0


class Site(ThreadingHTTPServer):
    """A server that answers what its script says, the last line again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Line)
        self.script: list[bytes | Callable[[Line], object]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address) -> None:
        """Clients that hang up are part of the play."""


class Line(BaseHTTPRequestHandler):
    """One answer."""

    def do_GET(self) -> None:
        """Say the next line of the script."""
        self.server.asked.append((self.path, dict(self.headers)))
        said = self.server.script.pop(0) if len(self.server.script) > 1 else self.server.script[0]
        said(self) if callable(said) else self.wfile.write(said)

    def log_message(self, *_args) -> None:
        """Say nothing."""


class Hours:
    """A clock that goes when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = NOON, []

    def clock(self) -> float:
        """Return now."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time go by."""
        self.slept.append(seconds)
        self.now += seconds


def reply(status=200, body=b"{}", *, kind="application/json", length=None, **head) -> bytes:
    """Return an answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} Any", "Connection: close"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in head.items()]
    lines += [f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def serve(site: Site, world: dict[str, object]) -> None:
    """
    Let a site answer by path and query, and 404 where there is nothing.

    A value is the JSON of the body, or an object with any of ``$status``, ``$next`` (a link) and ``$body``.
    """

    def say(line: Line) -> None:
        said = world.get(line.path, {"$status": 404, "$body": {"error": "Record not found"}})
        whole = said if isinstance(said, dict) and any(key.startswith("$") for key in said) else {"$body": said}
        link = {"Link": f'<{whole["$next"]}>; rel="next"'} if "$next" in whole else {}
        line.wfile.write(reply(whole.get("$status", 200), json.dumps(whole["$body"]).encode(), **link))

    site.script = [say]
