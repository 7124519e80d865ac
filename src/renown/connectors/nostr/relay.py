"""
Relays: request stored events over a WebSocket, within limits of number, size and time.

References
----------
NIP-01 (REQ, EVENT, EOSE, CLOSED, CLOSE, NOTICE); NIP-42 (AUTH); NIP-45 (COUNT).
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx2
import msgspec

from renown.connectors.http.error_rules import find_values, parse_json
from renown.connectors.http.redact import redact
from renown.connectors.http.websocket import READ_TIMEOUT, ConnectionLostError
from renown.connectors.nostr.events import LOGIN, Event, parse_event, sign_event
from renown.errors import ListUnavailableError, NetworkUnavailableError

if TYPE_CHECKING:
    from renown.connectors.http import Client

Filter = Mapping[str, Any]
"""Conditions of NIP-01, of which all hold."""

MAX_EVENTS = 10_000
"""Events of one request that are read."""
_MAX_BYTES = 10_000_000
"""Bytes of one request's answer that are read."""
_LOGIN_REQUIRED = "auth-required:"
"""How the reason of a refusal begins if a login may help (NIP-42)."""
_MAX_CHALLENGE = 1_000
_IDLE_SECONDS = 30.0
_ANSWER_SECONDS = 90.0
_NOTICE_SECONDS = 3.0
"""Timeouts: without a message, of a whole answer (a relay may send single bytes for hours), and after a notice."""


class _LoginRequiredError(ListUnavailableError):
    """A relay answers only clients that have signed in."""


@dataclass(frozen=True)
class Answer:
    """What a relay sent for a request."""

    events: tuple[Event, ...]
    """Verified events that match one of the filters, each of them once."""
    dropped: tuple[str, ...] = ()
    """Why other events were dropped."""
    is_cut: bool = False
    """Whether it was longer than the limits of number and size."""


