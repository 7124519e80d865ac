"""
The firehose: com.atproto.sync.subscribeRepos, DAG-CBOR frames whose commits carry their records as CAR blocks.

Its cursor is `seq`, which each relay or data server counts for itself; a server
starts again with the event after it. One frame may hold many changes: they are one event.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import libipld
import msgspec

from renown.connectors.bluesky.events import (
    COLLECTIONS,
    SERVER_SAYS,
    Heard,
    Record,
    Source,
    Unusable,
    changed,
    handled,
    present,
)

URL = "wss://bsky.network/xrpc/com.atproto.sync.subscribeRepos"
_CID = 36
"""Bytes of the CIDs of records: version 1, DAG-CBOR, SHA-256 (AT Protocol, data model)."""
_LONGEST_SHIFT = 63
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
    """Whose repository a commit changes."""
    did: str = ""
    """Whose identity or account an event is about."""
    ops: list[_Op] = []
    blocks: bytes = b""
    handle: str | None = None
    active: bool = True
    name: str = ""
    """Of an `#info`."""
    error: str = ""


def address(url: str, cursor: int | None) -> str:
    """Return where to connect to hear what came after the cursor."""
    return url if cursor is None else f"{url}{'&' if '?' in url else '?'}cursor={cursor}"


def heard(frame: bytes) -> Heard:
    """Read one frame; whatever it holds, never raise."""
    try:
        said_head, said = libipld.decode_dag_cbor_multi(frame)
        head, body = msgspec.convert(said_head, _Head), msgspec.convert(said, _Body)
        at = _instant(body.time)
    except (ValueError, RecursionError, OverflowError):
        # msgspec's and libipld's errors are ValueErrors both.
        return Heard(0, 0, (), ("a malformed frame",))
    if head.op != 1 or head.t == "#info":
        return Heard(0, 0, (), (f"{SERVER_SAYS}{body.name or body.error or 'an error'}"[:100],))
    return _told(head.t, body, at)


def _told(kind: str, body: _Body, at: datetime) -> Heard:
    if kind == "#commit":
        return _committed(body, at)
    try:
        if kind == "#identity":
            return Heard(body.seq, at.timestamp(), handled(body.did, body.handle, at))
        if kind == "#account":
            return Heard(body.seq, at.timestamp(), present(body.did, at, active=body.active))
    except Unusable as why:
        return Heard(body.seq, at.timestamp(), (), (str(why),))
    return Heard(body.seq, at.timestamp(), (), ("an unknown kind of event",))


def _committed(body: _Body, at: datetime) -> Heard:
    """Tell what the changes of one commit mean, each for itself: one that is broken takes no other along."""
    records: list[Record] = []
    ignored: list[str] = []
    wanted = {op.cid for op in body.ops if op.cid and op.path.partition("/")[0] in COLLECTIONS}
    try:
        blocks = _blocks(body.blocks, wanted) if wanted else {}
    except IndexError:
        blocks = {}
    for op in body.ops:
        source = Source(f"at://{body.repo}/{op.path}", body.repo, at)
        try:
            records += changed(op.action, op.path.partition("/")[0], source, _reading(blocks.get(op.cid or b"")))
        except Unusable as why:
            ignored.append(str(why))
        except (ValueError, RecursionError):
            ignored.append("a malformed record")
    return Heard(body.seq, at.timestamp(), tuple(records), tuple(ignored))


def _reading(block: bytes | None) -> Callable[[type[Any]], Any]:
    def as_type(kind: type[Any]) -> Any:
        if block is None:
            raise Unusable("a malformed record")
        return msgspec.convert(libipld.decode_dag_cbor(block), kind)

    return as_type


def _blocks(car: bytes, wanted: set[bytes]) -> dict[bytes, bytes]:
    """
    Return the wanted blocks of a CAR file.

    The others, nine of ten, are nodes of the repository's tree: decoding those,
    too, took half of the time of a frame.

    Raises
    ------
    IndexError
        If it is cut short, or no CAR file.
    """
    found = {}
    size, place = _varint(car, 0)
    place += size
    while place < len(car):
        size, place = _varint(car, place)
        cid = car[place : place + _CID]
        if cid in wanted:
            found[cid] = car[place + _CID : place + size]
        place += size
    return found


def _varint(car: bytes, place: int) -> tuple[int, int]:
    """Return the number that begins here, seven bits a byte, and where it has ended."""
    number = shift = 0
    while (byte := car[place]) & 0x80:
        number |= (byte & 0x7F) << shift
        shift, place = shift + 7, place + 1
        if shift > _LONGEST_SHIFT:
            raise IndexError
    return number | byte << shift, place + 1


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text) if text else _EPOCH
    return at if at.tzinfo else at.replace(tzinfo=UTC)
