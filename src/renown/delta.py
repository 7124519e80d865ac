"""Delta tables of Parquet files in one folder: atomic, synced commits by one writer at a time."""

import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, RemoveAction

from renown.errors import DamagedHomeError, HomeError, LakeLockedError
from renown.fsync import sync_files

TableColumns = Mapping[str, Mapping[str, str]]
"""Table to column name to type."""

WRITER_LOCK = "_writer"
"""Lock file in the folder of the process that writes to it."""
LOG_FOLDER = "_delta_log"
"""Folder of a table with one entry per version."""
PARTITION_COLUMNS = ("network", "day_no")
"""Columns by which a table is partitioned, if it has them."""

_DELTA_TYPES = {"bigint": "long", "smallint": "short"}
_LOG_RETENTION = {"delta.logRetentionDuration": "interval 36500 days"}
"""A published day refers to the table versions it was scored from, so their log must be retained."""
_CHECKPOINT_FILE = "_last_checkpoint"
_MAX_LISTED_VERSIONS = 64
"""Versions of tables of which the files are remembered; a path takes about 150 bytes."""


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
        self._listed_paths: dict[tuple[str, int, int, int], tuple[str, ...]] = {}
        """Files of the versions that were listed lately: they never change."""
        self._last_listed: dict[str, int] = {}
        """Table to the version that was current lately; it still is if its log has no later entry."""

    def files(
        self, table: str, *, network: str | None = None, days: Iterable[int] | None = None, version: int | None = None
    ) -> list[str]:
        """
        Return the current files of a table in a stable order; optionally of one network, of some days, as of a version.

        If a person was erased since that version, its files no longer exist and the current ones are returned instead.
        """
        day_folders = None if days is None else {f"day_no={day_no}" for day_no in days}

        def list_files(at_version: int | None) -> list[str]:
            return sorted(
                uri
                for uri in self._list_paths(table, at_version)
                if (network is None or f"/network={network}/" in uri)
                and (day_folders is None or uri.split("/")[-2] in day_folders)
            )

        files = list_files(version)
        if version is not None and not all(os.path.exists(uri) for uri in files):  # noqa: PTH110 - a URI, many of them
            files = list_files(None)
        return files

    def has_files(self, table: str, version: int) -> bool:
        """Tell whether all files of a version still exist: an erasure deletes those with a person."""
        return all(os.path.exists(uri) for uri in list_paths(self._delta_table(table, version)))  # noqa: PTH110 - as above

    def count_rows(self, table: str, versions: Collection[int] = ()) -> list[dict[int, int]]:
        """
        Count the rows of each day, by its number, as of some versions and last as of now, from the log alone.

        Raises
        ------
        DamagedHomeError
            If an entry of the log since the first of the versions is damaged or missing.
        """
        delta_table = self._delta_table(table)
        first, last = min(versions, default=delta_table.version()), delta_table.version()
        actions = self._delta_table(table, first).get_add_actions(flatten=True)
        columns = (actions.column(name).to_pylist() for name in ("path", "partition.day_no", "num_records"))
        rows_by_file = {path: (day_no, rows) for path, day_no, rows in zip(*columns, strict=True)}
        counts = {first: _sum_by_day(rows_by_file)}
        with self._translate_errors(table):
            # One pass over the entries: to load each version anew would read most of them again and again.
            for version in range(first + 1, max(last, *versions, first) + 1):
                _apply_log_entry(self._log_entry(table, version), rows_by_file, self._remedy)
                if version in versions or version == last:
                    counts[version] = _sum_by_day(rows_by_file)
        return [counts[version] for version in (*versions, last)]

    def versions(self) -> dict[str, int]:
        """
        Return the current version of each table: a snapshot of the folder.

        Raises
        ------
        DamagedHomeError
            If a table is damaged, or lost commits.
        """
        self._check_known_versions()
        return {table: self._find_version(table) for table in self._columns}

    def has_batch(self, table: str, batch_id: str) -> bool:
        """Tell whether a batch was already committed, which makes writing idempotent."""
        return self._delta_table(table).transaction_version(batch_id) is not None

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
        """Delete files that only older versions refer to (vacuum); return how many."""
        delta_table = self._delta_table(table)
        with self._translate_errors(table):
            version = delta_table.version()
            deleted = delta_table.vacuum(0, dry_run=False, enforce_retention_duration=False)
            self._sync_log(table, version)
            return len(deleted)

    def purge_except(self, table: str, versions: Collection[int]) -> int:
        """
        Delete files to which neither the current version refers nor any of some others; return how many.

        Only to be called within `write_batch`: files of a batch that is being written are in no version yet.

        Raises
        ------
        DamagedHomeError
            If an entry of the log is damaged or missing.
        """
        delta_table = self._delta_table(table)
        root, last = self.root / table, delta_table.version()
        current = {os.path.relpath(uri, root) for uri in list_paths(delta_table)}
        # Partition folders only: the log's folder has checkpoints, which are Parquet files, too.
        outdated = {str(file.relative_to(root)) for file in root.glob("*=*/*.parquet")} - current
        if not outdated:
            return 0
        with self._translate_errors(table):
            spans = _read_file_spans(self._log_entry(table, version) for version in range(last + 1))
        unneeded = {
            path
            for path in outdated
            if not any(first <= version < end for version in versions for first, end in spans.get(path, ()))
        }
        for path in unneeded:
            (root / path).unlink(missing_ok=True)
        return len(unneeded)

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
        root, delta_table, columns = self.root / table, self._delta_table(table), self._columns[table]
        with self._translate_errors(table):
            version = delta_table.version()
            _add_missing_columns(delta_table, columns)
            adds = [self._add_file(root, file, batch) for file in new_files]
            removes = [_remove_action(root, uri) for uri in remove]
            # The files before the log entry that names them, both before the commit is acknowledged.
            sync_files([root / add.path for add in adds], root)
            delta_table.create_write_transaction(
                [*adds, *removes],
                mode="append",
                schema=_schema(columns),
                partition_by=_partition_columns(columns),
                commit_properties=CommitProperties(custom_metadata=dict(metadata), app_transactions=list(transactions)),
            )
            self._sync_log(table, version)

    def _check_known_versions(self) -> None:
        """Check that no table lost a commit that something else refers to."""

    def _read_metadata(self, table: str) -> dict[str, Any]:
        """Return the metadata of the latest commit to a table."""
        delta_table = self._delta_table(table)
        with self._translate_errors(table):
            return delta_table.history(1)[0]

    def _sync_log(self, table: str, version: int) -> None:
        """Sync the log entries after a version, and a checkpoint if there is a new one."""
        log = self.root / table / LOG_FOLDER
        new_entries = list(takewhile(Path.exists, (self._log_entry(table, version + n) for n in count(1))))
        checkpoints = [
            file for entry in new_entries for file in (entry.with_suffix(".checkpoint.parquet"),) if file.exists()
        ]
        sync_files([*new_entries, *checkpoints, *([log / _CHECKPOINT_FILE] if checkpoints else [])], log)

    def _find_version(self, table: str) -> int:
        """Return the current version of a table; the log is read only if it has a new entry."""
        self._list_paths(table)
        return self._last_listed[table]

    def _list_paths(self, table: str, version: int | None = None) -> tuple[str, ...]:
        """List the paths of a table's files; the log is read only for a version that was not listed lately."""
        last_listed = self._last_listed.get(table, -1) if version is None else version
        key = self._version_key(table, last_listed)
        if version is not None or not self._log_entry(table, last_listed + 1).exists():
            paths = self._listed_paths.get(key)
            if paths is not None:
                return paths
        delta_table = self._delta_table(table, version)
        paths, listed = tuple(list_paths(delta_table)), delta_table.version()
        self._listed_paths[self._version_key(table, listed)] = paths
        for oldest in list(self._listed_paths)[:-_MAX_LISTED_VERSIONS]:
            self._listed_paths.pop(oldest, None)
        if version is None:
            self._last_listed[table] = listed
        return paths

    def _version_key(self, table: str, version: int) -> tuple[str, int, int, int]:
        """Return what identifies a version; one that a backup brought back has another time of its log entry."""
        try:
            stat = self._log_entry(table, version).stat()
        except OSError:
            return (table, version, 0, 0)
        return (table, version, stat.st_mtime_ns, stat.st_size)

    def _log_entry(self, table: str, version: int) -> Path:
        return log_entry(self.root / table, version)

    def _delta_table(self, table: str, version: int | None = None) -> DeltaTable:
        with self._translate_errors(table):
            delta_table = DeltaTable(self.root / table, version=version)
            # The reader takes an empty entry for one without changes, and would forget files that were acknowledged.
            for entry in self._entries_since_checkpoint(table, delta_table.version()):
                if entry.stat().st_size == 0:
                    raise DamagedHomeError(f"the log entry {str(entry)!r} is empty; {self._remedy}")
            return delta_table

    def _entries_since_checkpoint(self, table: str, version: int) -> Iterator[Path]:
        try:
            checkpoint = int(json.loads((self.root / table / LOG_FOLDER / _CHECKPOINT_FILE).read_bytes())["version"])
        except (OSError, ValueError, KeyError, TypeError):
            checkpoint = -1
        return (self._log_entry(table, number) for number in range(min(checkpoint, version) + 1, version + 1))

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
        except DeltaError as error:
            reason = " ".join(str(error).split("\n   0:")[0].split())[:200]
            raise DamagedHomeError(
                f"the log of the {self._kind}'s table {str(self.root / table)!r} is damaged: {reason}; {self._remedy}"
            ) from error
        except OSError as error:
            raise HomeError(
                f"cannot use the {self._kind}'s table {str(self.root / table)!r}: "
                f"{' '.join(str(error).split())[:200]}; check that the disk has free space and the folder is writable"
            ) from error

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
            for table in self._columns:
                live = {Path(uri).name for uri in list_paths(self._delta_table(table))}
                for file in (self.root / table).glob(f"**/{leftover.name}-*.parquet"):
                    if file.name not in live:
                        file.unlink()
            shutil.rmtree(leftover)


