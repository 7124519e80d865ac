"""
Blocks of people that a snapshot in SQLite has, read without NumPy.

A block is two blobs: one little-endian array per numeric column, one after the other, and the names in UTF-8, one after
the other. With each array as long as there are people, the size of the first blob tells how many they are.
"""

import bisect
import struct
from collections.abc import Container, Sequence
from typing import Any

from renown.store.serving.columns import COLUMNS

BLOCK_PEOPLE = 64
"""People per block: about 6 kB."""
_CODES = {"bigint": "q", "integer": "i", "double precision": "d"}
"""Format of an array's elements, as in Python's `struct`, by SQL type."""
FIELDS = {
    **{name: _CODES[sql_type] for name, sql_type in COLUMNS.items() if sql_type != "text"},
    "name_bytes": _CODES["integer"],
}
"""Arrays of a block, in order, and the format of their elements."""
_WIDTHS = {name: struct.calcsize(code) for name, code in FIELDS.items()}
_PERSON_BYTES = sum(_WIDTHS.values())
_OFFSETS = {name: sum(width for _, width in list(_WIDTHS.items())[:index]) for index, name in enumerate(_WIDTHS)}
"""Offset of an array, in bytes per person."""


class PackedBlock:
    """
    A block of people.

    Raises
    ------
    ValueError
        If the blobs do not fit together, or the names are not UTF-8.
    """

    def __init__(self, numbers: bytes, names: bytes) -> None:
        self._numbers, self._names, self._people = numbers, names, count_people(numbers)
        self._name_bytes = read_array(numbers, "name_bytes")
        if min(self._name_bytes, default=0) < 0 or sum(self._name_bytes) != len(names):
            raise ValueError(f"{len(names)} bytes are not the names of {self._people} people")
        names.decode()

    def find(self, key: int) -> int | None:
        """Return the position of the person with a key."""
        keys = read_array(self._numbers, "key")
        position = bisect.bisect_left(keys, key)
        return position if keys[position : position + 1] == (key,) else None

    def read(self, position: int, column: str) -> Any:
        """Return a person's value of a column; None for null."""
        if column == "name":
            return self._read_name(position).decode() or None
        offset = self._people * _OFFSETS[column] + position * _WIDTHS[column]
        [value] = struct.unpack_from("<" + FIELDS[column], self._numbers, offset)
        is_null = column != "key" and (value == -1 or value != value)  # noqa: PLR0124 - NaN, the marker of a real
        return None if is_null else value

    def without(self, keys: Container[int]) -> tuple[bytes, bytes, int | None]:
        """Return the two blobs without people of some keys, and the first key that remains, if any."""
        all_keys = read_array(self._numbers, "key")
        remaining = [position for position, key in enumerate(all_keys) if key not in keys]
        numbers = b"".join(self._cut_array(field, remaining) for field in FIELDS)
        names = b"".join(map(self._read_name, remaining))
        return numbers, names, all_keys[remaining[0]] if remaining else None

    def _cut_array(self, field: str, positions: list[int]) -> bytes:
        width, begin = _WIDTHS[field], self._people * _OFFSETS[field]
        return b"".join(
            self._numbers[begin + position * width : begin + (position + 1) * width] for position in positions
        )

    def _read_name(self, position: int) -> bytes:
        begin = sum(self._name_bytes[:position])
        return self._names[begin : begin + self._name_bytes[position]]


def count_people(numbers: bytes) -> int:
    """Return the number of people of a block, from its blob of numbers; a `ValueError` if it is damaged."""
    people, remainder = divmod(len(numbers), _PERSON_BYTES)
    if remainder:
        raise ValueError(f"{len(numbers)} bytes are not the numbers of a block of people")
    return people


def read_array(numbers: bytes, field: str) -> tuple[Any, ...]:
    """Return the values of a field, one per person of a block, from its blob of numbers."""
    people = count_people(numbers)
    return struct.unpack_from(f"<{people}{FIELDS[field]}", numbers, people * _OFFSETS[field])


def join_arrays(blocks: Sequence[bytes], field: str) -> Any:
    """Return the values of a field of everybody in some blocks, from their blobs of numbers, as a NumPy array."""
    import numpy as np  # noqa: PLC0415 - reading one person needs no arrays

    dtype = np.dtype("<" + FIELDS[field])
    arrays = [
        np.frombuffer(numbers, dtype, people := count_people(numbers), people * _OFFSETS[field]) for numbers in blocks
    ]
    return np.concatenate([np.empty(0, dtype), *arrays])
