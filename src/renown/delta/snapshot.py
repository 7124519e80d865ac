"""Snapshot of a Delta table: its files and metadata as of a version, replayed from the log."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from renown.delta.actions import READER_VERSION, AddFile, LogAction, Protocol, TableMetadata, Transaction


@dataclass(frozen=True, kw_only=True)
class TableSnapshot:
    """What the log of a table says up to a version; it never changes."""

    version: int
    files: Mapping[str, AddFile]
    """Current files by their path in the table's folder."""
    transactions: Mapping[str, int]
    """Application to its last version."""
    metadata: TableMetadata
    protocol: Protocol

    def actions(self) -> Iterator[LogAction]:
        """Yield the actions that have this snapshot as their result: the content of a checkpoint."""
        yield LogAction(protocol=self.protocol)
        yield LogAction(meta_data=self.metadata)
        yield from (LogAction(txn=Transaction(*item)) for item in self.transactions.items())
        yield from (LogAction(add=file) for file in self.files.values())

    def rows_by_day(self) -> dict[int, int]:
        """Return the number of rows of each day, by its number."""
        rows: dict[int, int] = {}
        for file in self.files.values():
            day_no = int(file.partition_values["day_no"] or 0)
            rows[day_no] = rows.get(day_no, 0) + file.rows
        return rows


def replay(snapshot: TableSnapshot | None, entries: Iterable[list[LogAction]], *, version: int) -> TableSnapshot:
    """
    Return the snapshot of a version: an earlier one, or none, with the entries of the log since.

    Raises
    ------
    ValueError
        If the log does not describe a table, or reading it needs a later version of the protocol.
    """
    files, transactions = (dict(snapshot.files), dict(snapshot.transactions)) if snapshot else ({}, {})
    metadata, protocol = (snapshot.metadata, snapshot.protocol) if snapshot else (None, None)
    for action in chain.from_iterable(entries):
        if action.add:
            files[action.add.relative_path] = action.add
        elif action.remove:
            files.pop(action.remove.relative_path, None)
        elif action.txn:
            transactions[action.txn.app_id] = action.txn.version
        metadata, protocol = action.meta_data or metadata, action.protocol or protocol
    if metadata is None or protocol is None:
        raise ValueError("it lacks the table's metadata or protocol")
    if protocol.min_reader_version > READER_VERSION:
        raise ValueError(f"it needs version {protocol.min_reader_version} of the protocol, not {READER_VERSION}")
    return TableSnapshot(version=version, files=files, transactions=transactions, metadata=metadata, protocol=protocol)
