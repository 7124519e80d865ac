"""Store of statements: signed statements of scores that people issued, and whether they were revoked."""

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.database import purge_deleted_rows
from renown.store.schema import statements

MAX_STATEMENTS = 50
"""Maximum statements of a person that are neither revoked nor expired."""


@dataclass(frozen=True, kw_only=True)
class IssuedStatement:
    """A statement that a person issued."""

    statement_id: str
    key: int
    """Score key of the person."""
    token: str
    """Signed JSON Web Token."""
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def is_valid(self, at: datetime) -> bool:
        """Tell whether it is neither revoked nor expired."""
        return self.revoked_at is None and at < self.expires_at


class StatementStore:
    """The statements of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, statement: IssuedStatement) -> None:
        """
        Store a statement.

        Raises
        ------
        InvalidInputError
            If the person has too many valid ones.
        """
        valid = [row for row in self.list_of(statement.key) if row.is_valid(statement.issued_at)]
        if len(valid) >= MAX_STATEMENTS:
            raise InvalidInputError(
                f"there are {len(valid)} valid statements already; revoke those not needed any more"
            )
        row = {
            "statement_id": statement.statement_id,
            "person_id": -statement.key,
            "token": statement.token,
            "issued_at": statement.issued_at,
            "expires_at": statement.expires_at,
        }
        with self._database.begin() as connection:
            connection.execute(sa.insert(statements).values(**row))

    def find(self, statement_id: str) -> IssuedStatement | None:
        """Return a statement; None if there is none with this id, also after its person was erased."""
        rows = self._select(statements.c.statement_id == statement_id)
        return rows[0] if rows else None

    def list_of(self, key: int) -> list[IssuedStatement]:
        """Return a person's statements, newest first."""
        return self._select(statements.c.person_id == -key)

    def list_valid(self, at: datetime) -> list[IssuedStatement]:
        """Return the statements of everybody that are neither revoked nor expired, newest first."""
        return self._select(sa.and_(statements.c.revoked_at.is_(None), statements.c.expires_at > at))

    def revoke(self, statement_id: str, *, key: int, at: datetime) -> None:
        """
        Revoke a person's statement; its text is deleted.

        Raises
        ------
        InvalidInputError
            If the person has no such statement.
        """
        condition = sa.and_(statements.c.statement_id == statement_id, statements.c.person_id == -key)
        revoked_at = sa.func.coalesce(statements.c.revoked_at, at)
        with self._database.begin() as connection:
            values = {"revoked_at": revoked_at, "token": ""}
            result = connection.execute(sa.update(statements).where(condition).values(**values))
        if result.rowcount == 0:
            raise InvalidInputError(f"there is no statement {statement_id!r} of this person")
        self.purge()

    def revoke_days(self, connection: sa.Connection, days: Collection[date], *, at: datetime) -> int:
        """Revoke, in a transaction, the statements about scores of some days; return how many."""
        select = sa.select(statements.c.statement_id, statements.c.token).where(statements.c.token != "")
        revoked = [row.statement_id for row in connection.execute(select) if _read_day(row.token) in days]
        condition = statements.c.statement_id.in_(revoked)
        connection.execute(sa.update(statements).where(condition).values(revoked_at=at, token=""))
        return len(revoked)

    def revoke_signed_by(self, key_id: str, *, at: datetime) -> int:
        """Revoke the statements that a key signed, which somebody else may have; return how many were valid."""
        revoked = [row.statement_id for row in self.list_valid(at) if _read_part(row.token, 0)["kid"] == key_id]
        with self._database.begin() as connection:
            condition = statements.c.statement_id.in_(revoked)
            connection.execute(sa.update(statements).where(condition).values(revoked_at=at, token=""))
        self.purge()
        return len(revoked)

    def purge(self) -> None:
        """Purge deleted texts from the database files."""
        purge_deleted_rows(self._database, statements)

    def _select(self, condition: sa.ColumnElement[bool]) -> list[IssuedStatement]:
        select = sa.select(statements).where(condition)
        order = (statements.c.issued_at.desc(), statements.c.statement_id)
        with self._database.connect() as connection:
            rows = connection.execute(select.order_by(*order)).all()
        return [
            IssuedStatement(
                statement_id=row.statement_id,
                key=-row.person_id,
                token=row.token,
                issued_at=row.issued_at,
                expires_at=row.expires_at,
                revoked_at=row.revoked_at,
            )
            for row in rows
        ]


def _read_day(token: str) -> date:
    """Return the day of a statement from its text, which this server signed."""
    return date.fromisoformat(_read_part(token, 1)["score"]["day"])


def _read_part(token: str, index: int) -> dict[str, Any]:
    """Return a part of a statement, which this server signed: 0 for the header, 1 for the claims."""
    part = token.split(".")[index]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
