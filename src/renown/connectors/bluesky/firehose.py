"""
The firehose of Bluesky (com.atproto.sync.subscribeRepos): parse DAG-CBOR frames whose commits have CAR blocks.

The cursor is `seq`, which each relay or PDS numbers for itself; a server resumes with
the event after it. One frame may have many changes: they are one event.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import libipld
import msgspec

from renown.connectors.bluesky.events import (
    COLLECTIONS,
    SERVER_MESSAGE_PREFIX,
    EventSource,
    StreamEvent,
    StreamRecord,
    UnusableRecordError,
    convert_change,
    convert_handle,
    convert_presence,
)

URL = "wss://bsky.network/xrpc/com.atproto.sync.subscribeRepos"
_CID_BYTES = 36
"""Bytes of the CIDs of records: version 1, DAG-CBOR, SHA-256 (AT Protocol, data model)."""
_MAX_SHIFT = 63
_EPOCH = datetime.fromtimestamp(0, UTC)


class _Head(msgspec.Struct, gc=False):
    op: int
    t: str = ""


class _Op(msgspec.Struct, gc=False):
    action: str
    path: str
    cid: bytes | None = None


class _Body(msgspec.Struct, gc=False):
    seq: Annotated[int, msgspec.Meta(ge=0, le=1 << 62)] = 0
    time: str = ""
    repo: str = ""
    """DID of the repository that a commit changes."""
    did: str = ""
    """DID of an identity or account event."""
    ops: list[_Op] = []
    blocks: bytes = b""
    handle: str | None = None
    active: bool = True
    name: str = ""
    """Set in an `#info` frame."""
    error: str = ""


def build_url(url: str, cursor: int | None) -> str:
    """Return the URL that resumes after the cursor."""
    return url if cursor is None else f"{url}{'&' if '?' in url else '?'}cursor={cursor}"


def parse_frame(frame: bytes) -> StreamEvent:
    """Parse one untrusted frame; never raise."""
    try:
        raw_head, raw_body = libipld.decode_dag_cbor_multi(frame)
        head, body = msgspec.convert(raw_head, _Head), msgspec.convert(raw_body, _Body)
        at = _parse_instant(body.time)
    except (ValueError, RecursionError, OverflowError):
        # The errors of msgspec and libipld are both ValueErrors.
        return StreamEvent(0, 0, (), ("a malformed frame",))
    if head.op != 1 or head.t == "#info":
        return StreamEvent(0, 0, (), (f"{SERVER_MESSAGE_PREFIX}{body.name or body.error or 'an error'}"[:100],))
    return _parse_event(head.t, body, at)


def _parse_event(event_type: str, body: _Body, at: datetime) -> StreamEvent:
    if event_type == "#commit":
        return _parse_commit(body, at)
    try:
        if event_type == "#identity":
            return StreamEvent(body.seq, at.timestamp(), convert_handle(body.did, body.handle, at))
        if event_type == "#account":
            return StreamEvent(body.seq, at.timestamp(), convert_presence(body.did, at, active=body.active))
    except UnusableRecordError as error:
        return StreamEvent(body.seq, at.timestamp(), (), (str(error),))
    return StreamEvent(body.seq, at.timestamp(), (), ("an unknown kind of event",))


def _parse_commit(body: _Body, at: datetime) -> StreamEvent:
    """Convert the changes of one commit, each by itself: a malformed one does not affect the others."""
    records: list[StreamRecord] = []
    ignored: list[str] = []
    wanted_cids = {op.cid for op in body.ops if op.cid and op.path.partition("/")[0] in COLLECTIONS}
    try:
        blocks = _find_blocks(body.blocks, wanted_cids) if wanted_cids else {}
    except IndexError:
        blocks = {}
    for op in body.ops:
        source = EventSource(f"at://{body.repo}/{op.path}", body.repo, at)
        try:
            records += convert_change(
                op.action, op.path.partition("/")[0], source, _record_decoder(blocks.get(op.cid or b""))
            )
        except UnusableRecordError as error:
            ignored.append(str(error))
        except (ValueError, RecursionError):
            ignored.append("a malformed record")
    return StreamEvent(body.seq, at.timestamp(), tuple(records), tuple(ignored))


def _record_decoder(block: bytes | None) -> Callable[[type[Any]], Any]:
    def decode_as(record_type: type[Any]) -> Any:
        if block is None:
            raise UnusableRecordError("a malformed record")
        return msgspec.convert(libipld.decode_dag_cbor(block), record_type)

    return decode_as


def _find_blocks(car: bytes, wanted_cids: set[bytes]) -> dict[bytes, bytes]:
    """
    Return the wanted blocks of a CAR file.

    The others, nine of ten, are nodes of the repository's tree: decoding them too
    took half of the time of a frame.

    Raises
    ------
    IndexError
        If it is truncated or not a CAR file.
    """
    blocks = {}
    size, offset = _read_varint(car, 0)
    offset += size
    while offset < len(car):
        size, offset = _read_varint(car, offset)
        cid = car[offset : offset + _CID_BYTES]
        if cid in wanted_cids:
            blocks[cid] = car[offset + _CID_BYTES : offset + size]
        offset += size
    return blocks


def _read_varint(car: bytes, offset: int) -> tuple[int, int]:
    """Decode a varint (LEB128: seven bits per byte); return it and the offset after it."""
    number = shift = 0
    while (byte := car[offset]) & 0x80:
        number |= (byte & 0x7F) << shift
        shift, offset = shift + 7, offset + 1
        if shift > _MAX_SHIFT:
            raise IndexError
    return number | byte << shift, offset + 1


def _parse_instant(text: str) -> datetime:
    at = datetime.fromisoformat(text) if text else _EPOCH
    return at if at.tzinfo else at.replace(tzinfo=UTC)
