"""Store of sync state: each account's cursor, when it was last fetched completely, and the last error."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renown.store.schema import sync_counts, sync_states, sync_validators


@dataclass(frozen=True, kw_only=True)
class SyncState:
    """Sync state of an account: how far it was fetched."""

    network: str
    account_id: str
    cursor: str
    """Cursor to resume from, in the format of the network's connector."""
    tried_at: datetime
    """UTC instant of the last attempt."""
    seen_at: datetime | None
    """UTC instant of the last complete fetch; None if there was none."""
    message: str
    """Error of the last attempt; empty if it succeeded."""


class SyncStateStore:
    """Sync state of all accounts; a cursor is saved only after the lake committed everything before it."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def find(self, network: str, account_id: str) -> SyncState | None:
        """Return an account's sync state; None if it was never fetched."""
        return next(iter(self._find(_is_account(sync_states, network, account_id))), None)

    def all(self) -> list[SyncState]:
        """Return every account's sync state."""
        return self._find(sa.true())

    def list_failing(self, *, limit: int, offset: int = 0) -> list[SyncState]:
        """Return the accounts whose last attempt failed, latest attempt first."""
        select = sa.select(sync_states).where(sync_states.c.message != "")
        order = (sync_states.c.tried_at.desc(), sync_states.c.network, sync_states.c.account_id)
        with self._database.connect() as connection:
            return [_to_state(row) for row in connection.execute(select.order_by(*order).limit(limit).offset(offset))]

    def counts(self, network: str, account_id: str) -> dict[tuple[str, str], int]:
        """Return the counts that the network reported, by (post, verb), when the lists were last fetched."""
        columns = (sync_counts.c.post_id, sync_counts.c.verb, sync_counts.c.count)
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(*columns).where(_is_account(sync_counts, network, account_id))).all()
        return {(post, verb): count for post, verb, count in rows}

    def validators(self, network: str, account_id: str) -> dict[str, str]:
        """Return the validators of an account's lists for conditional requests, by the connector's name of the list."""
        columns = (sync_validators.c.list_name, sync_validators.c.validator)
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(*columns).where(_is_account(sync_validators, network, account_id)))
            return {row.list_name: row.validator for row in rows}

    def save(
        self,
        state: SyncState,
        counts: Mapping[tuple[str, str], int] | None = None,
        validators: Mapping[str, str] | None = None,
        *,
        since: datetime | None = None,
    ) -> None:
        """
        Save an account's sync state (upsert), and the counts and validators of its lists.

        Parameters
        ----------
        state : SyncState
        counts : mapping of (post, verb) to int, optional
            Counts that the network reported of lists that were fetched.
        validators : mapping of str to str, optional
            Validators of lists that were fetched; an empty one deletes what was stored.
        since : datetime, optional
            Delete counts and validators fetched before this UTC instant: their posts have left the window.
        """
        account = (state.network, state.account_id)
        row = {
            "network": state.network,
            "account_id": state.account_id,
            "cursor": state.cursor,
            "tried_at": state.tried_at,
            "seen_at": state.seen_at,
            "message": state.message,
        }
        with self._database.begin() as connection:
            connection.execute(sa.delete(sync_states).where(_is_account(sync_states, *account)))
            connection.execute(sa.insert(sync_states).values(**row))
            for (post, verb), count in (counts or {}).items():
                condition = sa.and_(
                    _is_account(sync_counts, *account),
                    sync_counts.c.post_id == post,
                    sync_counts.c.verb == verb,
                )
                values = (*account, post, verb, count, state.tried_at)
                connection.execute(sa.delete(sync_counts).where(condition))
                connection.execute(sa.insert(sync_counts).values(values))
            _save_validators(connection, state, validators or {})
            if since:
                for table in (sync_counts, sync_validators):
                    outdated = sa.and_(_is_account(table, *account), table.c.read_at < since)
                    connection.execute(sa.delete(table).where(outdated))

    def _find(self, where: sa.ColumnElement[bool]) -> list[SyncState]:
        select = sa.select(sync_states).where(where).order_by(sync_states.c.network, sync_states.c.account_id)
        with self._database.connect() as connection:
            return [_to_state(row) for row in connection.execute(select)]


def _to_state(row: sa.Row[Any]) -> SyncState:
    return SyncState(
        network=row.network,
        account_id=row.account_id,
        cursor=row.cursor,
        tried_at=row.tried_at,
        seen_at=row.seen_at,
        message=row.message,
    )


def _save_validators(connection: sa.Connection, state: SyncState, validators: Mapping[str, str]) -> None:
    account = (state.network, state.account_id)
    for list_name, validator in validators.items():
        is_list = sa.and_(_is_account(sync_validators, *account), sync_validators.c.list_name == list_name)
        connection.execute(sa.delete(sync_validators).where(is_list))
        if validator:
            values = (*account, list_name, validator, state.tried_at)
            connection.execute(sa.insert(sync_validators).values(values))


def _is_account(table: sa.Table, network: str, account_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.network == network, table.c.account_id == account_id)
