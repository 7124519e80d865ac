"""Read the served snapshot straight from the driver: building a SQLAlchemy statement costs ten times a row's read."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from renown.store.serving.read_postgres import PostgresReader
from renown.store.serving.read_sqlite import SqliteReader


class SnapshotReader(Protocol):
    """Reader of the database and the served snapshot."""

    def read_rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """
        Return the rows of a SELECT with ``:name`` parameters; empty if nothing is served yet.

        Of the snapshot, it can read the table `listed`: claimed people and the first ranks.
        """

    def read_person(self, key: int, columns: Sequence[str]) -> tuple[Any, ...] | None:
        """Return a person's columns of the snapshot, and of those of the table `listed`; None if there is none."""

    def read_slots(self) -> list[tuple[int, int]]:
        """Return (key, slot) of everybody in the snapshot."""

    def find_next_rank(self, rank: int) -> int | None:
        """Return the next rank below one in the snapshot, from the rows of everybody; None if it is the last."""

    def list_everybody(self, columns: Sequence[str], n: int, *, after: tuple[int, int]) -> list[tuple[Any, ...]]:
        """Return columns of the `n` people after the cursor (rank, key), by rank and key, from everybody's rows."""


def open_reader(database: sa.Engine) -> SnapshotReader:
    """Return a reader of the database's served snapshot; each thread gets its own connection."""
    return SqliteReader(database) if database.dialect.name == "sqlite" else PostgresReader(database)
