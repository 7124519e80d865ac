"""
Pagination cursors: the position of a page's last row, encrypted, so that a cursor tells nothing about hidden people.

The rank inside counts everybody, also the hidden; the displayed rank does not.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from renown.answers import Position

CURSOR_PATTERN = re.compile(r"^[A-Za-z0-9_-]{22}$", re.ASCII)
"""Format of a pagination cursor: 16 bytes in base64."""
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


def _mask(half: bytes, other: bytes, secret: bytes, number: int) -> bytes:
    """Apply the function of one Feistel round, its own inverse."""
    digest = hmac.digest(secret, bytes([number]) + other, "sha256")
    return bytes(a ^ b for a, b in zip(half, digest, strict=False))
