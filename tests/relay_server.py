"""A Nostr relay on a local HTTP server: WebSockets, filters, limits, and relays that behave badly."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any

from websockets.protocol import OPEN, SERVER, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from http_server import RequestHandler

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, 1.3."""


def answer_socket(request: RequestHandler, respond: Callable[[list[Any]], Iterable[object]]) -> None:
    """Accept a WebSocket, and answer each JSON message with those that `respond` returns, until the client leaves."""
    key = request.headers["Sec-WebSocket-Key"] + _MAGIC
    accept = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest()).decode()
    headers = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}"]
    request.wfile.write("\r\n".join(["HTTP/1.1 101 Switching", *headers, "", ""]).encode())
    protocol = Protocol(SERVER, state=OPEN)
    with contextlib.suppress(OSError):
        while data := request.connection.recv(1 << 16):
            protocol.receive_data(data)
            for frame in protocol.events_received():
                if frame.data and frame.opcode.name == "TEXT":
                    for message in respond(json.loads(frame.data)):
                        text = message if isinstance(message, str) else json.dumps(message)
                        protocol.send_text(text.encode())
            for part in protocol.data_to_send():
                request.wfile.write(part)


class FakeRelay:
    """A relay in memory that follows NIP-01; its limits and faults are set by tests."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.max_limit = 500
        self.counts = False
        """Whether it has NIP-45."""
        self.script: list[Callable[[list[Any]], Iterable[object]]] = []
        """What to answer in place of the stored events, one for each request."""
        self.requests: list[list[Any]] = []
        self.documents: dict[str, object] = {}
        """JSON by path, of the HTTP server beside the relay."""

    def __call__(self, request: RequestHandler) -> None:
        """Serve one connection."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            answer_socket(request, self.respond)
            return
        body = json.dumps(self.documents.get(request.path.partition("?")[0], {})).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        request.wfile.write(head.encode() + body)

    def respond(self, message: list[Any]) -> Iterable[object]:
        """Return the answers to a message of the client."""
        if message[0] == "CLOSE":
            return []
        self.requests.append(message)
        if self.script:
            return self.script.pop(0)(message)
        if message[0] == "COUNT":
            if not self.counts:
                return [["NOTICE", "unknown command"]]
            return [["COUNT", message[1], {"count": len(self.find(message[2]))}]]
        events = {
            event["id"]: event for condition in message[2:] for event in self.find(condition)[: self.limit(condition)]
        }
        return [*(["EVENT", message[1], event] for event in events.values()), ["EOSE", message[1]]]

    def limit(self, condition: dict[str, Any]) -> int:
        """Return how many events a filter gives at most."""
        return min(condition.get("limit", self.max_limit), self.max_limit)

    def find(self, condition: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the events that match a filter, newest first."""
        newest_first = sorted(self.events, key=lambda event: (-event["created_at"], event["id"]))
        return [event for event in newest_first if _is_match(event, condition)]


def _is_match(event: dict[str, Any], condition: dict[str, Any]) -> bool:
    fields = {"ids": event["id"], "authors": event["pubkey"], "kinds": event["kind"]}
    if any(name in condition and value not in condition[name] for name, value in fields.items()):
        return False
    if not condition.get("since", 0) <= event["created_at"] <= condition.get("until", event["created_at"]):
        return False
    tags = {(tag[0], tag[1]) for tag in event["tags"] if len(tag) > 1}
    return all(
        any((name[1:], value) in tags for value in values) for name, values in condition.items() if name[0] == "#"
    )
