"""
A Bluesky repository: what one account did to others, from the CAR file of all its records.

Whoever may download it: ``com.atproto.sync.getRepo`` needs no login. It holds what the account
did, never what it received: it makes the receipts of those it acted on.

References
----------
AT Protocol, "Repository": commit object version 3, Merkle search tree, "CAR File Serialization".
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import libipld
import msgspec
from msgspec import Struct, field

from renown.connectors.archives.contents import Contents
from renown.connectors.base import Account
from renown.connectors.bluesky.events import MENTIONS
from renown.connectors.bluesky.names import NETWORK, happened, is_did, is_post, owner
from renown.errors import BadInput
from renown.records import EPOCH, Interaction

MOST_BYTES = 200_000_000
"""Of a file; 71 MB of 200,000 likes took 330 MB of memory and 5 seconds. Busy people have tens of megabytes."""

_FIRST = datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=UTC)
_VERSIONS = (2, 3)
"""Of commits; 2 differs in what is signed."""
_LONGEST_KEY = 317 + 1 + 512
"""Bytes of a collection and a record key (AT Protocol, "NSID", "Record Key")."""
_MENTION = "app.bsky.richtext.facet#mention"
_AGAIN = "download it again, whole, from com.atproto.sync.getRepo"

Shape = TypeVar("Shape", bound=Struct)


class _Commit(Struct):
    did: str
    version: int
    data: bytes


class _Entry(Struct):
    shared: int = field(name="p")
    rest: bytes = field(name="k")
    record: bytes = field(name="v")
    right: bytes | None = field(default=None, name="t")


class _Node(Struct):
    entries: list[_Entry] = field(name="e")
    left: bytes | None = field(default=None, name="l")


class _Nothing(Struct):
    pass


class _Subject(Struct):
    uri: str


class _OnRecord(Struct):
    subject: _Subject


class _Follow(Struct):
    subject: str


class _Reply(Struct):
    parent: _Subject


class _Embedded(Struct):
    uri: str | None = None
    record: _Subject | None = None
    """Set where a quote comes with media."""


class _Embed(Struct):
    record: _Embedded | None = None


class _Feature(Struct):
    kind: str = field(default="", name="$type")
    did: str | None = None


class _Facet(Struct):
    features: list[_Feature] = []


class _Post(Struct):
    reply: _Reply | None = None
    embed: _Embed | None = None
    facets: list[_Facet] | None = None


@dataclass(frozen=True)
class _Done:
    """What a record does to somebody."""

    verb: str
    target: str | None
    """None where the record names nobody."""
    post: str | None = None


def read(path: Path, now: datetime) -> Contents:
    """
    Read what an account did to others from the CAR file of its repository.

    Parameters
    ----------
    path : Path
    now : datetime
        No act is younger.

    Returns
    -------
    Contents
        Likes, reposts, follows, replies, quotes and mentions that have not been taken back; records of
        other kinds, and such as say nothing that can be taken, are left out. It covers no verb: what
        one account did does not show what was done on its network.

    Raises
    ------
    BadInput
        If it is no whole CAR file of a repository, or too large. Nothing is read then.

    Notes
    -----
    Who signed it is not checked: it is as true as whoever gave the file.
    """
    root, blocks = _blocks(path)
    commit = _shaped(blocks.get(root), _Commit)
    if commit is None or not is_did(commit.did) or commit.version not in _VERSIONS:
        msg = f"{path}: its root is no commit of a Bluesky repository; {_AGAIN}"
        raise BadInput(msg)
    records = _records(path, blocks, commit.data)
    acts = tuple(act for key, record in records for act in _acts(commit.did, key, record, now=now))
    return Contents(NETWORK, Account(commit.did, commit.did), (), acts)


def _blocks(path: Path) -> tuple[bytes, Mapping[bytes, Any]]:
    """Return the root and all blocks, decoded, by their CIDs."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            msg = f"{path}: {size:,} bytes, and at most {MOST_BYTES:,} are read; is it a repository?"
            raise BadInput(msg)
        header, blocks = libipld.decode_car(path.read_bytes())
    except OSError as error:
        msg = f"cannot read {os.fspath(path)!r}: {error.strerror}; is the name right?"
        raise BadInput(msg) from error
    except ValueError as error:
        msg = f"{path}: no whole CAR file ({error}); {_AGAIN}"
        raise BadInput(msg) from error
    return header["roots"][0], blocks


