"""Store of quotas: what each credential used of a network's limit, and until when the network wants no request."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from renown.store.schema import quotas


class QuotaStore:
    """Usage of quotas, shared by all accounts, processes and runs; see `renown.connectors.http.quota`."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def find(self, network: str, server: str, account_id: str) -> tuple[int, int, int]:
        """Return the start of the window, the units used in it, and until when requests are blocked; zeros if new."""
        columns = (quotas.c.window_start, quotas.c.used, quotas.c.blocked_until)
        with self._database.connect() as connection:
            row = connection.execute(sa.select(*columns).where(_is_quota(network, server, account_id))).first()
        return (row[0], row[1], row[2]) if row else (0, 0, 0)

    def add(self, network: str, server: str, account_id: str, *, window_start: int, amount: int) -> int:
        """Count units in a window; return the total of the window. A new window starts from zero."""
        is_same = quotas.c.window_start == window_start
        counted = {"window_start": window_start, "used": sa.case((is_same, quotas.c.used), else_=0) + amount}
        where = _is_quota(network, server, account_id)
        with self._database.begin() as connection:
            self._ensure_row(connection, network, server, account_id)
            connection.execute(sa.update(quotas).where(where).values(**counted))
            return int(connection.scalar(sa.select(quotas.c.used).where(where)) or 0)

    def block(self, network: str, server: str, account_id: str, *, until: int) -> None:
        """Record until when the network wants no request; an earlier instant changes nothing."""
        where = sa.and_(_is_quota(network, server, account_id), quotas.c.blocked_until < until)
        with self._database.begin() as connection:
            self._ensure_row(connection, network, server, account_id)
            connection.execute(sa.update(quotas).where(where).values(blocked_until=until))

    def _ensure_row(self, connection: sa.Connection, network: str, server: str, account_id: str) -> None:
        """Insert the row of a quota unless it exists; of two processes, one does."""
        row: dict[str, str | int] = {"network": network, "server": server, "account_id": account_id}
        row |= {"window_start": 0, "used": 0, "blocked_until": 0}
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(insert(quotas).values(**row).on_conflict_do_nothing())


def _is_quota(network: str, server: str, account_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(quotas.c.network == network, quotas.c.server == server, quotas.c.account_id == account_id)
