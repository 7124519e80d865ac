"""Drop the rows of accounts whose owners opted out from every batch before it is imported."""

import functools
import operator

from renown.engines.duckdb import DuckDB
from renown.records import ACCOUNT_ID_COLUMNS, BATCH_COLUMNS, OptOutList, opt_out_hash
from renown.steps import quote_literal

_BLOCK_BYTES = 64
"""Block size of SHA-256 in bytes (RFC 4231, 2)."""


def drop_opted_out(engine: DuckDB, opt_outs: OptOutList, table: str, network: str) -> bool:
    """
    Drop the rows of `batch` in which the actor, target or account opted out; return whether there were any.

    The table `undone` is kept whole: it refers to interactions, not to people.

    Parameters
    ----------
    engine : DuckDB
        Holds the step or table `batch`, in the columns of ``records.BATCH_COLUMNS[table]``.
    opt_outs : OptOutList
    table, network : str
    """
    if not opt_outs.hashes or table == "undone":
        return False
    engine.create_table("opt_out_hashes", [(hash_value,) for hash_value in opt_outs.hashes], {"hash": "string"})
    engine.execute(opted_out_accounts_sql(table, network), hmac_pads(opt_outs.secret))
    has_rows = bool(engine.query("select 1 from opted_out_accounts limit 1"))
    if has_rows:
        engine.execute(remaining_batch_sql(table))
        engine.drop("batch")
        engine.execute("alter table remaining_batch rename to batch")
    engine.drop("opted_out_accounts")
    return has_rows


def is_opted_out(opt_outs: OptOutList, network: str, account_id: str) -> bool:
    """Tell whether an account opted out, so that it must not be fetched at all."""
    return bool(opt_outs.hashes) and opt_out_hash(opt_outs.secret, network, account_id) in opt_outs.hashes


def opted_out_accounts_sql(table: str, network: str) -> str:
    """
    Return SQL that creates the table `opted_out_accounts`: those of the batch whose keyed hash is in `opt_out_hashes`.

    It is `records.opt_out_hash` in SQL. The two parameters of the statement are the pads of the
    secret, so that the secret occurs in no SQL text and no error message.

    References
    ----------
    RFC 2104, "HMAC", 2.
    """
    ids_sql = "\nunion\n".join(f"select {column} as account_id from batch" for column in ACCOUNT_ID_COLUMNS[table])
    inner_hash_sql = f"sha256(cast(? as blob) || encode({quote_literal(network + ':')} || account_id))"
    return f"""
create or replace table opted_out_accounts as
select account_id from ({ids_sql}) ids
where sha256(cast(? as blob) || unhex({inner_hash_sql})) in (select hash from opt_out_hashes)"""


def hmac_pads(secret: bytes) -> tuple[bytes, bytes]:
    """
    Return the outer and the inner HMAC pad of a secret.

    Examples
    --------
    >>> [len(pad) for pad in hmac_pads(b"secret")], hmac_pads(b"secret")[1][:2]
    ([64, 64], b'ES')
    """
    padded = secret.ljust(_BLOCK_BYTES, b"\0")
    outer, inner = (bytes(map(functools.partial(operator.xor, pad), padded)) for pad in (0x5C, 0x36))
    return outer, inner


def remaining_batch_sql(table: str) -> str:
    """Return SQL that creates the table `remaining_batch`: the batch without rows of `opted_out_accounts`."""
    columns = ", ".join(f'"{name}"' for name in BATCH_COLUMNS[table])
    condition = " or ".join(
        f"{column} in (select account_id from opted_out_accounts)" for column in ACCOUNT_ID_COLUMNS[table]
    )
    return f"create or replace table remaining_batch as select {columns} from batch where not ({condition})"
