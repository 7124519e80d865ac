"""Opted-out accounts, which are recognized by keyed hashes."""

import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OptOutList:
    """The accounts whose owners opted out: their rows are dropped on ingest and from scoring."""

    secret: bytes = field(default=b"", repr=False)
    """Key of the hashes; every store has its own."""
    hashes: frozenset[str] = frozenset()
    """`opt_out_hash` of the accounts: they are pseudonymized, so that one can be tested but none can be listed."""
    accounts: tuple[tuple[str, int], ...] = ()
    """(network, account key) of opted-out accounts of which the lake still has rows."""
    opt_in_count: int = 0
    """How often somebody opted back in: a batch that is sent again after that is ingested again, with their rows."""


def opt_out_hash(secret: bytes, network: str, account_id: str) -> str:
    """
    Return the keyed hash (HMAC) by which an opted-out account is recognized.

    References
    ----------
    RFC 2104, "HMAC"; with SHA-256, in hex.
    """
    return hmac.digest(secret, f"{network}:{account_id}".encode(), "sha256").hex()
