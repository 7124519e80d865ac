"""Import files of records into the lake, and explain which record was refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from renown import ingest
from renown.engines.duckdb import DuckDB
from renown.engines.session import SessionLimits
from renown.errors import HomeError, InvalidInputError, LakeLockedError
from renown.imports import files, invalid_records, post_details, record_steps
from renown.imports.argument_names import PYTHON_ARGUMENTS, ArgumentNames
from renown.imports.column_reader import ColumnReader
from renown.imports.import_file import ImportFile
from renown.lake import Lake
from renown.progress import Progress
from renown.records import ACCOUNT_ID_COLUMNS, IMPORT_TABLES, WHOLE_NETWORK
from renown.text import plural, suggest_spelling

_MAX_NETWORK_LENGTH = 40


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What files contain and how to read them."""

    table: str
    """One of `records.IMPORT_TABLES`."""
    network: str | None
    """Network of the records, in lower case."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Field to the files' column, where their names differ."""
    verbs: Mapping[str, str] = field(default_factory=dict)
    """The files' own word to the verb."""
    unit: str | None = None
    """Unit of numeric timestamps: s, ms, us or ns; seconds by default."""
    time_format: str | None = None
    """Format of timestamps that are text, in the directives of strptime; ISO 8601 by default."""
    timezone: str | None = None
    """IANA name of the time zone of times without a UTC offset; UTC by default."""
    partial: bool = False
    """Whether the files have only what some accounts received, not all of a network or community."""
    names: ArgumentNames = PYTHON_ARGUMENTS
    """How errors name these options."""

    def __post_init__(self) -> None:
        """Check the names of table and network, and that the table can have what the other options are about."""
        if self.table not in IMPORT_TABLES:
            raise InvalidInputError(f"cannot import {self.table!r}; {suggest_spelling(self.table, IMPORT_TABLES)}")
        letters = (self.network or "").replace("_", "").replace("-", "")
        is_name = letters.isalnum() and letters.islower() and len(self.network or "") <= _MAX_NETWORK_LENGTH
        if not is_name:
            value = "missing" if self.network is None else repr(self.network)
            raise InvalidInputError(
                f"{self.names.network} is {value}; write a lower-case name of letters and digits, such as bluesky"
            )
        if self.verbs and not files.list_covered_verbs(self.table, is_whole_network=False):
            words = ", ".join(map(repr, self.verbs))
            raise InvalidInputError(f"{self.names.verbs} names {words}, but {self.table} have no verbs; leave it out")
        if self.partial and WHOLE_NETWORK not in files.list_covered_verbs(self.table, is_whole_network=True):
            raise InvalidInputError(
                f"{self.names.partial} is about interactions, but these are {self.table}, which never stand for a "
                "whole network; leave it out"
            )


@dataclass(frozen=True)
class FileImport:
    """Result of importing files."""

    result: ingest.ImportResult
    local_instant: str | None
    """An instant without a UTC offset that was read as UTC, as no time zone was named; None if there is none."""


def import_files(
    open_reader: Callable[[], DuckDB],
    lake: Lake,
    paths: Sequence[Path],
    options: ImportOptions,
    *,
    limits: SessionLimits,
    now: datetime,
    progress: Progress,
) -> FileImport:
    """
    Import files of records, all of them or none.

    Parameters
    ----------
    open_reader : callable
        Opens a session.
    lake : Lake
    paths : sequence of Path
    options : ImportOptions
    limits : SessionLimits
        Limits of the sessions that inspect the files.
    now : datetime
        Latest valid instant, apart from clock skew.
    progress : Progress

    Raises
    ------
    InvalidInputError
        If a file cannot be read, or a record is not valid; the message names its file, line and value.
    """
    if not paths:
        raise InvalidInputError(f"no file of {options.table} was named; name one or more")
    reader = ColumnReader(
        columns=options.columns,
        verbs=options.verbs,
        unit=options.unit,
        time_format=options.time_format,
        now=now,
        network=options.network or "",
        timezone=options.timezone or "UTC",
        names=options.names,
    )
    inspected = files.inspect_files(paths, options.table, reader, limits=limits)
    with open_reader() as engine:
        try:
            run_import = _import_posts if options.table == "posts" else _import_batch
            result = run_import(engine, lake, inspected, options, progress)
        except (LakeLockedError, HomeError):
            raise  # not caused by the files: do not search them for an invalid record
        except Exception as error:
            fault = invalid_records.explain_failure(options.table, inspected, error)
            if fault is None:
                raise
            raise InvalidInputError(fault) from error
    return FileImport(result, None if options.timezone else files.find_local_instant(inspected))


def read_batch(table: str, inspected: Sequence[ImportFile]) -> ingest.Records:
    """Return the steps that read a batch from files; interactions have many rows of each account."""
    batch = record_steps.batch_step(table, inspected)
    if table != "interactions":
        return batch
    unchanged_batch = record_steps.batch_step(table, inspected, unchanged=ACCOUNT_ID_COLUMNS[table])
    return ingest.BatchSteps(batch, record_steps.account_ids_step(table, inspected), unchanged_batch)


def _import_batch(
    engine: DuckDB, lake: Lake, inspected: Sequence[ImportFile], options: ImportOptions, progress: Progress
) -> ingest.ImportResult:
    network = options.network or ""
    return ingest.import_batch(
        engine,
        lake,
        read_batch(options.table, inspected),
        table=options.table,
        network=network,
        covers=files.list_covered_verbs(options.table, options.verbs.values(), is_whole_network=not options.partial),
        batch_id=f"{network} {files.compute_digest(options.table, inspected)}",
        progress=progress,
    )


def _import_posts(
    engine: DuckDB, lake: Lake, inspected: Sequence[ImportFile], options: ImportOptions, progress: Progress
) -> ingest.ImportResult:
    """Import details of posts, which have no days: what is known already adds nothing, so a batch needs no id."""
    progress.start("importing posts", 2)
    progress.advance("reading tags")
    batch = post_details.load_post_details(engine, inspected)
    progress.advance("writing what is new")
    result = ingest.import_directory(engine, lake, batch, table=options.table, network=options.network or "")
    progress.finish(
        f"{plural(result.records, 'post')} read, {result.new:,} with new details, "
        f"{plural(result.accounts, 'new account')}"
    )
    return replace(result, ambiguous_posts=ingest.count_ambiguous_posts(engine))
