"""
The log of a Delta table: numbered entries, each written at once, and checkpoints of them.

References
----------
Delta Transaction Log Protocol, "Delta Log Entries".
"""

import json
import logging
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from renown.delta.actions import LogAction, Protocol, create_table, decode_actions, encode_actions
from renown.delta.checkpoint import read_checkpoint, write_checkpoint
from renown.delta.snapshot import TableSnapshot, replay
from renown.fsync import UNFINISHED_PREFIX, create_durably, sync_files, write_durably

LOG_FOLDER = "_delta_log"
"""Folder of a table with one entry per version."""
CHECKPOINT_INTERVAL = 100
"""Entries after which a checkpoint is written."""
EntryKey = tuple[int, int]
"""Time of change and size of a log entry."""
_ENTRY_NAME = re.compile(r"(\d{20})\.json")
_CHECKPOINT_NAME = re.compile(r"(\d{20})\.checkpoint\.parquet")
_LOGGER = logging.getLogger(__name__)


class DamagedLogError(Exception):
    """
    A log entry or a checkpoint is damaged or missing.

    Parameters
    ----------
    message : str
    remedy : str, optional
        What to do, if it is not to restore the table.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class DeltaLog:
    """
    The log of the table in a folder.

    The latest snapshot is remembered, and goes on with the entries that were added since.

    Parameters
    ----------
    table : Path
    """

    def __init__(self, table: Path) -> None:
        self._table = table
        self._folder = table / LOG_FOLDER
        self._latest: tuple[TableSnapshot, EntryKey | None] | None = None

    def entry(self, version: int) -> Path:
        """Return the file of an entry."""
        return log_entry(self._table, version)

    def read_entry(self, version: int) -> list[LogAction]:
        """
        Read an entry.

        Raises
        ------
        DamagedLogError
            If it is missing, empty, cut or damaged.
        """
        entry = self.entry(version)
        try:
            return decode_actions(entry.read_bytes())
        except FileNotFoundError:
            raise DamagedLogError(f"the log entry {str(entry)!r} is missing") from None
        except ValueError as error:
            raise DamagedLogError(f"the log entry {str(entry)!r} is damaged: {error}") from error

    def entry_key(self, version: int) -> EntryKey | None:
        """Return what identifies an entry; one that a backup brought back has another time."""
        try:
            stat = self.entry(version).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size

    def latest(self) -> TableSnapshot:
        """
        Return the current snapshot.

        Raises
        ------
        DamagedLogError
            If an entry since the last checkpoint, or that checkpoint, is damaged or missing.
        """
        snapshot, key = self._latest or (None, None)
        if snapshot and key and key == self.entry_key(snapshot.version):
            added_versions = list(takewhile(lambda number: self.entry(number).exists(), count(snapshot.version + 1)))
            snapshot = self._replay(snapshot, added_versions)
        else:
            snapshot = self.snapshot()
        self._latest = (snapshot, self.entry_key(snapshot.version))
        return snapshot

    def snapshot(self, version: int | None = None) -> TableSnapshot:
        """
        Read the snapshot of a version, or of the last one, from the checkpoint before it and the entries since.

        Raises
        ------
        DamagedLogError
            As for `latest`.
        """
        names = os.listdir(self._folder)  # noqa: PTH208 - many thousands
        last = max(_find_versions(_ENTRY_NAME, names), default=0) if version is None else version
        checkpoint = max((number for number in _find_versions(_CHECKPOINT_NAME, names) if number <= last), default=-1)
        snapshot = None if checkpoint < 0 else self._read_checkpoint(checkpoint)
        return self._replay(snapshot, range(checkpoint + 1, last + 1))

    def snapshots(self, versions: Iterable[int]) -> Iterator[TableSnapshot]:
        """Yield the snapshots of some versions, in their order; each entry is read once."""
        snapshot: TableSnapshot | None = None
        for version in sorted(set(versions)):
            if snapshot is None:
                snapshot = self.snapshot(version)
            else:
                snapshot = self._replay(snapshot, range(snapshot.version + 1, version + 1))
            yield snapshot

    def create(self, columns: Mapping[str, str], *, at: int) -> None:
        """Create the first entry, of a table with these columns, unless another process does so at the same time."""
        self._folder.mkdir(parents=True, exist_ok=True)
        metadata = create_table(str(uuid.uuid4()), columns, at=at)
        actions = [LogAction(protocol=Protocol()), LogAction(meta_data=metadata), _commit_info("CREATE TABLE", at, {})]
        with suppress(FileExistsError):
            create_durably(self.entry(0), encode_actions(actions))

    def append(self, actions: Sequence[LogAction], metadata: Mapping[str, Any], *, at: int) -> None:
        """
        Append an entry: a commit, which is there whole or not at all.

        Parameters
        ----------
        actions : sequence of LogAction
        metadata : mapping
            Of the commit; `commit_info` returns it.
        at : int
            Instant in milliseconds since 1970.

        Raises
        ------
        FileExistsError
            If another process appended one at the same time.
        """
        version = self.latest().version + 1
        create_durably(self.entry(version), encode_actions([_commit_info("WRITE", at, metadata), *actions]))
        if version % CHECKPOINT_INTERVAL == 0:
            self.write_checkpoint()

    def clean_up(self) -> None:
        """Delete what killed commits left in the log's folder."""
        for file in self._folder.glob(f"{UNFINISHED_PREFIX}*"):
            file.unlink()

    def commit_info(self) -> Mapping[str, Any]:
        """Return what the latest commit says of itself, with its metadata."""
        version = self.latest().version
        return next((action.commit_info for action in self.read_entry(version) if action.commit_info), {})

    def write_checkpoint(self) -> None:
        """Write a checkpoint of the current version; without it reading takes longer, so a failure is only logged."""
        snapshot = self.latest()
        file = self._checkpoint(snapshot.version)
        new_file = file.with_name(f"{file.name}.new")
        try:
            new_file.unlink(missing_ok=True)
            size = write_checkpoint(snapshot, new_file)
            sync_files([new_file], self._folder)
            new_file.replace(file)
            pointer = {"version": snapshot.version, "size": size}
            write_durably(self._folder / "_last_checkpoint", json.dumps(pointer))
        except OSError as error:
            _LOGGER.warning("cannot write the checkpoint %s: %s", file, error)
            new_file.unlink(missing_ok=True)

    def _replay(self, snapshot: TableSnapshot | None, versions: Sequence[int]) -> TableSnapshot:
        """Return the snapshot after some entries; with neither, there is no table."""
        if snapshot and not versions:
            return snapshot
        try:
            return replay(snapshot, map(self.read_entry, versions), version=versions[-1])
        except ValueError as error:
            raise DamagedLogError(f"the log {str(self._folder)!r} cannot be read: {error}") from error

    def _read_checkpoint(self, version: int) -> TableSnapshot:
        file = self._checkpoint(version)
        try:
            return read_checkpoint(file, version)
        except ValueError as error:
            raise DamagedLogError(
                f"the checkpoint {str(file)!r} is damaged: {str(error).splitlines()[0]}",
                remedy="delete this file: the log entries have all of it",
            ) from error

    def _checkpoint(self, version: int) -> Path:
        return self._folder / f"{version:020}.checkpoint.parquet"


def has_log(table: Path) -> bool:
    """Tell whether the folder of a table has a log with an entry."""
    return any((table / LOG_FOLDER).glob("0*.json"))


def log_entry(table: Path, version: int) -> Path:
    """Return the log entry of a version of the table in a folder."""
    return table / LOG_FOLDER / f"{version:020}.json"


def _find_versions(pattern: re.Pattern[str], names: Sequence[str]) -> list[int]:
    return [int(match[1]) for match in map(pattern.fullmatch, names) if match]


def _commit_info(operation: str, at: int, metadata: Mapping[str, Any]) -> LogAction:
    return LogAction(commit_info={"timestamp": at, "operation": operation, "engineInfo": "renown", **metadata})
