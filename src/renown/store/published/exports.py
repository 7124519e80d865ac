"""Store of exported files: where scores were exported to, so that people can be erased there, too."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import sqlalchemy as sa

from renown.engines.session import SessionLimits, duckdb_session
from renown.steps import quote_literal
from renown.store.published.tables import erase_from_file
from renown.store.schema import exports

_SUBJECT_COLUMNS = ("person", "account")
"""Columns of an export with the keys of the people or accounts that a row is about."""


class ExportStore:
    """Paths of all exported files."""

    def __init__(self, database: sa.Engine, limits: SessionLimits) -> None:
        self._database = database
        self._limits = limits

    def add(self, path: Path) -> None:
        """Record a file that is about to be written (idempotent)."""
        row = {"path": str(path.absolute())}
        with self._database.begin() as connection:
            connection.execute(sa.delete(exports).where(exports.c.path == row["path"]))
            connection.execute(sa.insert(exports).values(**row))

    def all(self) -> list[Path]:
        """Return every file, sorted by path."""
        with self._database.connect() as connection:
            return [Path(path) for path in connection.scalars(sa.select(exports.c.path).order_by(exports.c.path))]

    def find_missing(self) -> list[Path]:
        """Return files that were moved, deleted or overwritten since, from which nobody can be erased."""
        return [path for path in self.all() if not _read_subject_columns(path, self._limits)]

    def erase(self, keys: Sequence[int]) -> int:
        """Erase people and accounts from the files that are still there; return the number of rows deleted."""
        rows = 0
        with duckdb_session(self._limits) as connection:
            for path in self.all():
                if columns := _read_subject_columns(path, self._limits):
                    rows += erase_from_file(connection, path, f"select * from {_read_sql(path)}", columns, keys)
        return rows


def _read_subject_columns(path: Path, limits: SessionLimits) -> list[str]:
    """Return the key columns of an exported file; empty if it is no longer an export."""
    try:
        with duckdb_session(limits) as connection:
            file_columns = [
                row[0] for row in connection.execute(f"describe select * from {_read_sql(path)}").fetchall()
            ]
    except duckdb.Error:
        return []
    return [name for name in _SUBJECT_COLUMNS if name in file_columns]


def _read_sql(path: Path) -> str:
    """Return SQL that reads a file; CSV values stay text, so that a rewrite does not change them."""
    if path.suffix == ".csv":
        return f"read_csv({quote_literal(path)}, header=true, all_varchar=true, delim=',', quote='\"', escape='\"')"
    return f"read_parquet({quote_literal(path)}, hive_partitioning=false)"
