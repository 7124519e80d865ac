"""
Nostr events: decode, verify their ids and signatures, and read their tags.

References
----------
NIP-01 (events and their ids); BIP-340 (Schnorr signatures on secp256k1).
"""

import hashlib
import json
from typing import Annotated, Any

import msgspec

Hex32 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Hex64 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]
PROFILE, NOTE, FOLLOWS, DELETION, REPOST, REACTION, GENERIC_REPOST, COMMENT, ZAP_REQUEST, ZAP, RELAYS = (
    *(0, 1, 3, 5, 6, 7, 16, 1111, 9734, 9735, 10002),
)
"""Kinds of NIP-01, 02, 09, 18, 25, 22, 57 and 65."""
LOGIN = 22242
"""Kind with which a client signs in to a relay (NIP-42)."""
POSTS = (NOTE, 20, 21, 22, COMMENT, 30023)
"""Kinds of posts: notes, pictures, videos, short videos, comments and articles (NIP-01, 68, 71, 22, 23)."""
ACTS = (NOTE, REPOST, REACTION, GENERIC_REPOST, COMMENT, ZAP)
_MAX_TAGS = 5000
_MAX_SECONDS = 1 << 33


class Event(msgspec.Struct, frozen=True):
    """A signed event."""

    id: Hex32
    pubkey: Hex32
    created_at: Annotated[int, msgspec.Meta(ge=0, le=_MAX_SECONDS)]
    """Seconds since 1970, as its author claims."""
    kind: Annotated[int, msgspec.Meta(ge=0, le=65_535)]
    tags: Annotated[list[list[str]], msgspec.Meta(max_length=_MAX_TAGS)]
    content: str
    sig: Hex64

    def values(self, name: str) -> list[str]:
        """Return the first value of each tag with a name."""
        return [tag[1] for tag in self.tags if len(tag) > 1 and tag[0] == name]


def sign_event(secret: bytes, kind: int, tags: list[list[str]], created_at: int) -> Event:
    """
    Return a signed event without content.

    Examples
    --------
    >>> is_authentic(sign_event(bytes([1] * 32), LOGIN, [["challenge", "x"]], 1_700_000_000))
    True
    """
    from btclib_secp256k1 import keys, ssa, xonly  # noqa: PLC0415 - see `is_authentic`

    pubkey = xonly.from_pubkey(keys.pubkey_from_prvkey(secret))[0].hex()
    unsigned = Event(id="", pubkey=pubkey, created_at=created_at, kind=kind, tags=tags, content="", sig="")
    digest = hashlib.sha256(serialize(unsigned)).digest()
    signature = ssa.sign(digest, secret).hex()
    return msgspec.structs.replace(unsigned, id=digest.hex(), sig=signature)


def parse_event(data: Any) -> tuple[Event | None, str]:
    """
    Parse and verify an event of a relay, which may have invented it.

    Parameters
    ----------
    data : object
        Decoded JSON.

    Returns
    -------
    tuple of (Event or None, str)
        None with the reason, if it is not valid.
    """
    try:
        event = msgspec.convert(data, Event)
    except msgspec.ValidationError as error:
        return None, f"event: {error}"
    if not is_authentic(event):
        return None, "event: its id or signature is not valid"
    return event, ""


def parse_embedded(text: str) -> Event | None:
    """Parse and verify an event that another one contains as text."""
    try:
        return parse_event(msgspec.json.decode(text))[0]
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None


def is_authentic(event: Event) -> bool:
    """Tell whether the id is the hash of the event, and the signature is its author's."""
    from btclib_secp256k1 import ssa  # noqa: PLC0415 - a compiled library that only this network needs

    try:
        if hashlib.sha256(serialize(event)).hexdigest() != event.id:
            return False
        return ssa.verify(bytes.fromhex(event.id), bytes.fromhex(event.pubkey), bytes.fromhex(event.sig))
    except ValueError:
        # A number that is no point of the curve, or half a surrogate pair in a text.
        return False


def serialize(event: Event) -> bytes:
    """Serialize an event to the bytes whose hash is its id."""
    fields = [0, event.pubkey, event.created_at, event.kind, event.tags, event.content]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
