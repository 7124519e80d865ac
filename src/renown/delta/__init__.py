"""
Delta tables of Parquet files in one folder: a log with atomic, synced commits, snapshots and checkpoints.

The log is this package's own, after the Delta Transaction Log Protocol; other programs can read the tables.
"""

from renown.delta.actions import PARTITION_COLUMNS, LogAction, Transaction, decode_actions
from renown.delta.file_list import group_names_by_day, parse_day
from renown.delta.log import LOG_FOLDER, has_log, log_entry
from renown.delta.tables import (
    WRITER_LOCK,
    Batch,
    DataFile,
    DeltaTables,
    TableColumns,
    create_tables,
)

__all__ = [
    "LOG_FOLDER",
    "PARTITION_COLUMNS",
    "WRITER_LOCK",
    "Batch",
    "DataFile",
    "DeltaTables",
    "LogAction",
    "TableColumns",
    "Transaction",
    "create_tables",
    "decode_actions",
    "group_names_by_day",
    "has_log",
    "log_entry",
    "parse_day",
]
