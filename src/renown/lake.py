"""The lake: Delta tables of Parquet files, partitioned by network and day, with atomic and idempotent commits."""

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction
from deltalake.exceptions import TableNotFoundError
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, RemoveAction

from renown.errors import LakeLockedError
from renown.records import LAKE_COLUMNS, OptOutList

_DELTA_TYPES = {"bigint": "long", "smallint": "short"}
_LOG_RETENTION = {"delta.logRetentionDuration": "interval 36500 days"}
"""A published day refers to the table versions it was scored from, so their log must be retained."""


class DataFile(Protocol):
    """A Parquet file that an engine wrote, to be committed to the lake."""

    @property
    def path(self) -> Path:
        """Where the file is."""

    @property
    def rows(self) -> int:
        """Number of rows."""

    @property
    def partition(self) -> Mapping[str, str]:
        """Partition column to value."""


@dataclass(frozen=True)
class Batch:
    """A folder to write files to before they are committed to the lake together."""

    batch_id: str
    folder: Path
    """It is deleted with everything in it when the batch ends."""


@dataclass(frozen=True)
class SourceCursor:
    """How far a source was read: its cursor."""

    source: str
    """Name of the source; it has a cursor for each table."""
    cursor: int
    """Position from which to resume."""


class Lake:
    """
    Delta tables in one folder, one for each table of `records.LAKE_COLUMNS`.

    A file lock admits one writer at a time. Readers never wait: commits are atomic,
    so they see a table before or after a batch, never in between.

    Parameters
    ----------
    root : Path
    load_opt_outs : callable, optional
        Returns the accounts to drop on ingest and from scoring; called again for each batch. It is a part of the lake
        so that no code path can ingest without it.
    """

    def __init__(self, root: Path, load_opt_outs: Callable[[], OptOutList] = OptOutList) -> None:
        self.root = root
        self.load_opt_outs = load_opt_outs
        self._staging = root / "_staging"
        self._lock_path = root / "_writer"
        for table in LAKE_COLUMNS:
            self._create(table)
        if not self._lock_path.exists():  # so that a refused import adds no file to a new lake
            self._lock_path.touch()

    def files(
        self, table: str, *, network: str | None = None, days: Iterable[int] | None = None, version: int | None = None
    ) -> list[str]:
        """
        Return the current files of a table in a stable order; optionally of one network, of some days, as of a version.

        If a person was erased since that version, its files no longer exist and the current ones are returned instead.
        """
        day_folders = None if days is None else {f"day_no={day_no}" for day_no in days}
        uris = self._delta_table(table, version).file_uris()
        if version is not None and not all(os.path.exists(uri) for uri in uris):  # noqa: PTH110 - a URI, many of them
            uris = self._delta_table(table).file_uris()
        return sorted(
            uri
            for uri in uris
            if (network is None or f"/network={network}/" in uri)
            and (day_folders is None or uri.split("/")[-2] in day_folders)
        )

    def days(self, table: str) -> dict[str, set[int]]:
        """Return the day numbers on which each network has rows in a table."""
        days_by_network: dict[str, set[int]] = {}
        for uri in self._delta_table(table).file_uris():
            *_, network, day, _name = uri.split("/")
            days_by_network.setdefault(network.removeprefix("network="), set()).add(int(day.removeprefix("day_no=")))
        return days_by_network

    def versions(self) -> dict[str, int]:
        """Return the current version of each table: a snapshot of the lake."""
        return {table: self._delta_table(table).version() for table in LAKE_COLUMNS}

    def has_batch(self, table: str, batch_id: str) -> bool:
        """Tell whether a batch was already committed, which makes ingest idempotent."""
        return self._delta_table(table).transaction_version(batch_id) is not None

    def cursor(self, table: str, source: str) -> int | None:
        """Return the cursor of a source as of its last commit to a table."""
        return self._delta_table(table).transaction_version(source)

    def find_small_files(self, table: str, *, network: str, max_files: int, max_bytes: int) -> dict[str, list[str]]:
        """Find folders with more than `max_files` files below `max_bytes`, and those files: they need compaction."""
        files_by_folder: dict[str, list[str]] = {}
        for uri in self.files(table, network=network):
            files_by_folder.setdefault(os.path.dirname(uri), []).append(uri)  # noqa: PTH120 - a URI, many of them
        small_files: dict[str, list[str]] = {}
        for folder, files in files_by_folder.items():
            if len(files) > max_files:
                small_uris = [uri for uri in files if Path(uri).stat().st_size < max_bytes]
                small_files |= {folder: small_uris} if len(small_uris) > max_files else {}
        return small_files

    @contextmanager
    def write_batch(self, batch_id: str | None = None) -> Iterator[Batch]:
        """
        Acquire the writer's lock and a folder to write to.

        Raises
        ------
        LakeLockedError
            If another process holds the lock.
        """
        with self._lock_path.open("w") as lock_file:
            try:
                fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LakeLockedError(
                    f"another process is writing to the lake {str(self.root)!r}; wait for it to end and try again"
                ) from None
            self._clean_up()
            batch = Batch(batch_id or uuid.uuid4().hex, self._staging / uuid.uuid4().hex)
            batch.folder.mkdir(parents=True)
            try:
                yield batch
            except BaseException:
                self._clean_up()
                raise
            # All files that were moved are committed, so there is no need to search a large lake for leftovers.
            shutil.rmtree(batch.folder)

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
        root = self.root / table
        adds = [self._add_file(root, file, batch) for file in new_files]
        removes = [_remove_action(root, uri) for uri in remove]
        self._delta_table(table).create_write_transaction(
            [*adds, *removes],
            mode="append",
            schema=_schema(table),
            partition_by=_partition_columns(table),
            commit_properties=CommitProperties(
                custom_metadata={"cursor": cursor}, app_transactions=transactions or [Transaction(batch.batch_id, 1)]
            ),
        )

    def purge(self, table: str) -> int:
        """Delete files that only older versions refer to (vacuum); return how many."""
        deleted = self._delta_table(table).vacuum(0, dry_run=False, enforce_retention_duration=False)
        return len(deleted)

    def _create(self, table: str) -> None:
        path = self.root / table
        try:
            self._add_missing_columns(table)
        except TableNotFoundError:
            path.mkdir(parents=True, exist_ok=True)
            DeltaTable.create(
                path,
                _schema(table),
                mode="ignore",
                partition_by=_partition_columns(table),
                configuration=_LOG_RETENTION,
            )

    def _add_missing_columns(self, table: str) -> None:
        """Add the columns that a lake of an older version lacks; they are null in its files."""
        delta_table = self._delta_table(table)
        known_names = {field.name for field in delta_table.schema().fields}
        if missing_fields := [field for field in _schema(table).fields if field.name not in known_names]:
            delta_table.alter.add_columns(missing_fields)

    def _delta_table(self, table: str, version: int | None = None) -> DeltaTable:
        return DeltaTable(self.root / table, version=version)

    def _add_file(self, root: Path, file: DataFile, batch: Batch) -> AddAction:
        folder = Path(*(f"{name}={value}" for name, value in file.partition.items()))
        path = folder / f"{batch.folder.name}-{file.path.name}"
        (root / folder).mkdir(parents=True, exist_ok=True)
        file.path.rename(root / path)
        stat = (root / path).stat()
        stats = f'{{"numRecords": {file.rows}}}'
        return AddAction(
            path=str(path),
            size=stat.st_size,
            partition_values=dict(file.partition),
            modification_time=int(stat.st_mtime * 1000),
            data_change=True,
            stats=stats,
        )

    def _clean_up(self) -> None:
        """Clean up after failed or killed batches: delete their folders, and files moved but not committed."""
        for leftover in self._staging.glob("*"):
            for table in LAKE_COLUMNS:
                live = {Path(uri).name for uri in self._delta_table(table).file_uris()}
                for file in (self.root / table).glob(f"**/{leftover.name}-*.parquet"):
                    if file.name not in live:
                        file.unlink()
            shutil.rmtree(leftover)


def _partition_columns(table: str) -> list[str]:
    return [name for name in ("network", "day_no") if name in LAKE_COLUMNS[table]]


def _schema(table: str) -> Schema:
    return Schema(
        [Field(name, PrimitiveType(_DELTA_TYPES.get(kind, kind))) for name, kind in LAKE_COLUMNS[table].items()]
    )


def _remove_action(root: Path, uri: str) -> RemoveAction:
    path = os.path.relpath(uri, root)
    partition: dict[str, str | None] = {}
    for part in Path(path).parts[:-1]:
        name, _, value = part.partition("=")
        partition[name] = value
    deleted_at = int(time.time() * 1000)
    return RemoveAction(path, True, deleted_at, Path(uri).stat().st_size, partition)  # noqa: FBT003 - deltalake's