class Relay:
    """
    A connection to one relay.

    Parameters
    ----------
    client : Client
        Opens the connection, and counts the requests.
    url : str
        As `Client.socket_urls` has it.
    """

    def __init__(self, client: "Client", url: str) -> None:
        self._client, self.url = client, url
        self.host = httpx2.URL(url).host
        self._socket = client.open_socket(url)
        self._subscriptions = 0
        self._challenge = ""
        """What the relay wants to have signed, if it has asked for a login."""

    def __enter__(self) -> Self:
        """Return the relay itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._socket.close()

    def fetch(self, *filters: Filter) -> Answer:
        """
        Fetch the stored events that match any of the filters, newest first; sign in if the relay wants it.

        Raises
        ------
        ListUnavailableError
            If the relay refuses the request.
        NetworkUnavailableError
            If it does not answer.
        BudgetExceededError
        """
        try:
            return self._fetch(filters)
        except _LoginRequiredError:
            if not self._challenge:
                raise
            self._sign_in()
            return self._fetch(filters)

    def _fetch(self, filters: Sequence[Filter]) -> Answer:
        subscription = self._send("REQ", filters)
        events: dict[str, Event] = {}
        dropped: list[str] = []
        size, count, is_cut = 0, 0, False
        for message, length in self._read_answer(subscription):
            size, count = size + length, count + 1
            if is_cut := size > _MAX_BYTES or count > MAX_EVENTS:
                break
            event, reason = parse_event(message[2] if len(message) > 2 else None)  # noqa: PLR2004 - type, id, event
            if event and any(is_match(event, condition) for condition in filters):
                events[event.id] = event
            else:
                dropped.append(reason or "event: not requested")
        self._close_subscription(subscription)
        newest_first = sorted(events.values(), key=lambda event: (-event.created_at, event.id))
        return Answer(tuple(newest_first), tuple(dropped), is_cut)

    def count(self, condition: Filter) -> int | None:
        """Return how many events match a filter; None if the relay does not count (NIP-45)."""
        subscription = self._send("COUNT", [condition])
        try:
            for message, _ in self._read_answer(subscription, "COUNT", _NOTICE_SECONDS):
                return next((value for value in find_values(message, ["2.count"]) if isinstance(value, int)), None)
        except (ListUnavailableError, NetworkUnavailableError):
            return None
        return None

    def _sign_in(self) -> None:
        """
        Sign in with a key that is made up for this connection: it tells the relay nothing about anybody.

        Relays that know their members refuse it, and the request after it.
        """
        tags = [["relay", self.url], ["challenge", self._challenge]]
        self._challenge = ""
        event = sign_event(secrets.token_bytes(32), LOGIN, tags, int(self._client.now()))
        self._send_message(["AUTH", event])

    def _send(self, command: str, filters: Sequence[Filter]) -> str:
        self._client.count_request(self.url)
        self._subscriptions += 1
        subscription = f"renown{self._subscriptions}"
        self._send_message([command, subscription, *filters])
        return subscription

    def _send_message(self, message: Sequence[Any]) -> None:
        try:
            self._socket.send(msgspec.json.encode(message).decode())
        except ConnectionLostError as error:
            raise NetworkUnavailableError(f"connection to {self.host} lost: {error}; try again later") from None

    def _close_subscription(self, subscription: str) -> None:
        try:
            self._socket.send(msgspec.json.encode(["CLOSE", subscription]).decode())
        except ConnectionLostError:
            return

    def _read_answer(
        self, subscription: str, kind: str = "EVENT", idle_seconds: float = _IDLE_SECONDS
    ) -> Iterator[tuple[list[Any], int]]:
        """Yield the messages of a kind and their sizes until the relay has sent all that it has stored."""
        idle, notice, end = 0.0, "", self._client.time_left() - _ANSWER_SECONDS
        while True:
            self._client.check_time()
            messages = self._receive()
            idle = 0.0 if messages else idle + READ_TIMEOUT
            for text in messages:
                message = parse_json(text)
                if not isinstance(message, list) or not message:
                    continue
                if message[0] == "AUTH":
                    self._challenge = str(message[-1])[:_MAX_CHALLENGE]
                elif message[0] == "NOTICE":
                    # Relays without COUNT answer so.
                    if kind != "EVENT":
                        return
                    notice, idle_seconds = redact(str(message[-1]), None), min(idle_seconds, _NOTICE_SECONDS)
                elif len(message) > 1 and message[1] == subscription:
                    if message[0] == "EOSE":
                        return
                    if message[0] == "CLOSED":
                        reason = str(message[-1])
                        is_login = reason.startswith(_LOGIN_REQUIRED)
                        error_type = _LoginRequiredError if is_login else ListUnavailableError
                        raise error_type(f"{self.host} refused: {redact(reason, None)}")
                    if message[0] == kind:
                        yield message, len(text)
            if idle >= idle_seconds or self._client.time_left() < end:
                raise NetworkUnavailableError(
                    f"{self.host} did not answer completely{f', and sent: {notice}' if notice else ''}; try again later"
                )

    def _receive(self) -> list[bytes]:
        try:
            return self._socket.read_messages()
        except ConnectionLostError as error:
            raise NetworkUnavailableError(f"connection to {self.host} lost: {error}; try again later") from None


def is_match(event: Event, condition: Filter) -> bool:
    """
    Tell whether an event matches a filter: relays may send anything.

    Examples
    --------
    >>> note = Event("0" * 64, "1" * 64, 5, 1, [["p", "2" * 64]], "", "3" * 128)
    >>> is_match(note, {"#p": ["2" * 64], "since": 5}), is_match(note, {"kinds": [7]})
    (True, False)
    """
    return (
        event.id in condition.get("ids", (event.id,))
        and event.pubkey in condition.get("authors", (event.pubkey,))
        and event.kind in condition.get("kinds", (event.kind,))
        and condition.get("since", 0) <= event.created_at <= condition.get("until", event.created_at)
        and all(
            not set(values).isdisjoint(event.values(name[1:]))
            for name, values in condition.items()
            if name.startswith("#")
        )
    )
