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
from typing import Any

import libipld
import msgspec
from msgspec import Struct, field

from renown.connectors.base import Account
from renown.connectors.bluesky.car import CarIndex, convert_record, decode_record, index_car_file
from renown.connectors.bluesky.facets import Facet, find_mentions
from renown.connectors.bluesky.ids import NETWORK, is_did, is_post_uri, owner_did, resolve_instant
from renown.errors import InvalidInputError
from renown.imports.archives.contents import ArchiveContents
from renown.records import EPOCH, Interaction

MAX_FILE_BYTES = 200_000_000
"""Maximum size of a file; active people have tens of MB."""

_EARLIEST = datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=UTC)
_COMMIT_VERSIONS = (2, 3)
"""Supported versions of the commit object; 2 differs from 3 only in what is signed."""
_MAX_KEY_BYTES = 317 + 1 + 512
"""Maximum bytes of a key: collection, slash and record key (AT Protocol, "NSID", "Record Key")."""
_DOWNLOAD_AGAIN = "download it again, completely, from com.atproto.sync.getRepo"
_MISSING = "is not in the file (a download with since= has only changes; leave since out)"
_UNDECODABLE, _NO_INSTANT = "cannot be decoded", "has no valid createdAt since 1970"
_UNREADABLE, _NO_ACCOUNT = "is not as its collection requires", "names no valid account"
_MAX_NAMES = 3
"""Records that a message names."""


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