def parse_day(file: str | Path) -> int:
    """Return the number of the day in whose folder a file is."""
    return int(Path(file).parent.name.removeprefix("day_no="))


def list_paths(delta_table: DeltaTable) -> list[str]:
    """List the paths of a table's current files; its URIs encode blanks and other characters of the folder's name."""
    return [unquote(uri) for uri in delta_table.file_uris()]


def _apply_log_entry(entry: Path, rows_by_file: dict[str, tuple[int, int]], remedy: str) -> None:
    """
    Add and remove the files that an entry of the log names.

    References
    ----------
    Delta Transaction Log Protocol, "Actions": one JSON object per line; ``stats`` is JSON in a string.
    """
    for line in entry.read_bytes().splitlines():
        try:
            action = json.loads(line)
            if added := action.get("add"):
                rows = json.loads(added["stats"])["numRecords"]
                rows_by_file[added["path"]] = (int(added["partitionValues"]["day_no"]), rows)
            elif removed := action.get("remove"):
                rows_by_file.pop(removed["path"], None)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedHomeError(f"the log entry {str(entry)!r} is damaged; {remedy}") from error


def _read_file_spans(entries: Iterable[Path]) -> dict[str, list[tuple[int, int]]]:
    """Return the versions, first and end, that refer to each file which is not in the last one any more."""
    added: dict[str, int] = {}
    spans: dict[str, list[tuple[int, int]]] = {}
    for version, entry in enumerate(entries):
        for action in map(json.loads, entry.read_bytes().splitlines()):
            if file := action.get("add"):
                added[unquote(file["path"])] = version
            elif file := action.get("remove"):
                path = unquote(file["path"])
                spans.setdefault(path, []).append((added.pop(path, 0), version))
    return spans


