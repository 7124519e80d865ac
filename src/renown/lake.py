"""The lake: Delta tables of Parquet files, partitioned by network and day, with atomic and idempotent commits."""

import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import Protocol

from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, RemoveAction

from renown.errors import DamagedHomeError, HomeError, LakeLockedError
from renown.fsync import sync_files
from renown.records import LAKE_COLUMNS, OptOutList

_DELTA_TYPES = {"bigint": "long", "smallint": "short"}
_LOG_RETENTION = {"delta.logRetentionDuration": "interval 36500 days"}
"""A published day refers to the table versions it was scored from, so their log must be retained."""

WRITER_LOCK = "_writer"
"""Lock file in the lake of the process that writes to it."""
_LOG_FOLDER = "_delta_log"
_CHECKPOINT_FILE = "_last_checkpoint"
_FIRST_TABLES = frozenset(
    ("interactions", "tallies", "profiles", "undone", "presence", "accounts", "handles", "coverage")
)
"""Tables that every lake has; a table that a later version of renown adds is created in an older lake."""
_LOG_REMEDY = "`renown check` names the damaged entry; restore the folder of the table from a backup"


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
        self.root = root
        self.load_opt_outs = load_opt_outs
        self._load_known_versions = load_known_versions
        self._staging = root / "_staging"
        self._lock_path = root / WRITER_LOCK
        self._add_new_tables()
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
        """
        Return the current version of each table: a snapshot of the lake.

        Raises
        ------
        DamagedHomeError
            If a table is damaged, or lost commits.
        """
        self._check_known_versions()
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
                with self._translate_errors(table):
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
        DamagedHomeError
            If a table lost commits: a new one would take their place.
        """
        with self._lock_path.open("w") as lock_file:
            try:
                fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LakeLockedError(
                    f"another process is writing to the lake {str(self.root)!r}; wait for it to end and try again"
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
        root, delta_table = self.root / table, self._delta_table(table)
        with self._translate_errors(table):
            version = delta_table.version()
            _add_missing_columns(delta_table, table)
            adds = [self._add_file(root, file, batch) for file in new_files]
            removes = [_remove_action(root, uri) for uri in remove]
            # The files before the log entry that names them, both before the commit is acknowledged.
            sync_files([root / add.path for add in adds], root)
            delta_table.create_write_transaction(
                [*adds, *removes],
                mode="append",
                schema=_schema(table),
                partition_by=_partition_columns(table),
                commit_properties=CommitProperties(
                    custom_metadata={"cursor": cursor},
                    app_transactions=transactions or [Transaction(batch.batch_id, 1)],
                ),
            )
            self._sync_log(table, version)

    def purge(self, table: str) -> int:
        """Delete files that only older versions refer to (vacuum); return how many."""
        delta_table = self._delta_table(table)
        with self._translate_errors(table):
            version = delta_table.version()
            deleted = delta_table.vacuum(0, dry_run=False, enforce_retention_duration=False)
            self._sync_log(table, version)
            return len(deleted)

    def _sync_log(self, table: str, version: int) -> None:
        """Sync the log entries after a version, and a checkpoint if there is a new one."""
        log = self.root / table / _LOG_FOLDER
        new_entries = list(takewhile(Path.exists, (self._log_entry(table, version + n) for n in count(1))))
        checkpoints = [
            file for entry in new_entries for file in (entry.with_suffix(".checkpoint.parquet"),) if file.exists()
        ]
        sync_files([*new_entries, *checkpoints, *([log / _CHECKPOINT_FILE] if checkpoints else [])], log)

    def _add_new_tables(self) -> None:
        """Create the tables that an older version of renown did not have."""
        for table in LAKE_COLUMNS:
            if not has_log(self.root / table):
                if table in _FIRST_TABLES:
                    raise DamagedHomeError(
                        f"the folder {str(self.root / table / _LOG_FOLDER)!r} of the lake is missing or empty; restore "
                        f"{str(self.root / table)!r} from a backup; published scores can still be read; "
                        "`renown check` lists all damage"
                    )
                with self._translate_errors(table):
                    _create_table(self.root, table)

    def _check_known_versions(self) -> None:
        for table, version in self._load_known_versions().items():
            if table in LAKE_COLUMNS and not self._log_entry(table, version).exists():
                raise DamagedHomeError(
                    f"the log entry {str(self._log_entry(table, version))!r} is missing, from which a day was scored; "
                    f"restore {str(self.root / table)!r} from a backup; published scores can still be read"
                )

    def _log_entry(self, table: str, version: int) -> Path:
        return log_entry(self.root / table, version)

    def _delta_table(self, table: str, version: int | None = None) -> DeltaTable:
        with self._translate_errors(table):
            delta_table = DeltaTable(self.root / table, version=version)
            # The reader takes an empty entry for one without changes, and would forget files that were acknowledged.
            for entry in self._entries_since_checkpoint(table, delta_table.version()):
                if entry.stat().st_size == 0:
                    raise DamagedHomeError(f"the log entry {str(entry)!r} is empty; {_LOG_REMEDY}")
            return delta_table

    def _entries_since_checkpoint(self, table: str, version: int) -> Iterator[Path]:
        try:
            checkpoint = int(json.loads((self.root / table / _LOG_FOLDER / _CHECKPOINT_FILE).read_bytes())["version"])
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
                f"the file {str(error.filename)!r} of the lake is missing; restore it from a backup; "
                "`renown check` lists all damage"
            ) from error
        except DeltaError as error:
            reason = " ".join(str(error).split("\n   0:")[0].split())[:200]
            raise DamagedHomeError(
                f"the log of the lake's table {str(self.root / table)!r} is damaged: {reason}; {_LOG_REMEDY}"
            ) from error
        except OSError as error:
            raise HomeError(
                f"cannot use the lake's table {str(self.root / table)!r}: {' '.join(str(error).split())[:200]}; "
                "check that the disk has free space and the folder is writable"
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
            for table in LAKE_COLUMNS:
                live = {Path(uri).name for uri in self._delta_table(table).file_uris()}
                for file in (self.root / table).glob(f"**/{leftover.name}-*.parquet"):
                    if file.name not in live:
                        file.unlink()
            shutil.rmtree(leftover)


def create_lake(root: Path) -> None:
    """Create the tables of a new lake; after a kill, the same call creates the rest."""
    for table in LAKE_COLUMNS:
        if not has_log(root / table):
            _create_table(root, table)


def has_data(root: Path) -> bool:
    """Tell whether anything was ever committed to a lake, even if its log is lost."""
    return any(any((root / table).glob("network=*")) or log_entry(root / table, 1).exists() for table in LAKE_COLUMNS)


def has_log(table: Path) -> bool:
    """Tell whether the folder of a table has a log with an entry."""
    return any((table / _LOG_FOLDER).glob("0*.json"))


def log_entry(table: Path, version: int) -> Path:
    """Return the log entry of a version of the table in a folder."""
    return table / _LOG_FOLDER / f"{version:020}.json"


def _create_table(root: Path, table: str) -> None:
    (root / table).mkdir(parents=True, exist_ok=True)
    DeltaTable.create(
        root / table,
        _schema(table),
        mode="ignore",
        partition_by=_partition_columns(table),
        configuration=_LOG_RETENTION,
    )
    sync_files([log_entry(root / table, 0)], root.parent)


def _add_missing_columns(delta_table: DeltaTable, table: str) -> None:
    """Add the columns that a lake of an older version lacks; they are null in its files."""
    known_names = {field.name for field in delta_table.schema().fields}
    if missing_fields := [field for field in _schema(table).fields if field.name not in known_names]:
        delta_table.alter.add_columns(missing_fields)


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
