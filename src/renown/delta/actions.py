"""
Actions of the log of a Delta table: what an entry of it says, as JSON, one object per line.

References
----------
Delta Transaction Log Protocol, "Actions".
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

import msgspec

_DELTA_TYPES = {"bigint": "long", "smallint": "short"}
_LOG_RETENTION = {"delta.logRetentionDuration": "interval 36500 days"}
"""A published day refers to the table versions it was scored from, so their log must be retained."""
PARTITION_COLUMNS = ("network", "day_no")
"""Columns by which a table is partitioned, if it has them."""
READER_VERSION = 1
"""Version of the protocol that this package reads; later ones need features such as deletion vectors."""
_WRITER_VERSION = 2


class AddFile(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """Add a file to the table."""

    path: str
    """Relative to the table's folder, percent-encoded."""
    partition_values: dict[str, str | None]
    size: int
    """In bytes."""
    modification_time: int
    """Milliseconds since 1970."""
    data_change: bool = True
    stats: str | None = None
    """JSON, with ``numRecords``."""

    @property
    def relative_path(self) -> str:
        """Path relative to the table's folder, decoded."""
        return unquote(self.path)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(json.loads(self.stats or "")["numRecords"])


class RemoveFile(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """Remove a file from the table; earlier versions still refer to it."""

    path: str
    """As in `AddFile`."""
    deletion_timestamp: int | None = None
    """Milliseconds since 1970."""
    data_change: bool = True

    @property
    def relative_path(self) -> str:
        """As in `AddFile`."""
        return unquote(self.path)


class FileFormat(msgspec.Struct, frozen=True):
    """Format of a table's files."""

    provider: str = "parquet"
    options: dict[str, str | None] | None = {}


class TableMetadata(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """Set the columns and the configuration of the table."""

    id: str
    name: str | None = None
    description: str | None = None
    format: FileFormat
    schema_string: str
    partition_columns: list[str]
    created_time: int | None = None
    """Milliseconds since 1970."""
    configuration: dict[str, str | None] | None = {}


class Protocol(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """Set the versions of the protocol that a reader and a writer need."""

    min_reader_version: int = READER_VERSION
    min_writer_version: int = _WRITER_VERSION


class Transaction(msgspec.Struct, frozen=True, rename="camel"):
    """Set how far an application has come; `TableSnapshot.transactions` has the last version of each."""

    app_id: str
    """A source with a cursor, or a batch."""
    version: int


class LogAction(msgspec.Struct, kw_only=True, frozen=True, rename="camel", omit_defaults=True):
    """One line of a log entry: exactly one of these is set, or an action that does not concern this package."""

    add: AddFile | None = None
    remove: RemoveFile | None = None
    meta_data: TableMetadata | None = None
    protocol: Protocol | None = None
    txn: Transaction | None = None
    commit_info: dict[str, Any] | None = None
    """When and why the entry was made, with the metadata of the commit."""


_DECODER = msgspec.json.Decoder(LogAction)
_ENCODER = msgspec.json.Encoder()


def decode_actions(content: bytes) -> list[LogAction]:
    """
    Decode a log entry.

    Raises
    ------
    ValueError
        If it is empty, cut or damaged: each entry has at least one action.
    """
    actions = _DECODER.decode_lines(content)
    if not actions:
        raise ValueError("it is empty")
    return actions


def encode_actions(actions: Iterable[LogAction]) -> bytes:
    """Encode a log entry."""
    return _ENCODER.encode_lines(actions)


def add_file(path: str, *, partition: Mapping[str, str], size: int, rows: int, at: int) -> LogAction:
    """Return the action that adds a file, changed at an instant in milliseconds since 1970."""
    stats = json.dumps({"numRecords": rows})
    return LogAction(
        add=AddFile(
            path=quote(path, safe="/="),
            partition_values=dict(partition),
            size=size,
            modification_time=at,
            stats=stats,
        )
    )


def remove_file(path: str, *, at: int) -> LogAction:
    """Return the action that removes a file, at an instant in milliseconds since 1970."""
    return LogAction(remove=RemoveFile(path=quote(path, safe="/="), deletion_timestamp=at))


def create_table(table_id: str, columns: Mapping[str, str], *, at: int) -> TableMetadata:
    """Return the metadata of a new table, created at an instant in milliseconds since 1970."""
    return TableMetadata(
        id=table_id,
        format=FileFormat(),
        schema_string=json.dumps({"type": "struct", "fields": _schema_fields(columns)}),
        partition_columns=[name for name in PARTITION_COLUMNS if name in columns],
        created_time=at,
        configuration=dict(_LOG_RETENTION),
    )


def add_columns(metadata: TableMetadata, columns: Mapping[str, str]) -> list[LogAction]:
    """Return the action that adds the columns that a table of an older version lacks; they are null in its files."""
    schema = json.loads(metadata.schema_string)
    known_names = {field["name"] for field in schema["fields"]}
    missing_fields = [field for field in _schema_fields(columns) if field["name"] not in known_names]
    if not missing_fields:
        return []
    schema["fields"] += missing_fields
    return [LogAction(meta_data=msgspec.structs.replace(metadata, schema_string=json.dumps(schema)))]


def _schema_fields(columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the fields of a table's schema from column names and types."""
    return [
        {"name": name, "type": _DELTA_TYPES.get(kind, kind), "nullable": True, "metadata": {}}
        for name, kind in columns.items()
    ]
