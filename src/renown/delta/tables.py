"""Delta tables of Parquet files in one folder: atomic, synced commits by one writer at a time."""

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from renown.delta.actions import LogAction, Transaction, add_columns, add_file, remove_file
from renown.delta.file_list import FileList, parse_day
from renown.delta.log import DamagedLogError, DeltaLog, EntryKey, has_log, log_entry
from renown.delta.snapshot import TableSnapshot
from renown.errors import DamagedHomeError, HomeError, LakeLockedError
from renown.fsync import sync_files

TableColumns = Mapping[str, Mapping[str, str]]
"""Table to column name to type."""

WRITER_LOCK = "_writer"
"""Lock file in the folder of the process that writes to it."""
_MAX_LISTED_VERSIONS = 64
"""Versions of tables of which the files are remembered; a path takes some 200 bytes."""


class DataFile(Protocol):
    """A Parquet file that an engine wrote, to be committed to a table."""

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
    """A folder to write files to before they are committed to the tables together."""

    batch_id: str
    folder: Path
    """It is deleted with everything in it when the batch ends."""


class DeltaTables:
    """
    Delta tables in one folder.

    A file lock admits one writer at a time. Readers never wait: commits are atomic, so they see a table before or after
    a batch, never in between.

    Parameters
    ----------
    root : Path
    columns : mapping of str to mapping
        Table to column name to type.
    kind : str
        What the folder is, for messages.
    remedy : str
        What to do about a damaged log.
    """

    def __init__(self, root: Path, columns: TableColumns, *, kind: str, remedy: str) -> None:
        self.root = root
        self._columns = columns
        self._kind = kind
        self._remedy = remedy
        self._staging = root / "_staging"
        self._lock_path = root / WRITER_LOCK
        self._logs = {table: DeltaLog(root / table) for table in columns}
        self._file_lists: dict[tuple[str, int, EntryKey | None], FileList] = {}
        """Files of the versions that were listed lately."""

    def files(
        self, table: str, *, network: str | None = None, days: Iterable[int] | None = None, version: int | None = None
    ) -> list[str]:
        """
        Return the current files of a table in a stable order; optionally of one network, of some days, as of a version.

        If a person was erased since that version, its files no longer exist and the current ones are returned instead.
        """
        files = self._list_files(table, version).select(network=network, days=days)
        if version is not None and not self._all_exist(table, files):
            return self._list_files(table).select(network=network, days=days)
        return files

    def has_files(self, table: str, version: int) -> bool:
        """Tell whether all files of a version still exist: an erasure deletes those with a person."""
        return self._all_exist(table, self._list_files(table, version).paths)

    def _all_exist(self, table: str, files: Iterable[str]) -> bool:
        """Tell whether files still exist: only those that are not current may have been deleted."""
        current_files = self._list_files(table).path_set
        return all(file in current_files or os.path.exists(file) for file in files)  # noqa: PTH110 - many of them

    def count_rows(self, table: str, versions: Collection[int] = ()) -> list[dict[int, int]]:
        """
        Count the rows of each day, by its number, as of some versions and last as of now, from the log alone.

        Raises
        ------
        DamagedHomeError
            If an entry of the log since the first of the versions is damaged or missing.
        """
        current = self._read_snapshot(table).version
        with self._translate_errors(table):
            snapshots = self._logs[table].snapshots([*versions, current])
            counts = {snapshot.version: snapshot.rows_by_day() for snapshot in snapshots}
        return [counts[version] for version in (*versions, current)]

    def versions(self) -> dict[str, int]:
        """
        Return the current version of each table: a snapshot of the folder.

        Raises
        ------
        DamagedHomeError
            If a table is damaged, or lost commits.
        """
        self._check_known_versions()
        return {table: self._read_snapshot(table).version for table in self._columns}

    def has_batch(self, table: str, batch_id: str) -> bool:
        """Tell whether a batch was already committed, which makes writing idempotent."""
        return batch_id in self._read_snapshot(table).transactions

    @contextmanager
    def write_batch(self, batch_id: str | None = None) -> Iterator[Batch]:
        """
        Acquire the writer's lock and a folder to write to.

        Raises
        ------
        LakeLockedError
            If another process holds the lock.
        DamagedHomeError
            If a table lost commits: a new one would take their place.
        """
        with self._lock_path.open("w") as lock_file:
            try:
                fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LakeLockedError(
                    f"another process is writing to the {self._kind} {str(self.root)!r}; "
                    "wait for it to end and try again"
                ) from None
            self._check_known_versions()
            self._clean_up()
            batch = Batch(batch_id or uuid.uuid4().hex, self._staging / uuid.uuid4().hex)
            batch.folder.mkdir(parents=True)
            try:
                yield batch
            except BaseException:
                self._clean_up()
                raise
            # All files that were moved are committed, so there is no need to search a large folder for leftovers.
            shutil.rmtree(batch.folder)

    def delete_days(self, table: str, *, before: int, batch: Batch) -> int:
        """
        Delete the rows of all days before one, also from older versions; return how many the table had.

        Parameters
        ----------
        table : str
        before : int
            Number of the first day that stays.
        batch : Batch
            Of the caller, who holds the writer's lock.
        """
        files = [file for file in self.files(table) if parse_day(file) < before]
        rows = sum(count for day_no, count in self.count_rows(table)[0].items() if day_no < before)
        if files:
            self._remove_files(table, files, batch)
        for folder in (self.root / table).glob("**/day_no=*"):
            if parse_day(folder / "file") < before:
                shutil.rmtree(folder)
        return rows

    def _remove_files(self, table: str, files: Sequence[str], batch: Batch) -> None:
        """Remove files from a table in one atomic transaction, with what else its commits record."""
        self._commit(table, (), batch=batch, remove=files, metadata={}, transactions=())

    def purge(self, table: str) -> int:
        """
        Delete files to which the current version does not refer (vacuum); return how many.

        Only to be called within `write_batch`: files of a batch that is being written are in no version yet.
        """
        return self.purge_except(table, ())

    def purge_except(self, table: str, versions: Collection[int]) -> int:
        """
        Delete files to which neither the current version refers nor any of some others; return how many.

        Only to be called within `write_batch`, as `purge`.

        Raises
        ------
        DamagedHomeError
            If an entry of the log is damaged or missing.
        """
        root, snapshot = self.root / table, self._read_snapshot(table)
        # Partition folders only: the log's folder has checkpoints, which are Parquet files, too.
        outdated = {str(file.relative_to(root)) for file in root.glob("*=*/**/*.parquet")} - snapshot.files.keys()
        with self._translate_errors(table):
            for earlier in self._logs[table].snapshots(versions if outdated else ()):
                outdated -= earlier.files.keys()
        for path in outdated:
            (root / path).unlink(missing_ok=True)
        return len(outdated)

    def _commit(
        self,
        table: str,
        new_files: Sequence[DataFile],
        *,
        batch: Batch,
        remove: Sequence[str],
        metadata: Mapping[str, str],
        transactions: Sequence[Transaction],
    ) -> None:
        """Move the files of a batch into a table and remove others from it, in one atomic transaction."""
        root, log, at = self.root / table, self._logs[table], _milliseconds()
        with self._translate_errors(table):
            actions = add_columns(log.latest().metadata, self._columns[table])
            actions += [LogAction(txn=transaction) for transaction in transactions]
            actions += [self._move_file(root, file, batch, at=at) for file in new_files]
            actions += [remove_file(os.path.relpath(path, root), at=at) for path in remove]
            # The files before the log entry that names them, both before the commit is acknowledged.
            sync_files([root / action.add.relative_path for action in actions if action.add], root)
            log.append(actions, metadata, at=at)

    def _check_known_versions(self) -> None:
        """Check that no table lost a commit that something else refers to."""

    def _read_metadata(self, table: str) -> Mapping[str, Any]:
        """Return the metadata of the latest commit to a table."""
        with self._translate_errors(table):
            return self._logs[table].commit_info()

    def _read_snapshot(self, table: str) -> TableSnapshot:
        """Return the current snapshot of a table."""
        with self._translate_errors(table):
            return self._logs[table].latest()

    def _list_files(self, table: str, version: int | None = None) -> FileList:
        """List the files of a table; the log is read only for a version that was not listed lately."""
        current = self._read_snapshot(table) if version is None else None
        number = current.version if current else version or 0
        key = (table, number, self._logs[table].entry_key(number))
        file_list = self._file_lists.get(key)
        if file_list is None:
            with self._translate_errors(table):
                snapshot = current or self._logs[table].snapshot(number)
            root = str(self.root / table)
            paths = tuple(sorted(f"{root}/{path}" for path in snapshot.files))
            file_list = self._file_lists[key] = FileList(paths)
            for oldest in list(self._file_lists)[:-_MAX_LISTED_VERSIONS]:
                self._file_lists.pop(oldest, None)
        return file_list

    def _log_entry(self, table: str, version: int) -> Path:
        return self._logs[table].entry(version)

    @contextmanager
    def _translate_errors(self, table: str) -> Iterator[None]:
        """
        Translate errors of a damaged table, and of the disk, to those of the home.

        Raises
        ------
        DamagedHomeError
            If a log entry or a file of the table is damaged or missing.
        HomeError
            If the disk is full or read-only.
        """
        try:
            yield
        except FileNotFoundError as error:
            raise DamagedHomeError(
                f"the file {str(error.filename)!r} of the {self._kind} is missing; restore it from a backup; "
                "`renown check` lists all damage"
            ) from error
        except DamagedLogError as error:
            raise DamagedHomeError(
                f"the log of the {self._kind}'s table {str(self.root / table)!r} is damaged: {error}; "
                f"{error.remedy or self._remedy}"
            ) from error
        except OSError as error:
            raise HomeError(
                f"cannot use the {self._kind}'s table {str(self.root / table)!r}: "
                f"{' '.join(str(error).split())[:200]}; check that the disk has free space and the folder is writable"
            ) from error

    @staticmethod
    def _move_file(root: Path, file: DataFile, batch: Batch, *, at: int) -> LogAction:
        """Move a file of a batch into its table; return the action that adds it."""
        folder = Path(*(f"{name}={value}" for name, value in file.partition.items()))
        path = folder / f"{batch.folder.name}-{file.path.name}"
        (root / folder).mkdir(parents=True, exist_ok=True)
        file.path.rename(root / path)
        size = (root / path).stat().st_size
        return add_file(str(path), partition=file.partition, size=size, rows=file.rows, at=at)

    def _clean_up(self) -> None:
        """Clean up after failed or killed batches: delete their folders, and files moved but not committed."""
        for leftover in self._staging.glob("*"):
            for table in self._columns:
                live_files = self._read_snapshot(table).files
                for file in (self.root / table).glob(f"**/{leftover.name}-*.parquet"):
                    if str(file.relative_to(self.root / table)) not in live_files:
                        file.unlink()
                self._logs[table].clean_up()
            shutil.rmtree(leftover)


def create_tables(root: Path, columns: TableColumns) -> None:
    """Create the tables that a folder lacks; after a kill, the same call creates the rest."""
    for table, table_columns in columns.items():
        if not has_log(root / table):
            (root / table).mkdir(parents=True, exist_ok=True)
            DeltaLog(root / table).create(table_columns, at=_milliseconds())
            sync_files([log_entry(root / table, 0)], root.parent)


def _milliseconds() -> int:
    """Return the current instant in milliseconds since 1970."""
    return int(time.time() * 1000)
