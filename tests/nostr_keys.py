"""Signed events of made-up people on Nostr, whose secret keys are small numbers."""

import hashlib
import json
from typing import Any

from coincurve import PrivateKey, PublicKeyXOnly

NOISE = b"\x07" * 32
"""In place of random bytes, so that signatures are always the same."""


def secret(number: int) -> PrivateKey:
    """Return the secret key of a made-up person."""
    return PrivateKey(number.to_bytes(32, "big"))


def public(number: int) -> str:
    """Return the account id of a made-up person."""
    return PublicKeyXOnly.from_secret(secret(number).secret).format().hex()


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
        "sig": secret(number).sign_schnorr(digest, NOISE).hex(),
    }
