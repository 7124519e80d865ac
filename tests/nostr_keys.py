"""Signed events of made-up people on Nostr, whose secret keys are small numbers."""

import hashlib
import json
from typing import Any

from btclib_secp256k1 import keys, ssa, xonly

NOISE = b"\x07" * 32
"""In place of random bytes, so that signatures are always the same."""


def public(number: int) -> str:
    """Return the account id of a made-up person."""
    return xonly.from_pubkey(keys.pubkey_from_prvkey(number))[0].hex()


def sign(number: int, kind: int, content: str = "", *, tags: list[list[str]] | None = None, at: int) -> dict[str, Any]:
    """Return an event of a person as a relay sends it."""
    fields = [0, public(number), at, kind, tags or [], content]
    digest = hashlib.sha256(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()).digest()
    return {
        "id": digest.hex(),
        "pubkey": fields[1],
        "created_at": at,
        "kind": kind,
        "tags": fields[4],
        "content": content,
        "sig": ssa.sign(digest, number, NOISE).hex(),
    }