class _Post(Struct):
    reply: _Reply | None = None
    embed: _Embed | None = None
    text: str = ""
    facets: list[Facet] | None = None


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
        collections are not read; those that cannot be are left out and named. It covers no verb: the
        acts of one account do not show what others did on the network.

    Raises
    ------
    InvalidInputError
        If it is no CAR file of a repository with a complete tree, has none of its records, or is too large.

    Notes
    -----
    The signature is not verified: the file is as trustworthy as its source.
    """
    repository = _open_repository(path)
    return ArchiveContents(
        network=NETWORK,
        account=Account(repository.did, repository.did),
        covers=(),
        records=_RecordReader(repository, now),
        dropped=repository.dropped,
    )


class _DroppedRecords:
    """Records that were left out, by reason; iterating yields sentences."""

    def __init__(self, count: int = 0) -> None:
        self.record_count = count
        self._keys: dict[str, list[str]] = {}

    def add(self, key: str, reason: str) -> None:
        """Note a record."""
        self._keys.setdefault(reason, []).append(key)

    def clear(self) -> None:
        """Forget all but what is missing: the records are read anew."""
        self._keys = {_MISSING: self._keys[_MISSING]} if _MISSING in self._keys else {}

    def __iter__(self) -> Iterator[str]:
        """Yield a sentence for each reason."""
        for reason, keys in self._keys.items():
            names = f"{', '.join(map(repr, keys[:_MAX_NAMES]))}{', …' if len(keys) > _MAX_NAMES else ''}"
            yield f"{len(keys):,} of {self.record_count:,} records left out ({names}): each {reason}"


@dataclass(frozen=True)
class _Repository:
    """A repository: where the records are that may be acts on others."""

    car: CarIndex
    did: str
    records: tuple[tuple[str, int], ...]
    """Key (collection and record key) and position of each."""
    dropped: _DroppedRecords


def _open_repository(path: Path) -> _Repository:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InvalidInputError(
                f"{path}: {size:,} bytes, and at most {MAX_FILE_BYTES:,} are read; is it a repository?"
            )
        car = index_car_file(path)
    except OSError as error:
        raise InvalidInputError(f"cannot read {os.fspath(path)!r}: {error.strerror}; check the name") from error
    except ValueError as error:
        raise InvalidInputError(f"{path}: not a complete CAR file ({error}); {_DOWNLOAD_AGAIN}") from error
    with car.open() as read:
        try:
            commit = decode_record(_read_block(car, read, car.root or b""), _Commit)
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(
                f"{path}: its root is no commit of a Bluesky repository ({error}); {_DOWNLOAD_AGAIN}"
            ) from error
        if not is_did(commit.did) or commit.version not in _COMMIT_VERSIONS:
            raise InvalidInputError(f"{path}: its root is no commit of a Bluesky repository; {_DOWNLOAD_AGAIN}")
        records, dropped = _list_records(car, _walk_tree(car, read, commit.data))
    return _Repository(CarIndex(path, None, {}), commit.did, records, dropped)


def _read_block(car: CarIndex, read: Callable[[int], bytes], cid: bytes) -> bytes:
    """Return the block with a CID; empty if the file does not have it."""
    position = car.positions.get(cid)
    return b"" if position is None else read(position)


def _list_records(
    car: CarIndex, keys: Iterator[tuple[str, bytes]]
) -> tuple[tuple[tuple[str, int], ...], _DroppedRecords]:
    """
    Return the records that may be acts on others, and those that are missing.

    Raises
    ------
    InvalidInputError
        If the file has the tree, but no record of it.
    """
    records, missing_keys, count = list[tuple[str, int]](), list[str](), 0
    for key, cid in keys:
        count += 1
        position = car.positions.get(cid)
        if position is None:
            missing_keys.append(key)
        elif key.partition("/")[0] in _EXTRACTORS:
            records.append((key, position))
    if missing_keys and len(missing_keys) == count:
        raise InvalidInputError(
            f"{car.path}: the record {missing_keys[0]!r} is missing, and so is every other; {_DOWNLOAD_AGAIN}"
        )
    dropped = _DroppedRecords(count)
    for key in missing_keys:
        dropped.add(key, _MISSING)
    return tuple(records), dropped


def _walk_tree(car: CarIndex, read: Callable[[int], bytes], tree: bytes) -> Iterator[tuple[str, bytes]]:
    """Walk the Merkle search tree; yield the key (collection and record key) and CID of every record."""
    pending, visited = [tree], {tree}
    while pending:
        node = _decode_node(car.path, _read_block(car, read, pending.pop()))
        for key, entry in _decode_keys(car.path, node):
            yield key, entry.record
        # A malicious tree may have cycles, or millions of paths to one node.
        children = {cid for cid in (node.left, *(entry.right for entry in node.entries)) if cid} - visited
        visited |= children
        pending += sorted(children)


def _decode_node(path: Path, block: bytes) -> _Node:
    try:
        return msgspec.convert(libipld.decode_dag_cbor(block), _Node)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path}: a node of its tree is missing or damaged; {_DOWNLOAD_AGAIN}") from error


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


class _RecordReader:
    """Reads records one by one whenever it is iterated, and notes those that it cannot read."""

    def __init__(self, repository: _Repository, now: datetime) -> None:
        self._repository, self._now = repository, now

    def __iter__(self) -> Iterator[Interaction]:
        """Yield what the records did to others."""
        self._repository.dropped.clear()
        with self._repository.car.open() as read:
            for key, position in self._repository.records:
                yield from self._read(key, read(position))

    def _read(self, key: str, block: bytes) -> Iterator[Interaction]:
        """Yield what a record did to others."""
        drop = self._repository.dropped.add
        model, extract = _EXTRACTORS[key.partition("/")[0]]
        try:
            data = libipld.decode_dag_cbor(block)
        except (ValueError, RecursionError):
            drop(key, _UNDECODABLE)
            return
        try:
            record = convert_record(data, model)
        except msgspec.ValidationError:
            drop(key, _UNREADABLE)
            return
        acts = list(extract(record))
        at = _parse_created_at(data, self._now)
        if any(act.target_id is None for act in acts):
            drop(key, _NO_ACCOUNT)
        if acts and at is None:
            drop(key, _NO_INSTANT)
        elif at is not None:
            yield from self._to_interactions(key, acts, at)

    def _to_interactions(self, key: str, acts: list[_Act], at: datetime) -> Iterator[Interaction]:
        did = self._repository.did
        uri = f"at://{did}/{key}"
        for act in acts:
            if owner_did(uri) is not None and act.target_id is not None and act.target_id != did:
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
    yield from (_Act("mention", did) for did in find_mentions(record.text, record.facets or ()))


_EXTRACTORS: Mapping[str, tuple[type[Struct], Callable[[Any], Iterator[_Act]]]] = {
    "app.bsky.feed.like": (_SubjectRecord, _subject_extractor("like")),
    "app.bsky.feed.repost": (_SubjectRecord, _subject_extractor("repost")),
    "app.bsky.feed.post": (_Post, _extract_post),
    "app.bsky.graph.follow": (_Follow, _extract_follow),
}
"""Collection to the model of its records, and the function that extracts their acts."""
