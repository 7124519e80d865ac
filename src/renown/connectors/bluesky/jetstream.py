"""
Jetstream: Bluesky's events as JSON text, one a frame.

Its cursor is `time_us`, microseconds of the epoch, which each server gives out in
strictly rising order and counts for itself: a cursor means nothing to another
server. A server starts again with the event at the cursor, not after it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from renown.connectors.bluesky.events import COLLECTIONS, Heard, Record, Source, Unusable, changed, handled, present

URL = "wss://jetstream2.us-east.bsky.network/subscribe"

_Micros = Annotated[int, msgspec.Meta(ge=0, lt=250_000_000_000_000_000)]
"""Up to the year 9892: what lies beyond is no instant."""


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


_EVENT = msgspec.json.Decoder(_Event)
_HEAD = msgspec.json.Decoder(_Head)
_RECORD = {kind: msgspec.json.Decoder(kind) for kind, _ in COLLECTIONS.values()}


def address(url: str, cursor: int | None) -> str:
    """Return where to connect: the collections that are read, from the cursor on."""
    wanted = [f"wantedCollections={collection}" for collection in COLLECTIONS]
    start = [f"cursor={cursor}"] if cursor is not None else []
    return f"{url}{'&' if '?' in url else '?'}{'&'.join([*wanted, *start])}"


def heard(frame: bytes) -> Heard:
    """Read one frame; whatever it holds, never raise."""
    try:
        event = _EVENT.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _broken(frame)
    try:
        return Heard(event.time_us, event.time_us / 1e6, _records(event))
    except Unusable as why:
        return Heard(event.time_us, event.time_us / 1e6, (), (str(why),))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Heard(event.time_us, event.time_us / 1e6, (), ("a malformed record",))


def _records(event: _Event) -> tuple[Record, ...]:
    at = datetime.fromtimestamp(event.time_us / 1e6, UTC)
    if event.kind == "commit" and event.commit:
        commit = event.commit
        source = Source(f"at://{event.did}/{commit.collection}/{commit.rkey}", event.did, at)
        return changed(commit.operation, commit.collection, source, _reading(commit.record))
    if event.kind == "identity" and event.identity:
        return handled(event.did, event.identity.handle, at)
    if event.kind == "account" and event.account:
        return present(event.did, at, active=event.account.active)
    raise Unusable("an unknown kind of event")


def _reading(record: msgspec.Raw) -> Callable[[type[Any]], Any]:
    return lambda kind: _RECORD[kind].decode(record)


def _broken(frame: bytes) -> Heard:
    """Say of a frame that cannot be read at least where it stood."""
    try:
        micros = _HEAD.decode(frame).time_us
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        micros = 0
    return Heard(micros, micros / 1e6, (), ("a malformed frame",))
