"""Batches larger than memory: rows of several tables are written to files in pieces, and imported from there."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from renown.engines.duckdb import DuckDB
from renown.engines.duckdb_sql import parquet_sql
from renown.records import BATCH_COLUMNS
from renown.steps import Step

_PIECE = "spool_piece"


class RowSpool:
    """
    Writes the rows of a batch to Parquet files as they arrive.

    Parameters
    ----------
    engine : DuckDB
        The session that imports the batch.
    folder : Path
        An empty folder, which the caller deletes once the batch is imported.
    """

    def __init__(self, engine: DuckDB, folder: Path) -> None:
        self._engine, self._folder = engine, folder
        self._files: dict[str, list[str]] = {}
        self._digest = hashlib.sha256()

    def add(self, rows_by_table: Mapping[str, Sequence[tuple[object, ...]]]) -> None:
        """Write the next rows, in the columns of `records.BATCH_COLUMNS`."""
        for table, rows in rows_by_table.items():
            self._digest.update(repr((table, rows)).encode("utf-8", "surrogatepass"))
            files = self._files.setdefault(table, [])
            folder = self._folder / table / str(len(files))
            self._engine.create_table(_PIECE, rows, BATCH_COLUMNS[table])
            self._engine.write(_PIECE, folder)
            self._engine.drop(_PIECE)
            files += map(str, folder.glob("*.parquet"))

    @property
    def digest(self) -> str:
        """SHA-256 of all rows in their order, in hex: it identifies the batch."""
        return self._digest.hexdigest()

    def steps(self) -> dict[str, Step]:
        """Return table to the step `batch` with its rows."""
        return {
            table: Step(
                name="batch",
                sql=parquet_sql(files, BATCH_COLUMNS[table]),
                columns=dict(BATCH_COLUMNS[table]),
                stored=False,
            )
            for table, files in self._files.items()
        }
