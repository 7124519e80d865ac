"""Exports: where files with people's scores were written to, so that they can be taken out there, too."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import sqlalchemy as sa

from renown.steps import literal
from renown.store.erasure import rewrite
from renown.store.schema import exports

_HELD = ("person", "account")
"""Columns of an export that say whose a row is."""


class Exports:
    """The files that were exported."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def note(self, path: Path) -> None:
        """Remember a file that is about to be written."""
        row = {"path": str(path.absolute())}
        with self._database.begin() as connection:
            connection.execute(sa.delete(exports).where(exports.c.path == row["path"]))
            connection.execute(sa.insert(exports).values(**row))

    def all(self) -> list[Path]:
        """Return every file, in the order of their names."""
        with self._database.connect() as connection:
            return [Path(path) for path in connection.scalars(sa.select(exports.c.path).order_by(exports.c.path))]

    def lost(self) -> list[Path]:
        """Return the files that are not where they were written, or no longer what was written: out of reach."""
        return [path for path in self.all() if not _columns(path)]

    def forget(self, keys: Sequence[int]) -> int:
        """Take people and accounts out of the files that are in reach; return how many rows went."""
        rows = 0
        with duckdb.connect() as connection:
            for path in self.all():
                if held := _columns(path):
                    rows += rewrite(connection, path, f"select * from {_read(path)}", held, keys)
        return rows


def _columns(path: Path) -> list[str]:
    """Return the columns of a file that say whose a row is; none where it is no export any more."""
    try:
        with duckdb.connect() as connection:
            found = [row[0] for row in connection.execute(f"describe select * from {_read(path)}").fetchall()]
    except duckdb.Error:
        return []
    return [name for name in _HELD if name in found]


def _read(path: Path) -> str:
    """Return SQL that reads a file; of CSV the text itself, so that it is written again as it was."""
    if path.suffix == ".csv":
        return f"read_csv({literal(path)}, header=true, all_varchar=true, delim=',', quote='\"', escape='\"')"
    return f"read_parquet({literal(path)}, hive_partitioning=false)"
