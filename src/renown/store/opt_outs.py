"""Opt-outs: marks of accounts that are to be left alone, which do not say whose they are."""

import sqlalchemy as sa

from renown.records import OptedOut, mark
from renown.store.schema import leaving, opt_outs


class OptOuts:
    """
    Who is to be left out of what comes in and of what is scored.

    A mark is a hash with a secret of this store. Without the secret nothing can be told
    from it; with it, whether a certain account is meant, which is what it is for.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def now(self) -> OptedOut:
        """Return who is left out now; asked anew for each batch, since another process may add to it."""
        with self._database.connect() as connection:
            secret, returned = connection.execute(sa.select(leaving.c.mark_key, leaving.c.returned)).one()
            rows = connection.execute(sa.select(opt_outs)).all()
        known = sorted((row.network, row.account) for row in rows if row.account is not None)
        return OptedOut(secret, frozenset(row.mark for row in rows), tuple(known), returned)

    def has(self, network: str, account_id: str) -> bool:
        """Tell whether an account is left out."""
        with self._database.connect() as connection:
            here = opt_outs.c.mark == _mark(connection, network, account_id)
            return connection.scalar(sa.select(opt_outs.c.mark).where(here)) is not None

    def add(self, network: str, account_id: str, account: int | None = None) -> None:
        """
        Leave an account out from here on.

        Parameters
        ----------
        network, account_id : str
        account : int, optional
            Its key, where the lake goes on to hold what it has of it.
        """
        with self._database.begin() as connection:
            said = _mark(connection, network, account_id)
            row = {"mark": said, "network": network if account is not None else None, "account": account}
            connection.execute(sa.delete(opt_outs).where(opt_outs.c.mark == said))
            connection.execute(sa.insert(opt_outs).values(**row))
            leave(connection)

    def remove(self, network: str, account_id: str) -> bool:
        """Let an account in again; return whether it was left out."""
        with self._database.begin() as connection:
            here = opt_outs.c.mark == _mark(connection, network, account_id)
            gone = connection.execute(sa.delete(opt_outs).where(here)).rowcount
            connection.execute(sa.update(leaving).values(returned=leaving.c.returned + 1))
        return bool(gone)


def gone(connection: sa.Connection, *, hold: bool = False) -> int:
    """Return how often somebody left; with `hold`, nobody does until the transaction ends."""
    select = sa.select(leaving.c.gone)
    return int(connection.execute(select.with_for_update() if hold else select).scalar_one())


def leave(connection: sa.Connection) -> None:
    """Note that somebody leaves."""
    connection.execute(sa.update(leaving).values(gone=leaving.c.gone + 1))


def _mark(connection: sa.Connection, network: str, account_id: str) -> str:
    secret = connection.execute(sa.select(leaving.c.mark_key)).scalar_one()
    return mark(secret, network, account_id)
