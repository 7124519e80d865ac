"""
Names of Nostr accounts: public keys in hex, as ``npub1…`` (bech32), and as ``name@domain`` (NIP-05).

References
----------
BIP-173, "Bech32" (alphabet and checksum); NIP-19 (prefixes); NIP-05 (names).
"""

import re
from collections.abc import Iterable, Iterator

from renown.connectors.url_parts import split_url

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LENGTH = 6
_MAX_LENGTH = 1000
"""Characters of a name that are read; NIP-19 allows 5,000, of which a key needs 63."""
_KEY_BYTES = 32
KEY_PATTERN = re.compile(r"[0-9a-f]{64}")
_NIP05_PATTERN = re.compile(r"(?:([a-z0-9._-]+)@)?((?:[a-z0-9-]+\.)+[a-z0-9-]*[a-z][a-z0-9-]*)")
_LOCAL_PATTERN = re.compile(r"([a-z0-9._-]+)@(127\.0\.0\.1:\d+|localhost:\d+)")
"""Names at a server of one's own on this machine."""


def parse_key(text: str) -> str | None:
    """
    Return the public key, in hex, that a text gives; None if it gives none.

    Parameters
    ----------
    text : str
        Hex, ``npub1…``, ``nprofile1…``, each of them also with ``nostr:`` before it or at the end of a URL.

    Examples
    --------
    >>> parse_key("nostr:npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg")
    '7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e'
    >>> parse_key("npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptx") is None
    True
    """
    word = text.strip().removeprefix("nostr:")
    if "://" in word:
        word = split_url(word).path.rstrip("/").rpartition("/")[2]
    if KEY_PATTERN.fullmatch(word.lower()):
        return word.lower()
    prefix, data = _decode_bech32(word)
    if prefix == "npub" and len(data) == _KEY_BYTES:
        return data.hex()
    if prefix == "nprofile":
        return next(
            (value.hex() for kind, value in _split_records(data) if not kind and len(value) == _KEY_BYTES), None
        )
    return None


def parse_nip05(text: str) -> tuple[str, str] | None:
    """
    Return the name and domain of an identifier of NIP-05; a domain alone has the name ``_``.

    Examples
    --------
    >>> parse_nip05("Ada@example.com"), parse_nip05("example.com"), parse_nip05("ada@example.com:22")
    (('ada', 'example.com'), ('_', 'example.com'), None)
    """
    word = text.strip().lower()
    match = _NIP05_PATTERN.fullmatch(word) or _LOCAL_PATTERN.fullmatch(word)
    return (match[1] or "_", match[2]) if match else None


def format_npub(key: str) -> str:
    """
    Return a key in hex as ``npub1…``.

    Examples
    --------
    >>> format_npub("7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e")
    'npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg'
    """
    return _encode_bech32("npub", bytes.fromhex(key))


def format_note(event_id: str) -> str:
    """Return the id of an event in hex as ``note1…``."""
    return _encode_bech32("note", bytes.fromhex(event_id))


def _encode_bech32(prefix: str, data: bytes) -> str:
    values = list(_regroup_bits(data, 8, 5))
    remainder = _checksum([*_expand(prefix), *values, *[0] * _CHECKSUM_LENGTH]) ^ 1
    values += [remainder >> 5 * (_CHECKSUM_LENGTH - 1 - index) & 31 for index in range(_CHECKSUM_LENGTH)]
    return f"{prefix}1{''.join(_ALPHABET[value] for value in values)}"


def _decode_bech32(text: str) -> tuple[str, bytes]:
    """Return the prefix and data of a bech32 text; both are empty if it is not valid."""
    word = text.lower() if text in {text.lower(), text.upper()} else ""
    prefix, _, body = word[:_MAX_LENGTH].rpartition("1")
    values = [_ALPHABET.find(character) for character in body]
    if not prefix or not prefix.isascii() or -1 in values or len(values) < _CHECKSUM_LENGTH:
        return "", b""
    if _checksum([*_expand(prefix), *values]) != 1:
        return "", b""
    bits = len(values[:-_CHECKSUM_LENGTH]) * 5
    return prefix, bytes(_regroup_bits(values[:-_CHECKSUM_LENGTH], 5, 8))[: bits // 8]


def _expand(prefix: str) -> list[int]:
    return [ord(character) >> 5 for character in prefix] + [0] + [ord(character) & 31 for character in prefix]


def _checksum(values: Iterable[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for index, term in enumerate(_GENERATOR):
            remainder ^= term if top >> index & 1 else 0
    return remainder


def _regroup_bits(values: Iterable[int], size: int, new_size: int) -> Iterator[int]:
    """Yield numbers of `new_size` bits, the last one padded with zeros."""
    buffer = bits = 0
    for value in values:
        buffer, bits = buffer << size | value, bits + size
        while bits >= new_size:
            bits -= new_size
            yield buffer >> bits & (1 << new_size) - 1
        buffer &= (1 << bits) - 1
    if bits:
        yield buffer << new_size - bits & (1 << new_size) - 1


def _split_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and value of each record of NIP-19's lists."""
    position = 0
    while position + 2 <= len(data):
        kind, length = data[position], data[position + 1]
        yield kind, data[position + 2 : position + 2 + length]
        position += 2 + length
