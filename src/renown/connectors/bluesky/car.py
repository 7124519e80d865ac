"""
CAR files (content addressable archives): split into blocks without decoding them.

Only the blocks that are needed are decoded, so that one that cannot be costs nothing but itself.

References
----------
IPLD, "Content Addressable aRchives (CAR)", version 1. AT Protocol, "Repository", "CAR File Serialization".
"""

from dataclasses import dataclass
from typing import Any

import libipld
import msgspec

from renown.connectors.decode import convert_data

_MAX_SHIFT = 63
_SHA_256_CID = b"\x01\x71\x12\x20"
"""First bytes of the CIDs of records: version 1, DAG-CBOR, SHA-256 (AT Protocol, data model)."""
_SHA_256_CID_BYTES = 36


@dataclass(frozen=True)
class CarFile:
    """A CAR file as blocks."""

    root: bytes | None
    """CID of the first root; None if there is no valid one."""
    blocks: dict[bytes, memoryview]
    """CID to encoded content."""


def parse_car_file(content: bytes) -> CarFile:
    """
    Split a CAR file into its blocks.

    Raises
    ------
    ValueError
        If it is not a CAR file, or is truncated.
    """
    view = memoryview(content)
    try:
        header_size, offset = read_varint(content, 0)
        root = _parse_root(content[offset : offset + header_size])
        offset += header_size
        blocks: dict[bytes, memoryview] = {}
        while offset < len(content):
            size, offset = read_varint(content, offset)
            end = offset + size
            if end > len(content):
                raise ValueError("its last block is truncated")
            cid_end = _skip_cid(content, offset)
            if cid_end > end:
                raise ValueError("a block is smaller than its id")
            blocks[content[offset:cid_end]] = view[cid_end:end]
            offset = end
    except IndexError:
        raise ValueError("it is truncated") from None
    return CarFile(root, blocks)


def decode_record(block: bytes, record_type: type[Any]) -> Any:
    """
    Decode a block as a type, lenient about fields that it does not require.

    Raises
    ------
    ValueError, RecursionError
        If it is not DAG-CBOR of that type.
    """
    record = libipld.decode_dag_cbor(block)
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
