"""
CAR files (content addressable archives): find their blocks without decoding or keeping them.

Only the blocks that are needed are decoded, so that one that cannot be costs nothing but itself.

References
----------
IPLD, "Content Addressable aRchives (CAR)", version 1. AT Protocol, "Repository", "CAR File Serialization".
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

import libipld
import msgspec

from renown.connectors.decode import convert_data

_MAX_SHIFT = 63
_SHA_256_CID = b"\x01\x71\x12\x20"
"""First bytes of the CIDs of records: version 1, DAG-CBOR, SHA-256 (AT Protocol, data model)."""
_SHA_256_CID_BYTES = 36


_HEAD_BYTES = 512
"""Bytes in which the size and the id of a block are; ids have 36."""
_SIZE_BITS = 32


@dataclass(frozen=True)
class CarIndex:
    """Where the blocks of a CAR file are."""

    path: Path
    root: bytes | None
    """CID of the first root; None if there is no valid one."""
    positions: Mapping[bytes, int]
    """CID to the offset of the encoded content, and its size in the lower 32 bits: one number takes least memory."""

    @contextmanager
    def open(self) -> Iterator[Callable[[int], bytes]]:
        """Open the file; yield a function that reads the block at a position."""
        with self.path.open("rb", buffering=0) as file:

            def read(position: int) -> bytes:
                file.seek(position >> _SIZE_BITS)
                return file.read(position & ((1 << _SIZE_BITS) - 1))

            yield read


def index_car_file(path: Path) -> CarIndex:
    """
    Find the blocks of a CAR file.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is not a CAR file, or is truncated.
    """
    file_size = path.stat().st_size
    with path.open("rb", buffering=0) as file:
        try:
            header_size, start = read_varint(file.read(_HEAD_BYTES), 0)
            if start + header_size > file_size:
                raise ValueError("its header is truncated")
            file.seek(start)
            root = _parse_root(file.read(header_size))
            positions = dict(_iterate_blocks(file, start + header_size, file_size))
        except IndexError:
            raise ValueError("it is truncated") from None
    return CarIndex(path, root, positions)


def _iterate_blocks(file: BinaryIO | RawIOBase, offset: int, file_size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the CID and the position of each block from an offset on."""
    while offset < file_size:
        file.seek(offset)
        head = file.read(_HEAD_BYTES) or b""
        size, start = read_varint(head, 0)
        if offset + start + size > file_size:
            raise ValueError("its last block is truncated")
        content_start = _skip_cid(head, start)
        if content_start > min(start + size, len(head)):
            raise ValueError("a block is smaller than its id")
        content_size = start + size - content_start
        yield head[start:content_start], (offset + content_start) << _SIZE_BITS | content_size
        offset += start + size


def decode_record(block: bytes, record_type: type[Any]) -> Any:
    """
    Decode a block as a type, lenient about fields that it does not require.

    Raises
    ------
    ValueError, RecursionError
        If it is not DAG-CBOR of that type.
    """
    return convert_record(libipld.decode_dag_cbor(block), record_type)


def convert_record(record: Any, record_type: type[Any]) -> Any:
    """
    Convert a decoded block to a type, lenient about fields that it does not require.

    Raises
    ------
    msgspec.ValidationError
        If it is not of that type.
    """
    try:
        return msgspec.convert(record, record_type)
    except msgspec.ValidationError:
        return convert_data(record, record_type).value


def read_varint(content: bytes, offset: int) -> tuple[int, int]:
    """
    Decode a varint (LEB128: seven bits per byte); return it and the offset after it.

    Raises
    ------
    IndexError
        If it is truncated or longer than 64 bits.
    """
    number = shift = 0
    while (byte := content[offset]) & 0x80:
        number |= (byte & 0x7F) << shift
        shift, offset = shift + 7, offset + 1
        if shift > _MAX_SHIFT:
            raise IndexError
    return number | byte << shift, offset + 1


def _parse_root(header: bytes) -> bytes | None:
    try:
        fields = libipld.decode_dag_cbor(header)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its header cannot be decoded: {error}") from error
    roots = fields.get("roots") if isinstance(fields, dict) else None
    root = roots[0] if isinstance(roots, list) and roots else None
    return root if isinstance(root, bytes) else None


def _skip_cid(content: bytes, offset: int) -> int:
    """Return the offset after a CID of any kind."""
    if content[offset : offset + 4] == _SHA_256_CID:
        return offset + _SHA_256_CID_BYTES
    if content[offset : offset + 2] == b"\x12\x20":  # Version 0: a bare SHA-256.
        return offset + 34
    for _ in ("version", "codec", "hash function"):
        _, offset = read_varint(content, offset)
    size, offset = read_varint(content, offset)
    return offset + size
