"""Leaving: the accounts of a batch that are left out because whose they are opted out."""

import functools
import operator

from renown.ingest.keys import ACCOUNT_COLUMNS
from renown.records import SAID
from renown.steps import literal

_BLOCK = 64
"""Bytes in a block of SHA-256 (RFC 4231, 2)."""


def opted_out(table: str, network: str) -> str:
    """
    Return SQL that makes the table `leaving`: accounts of the batch whose mark is in `marks`.

    It is `records.mark` in SQL; the statement's two values are the secret's pads, so that it
    stands in no statement and no message.

    References
    ----------
    RFC 2104, "HMAC", 2.
    """
    ids = "\nunion\n".join(f"select {column} as account_id from batch" for column in ACCOUNT_COLUMNS[table])
    inner = f"sha256(cast(? as blob) || encode({literal(network + ':')} || account_id))"
    return f"""
create or replace table leaving as
select account_id from ({ids}) ids
where sha256(cast(? as blob) || unhex({inner})) in (select mark from marks)"""


def pads(secret: bytes) -> tuple[bytes, bytes]:
    """
    Return the outer and the inner pad of a secret.

    Examples
    --------
    >>> [len(pad) for pad in pads(b"secret")], pads(b"secret")[1][:2]
    ([64, 64], b'ES')
    """
    padded = secret.ljust(_BLOCK, b"\0")
    outer, inner = (bytes(map(functools.partial(operator.xor, pad), padded)) for pad in (0x5C, 0x36))
    return outer, inner


def staying(table: str) -> str:
    """Return SQL that makes the table `staying`: the batch without what names an account of `leaving`."""
    columns = ", ".join(f'"{name}"' for name in SAID[table])
    named = " or ".join(f"{column} in (select account_id from leaving)" for column in ACCOUNT_COLUMNS[table])
    return f"create or replace table staying as select {columns} from batch where not ({named})"
