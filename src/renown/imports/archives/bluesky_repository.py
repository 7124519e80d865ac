"""Open the repository of a Bluesky account: a CAR file with a commit, a Merkle search tree and records."""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import libipld
import msgspec
from msgspec import Struct, field

from renown.connectors.bluesky.car import CarIndex, decode_record, index_car_file
from renown.connectors.bluesky.ids import is_did
from renown.errors import InvalidInputError, describe_io_error

MAX_FILE_BYTES = 200_000_000
"""Maximum size of a file; active people have tens of MB."""
_COMMIT_VERSIONS = (2, 3)
"""Supported versions of the commit object; 2 differs from 3 only in what is signed."""
_MAX_KEY_BYTES = 317 + 1 + 512
"""Maximum bytes of a key: collection, slash and record key (AT Protocol, "NSID", "Record Key")."""
_DOWNLOAD_AGAIN = "download it again, completely, from com.atproto.sync.getRepo"
_MISSING = "is not in the file (a download with since= has only changes; leave since out)"
_MAX_NAMES = 3
"""Records that a message names."""


class _Commit(Struct):
    did: str
    version: int
    data: bytes


class _Entry(Struct):
    shared: int = field(name="p")
    suffix: bytes = field(name="k")
    record: bytes = field(name="v")
    right: bytes | None = field(default=None, name="t")


class _Node(Struct):
    entries: list[_Entry] = field(name="e")
    left: bytes | None = field(default=None, name="l")


class DroppedRecords:
    """Records that were left out, by reason; iterating yields sentences."""

    def __init__(self, count: int = 0) -> None:
        self.record_count = count
        self._keys: dict[str, list[str]] = {}

    def add(self, key: str, reason: str) -> None:
        """Add a record that is left out, with the reason."""
        self._keys.setdefault(reason, []).append(key)

    def clear(self) -> None:
        """Clear all but the missing records, since the others are read again."""
        self._keys = {_MISSING: self._keys[_MISSING]} if _MISSING in self._keys else {}

    def __iter__(self) -> Iterator[str]:
        """Yield a sentence for each reason."""
        for reason, keys in self._keys.items():
            names = f"{', '.join(map(repr, keys[:_MAX_NAMES]))}{', …' if len(keys) > _MAX_NAMES else ''}"
            yield f"{len(keys):,} of {self.record_count:,} records left out ({names}): each {reason}"


@dataclass(frozen=True)
class Repository:
    """A repository: where the records are that may be acts on others."""

    car: CarIndex
    did: str
    records: tuple[tuple[str, int], ...]
    """Key (collection and record key) and position of each."""
    dropped: DroppedRecords


def open_repository(path: Path, collections: Collection[str]) -> Repository:
    """
    Open the repository in a CAR file, with the records of some collections.

    Raises
    ------
    InvalidInputError
        If it is no CAR file of a repository with a complete tree, has none of its records, or is too large.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InvalidInputError(
                f"{path}: {size:,} bytes, and at most {MAX_FILE_BYTES:,} are read; is it a repository?"
            )
        car = index_car_file(path)
    except OSError as error:
        raise InvalidInputError(
            f"cannot read {os.fspath(path)!r}: {describe_io_error(error)}; check the name"
        ) from error
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
        records, dropped = _list_records(car, _walk_tree(car, read, commit.data), collections)
    return Repository(CarIndex(path, None, {}), commit.did, records, dropped)


def _read_block(car: CarIndex, read: Callable[[int], bytes], cid: bytes) -> bytes:
    """Return the block with a CID; empty if the file does not have it."""
    position = car.positions.get(cid)
    return b"" if position is None else read(position)


def _list_records(
    car: CarIndex, keys: Iterator[tuple[str, bytes]], collections: Collection[str]
) -> tuple[tuple[tuple[str, int], ...], DroppedRecords]:
    """
    Return the records of some collections, and those that are missing.

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
        elif key.partition("/")[0] in collections:
            records.append((key, position))
    if missing_keys and len(missing_keys) == count:
        raise InvalidInputError(
            f"{car.path}: the record {missing_keys[0]!r} is missing, and so is every other; {_DOWNLOAD_AGAIN}"
        )
    dropped = DroppedRecords(count)
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
        key = key[: entry.shared] + entry.suffix
        if len(key) > _MAX_KEY_BYTES:
            raise InvalidInputError(
                f"{path}: the key of a record is longer than {_MAX_KEY_BYTES} bytes; {_DOWNLOAD_AGAIN}"
            )
        yield key.decode("utf-8", "replace"), entry