def _sum_by_day(rows_by_file: Mapping[str, tuple[int, int]]) -> dict[int, int]:
    rows_by_day: dict[int, int] = {}
    for day_no, rows in rows_by_file.values():
        rows_by_day[day_no] = rows_by_day.get(day_no, 0) + rows
    return rows_by_day


def create_tables(root: Path, columns: TableColumns) -> None:
    """Create the tables that a folder lacks; after a kill, the same call creates the rest."""
    for table, table_columns in columns.items():
        if not has_log(root / table):
            (root / table).mkdir(parents=True, exist_ok=True)
            DeltaTable.create(
                root / table,
                _schema(table_columns),
                mode="ignore",
                partition_by=_partition_columns(table_columns),
                configuration=_LOG_RETENTION,
            )
            sync_files([log_entry(root / table, 0)], root.parent)


def has_log(table: Path) -> bool:
    """Tell whether the folder of a table has a log with an entry."""
    return any((table / LOG_FOLDER).glob("0*.json"))


def log_entry(table: Path, version: int) -> Path:
    """Return the log entry of a version of the table in a folder."""
    return table / LOG_FOLDER / f"{version:020}.json"


def _add_missing_columns(delta_table: DeltaTable, columns: Mapping[str, str]) -> None:
    """Add the columns that a table of an older version lacks; they are null in its files."""
    known_names = {field.name for field in delta_table.schema().fields}
    if missing_fields := [field for field in _schema(columns).fields if field.name not in known_names]:
        delta_table.alter.add_columns(missing_fields)


def _partition_columns(columns: Mapping[str, str]) -> list[str]:
    return [name for name in PARTITION_COLUMNS if name in columns]


def _schema(columns: Mapping[str, str]) -> Schema:
    return Schema([Field(name, PrimitiveType(_DELTA_TYPES.get(kind, kind))) for name, kind in columns.items()])


def _remove_action(root: Path, uri: str) -> RemoveAction:
    path = os.path.relpath(uri, root)
    partition: dict[str, str | None] = {}
    for part in Path(path).parts[:-1]:
        name, _, value = part.partition("=")
        partition[name] = value
    deleted_at = int(time.time() * 1000)
    return RemoveAction(path, True, deleted_at, Path(uri).stat().st_size, partition)  # noqa: FBT003 - deltalake's
