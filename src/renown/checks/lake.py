"""Check the Delta tables of lake and ledgers: each log is complete, and each file that it names is whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from renown.checks.finding import Finding
from renown.delta import LogAction, TableColumns, decode_actions, has_log, log_entry
from renown.engines.parquet import describe_content_damage, describe_damage
from renown.engines.session import SessionLimits, duckdb_session
from renown.errors import describe_io_error
from renown.records import LAKE_COLUMNS
from renown.scoring.claimed_rows import list_claimed_files
from renown.scoring.ledger import LEDGER_COLUMNS

_FILE_REMEDY = "restore the file from a backup"
_WORKS = "reading published scores (`renown top`, `renown show`)"


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """A folder of Delta tables, and what its findings say."""

    part: str
    root: Path
    partitions: str
    """Pattern of the folders with files in a table."""
    remedy: str
    """What to do about a damaged table."""

    def finding(self, path: Path, problem: str, remedy: str = "") -> Finding:
        """Return a finding about a file or folder."""
        return Finding(part=self.part, path=str(path), problem=problem, remedy=remedy or self.remedy, works=_WORKS)


@dataclass
class _TableLog:
    """The files that the log of a table names."""

    live: dict[str, int] = field(default_factory=dict)
    """Path in the table's folder to size in bytes, as of the latest entry."""
    removed: set[str] = field(default_factory=set)
    """Paths of files that later entries removed."""

    def apply(self, action: LogAction) -> None:
        """Apply one action of a log entry."""
        if action.add:
            self.live[action.add.relative_path] = action.add.size
        if action.remove:
            self.live.pop(action.remove.relative_path, None)
            self.removed.add(action.remove.relative_path)


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
    subject = _Subject(
        part="lake",
        root=root,
        partitions="network=*/**",
        remedy="restore the folder of this table from a backup",
    )
    if not root.is_dir():
        yield subject.finding(root, "is missing", "restore the folder from a backup")
        return
    yield from _check_tables(subject, LAKE_COLUMNS, known_versions, full=full)


def check_ledgers(root: Path, *, full: bool) -> Iterator[Finding]:
    """Yield what is damaged in the ledgers below a folder."""
    for folder in sorted(root.glob("*")):
        subject = _Subject(
            part="ledger",
            root=folder,
            partitions="day_no=*",
            remedy=f"restore {str(folder)!r} from a backup; without one delete it: the next `renown score` builds it "
            "again from the lake, with the standings of that day",
        )
        yield from _check_tables(subject, LEDGER_COLUMNS, {}, full=full)
        yield from _check_claimed_rows(subject, full=full)


def _check_tables(
    subject: _Subject, columns: TableColumns, known_versions: Mapping[str, int], *, full: bool
) -> Iterator[Finding]:
    with duckdb_session(SessionLimits()) as connection:
        for table in columns:
            log = _TableLog()
            findings = list(_check_log(subject, table, known_versions.get(table, 0), log))
            yield from findings
            yield from _check_checkpoints(subject, table, connection)
            yield from _check_files(subject, table, log, connection, full=full)
            # With a damaged log, files without an entry are no news.
            yield from _find_unnamed_files(subject, table, log) if not findings else ()


def _check_claimed_rows(subject: _Subject, *, full: bool) -> Iterator[Finding]:
    """Yield damaged copies of the rows of claimed accounts."""
    with duckdb_session(SessionLimits()) as connection:
        for file in list_claimed_files(subject.root):
            if damage := (describe_content_damage if full else describe_damage)(file, connection):
                remedy = f"delete {str(file.parent)!r}: the next profiles copy the rows of lake and ledger again"
                yield subject.finding(file, damage, remedy)


def _check_log(subject: _Subject, table: str, known_version: int, log: _TableLog) -> Iterator[Finding]:
    """Yield damaged and missing entries of a table's log, and collect the files that the others name."""
    folder = subject.root / table
    if not has_log(folder):
        yield subject.finding(log_entry(folder, 0).parent, "is missing or empty")
        return
    versions = {int(entry.stem) for entry in log_entry(folder, 0).parent.glob("*.json") if entry.stem.isdigit()}
    last_version = max(*versions, known_version)
    for version in range(last_version + 1):
        entry = log_entry(folder, version)
        if version not in versions:
            yield subject.finding(entry, "is missing")
        elif damage := _read_entry(entry, log):
            remedy = subject.remedy
            if version == last_version:
                remedy += "; if a command was interrupted when it was written, delete it and repeat the command"
            yield subject.finding(entry, damage, remedy)


def _check_checkpoints(subject: _Subject, table: str, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Yield damaged checkpoints: copies of the log so far, which make opening a table faster."""
    for checkpoint in sorted(log_entry(subject.root / table, 0).parent.glob("*.checkpoint*.parquet")):
        if damage := describe_content_damage(checkpoint, connection):
            remedy = "delete it, and `_last_checkpoint` beside it: the log entries have all of it"
            yield subject.finding(checkpoint, damage, remedy)


def _read_entry(entry: Path, log: _TableLog) -> str:
    """Apply a log entry; describe its damage, if there is any."""
    try:
        content = entry.read_bytes()
        for action in decode_actions(content) if content.strip() else ():
            log.apply(action)
    except OSError as error:
        return f"cannot be read ({describe_io_error(error)})"
    except ValueError:
        return "is cut or damaged"
    return "" if content.strip() else "is empty"


def _check_files(
    subject: _Subject, table: str, log: _TableLog, connection: duckdb.DuckDBPyConnection, *, full: bool
) -> Iterator[Finding]:
    describe = describe_content_damage if full else describe_damage
    for name, size in sorted(log.live.items()):
        file = subject.root / table / name
        damage = describe(file, connection)
        if not damage and file.stat().st_size != size:
            damage = f"has {file.stat().st_size:,} bytes, the log says {size:,}"
        if damage:
            yield subject.finding(file, damage, _FILE_REMEDY if subject.part == "lake" else "")


def _find_unnamed_files(subject: _Subject, table: str, log: _TableLog) -> Iterator[Finding]:
    """Find files that no log entry names: their entry is lost, unless an interrupted command moved them there."""
    interrupted_batches = tuple(folder.name for folder in (subject.root / "_staging").glob("*"))
    for file in sorted((subject.root / table).glob(f"{subject.partitions}/*.parquet")):
        name = str(file.relative_to(subject.root / table))
        if name not in log.live and name not in log.removed and not file.name.startswith(interrupted_batches or "/"):
            remedy = f"{subject.remedy}; without a backup, delete the file and import its data again"
            yield subject.finding(
                file,
                "is named by no log entry: the entry that added it is lost",
                remedy if subject.part == "lake" else "",
            )
