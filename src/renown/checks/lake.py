"""Check the lake: the log of each table is complete, and each file that it names is whole."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb

from renown.checks.finding import Finding
from renown.delta import has_log, log_entry
from renown.engines.parquet import describe_content_damage, describe_damage
from renown.engines.session import SessionLimits, duckdb_session
from renown.records import LAKE_COLUMNS

_WORKS = "reading published scores (`renown top`, `renown show`)"
_lake_finding = partial(Finding, part="lake", works=_WORKS)
_RESTORE = "restore the folder of this table from a backup"


@dataclass
class _TableLog:
    """The files that the log of a table names."""

    live: dict[str, int] = field(default_factory=dict)
    """Path in the table's folder to size in bytes, as of the latest entry."""
    removed: set[str] = field(default_factory=set)
    """Paths of files that later entries removed."""

    def apply(self, action: Mapping[str, Any]) -> None:
        """Apply one action of a log entry."""
        if add := action.get("add"):
            self.live[unquote(add["path"])] = add["size"]
        if remove := action.get("remove"):
            path = unquote(remove["path"])
            self.live.pop(path, None)
            self.removed.add(path)


def check_lake(root: Path, known_versions: Mapping[str, int], *, full: bool) -> Iterator[Finding]:
    """
    Yield what is damaged in a lake.

    Parameters
    ----------
    root : Path
    known_versions : mapping of str to int
        Version of each table that a day was scored from: the table must have it.
    full : bool
        Whether to read every file to its end, not only the footer.
    """
    if not root.is_dir():
        yield _lake_finding(path=str(root), problem="is missing", remedy="restore the folder from a backup")
        return
    with duckdb_session(SessionLimits()) as connection:
        for table in LAKE_COLUMNS:
            log = _TableLog()
            findings = list(_check_log(root / table, known_versions.get(table, 0), log))
            yield from findings
            yield from _check_checkpoints(root / table, connection)
            yield from _check_files(root / table, log, connection, full=full)
            # With a damaged log, files without an entry are no news.
            yield from _find_unnamed_files(root, table, log) if not findings else ()


def _check_log(table: Path, known_version: int, log: _TableLog) -> Iterator[Finding]:
    """Yield damaged and missing entries of a table's log, and collect the files that the others name."""
    if not has_log(table):
        yield _lake_finding(path=str(log_entry(table, 0).parent), problem="is missing or empty", remedy=_RESTORE)
        return
    versions = {int(entry.stem) for entry in log_entry(table, 0).parent.glob("*.json") if entry.stem.isdigit()}
    last_version = max(*versions, known_version)
    for version in range(last_version + 1):
        entry = log_entry(table, version)
        if version not in versions:
            yield _lake_finding(path=str(entry), problem="is missing", remedy=_RESTORE)
        elif damage := _read_entry(entry, log):
            remedy = _RESTORE
            if version == last_version:
                remedy += "; if a command was interrupted when it was written, delete it and repeat the command"
            yield _lake_finding(path=str(entry), problem=damage, remedy=remedy)


def _check_checkpoints(table: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Yield damaged checkpoints: copies of the log so far, which make opening a table faster."""
    for checkpoint in sorted(log_entry(table, 0).parent.glob("*.checkpoint*.parquet")):
        if damage := describe_content_damage(checkpoint, connection):
            yield _lake_finding(
                path=str(checkpoint),
                problem=damage,
                remedy="delete it, and `_last_checkpoint` beside it: the log entries have all of it",
            )


def _read_entry(entry: Path, log: _TableLog) -> str:
    """Apply a log entry; describe its damage, if there is any."""
    try:
        actions = [json.loads(line) for line in entry.read_bytes().splitlines() if line.strip()]
        for action in actions:
            log.apply(action)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "is cut or damaged"
    return "" if actions else "is empty"


def _check_files(
    table: Path, log: _TableLog, connection: duckdb.DuckDBPyConnection, *, full: bool
) -> Iterator[Finding]:
    describe = describe_content_damage if full else describe_damage
    for name, size in sorted(log.live.items()):
        file = table / name
        damage = describe(file, connection)
        if not damage and file.stat().st_size != size:
            damage = f"has {file.stat().st_size:,} bytes, the log says {size:,}"
        if damage:
            yield _lake_finding(path=str(file), problem=damage, remedy="restore the file from a backup")


def _find_unnamed_files(root: Path, table: str, log: _TableLog) -> Iterator[Finding]:
    """Find files that no log entry names: their entry is lost, unless an interrupted command moved them there."""
    interrupted_batches = tuple(folder.name for folder in (root / "_staging").glob("*"))
    for file in sorted((root / table).glob("network=*/**/*.parquet")):
        name = str(file.relative_to(root / table))
        if name not in log.live and name not in log.removed and not file.name.startswith(interrupted_batches or "/"):
            yield _lake_finding(
                path=str(file),
                problem="is named by no log entry: the entry that added it is lost",
                remedy=f"{_RESTORE}; without a backup, delete the file and import its data again",
            )
