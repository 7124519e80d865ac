"""
Pagination cursors: the position of a page's last row, encrypted, so that a cursor tells nothing about hidden people.

The rank inside counts everybody, also the hidden; the displayed rank does not.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

from renown.answers import Position

CURSOR_PATTERN = re.compile(r"^[A-Za-z0-9_-]{22}$", re.ASCII)
"""Format of a pagination cursor: 16 bytes in base64."""
Item = TypeVar("Item")
_ROUNDS = 4
_HALF_BYTES = 8
_MAX_RANK, _MAX_KEY = 999_999_999, 2**63 - 1


def encode_cursor(position: Position, secret: bytes) -> str:
    """
    Encrypt a (rank, key) position.

    References
    ----------
    Luby and Rackoff, "How to construct pseudorandom permutations", SIAM J. Comput. 17 (1988): four Feistel rounds.
    """
    rank, key = position
    halves = (rank.to_bytes(_HALF_BYTES), key.to_bytes(_HALF_BYTES, signed=True))
    for number in range(_ROUNDS):
        halves = (halves[1], _mask(halves[0], halves[1], secret, number))
    return urlsafe_b64encode(b"".join(halves)).decode().rstrip("=")


def decode_cursor(cursor: str | None, secret: bytes) -> Position:
    """Decrypt a cursor; the start of the list without one. A made-up cursor is a random position of the same list."""
    if cursor is None:
        return 0, 0
    block = urlsafe_b64decode(f"{cursor}==")
    halves = (block[:_HALF_BYTES], block[_HALF_BYTES:])
    for number in reversed(range(_ROUNDS)):
        halves = (_mask(halves[1], halves[0], secret, number), halves[0])
    rank, key = int.from_bytes(halves[0]), int.from_bytes(halves[1], signed=True)
    return min(rank, _MAX_RANK), max(-_MAX_KEY, key)


def paginate(rows: Iterable[tuple[Position, Item]], limit: int, secret: bytes) -> tuple[list[Item], str | None]:
    """Return the first `limit` rows, and the cursor of the next page; None on the last one."""
    page = list(islice(rows, limit + 1))
    cursor = encode_cursor(page[limit - 1][0], secret) if len(page) > limit else None
    return [item for _, item in page[:limit]], cursor


def paginate_rows(
    rows: Sequence[Item], name_row: Callable[[Item], str], after: Position, limit: int, secret: bytes
) -> tuple[list[Item], str | None]:
    """
    Return a page of rows that are all in memory, and the cursor of the next page; None on the last one.

    Parameters
    ----------
    rows : sequence
    name_row : callable
        Returns the unique name of a row.
    after : Position
        Of the row before the page, by the digest of its name; if there is no such row any more, the page is empty.
    limit : int
    secret : bytes
        Key of the cursors.
    """
    positions = [(1, int.from_bytes(hashlib.sha256(name_row(row).encode()).digest()[:7])) for row in rows]
    start = 0 if after == (0, 0) else positions.index(after) + 1 if after in positions else len(rows)
    return paginate(zip(positions[start:], rows[start:], strict=True), limit, secret)


def _mask(half: bytes, other: bytes, secret: bytes, number: int) -> bytes:
    """Apply the function of one Feistel round, its own inverse."""
    digest = hmac.digest(secret, bytes([number]) + other, "sha256")
    return bytes(a ^ b for a, b in zip(half, digest, strict=False))
