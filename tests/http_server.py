"""A local HTTP server with scripted answers, and a clock that advances when somebody sleeps."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote

from relay_server import answer_socket

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = 1_700_000_000.0


class Site(ThreadingHTTPServer):
    """A server that gives the answers of its script one after the other, the last one again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RequestHandler)
        self.script: list[bytes | Callable[[RequestHandler], object]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        """Path with query, and headers, of each request."""
        self.bodies: list[bytes] = []
        """Body of each POST."""

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address) -> None:
        """Print no traceback: clients that hang up are part of the tests."""


class RequestHandler(BaseHTTPRequestHandler):
    """One request."""

    key = ""
    """Its path and query; of a POST also its body."""

    def do_GET(self) -> None:
        """Write the next answer of the script, or let it write itself."""
        self.key = self.path
        self._answer()

    def _answer(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        script = self.server.script
        answer = script.pop(0) if len(script) > 1 else script[0]
        answer(self) if callable(answer) else self.wfile.write(answer)

    def do_POST(self) -> None:
        """Note the body, and answer like `do_GET`."""
        self.server.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.key = f"{self.path} {self.server.bodies[-1].decode(errors='replace')}"
        self._answer()

    def log_message(self, *_args) -> None:
        """Log nothing."""


class FakeClock:
    """A clock that advances when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = NOON, []

    def clock(self) -> float:
        """Return now, in epoch seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Advance the clock, and note by how much."""
        self.slept.append(seconds)
        self.now += seconds


def reply(status=200, body=b"{}", *, kind="application/json", length=None, is_last=True, **headers) -> bytes:
    """Return the bytes of a response, by default the last of its connection; underscores become hyphens in headers."""
    lines = [f"HTTP/1.1 {status} Any", *(["Connection: close"] if is_last else [])]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def serve(site: Site, answers: dict[str, object]) -> None:
    """
    Let a site answer by path and query, as sent or percent-decoded, of a POST also its body; 404 without an answer.

    An answer is the JSON of the body, or an object with ``$body`` and any of ``$status``, ``$type``, the media type of
    a body that is a text in place of JSON, and ``$next``, the URL of the pagination link. The answer to a WebSocket
    request, whose key is ``REQ`` and the JSON of its filters, is a list of Nostr events.
    """
    not_found = {"$status": 404, "$body": {"error": "Record not found"}}

    def respond_to_message(message: list[object]) -> list[list[object]]:
        key = f"{message[0]} {json.dumps(message[2:])}"
        if message[0] == "CLOSE":
            return []
        site.requests.append((key, {}))
        events = answers.get(key, [])
        return [*(["EVENT", message[1], event] for event in events), ["EOSE", message[1]]]

    def respond(request: RequestHandler) -> None:
        if "Sec-WebSocket-Key" in request.headers:
            site.requests.pop()
            answer_socket(request, respond_to_message)
            return
        site.requests[-1] = request.key, site.requests[-1][1]
        answer = answers.get(request.key, answers.get(unquote(request.key), not_found))
        is_response = isinstance(answer, dict) and any(key.startswith("$") for key in answer)
        response = answer if is_response else {"$body": answer}
        link = {"Link": f'<{response["$next"]}>; rel="next"'} if "$next" in response else {}
        kind = response.get("$type", "application/json")
        text = response["$body"] if "$type" in response else json.dumps(response["$body"])
        request.close_connection = False
        request.wfile.write(reply(response.get("$status", 200), text.encode(), kind=kind, is_last=False, **link))

    site.script = [respond]