def _records(path: Path, blocks: Mapping[bytes, Any], root: bytes) -> Iterator[tuple[str, Any]]:
    """Yield the key (collection and record key) and the content of every record, in the tree's own order."""
    left, seen = [root], {root}
    while left:
        node = _shaped(blocks.get(left.pop()), _Node)
        if node is None:
            msg = f"{path}: a part of its tree is missing or broken; {_AGAIN}"
            raise BadInput(msg)
        for key, entry in _keyed(path, node):
            if entry.record not in blocks:
                msg = f"{path}: the record {key!r} is missing; {_AGAIN}"
                raise BadInput(msg)
            yield key, blocks[entry.record]
        # A tree made with ill will may lead back to itself, or to one part by millions of ways.
        below = {cid for cid in (node.left, *(entry.right for entry in node.entries)) if cid} - seen
        seen |= below
        left += sorted(below)


def _keyed(path: Path, node: _Node) -> Iterator[tuple[str, _Entry]]:
    """Yield the entries of a part with their keys, of which each says only how it differs from the one before."""
    key = b""
    for entry in node.entries:
        key = key[: entry.shared] + entry.rest
        if len(key) > _LONGEST_KEY:
            msg = f"{path}: the key of a record is longer than {_LONGEST_KEY} bytes; {_AGAIN}"
            raise BadInput(msg)
        yield key.decode("utf-8", "replace"), entry


def _shaped(said: Any, shape: type[Shape]) -> Shape | None:
    try:
        return msgspec.convert(said, shape)
    except msgspec.ValidationError:
        return None


def _acts(did: str, key: str, record: Any, *, now: datetime) -> Iterator[Interaction]:
    shape, told = _TOLD.get(key.partition("/")[0], (_Nothing, _nothing))
    shaped, uri, at = _shaped(record, shape), f"at://{did}/{key}", _made(record, now)
    if shaped is None or owner(uri) is None or at is None:
        return
    for done in told(shaped):
        if done.target is not None and done.target != did:
            yield Interaction(NETWORK, uri, done.verb, did, done.target, done.post, at)


def _made(record: Any, now: datetime) -> datetime | None:
    """Return when a record was made, as its author claims; None where that is no day that days are counted from."""
    at = happened(record.get("createdAt"), None, now=now) if isinstance(record, dict) else None
    return at if at and at >= _FIRST else None


def _nothing(_record: Struct) -> Iterator[_Done]:
    """Tell nothing: profiles, blocks, lists and whatever will be invented."""
    return iter(())


def _on_record(verb: str) -> Callable[[_OnRecord], Iterator[_Done]]:
    def told(record: _OnRecord) -> Iterator[_Done]:
        yield _Done(verb, owner(record.subject.uri), record.subject.uri)

    return told


def _followed(record: _Follow) -> Iterator[_Done]:
    yield _Done("follow", record.subject if is_did(record.subject) else None)


def _posted(record: _Post) -> Iterator[_Done]:
    """Tell whom a post answers, quotes and mentions."""
    if record.reply:
        yield _Done("reply", owner(record.reply.parent.uri), record.reply.parent.uri)
    if record.embed and record.embed.record:
        embedded = record.embed.record
        quoted = embedded.record.uri if embedded.record else embedded.uri
        if is_post(quoted):
            yield _Done("quote", owner(quoted), quoted)
    features = [feature for facet in record.facets or () for feature in facet.features]
    named = dict.fromkeys(feature.did for feature in features if feature.kind == _MENTION and is_did(feature.did))
    yield from (_Done("mention", did) for did in list(named)[:MENTIONS])


_TOLD: Mapping[str, tuple[type[Struct], Callable[[Any], Iterator[_Done]]]] = {
    "app.bsky.feed.like": (_OnRecord, _on_record("like")),
    "app.bsky.feed.repost": (_OnRecord, _on_record("repost")),
    "app.bsky.feed.post": (_Post, _posted),
    "app.bsky.graph.follow": (_Follow, _followed),
}
"""Collection to the fields read of its records and what tells whom they act on."""
