"""
Bluesky repository: what one account did to others, from the CAR file of all its records.

Anybody can download it: ``com.atproto.sync.getRepo`` needs no login. It contains what the account
did, never what it received, so it adds to the scores of the accounts that it acted on.

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

from renown.connectors.base import Account
from renown.connectors.bluesky.events import MAX_MENTIONS
from renown.connectors.bluesky.ids import NETWORK, is_did, is_post_uri, owner_did, resolve_instant
from renown.errors import InvalidInputError
from renown.imports.archives.reader import ArchiveContents
from renown.records import EPOCH, Interaction

MAX_FILE_BYTES = 200_000_000
"""Maximum size of a file. 71 MB with 200,000 likes took 330 MB of memory and 5 s; active people have tens of MB."""

_EARLIEST = datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=UTC)
_COMMIT_VERSIONS = (2, 3)
"""Supported versions of the commit object; 2 differs from 3 only in what is signed."""
_MAX_KEY_BYTES = 317 + 1 + 512
"""Maximum bytes of a key: collection, slash and record key (AT Protocol, "NSID", "Record Key")."""
_MENTION_FEATURE = "app.bsky.richtext.facet#mention"
_DOWNLOAD_AGAIN = "download it again, completely, from com.atproto.sync.getRepo"

StructT = TypeVar("StructT", bound=Struct)


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


class _IgnoredRecord(Struct):
    pass


class _Subject(Struct):
    uri: str


class _SubjectRecord(Struct):
    subject: _Subject


class _Follow(Struct):
    subject: str


class _Reply(Struct):
    parent: _Subject


class _Embedded(Struct):
    uri: str | None = None
    record: _Subject | None = None
    """Set if a quote has media."""


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
class _Act:
    """An act of a record on another account."""

    verb: str
    target_id: str | None
    """Account id (DID); None if the record has no valid one."""
    post_id: str | None = None


def read_archive(path: Path, now: datetime) -> ArchiveContents:
    """
    Read what an account did to others from the CAR file of its repository.

    Parameters
    ----------
    path : Path
    now : datetime
        Latest possible instant; later ones are replaced by it.

    Returns
    -------
    ArchiveContents
        Likes, reposts, follows, replies, quotes and mentions that were not undone. Records of other
        kinds and invalid ones are skipped. It covers no verb: the acts of one account do not show
        what others did on the network.

    Raises
    ------
    InvalidInputError
        If it is no complete CAR file of a repository, or too large.

    Notes
    -----
    The signature is not verified: the file is as trustworthy as its source.
    """
    root, blocks = _decode_car(path)
    commit = _convert(blocks.get(root), _Commit)
    if commit is None or not is_did(commit.did) or commit.version not in _COMMIT_VERSIONS:
        raise InvalidInputError(f"{path}: its root is no commit of a Bluesky repository; {_DOWNLOAD_AGAIN}")
    records = _walk_tree(path, blocks, commit.data)
    acts = tuple(act for key, record in records for act in _extract_interactions(commit.did, key, record, now=now))
    return ArchiveContents(NETWORK, Account(commit.did, commit.did), (), acts)


def _decode_car(path: Path) -> tuple[bytes, Mapping[bytes, Any]]:
    """Decode a CAR file: return the CID of its root, and all blocks by their CIDs."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InvalidInputError(
                f"{path}: {size:,} bytes, and at most {MAX_FILE_BYTES:,} are read; is it a repository?"
            )
        header, blocks = libipld.decode_car(path.read_bytes())
    except OSError as error:
        raise InvalidInputError(f"cannot read {os.fspath(path)!r}: {error.strerror}; check the name") from error
    except ValueError as error:
        raise InvalidInputError(f"{path}: not a complete CAR file ({error}); {_DOWNLOAD_AGAIN}") from error
    return header["roots"][0], blocks


