"""
The firehose of Bluesky (com.atproto.sync.subscribeRepos): parse DAG-CBOR frames whose commits have CAR blocks.

The cursor is `seq`, which each relay or PDS numbers for itself; a server resumes with
the event after it. One frame may have many changes: they are one event.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import libipld
import msgspec

from renown.connectors.bluesky.car import decode_record, read_varint
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
from renown.connectors.bluesky.ids import parse_instant

URL = "wss://bsky.network/xrpc/com.atproto.sync.subscribeRepos"
URL_ADVICE = f"leave --source out for Jetstream, or write the address of a relay or data server, such as {URL}"
_CID_BYTES = 36
"""Bytes of the CIDs of records: version 1, DAG-CBOR, SHA-256 (AT Protocol, data model)."""


class _Head(msgspec.Struct, gc=False):
    op: int
    t: str = ""


class _Op(msgspec.Struct, gc=False):
    action: str
    path: str
    cid: bytes | None = None

    @property
    def collection(self) -> str:
        """The collection of the record that it changes."""
        return self.path.partition("/")[0]


class _Body(msgspec.Struct, gc=False):
    seq: Annotated[int, msgspec.Meta(ge=0, le=1 << 62)] = 0
    time: Any = ""
    repo: str = ""
    """DID of the repository that a commit changes."""
    did: str = ""
    """DID of an identity or account event."""
    rev: Any = ""
    ops: list[Any] = []
    blocks: Any = b""
    handle: Any = None
    active: bool | None = None
    name: Any = ""
    """Set in an `#info` frame."""
    error: Any = ""


def build_url(url: str, cursor: int | None) -> str:
    """Return the URL that resumes after the cursor."""
    return url if cursor is None else f"{url}{'&' if '?' in url else '?'}cursor={cursor}"


def parse_frame(frame: bytes) -> StreamEvent:
    """Parse one untrusted frame; never raise."""
    try:
        raw_head, raw_body = libipld.decode_dag_cbor_multi(frame)
        head, body = msgspec.convert(raw_head, _Head), msgspec.convert(raw_body, _Body)
    except (ValueError, RecursionError, OverflowError):
        # The errors of msgspec and libipld are both ValueErrors.
        return StreamEvent(0, 0, (), (OTHER_PROTOCOL if frame[:1] == b"{" else "a malformed frame",))
    if head.op != 1 or head.t == "#info":
        return StreamEvent(0, 0, (), (server_message(str(body.name or body.error or "")),))
    at = parse_instant(body.time)
    if at is None:
        # Not the body's hash: its values may be unhashable.
        return StreamEvent(body.seq, 0, (), ("an event without a valid instant",), hash(frame))
    return _parse_event(head.t, body, at)


def _parse_event(event_type: str, body: _Body, at: datetime) -> StreamEvent:
    if event_type == "#commit":
        return _parse_commit(body, at)
    records: tuple[StreamRecord, ...] = ()
    ignored: tuple[str, ...] = ()
    try:
        if event_type == "#identity":
            records = convert_handle(body.did, body.handle, at)
        elif event_type == "#account":
            records = convert_presence(body.did, at, active=body.active)
        else:
            ignored = ("a sync event" if event_type == "#sync" else "an unknown kind of event",)
    except UnusableRecordError as error:
        ignored = (str(error),)
    return StreamEvent(body.seq, at.timestamp(), records, ignored, hash((body.did, event_type, body.seq)))


def _parse_commit(body: _Body, at: datetime) -> StreamEvent:
    """Convert the changes of one commit, each by itself: a malformed one does not affect the others."""
    records: list[StreamRecord] = []
    ops = [op for op in map(_parse_op, body.ops) if op]
    ignored = ["a malformed operation"] * (len(body.ops) - len(ops))
    blocks = _find_blocks(body.blocks, {op.cid for op in ops if op.cid and op.collection in COLLECTIONS})
    for op in ops:
        source = EventSource(f"at://{body.repo}/{op.path}", body.repo, at)
        try:
            records += convert_change(op.action, op.collection, source, _record_decoder(blocks.get(op.cid or b"")))
        except UnusableRecordError as error:
            ignored.append(str(error))
        except (ValueError, RecursionError):
            ignored.append("a malformed record")
    revision = body.rev if isinstance(body.rev, str) and body.rev else body.seq
    key = hash((body.repo, revision, *((op.action, op.path) for op in ops)))
    return StreamEvent(body.seq, at.timestamp(), tuple(records), tuple(ignored), key)


def _parse_op(op: Any) -> _Op | None:
    try:
        return msgspec.convert(op, _Op)
    except msgspec.ValidationError:
        return None


def _record_decoder(block: bytes | None) -> Callable[[type[Any]], Any]:
    def decode_as(record_type: type[Any]) -> Any:
        if block is None:
            raise UnusableRecordError("a malformed record")
        return decode_record(block, record_type)

    return decode_as


def _find_blocks(car: Any, wanted_cids: set[bytes]) -> dict[bytes, bytes]:
    """
    Return the wanted blocks of a CAR file, as far as it can be read.

    The others, nine of ten, are nodes of the repository's tree: decoding them too
    took half of the time of a frame.
    """
    blocks: dict[bytes, bytes] = {}
    if not wanted_cids or not isinstance(car, bytes):
        return blocks
    try:
        size, offset = read_varint(car, 0)
        offset += size
        while offset < len(car):
            size, offset = read_varint(car, offset)
            cid = car[offset : offset + _CID_BYTES]
            if cid in wanted_cids:
                blocks[cid] = car[offset + _CID_BYTES : offset + size]
            offset += size
    except IndexError:
        pass
    return blocks
