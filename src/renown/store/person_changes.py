"""
Store of changes: which people's scores, claims or consent changed last, and who departed, in one stable order.

Each person with a published score has one row with a random public id. A change moves the row to the end. After an
erasure the row names nobody: it only tells those who copied the data that the person with this id departed.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from renown.store.schema import people, person_changes, visibility

SCORE, CLAIMS, CONSENT = "score", "claims", "consent"
"""Kinds of changes; each has a column with the instant of its latest one."""
_PUBLIC_ID_BYTES = 12
_MAX_PARAMETERS = 10_000
"""Ids in one statement; SQLite allows 32,766 parameters."""
_ORDER = (person_changes.c.sequence, person_changes.c.change_id)


@dataclass(frozen=True, kw_only=True)
class PersonChange:
    """The latest change of a person."""

    position: tuple[int, int]
    """Sequence number of the change, and of the row; pages are ordered by it."""
    public_id: str
    key: int | None
    """Score key; None if the person was erased."""
    changed_at: datetime
    score_at: datetime | None
    """When the score changed last; None if never. So are the others."""
    claims_at: datetime | None
    consent_at: datetime | None


class PersonChangeStore:
    """Changes of people with a published score."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def public_ids(self) -> dict[int, str]:
        """Return the public ids of people by score key."""
        select = sa.select(person_changes.c.person_id, person_changes.c.public_id)
        with self._database.connect() as connection:
            rows = connection.execute(select.where(person_changes.c.person_id.is_not(None)))
            return {-person_id: public_id for person_id, public_id in rows}

    def find(self, key: int) -> PersonChange | None:
        """Return the latest change of a person; None if they never had a published score."""
        if key >= 0:
            return None  # an account that nobody claimed
        select = sa.select(person_changes).where(person_changes.c.person_id == -key)
        with self._database.connect() as connection:
            row = connection.execute(select).one_or_none()
        return _to_change(row) if row else None

    def list_after(self, position: tuple[int, int], limit: int) -> list[PersonChange]:
        """Return the `limit` changes after a position, oldest first."""
        after = sa.tuple_(*(sa.literal(number, sa.BigInteger) for number in position))
        select = sa.select(person_changes).where(sa.tuple_(*_ORDER) > after).order_by(*_ORDER).limit(limit)
        with self._database.connect() as connection:
            return [_to_change(row) for row in connection.execute(select)]

    def list_rows(self, change_ids: Collection[int]) -> list[PersonChange]:
        """Return the changes in these rows, oldest first."""
        select = sa.select(person_changes).where(person_changes.c.change_id.in_(change_ids)).order_by(*_ORDER)
        with self._database.connect() as connection:
            return [_to_change(row) for row in connection.execute(select)]

    def last_position(self) -> tuple[int, int]:
        """Return the position after the latest change."""
        last = sa.select(*_ORDER).order_by(*(column.desc() for column in _ORDER)).limit(1)
        with self._database.connect() as connection:
            row = connection.execute(last).one_or_none()
        return (row.sequence, row.change_id) if row else (0, 0)

    def find_position(self, instant: datetime) -> tuple[int, int]:
        """Return the position after which the changes since an instant begin."""
        first = sa.select(sa.func.min(person_changes.c.sequence)).where(person_changes.c.changed_at > instant)
        with self._database.connect() as connection:
            sequence = connection.scalar(first)
        return self.last_position() if sequence is None else (sequence, 0)


def record_person_changes(connection: sa.Connection, kind: str, person_ids: Iterable[int]) -> None:
    """
    Record a change of people in its transaction, after `record_visibility_change`.

    The version of who is visible numbers the changes: its row is locked until the transaction ends, so that changes
    become visible to readers in the order of their numbers.
    """
    values, ids = _change_values(connection, kind), list(person_ids)
    for start in range(0, len(ids), _MAX_PARAMETERS):
        is_changed = person_changes.c.person_id.in_(ids[start : start + _MAX_PARAMETERS])
        connection.execute(sa.update(person_changes).where(is_changed).values(**values))


def record_change_of_all(connection: sa.Connection, kind: str) -> None:
    """Record a change of everybody in its transaction, after `record_visibility_change`."""
    connection.execute(sa.update(person_changes).values(**_change_values(connection, kind)))


def record_scores(connection: sa.Connection, scored: Iterable[int], changed: Iterable[int]) -> None:
    """
    Record the scores of a published day in its transaction, after `record_visibility_change`.

    Parameters
    ----------
    connection : sa.Connection
    scored : iterable of int
        Ids of the people with a score.
    changed : iterable of int
        Ids of the people whose score is another than before, or gone.
    """
    known = set(connection.scalars(sa.select(person_changes.c.person_id)))
    new = set(connection.scalars(sa.select(people.c.person_id))).intersection(scored) - known
    record_person_changes(connection, SCORE, sorted(known.intersection(changed)))
    if new:
        values = _change_values(connection, SCORE)
        rows = [
            {"person_id": person_id, "public_id": secrets.token_hex(_PUBLIC_ID_BYTES), **values}
            for person_id in sorted(new)
        ]
        connection.execute(sa.insert(person_changes), rows)


def _change_values(connection: sa.Connection, kind: str) -> dict[str, Any]:
    sequence = connection.execute(sa.select(visibility.c.version)).scalar_one()
    now = datetime.now(UTC)
    return {"sequence": sequence, "changed_at": now, f"{kind}_at": now}


def _to_change(row: Any) -> PersonChange:
    return PersonChange(
        position=(row.sequence, row.change_id),
        public_id=row.public_id,
        key=None if row.person_id is None else -row.person_id,
        changed_at=row.changed_at,
        score_at=row.score_at,
        claims_at=row.claims_at,
        consent_at=row.consent_at,
    )
