"""
Jetstream: parse Bluesky's events as JSON, one per frame.

The cursor is `time_us`, epoch microseconds, which each server assigns for itself: a
cursor is not valid on another server. Version 2 gives all changes of one commit the same
`time_us`, and servers send events out of order where a replay ends and the present begins.
A server resumes with the event at the cursor, not after it, or even earlier, so events
come twice.

References
----------
bluesky-social/jetstream, ``docs/README.md``, 5.1: the address ``/subscribe`` and its JSON. Version 2 has another
protocol at ``/xrpc/network.bsky.jetstream.subscribeEvents``, which is not read.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from renown.connectors.bluesky.events import (
    COLLECTIONS,
    OTHER_PROTOCOL,
    EventSource,
    StreamEvent,
    StreamRecord,
    UnusableRecordError,
    convert_change,
    convert_handle,
    convert_presence,
    server_message,
)
from renown.connectors.decode import decode_json
from renown.errors import InvalidInputError

URL = "wss://jetstream2.us-east.bsky.network/subscribe"

URL_ADVICE = "write the server's address with the path /subscribe, such as wss://host/subscribe"

_MAX_MICROS = 250_000_000_000_000_000
"""Up to the year 9892; `datetime` ends with the year 9999."""
_Micros = Annotated[int, msgspec.Meta(ge=0, lt=_MAX_MICROS)]


_SUBSCRIBE_EVENTS = "network.bsky.jetstream.subscribeEvents"


class _Commit(msgspec.Struct, gc=False):
    rev: str = ""
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: msgspec.Raw = msgspec.Raw()


class _Identity(msgspec.Struct, gc=False):
    handle: Any = None


class _Account(msgspec.Struct, gc=False):
    active: bool | None = None


class _Event(msgspec.Struct, gc=False):
    did: str
    time_us: _Micros
    kind: str = ""
    commit: _Commit | None = None
    identity: _Identity | None = None
    account: _Account | None = None


class _Head(msgspec.Struct, gc=False):
    """What can be read of a frame that is no event."""

    time_us: Any = 0
    kind: Any = ""
    name: Any = ""
    error: Any = None
    payload: Any = None

    @property
    def cursor(self) -> int:
        """The cursor; 0 if there is no valid one."""
        return self.time_us if type(self.time_us) is int and 0 <= self.time_us < _MAX_MICROS else 0


_EVENT_DECODER = msgspec.json.Decoder(_Event)
_HEAD_DECODER = msgspec.json.Decoder(_Head)
_RECORD_DECODERS = {kind: msgspec.json.Decoder(kind) for kind, _ in COLLECTIONS.values()}
_OTHER_KINDS = {"sync": "a sync event", "cursor": "a cursor event"}
"""Kind of an event without records to why it is ignored."""


def check_url(url: str) -> None:
    """
    Check the address of a server.

    Raises
    ------
    InvalidInputError
        If it is the address of Jetstream's other protocol.
    """
    if _SUBSCRIBE_EVENTS in url:
        raise InvalidInputError(f"{url!r} is the address of another protocol, {_SUBSCRIBE_EVENTS}; {URL_ADVICE}")


def build_url(url: str, cursor: int | None) -> str:
    """Return the URL that subscribes to our collections from the cursor on."""
    collection_params = [f"wantedCollections={collection}" for collection in COLLECTIONS]
    cursor_params = [f"cursor={cursor}"] if cursor is not None else []
    return f"{url}{'&' if '?' in url else '?'}{'&'.join([*collection_params, *cursor_params])}"


def parse_frame(frame: bytes) -> StreamEvent:
    """Parse one untrusted frame; never raise."""
    try:
        event = _EVENT_DECODER.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _parse_other_frame(frame)
    micros, key, reason = event.time_us, _event_key(event), "a malformed record"
    try:
        return StreamEvent(micros, micros / 1e6, _records(event), key=key)
    except UnusableRecordError as error:
        reason = str(error)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    return StreamEvent(micros, micros / 1e6, (), (reason,), key)


def _event_key(event: _Event) -> int:
    """Return the key: account, revision and path; without a revision, the instant stands for it."""
    commit = event.commit
    if commit is None or not commit.rev:
        rkey = commit.rkey if commit else ""
        return hash((event.did, event.kind, event.time_us, rkey))
    return hash((event.did, commit.rev, commit.collection, commit.rkey, commit.operation))


def _records(event: _Event) -> tuple[StreamRecord, ...]:
    at = datetime.fromtimestamp(event.time_us / 1e6, UTC)
    if event.kind == "commit" and event.commit:
        commit = event.commit
        source = EventSource(f"at://{event.did}/{commit.collection}/{commit.rkey}", event.did, at)
        return convert_change(commit.operation, commit.collection, source, _record_decoder(commit.record))
    if event.kind == "identity" and event.identity:
        return convert_handle(event.did, event.identity.handle, at)
    if event.kind == "account" and event.account:
        return convert_presence(event.did, at, active=event.account.active)
    raise UnusableRecordError(_OTHER_KINDS.get(event.kind, "an unknown kind of event"))


def _record_decoder(record: msgspec.Raw) -> Callable[[type[Any]], Any]:
    def decode_as(record_type: type[Any]) -> Any:
        try:
            return _RECORD_DECODERS[record_type].decode(record)
        except msgspec.MsgspecError:
            # A field that nobody needs may be of another type.
            return decode_json(bytes(record), record_type).value

    return decode_as


def _parse_other_frame(frame: bytes) -> StreamEvent:
    """Return an event without records for a frame that is none, with its cursor if that can be parsed."""
    try:
        head = _HEAD_DECODER.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        reason = "a malformed frame" if frame[:1] in b"{[" else OTHER_PROTOCOL
        return StreamEvent(0, 0, (), (reason,))
    return StreamEvent(head.cursor, head.cursor / 1e6, (), (_other_reason(head),), hash(frame))


def _other_reason(head: _Head) -> str:
    if isinstance(head.payload, dict):
        return OTHER_PROTOCOL
    if head.error is not None or head.kind == "info":
        return server_message(str(head.error or head.name))
    kind = head.kind if isinstance(head.kind, str) else ""
    return _OTHER_KINDS.get(kind, "a malformed frame")