def _walk_tree(path: Path, blocks: Mapping[bytes, Any], root: bytes) -> Iterator[tuple[str, Any]]:
    """Walk the Merkle search tree; yield the key (collection and record key) and content of every record."""
    pending, visited = [root], {root}
    while pending:
        node = _convert(blocks.get(pending.pop()), _Node)
        if node is None:
            raise InvalidInputError(f"{path}: a node of its tree is missing or damaged; {_DOWNLOAD_AGAIN}")
        for key, entry in _decode_keys(path, node):
            if entry.record not in blocks:
                raise InvalidInputError(f"{path}: the record {key!r} is missing; {_DOWNLOAD_AGAIN}")
            yield key, blocks[entry.record]
        # A malicious tree may have cycles, or millions of paths to one node.
        children = {cid for cid in (node.left, *(entry.right for entry in node.entries)) if cid} - visited
        visited |= children
        pending += sorted(children)


def _decode_keys(path: Path, node: _Node) -> Iterator[tuple[str, _Entry]]:
    """Yield the entries of a node with their keys, which are stored without the prefix shared with the previous key."""
    key = b""
    for entry in node.entries:
        key = key[: entry.shared] + entry.rest
        if len(key) > _MAX_KEY_BYTES:
            raise InvalidInputError(
                f"{path}: the key of a record is longer than {_MAX_KEY_BYTES} bytes; {_DOWNLOAD_AGAIN}"
            )
        yield key.decode("utf-8", "replace"), entry


def _convert(value: Any, model: type[StructT]) -> StructT | None:
    try:
        return msgspec.convert(value, model)
    except msgspec.ValidationError:
        return None


def _extract_interactions(did: str, key: str, record: Any, *, now: datetime) -> Iterator[Interaction]:
    model, extract = _EXTRACTORS.get(key.partition("/")[0], (_IgnoredRecord, _extract_nothing))
    parsed, uri, at = _convert(record, model), f"at://{did}/{key}", _parse_created_at(record, now)
    if parsed is None or owner_did(uri) is None or at is None:
        return
    for act in extract(parsed):
        if act.target_id is not None and act.target_id != did:
            yield Interaction(
                network=NETWORK,
                interaction_id=uri,
                verb=act.verb,
                actor_id=did,
                target_id=act.target_id,
                post_id=act.post_id,
                at=at,
            )


def _parse_created_at(record: Any, now: datetime) -> datetime | None:
    """Return when a record was created, according to its author; None if that is invalid or before `EPOCH`."""
    at = resolve_instant(record.get("createdAt"), None, now=now) if isinstance(record, dict) else None
    return at if at and at >= _EARLIEST else None


def _extract_nothing(_record: Struct) -> Iterator[_Act]:
    """Return no acts: for profiles, blocks, lists and unknown collections."""
    return iter(())


def _subject_extractor(verb: str) -> Callable[[_SubjectRecord], Iterator[_Act]]:
    def extract(record: _SubjectRecord) -> Iterator[_Act]:
        yield _Act(verb, owner_did(record.subject.uri), record.subject.uri)

    return extract


def _extract_follow(record: _Follow) -> Iterator[_Act]:
    yield _Act("follow", record.subject if is_did(record.subject) else None)


def _extract_post(record: _Post) -> Iterator[_Act]:
    """Yield the replies, quotes and mentions in a post."""
    if record.reply:
        yield _Act("reply", owner_did(record.reply.parent.uri), record.reply.parent.uri)
    if record.embed and record.embed.record:
        embedded = record.embed.record
        quoted = embedded.record.uri if embedded.record else embedded.uri
        if is_post_uri(quoted):
            yield _Act("quote", owner_did(quoted), quoted)
    features = [feature for facet in record.facets or () for feature in facet.features]
    mentioned = dict.fromkeys(
        feature.did for feature in features if feature.kind == _MENTION_FEATURE and is_did(feature.did)
    )
    yield from (_Act("mention", did) for did in list(mentioned)[:MAX_MENTIONS])


_EXTRACTORS: Mapping[str, tuple[type[Struct], Callable[[Any], Iterator[_Act]]]] = {
    "app.bsky.feed.like": (_SubjectRecord, _subject_extractor("like")),
    "app.bsky.feed.repost": (_SubjectRecord, _subject_extractor("repost")),
    "app.bsky.feed.post": (_Post, _extract_post),
    "app.bsky.graph.follow": (_Follow, _extract_follow),
}
"""Collection to the model of its records, and the function that extracts their acts."""
