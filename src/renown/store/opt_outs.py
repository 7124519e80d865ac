"""Store of opt-outs: pseudonymized (keyed hashes of) accounts that must not be collected, scored or shown."""

import hmac

import sqlalchemy as sa

from renown.records import OptOutList, opt_out_hash
from renown.store.schema import opt_out_state, opt_outs
from renown.store.visibility import record_visibility_change


class OptOutStore:
    """
    Accounts that are left out of collecting and scoring.

    An account is stored as a hash keyed with a secret of this store. Without the secret the hash
    reveals nothing; with it, one can only test whether it is that of a given account.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def load(self) -> OptOutList:
        """Load the current opt-outs; call it anew for each batch, since another process may add some."""
        with self._database.connect() as connection:
            secret, opt_in_count = connection.execute(
                sa.select(opt_out_state.c.hash_key, opt_out_state.c.returns)
            ).one()
            rows = connection.execute(sa.select(opt_outs)).all()
        known_accounts = sorted((row.network, row.account) for row in rows if row.account is not None)
        return OptOutList(secret, frozenset(row.account_hash for row in rows), tuple(known_accounts), opt_in_count)

    def derive_key(self, purpose: str) -> bytes:
        """Derive a secret of this store for a purpose (HMAC-SHA256)."""
        with self._database.connect() as connection:
            secret = connection.execute(sa.select(opt_out_state.c.hash_key)).scalar_one()
        return hmac.digest(secret, purpose.encode(), "sha256")

    def has(self, network: str, account_id: str) -> bool:
        """Return whether an account is opted out."""
        with self._database.connect() as connection:
            condition = opt_outs.c.account_hash == _hash_account(connection, network, account_id)
            return connection.scalar(sa.select(opt_outs.c.account_hash).where(condition)) is not None

    def find_key(self, network: str, account_id: str) -> int | None:
        """Return the key of an opted-out account; None if the lake has no rows of it."""
        with self._database.connect() as connection:
            condition = opt_outs.c.account_hash == _hash_account(connection, network, account_id)
            return connection.scalar(sa.select(opt_outs.c.account).where(condition))

    def add(self, network: str, account_id: str, account: int | None = None) -> None:
        """
        Opt an account out.

        Parameters
        ----------
        network, account_id : str
        account : int, optional
            Its key, if the lake keeps the rows that it has of the account.
        """
        with self._database.begin() as connection:
            account_hash = _hash_account(connection, network, account_id)
            row = {
                "account_hash": account_hash,
                "network": network if account is not None else None,
                "account": account,
            }
            connection.execute(sa.delete(opt_outs).where(opt_outs.c.account_hash == account_hash))
            connection.execute(sa.insert(opt_outs).values(**row))
            record_departure(connection)

    def remove(self, network: str, account_id: str) -> bool:
        """Opt an account back in; return whether it was opted out."""
        with self._database.begin() as connection:
            condition = opt_outs.c.account_hash == _hash_account(connection, network, account_id)
            deleted_rows = connection.execute(sa.delete(opt_outs).where(condition)).rowcount
            connection.execute(sa.update(opt_out_state).values(returns=opt_out_state.c.returns + 1))
            record_visibility_change(connection)
        return bool(deleted_rows)


def count_departures(connection: sa.Connection, *, lock: bool = False) -> int:
    """Count opt-outs and erasures so far; with `lock`, there are no more of them until the transaction ends."""
    select = sa.select(opt_out_state.c.departures)
    return int(connection.execute(select.with_for_update() if lock else select).scalar_one())


def record_departure(connection: sa.Connection) -> None:
    """Count one more opt-out or erasure."""
    connection.execute(sa.update(opt_out_state).values(departures=opt_out_state.c.departures + 1))
    record_visibility_change(connection)


def _hash_account(connection: sa.Connection, network: str, account_id: str) -> str:
    secret = connection.execute(sa.select(opt_out_state.c.hash_key)).scalar_one()
    return opt_out_hash(secret, network, account_id)
