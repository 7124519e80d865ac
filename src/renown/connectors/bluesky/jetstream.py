"""
Jetstream: parse Bluesky's events as JSON, one per frame.

The cursor is `time_us`, epoch microseconds, strictly increasing, which each server
assigns for itself: a cursor is not valid on another server. A server resumes with the
event at the cursor, not after it, so that event comes twice.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from renown.connectors.bluesky.events import (
    COLLECTIONS,
    EventSource,
    StreamEvent,
    StreamRecord,
    UnusableRecordError,
    convert_change,
    convert_handle,
    convert_presence,
)

URL = "wss://jetstream2.us-east.bsky.network/subscribe"

_Micros = Annotated[int, msgspec.Meta(ge=0, lt=250_000_000_000_000_000)]
"""Up to the year 9892; `datetime` ends with the year 9999."""


class _Commit(msgspec.Struct, gc=False):
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: msgspec.Raw = msgspec.Raw()


class _Identity(msgspec.Struct, gc=False):
    handle: str | None = None


class _Account(msgspec.Struct, gc=False):
    active: bool


class _Event(msgspec.Struct, gc=False):
    did: str
    time_us: _Micros
    kind: str = ""
    commit: _Commit | None = None
    identity: _Identity | None = None
    account: _Account | None = None


class _Head(msgspec.Struct, gc=False):
    time_us: _Micros = 0


_EVENT_DECODER = msgspec.json.Decoder(_Event)
_HEAD_DECODER = msgspec.json.Decoder(_Head)
_RECORD_DECODERS = {kind: msgspec.json.Decoder(kind) for kind, _ in COLLECTIONS.values()}


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
        return _malformed_event(frame)
    try:
        return StreamEvent(event.time_us, event.time_us / 1e6, _records(event))
    except UnusableRecordError as error:
        return StreamEvent(event.time_us, event.time_us / 1e6, (), (str(error),))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return StreamEvent(event.time_us, event.time_us / 1e6, (), ("a malformed record",))


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
    raise UnusableRecordError("an unknown kind of event")


def _record_decoder(record: msgspec.Raw) -> Callable[[type[Any]], Any]:
    return lambda kind: _RECORD_DECODERS[kind].decode(record)


def _malformed_event(frame: bytes) -> StreamEvent:
    """Return an empty event for a malformed frame, with its cursor if that can be parsed."""
    try:
        micros = _HEAD_DECODER.decode(frame).time_us
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        micros = 0
    return StreamEvent(micros, micros / 1e6, (), ("a malformed frame",))
