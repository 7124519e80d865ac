"""The lake: Parquet by table, network and day; append once, find, forget."""

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

from renown.errors import BusyLake
from renown.records import KEPT, OptedOut

_TYPES = {"bigint": "long", "smallint": "short"}
_KEEP_LOG = {"delta.logRetentionDuration": "interval 36500 days"}
"""A published day names the versions it was scored from: the log must outlive it."""


class DataFile(Protocol):
    """A Parquet file to be taken in: what an engine says of a file that it wrote."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def rows(self) -> int:
        """How many rows it has."""

    @property
    def partition(self) -> Mapping[str, str]:
        """Column to value, as its folders say."""


@dataclass(frozen=True)
class Batch:
    """A place to write files to before they are taken into the lake together."""

    batch_id: str
    folder: Path
    """Everything below goes when the batch ends."""


@dataclass(frozen=True)
class Mark:
    """How far a source was read."""

    source: str
    """Its name; each has a mark of its own on each table."""
    cursor: int
    """Where it is to be read on from."""


class Lake:
    """
    Delta tables under one folder, one for each table of `records.KEPT`.

    Writers take turns; readers never wait and see a table before or after a
    batch, never in between.

    Parameters
    ----------
    root : Path
    opted_out : callable, optional
        Returns who is left out of what comes in and of what is scored; asked anew for each batch. Whoever has a lake
        has it, so that no way in can be without.
    """

    def __init__(self, root: Path, opted_out: Callable[[], OptedOut] = OptedOut) -> None:
        self.root = root
        self.opted_out = opted_out
        self._staging = root / "_staging"
        for table in KEPT:
            self._create(table)

    def files(
        self, table: str, *, network: str | None = None, days: Iterable[int] | None = None, version: int | None = None
    ) -> list[str]:
        """
        Return the live files of a table, in a stable order; of one network, of some days, as of a version.

        Where somebody was forgotten since that version, its files are gone: the present ones stand for them.
        """
        wanted = None if days is None else {f"day_no={day_no}" for day_no in days}
        live = self._delta(table, version).file_uris()
        if version is not None and not all(os.path.exists(uri) for uri in live):  # noqa: PTH110 - a URI, many of them
            live = self._delta(table).file_uris()
        return sorted(
            uri
            for uri in live
            if (network is None or f"/network={network}/" in uri) and (wanted is None or uri.split("/")[-2] in wanted)
        )

    def days(self, table: str) -> dict[str, set[int]]:
        """Return the days on which each network has rows in a table."""
        found: dict[str, set[int]] = {}
        for uri in self._delta(table).file_uris():
            *_, network, day, _name = uri.split("/")
            found.setdefault(network.removeprefix("network="), set()).add(int(day.removeprefix("day_no=")))
        return found

    def versions(self) -> dict[str, int]:
        """Return the version that each table is at."""
        return {table: self._delta(table).version() for table in KEPT}

    def holds(self, table: str, batch_id: str) -> bool:
        """Tell whether a batch was taken in, however often it is sent."""
        return self._delta(table).transaction_version(batch_id) is not None

    def cursor(self, table: str, source: str) -> int | None:
        """Return how far a source was read when its last rows were taken into a table."""
        return self._delta(table).transaction_version(source)

    def crowded(self, table: str, *, network: str, many: int, small: int) -> dict[str, list[str]]:
        """Return the folders of a table that hold more than `many` files below `small` bytes, and those files."""
        folders: dict[str, list[str]] = {}
        for uri in self.files(table, network=network):
            folders.setdefault(os.path.dirname(uri), []).append(uri)  # noqa: PTH120 - a URI, many of them
        found: dict[str, list[str]] = {}
        for folder, files in folders.items():
            if len(files) > many:
                light = [uri for uri in files if Path(uri).stat().st_size < small]
                found |= {folder: light} if len(light) > many else {}
        return found

    @contextmanager
    def writing(self, batch_id: str | None = None) -> Iterator[Batch]:
        """
        Take the writer's turn and a folder to write to.

        Raises
        ------
        BusyLake
            If another process has the turn.
        """
        with (self.root / "_writer").open("w") as turn:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                msg = f"another process is writing to the lake {str(self.root)!r}; wait for it to end and try again"
                raise BusyLake(msg) from None
            self._sweep()
            batch = Batch(batch_id or uuid.uuid4().hex, self._staging / uuid.uuid4().hex)
            batch.folder.mkdir(parents=True)
            try:
                yield batch
            except BaseException:
                self._sweep()
                raise
            # Every file that was moved was taken in: nothing to look for, however large the lake.
            shutil.rmtree(batch.folder)

    def commit(
        self,
        table: str,
        written: Sequence[DataFile],
        *,
        batch: Batch,
        remove: Sequence[str] = (),
        cursor: str = "",
        mark: Mark | None = None,
    ) -> None:
        """
        Take files in, and others out, in one instant.

        Parameters
        ----------
        table : str
        written : sequence of DataFile
            Files below ``batch.folder``; they are moved, not copied.
        batch : Batch
            Its id is in the commit: `holds` is true from here on.
        remove : sequence of str
            Live files that these replace.
        cursor : str, optional
            Where the source is to be read on from; kept with the data.
        mark : Mark, optional
            The same for a source that is read for years: `cursor` finds it at once. It stands
            for the batch's id, which would otherwise be kept for each of millions of batches.
        """
        done = Transaction(mark.source, mark.cursor) if mark else Transaction(batch.batch_id, 1)
        root = self.root / table
        adds = [self._take(root, file, batch) for file in written]
        removes = [_remove(root, uri) for uri in remove]
        self._delta(table).create_write_transaction(
            [*adds, *removes],
            mode="append",
            schema=_schema(table),
            partition_by=_partitions(table),
            commit_properties=CommitProperties(custom_metadata={"cursor": cursor}, app_transactions=[done]),
        )

    def purge(self, table: str) -> int:
        """Delete the files that no present row lies in, older versions' too; return how many."""
        gone = self._delta(table).vacuum(0, dry_run=False, enforce_retention_duration=False)
        return len(gone)

    def _create(self, table: str) -> None:
        path = self.root / table
        try:
            DeltaTable(path)
        except TableNotFoundError:
            path.mkdir(parents=True, exist_ok=True)
            DeltaTable.create(
                path, _schema(table), mode="ignore", partition_by=_partitions(table), configuration=_KEEP_LOG
            )

    def _delta(self, table: str, version: int | None = None) -> DeltaTable:
        return DeltaTable(self.root / table, version=version)

    def _take(self, root: Path, file: DataFile, batch: Batch) -> AddAction:
        folder = Path(*(f"{name}={value}" for name, value in file.partition.items()))
        path = folder / f"{batch.folder.name}-{file.path.name}"
        (root / folder).mkdir(parents=True, exist_ok=True)
        file.path.rename(root / path)
        stat = (root / path).stat()
        stats = f'{{"numRecords": {file.rows}}}'
        return AddAction(str(path), stat.st_size, dict(file.partition), int(stat.st_mtime * 1000), True, stats)  # noqa: FBT003 - theirs

    def _sweep(self) -> None:
        """Remove what a batch left that ended or was killed: its folder, and files moved but never taken in."""
        for left in self._staging.glob("*"):
            for table in KEPT:
                live = {Path(uri).name for uri in self._delta(table).file_uris()}
                for file in (self.root / table).glob(f"**/{left.name}-*.parquet"):
                    if file.name not in live:
                        file.unlink()
            shutil.rmtree(left)


def _partitions(table: str) -> list[str]:
    return [name for name in ("network", "day_no") if name in KEPT[table]]


def _schema(table: str) -> Schema:
    return Schema([Field(name, PrimitiveType(_TYPES.get(kind, kind))) for name, kind in KEPT[table].items()])


def _remove(root: Path, uri: str) -> RemoveAction:
    path = os.path.relpath(uri, root)
    partition: dict[str, str | None] = {}
    for part in Path(path).parts[:-1]:
        name, _, value = part.partition("=")
        partition[name] = value
    gone_at = int(time.time() * 1000)
    return RemoveAction(path, True, gone_at, Path(uri).stat().st_size, partition)  # noqa: FBT003 - theirs
