"""The lake: what was observed, as Delta tables partitioned by network and day, with idempotent batches."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from renown.delta import (
    LOG_FOLDER,
    WRITER_LOCK,
    Batch,
    DataFile,
    DeltaTables,
    Transaction,
    create_tables,
    has_log,
    log_entry,
)
from renown.errors import DamagedHomeError
from renown.records import LAKE_COLUMNS, OptOutList

__all__ = ["WRITER_LOCK", "Batch", "DataFile", "Lake", "SourceCursor", "create_lake", "has_data"]

_FIRST_TABLES = frozenset(
    ("interactions", "tallies", "profiles", "undone", "presence", "accounts", "handles", "coverage")
)
"""Tables that every lake has; a table that a later version of renown adds is created in an older lake."""
_LOG_REMEDY = "`renown check` names the damaged entry; restore the folder of the table from a backup"


@dataclass(frozen=True)
class SourceCursor:
    """How far a source was read: its cursor."""

    source: str
    """Name of the source; it has a cursor for each table."""
    cursor: int
    """Position from which to resume."""


class Lake(DeltaTables):
    """
    The tables of `records.LAKE_COLUMNS` in one folder.

    Parameters
    ----------
    root : Path
    load_opt_outs : callable, optional
        Returns the accounts to drop on ingest and from scoring; called again for each batch. It is a part of the lake
        so that no code path can ingest without it.
    load_known_versions : callable, optional
        Returns the version of each table that a day was scored from: a table with an earlier version lost a commit.

    Raises
    ------
    DamagedHomeError
        If a table is missing; `create_lake` creates all tables of a new lake.
    """

    def __init__(
        self,
        root: Path,
        load_opt_outs: Callable[[], OptOutList] = OptOutList,
        load_known_versions: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        super().__init__(root, LAKE_COLUMNS, kind="lake", remedy=_LOG_REMEDY)
        self.load_opt_outs = load_opt_outs
        self._load_known_versions = load_known_versions
        self._add_new_tables()
        if not self._lock_path.exists():  # so that a refused import adds no file to a new lake
            self._lock_path.touch()

    def days(self, table: str) -> dict[str, set[int]]:
        """Return the day numbers on which each network has rows in a table."""
        days_by_network: dict[str, set[int]] = {}
        for uri in self._list_files(table).paths:
            *_, network, day, _name = uri.split("/")
            days_by_network.setdefault(network.removeprefix("network="), set()).add(int(day.removeprefix("day_no=")))
        return days_by_network

    def cursor(self, table: str, source: str) -> int | None:
        """Return the cursor of a source as of its last commit to a table."""
        return self._read_snapshot(table).transactions.get(source)

    def find_small_files(self, table: str, *, network: str, max_files: int, max_bytes: int) -> dict[str, list[str]]:
        """Find folders with more than `max_files` files below `max_bytes`, and those files: they need compaction."""
        files_by_folder: dict[str, list[str]] = {}
        for uri in self.files(table, network=network):
            files_by_folder.setdefault(os.path.dirname(uri), []).append(uri)  # noqa: PTH120 - a URI, many of them
        small_files: dict[str, list[str]] = {}
        for folder, files in files_by_folder.items():
            if len(files) > max_files:
                with self._translate_errors(table):
                    small_uris = [uri for uri in files if Path(uri).stat().st_size < max_bytes]
                small_files |= {folder: small_uris} if len(small_uris) > max_files else {}
        return small_files

    def commit(
        self,
        table: str,
        new_files: Sequence[DataFile],
        *,
        batch: Batch,
        remove: Sequence[str] = (),
        cursor: str = "",
        source_cursors: Sequence[SourceCursor] = (),
    ) -> None:
        """
        Add files to a table and remove others, in one atomic transaction.

        Parameters
        ----------
        table : str
        new_files : sequence of DataFile
            Files in ``batch.folder``; they are moved, not copied.
        batch : Batch
            Its id is stored in the commit, from which on `has_batch` is true.
        remove : sequence of str
            Current files that the new ones replace.
        cursor : str, optional
            Where to resume the source; stored in the commit's metadata.
        source_cursors : sequence of SourceCursor, optional
            Where to resume a source that is read for years; `cursor` looks it up quickly. They are stored in place
            of the batch id, which would otherwise accumulate for millions of batches.
        """
        transactions = [Transaction(item.source, item.cursor) for item in source_cursors]
        self._commit(
            table,
            new_files,
            batch=batch,
            remove=remove,
            metadata={"cursor": cursor},
            transactions=transactions or [Transaction(batch.batch_id, 1)],
        )

    def _add_new_tables(self) -> None:
        """Create the tables that an older version of renown did not have."""
        for table, columns in LAKE_COLUMNS.items():
            if not has_log(self.root / table):
                if table in _FIRST_TABLES:
                    raise DamagedHomeError(
                        f"the folder {str(self.root / table / LOG_FOLDER)!r} of the lake is missing or empty; restore "
                        f"{str(self.root / table)!r} from a backup; published scores can still be read; "
                        "`renown check` lists all damage"
                    )
                with self._translate_errors(table):
                    create_tables(self.root, {table: columns})

    def _check_known_versions(self) -> None:
        for table, version in self._load_known_versions().items():
            if table in LAKE_COLUMNS and not self._log_entry(table, version).exists():
                raise DamagedHomeError(
                    f"the log entry {str(self._log_entry(table, version))!r} is missing, from which a day was scored; "
                    f"restore {str(self.root / table)!r} from a backup; published scores can still be read"
                )


def create_lake(root: Path) -> None:
    """Create the tables of a new lake; after a kill, the same call creates the rest."""
    create_tables(root, LAKE_COLUMNS)


def has_data(root: Path) -> bool:
    """Tell whether anything was ever committed to a lake, even if its log is lost."""
    return any(any((root / table).glob("network=*")) or log_entry(root / table, 1).exists() for table in LAKE_COLUMNS)
