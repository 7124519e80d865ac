"""Binary: blocks of rows as PostgreSQL's COPY takes them, an array for each column, made for many blocks at a time."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""Signature, no flags, no extension: PostgreSQL's documentation, COPY, "Binary Format"."""
TRAILER = b"\xff\xff"
_TYPES = {"bigint": (20, ">i8"), "integer": (23, ">i4"), "double precision": (701, ">f8")}
"""Number (catalogue pg_type) and form of an array's elements."""
_TEXT = 25
_SIZE = 4
"""Bytes of the size before each field and element."""


def encoded(columns: Mapping[str, Any], types: Mapping[str, str], people: int) -> Iterator[bytes]:
    """
    Return the rows of blocks: the key of the first of so many people, an array for each column, the names last.

    Parameters
    ----------
    columns : mapping of str to ndarray
        Numbers, without nulls, and `name`, texts as objects; the first one is `key`.
    types : mapping of str to str
        PostgreSQL's, of the numbers' columns.
    people : int
        How many make a block; the last one is of what is left.
    """
    n = len(columns["key"])
    whole = n - n % people
    for begin, end, size in ((0, whole, people), (whole, n, n - whole)):
        if end > begin:
            yield _blocks({name: column[begin:end] for name, column in columns.items()}, types, size)


def _blocks(columns: Mapping[str, Any], types: Mapping[str, str], people: int) -> bytes:
    """Return blocks that are equally long."""
    names, starts = _texts(columns["name"].tolist())
    sizes = starts[people::people] - starts[:-people:people]
    numbers = _numbers(columns, types, people, sizes + _array(0, 0).nbytes)
    width = numbers.dtype.itemsize
    fixed, texts = memoryview(numbers.tobytes()), memoryview(names)
    return b"".join(
        piece
        for place, (begin, end) in enumerate(pairwise(starts[::people].tolist()))
        for piece in (fixed[place * width : (place + 1) * width], texts[begin:end])
    )


def _numbers(columns: Mapping[str, Any], types: Mapping[str, str], people: int, names: Any) -> Any:
    """Return of each block what is equally long in all: fields of numbers, and how the one of names begins."""
    begin: list[Any] = [("fields", ">i2"), ("size of first", ">i4"), ("first", ">i8")]
    for name, of in types.items():
        element = np.dtype([("size", ">i4"), ("value", _TYPES[of][1])])
        begin += [(f"size of {name}", ">i4"), (f"array of {name}", ">i4", (5,)), (name, element, (people,))]
    row = np.zeros(1, [*begin, ("size of names", ">i4"), ("array of names", ">i4", (5,))])
    row["fields"], row["size of first"], row["array of names"] = 2 + len(types), 8, _array(_TEXT, people)
    for name, of in types.items():
        head = _array(_TYPES[of][0], people)
        row[f"array of {name}"], row[f"size of {name}"] = head, head.nbytes + row.dtype[name].itemsize
        row[name]["size"] = np.dtype(_TYPES[of][1]).itemsize
    rows = np.repeat(row, len(names))
    for name in types:
        rows[name]["value"] = columns[name].reshape(-1, people)
    rows["first"], rows["size of names"] = columns["key"][::people], names
    return rows


def _array(of: int, elements: int) -> Any:
    """Return how an array begins: one dimension, no nulls, the elements' type, how many from the first."""
    return np.array([1, 0, of, elements, 1], ">i4")


def _texts(texts: list[str]) -> tuple[bytes, Any]:
    r"""
    Return texts as elements of an array, each after its size; and where each begins, and the last ends.

    >>> _texts(["a", "", "☃"])
    (b'\x00\x00\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x03\xe2\x98\x83', array([ 0,  5,  9, 16]))
    """
    together = "".join(texts)
    raw = together.encode()
    each = texts if len(raw) == len(together) else [text.encode() for text in texts]
    sizes = np.fromiter(map(len, each), np.int64, len(texts))
    starts = np.r_[0, np.cumsum(sizes + _SIZE)]
    said, held = np.empty(starts[-1], np.uint8), np.ones(starts[-1], bool)
    places = starts[:-1, None] + np.arange(_SIZE)
    held[places] = False
    said[places] = sizes.astype(">i4").view(np.uint8).reshape(-1, _SIZE)
    said[held] = np.frombuffer(raw, np.uint8)
    return said.tobytes(), starts
