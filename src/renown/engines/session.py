"""DuckDB sessions that keep to a memory limit, a number of threads and a spill folder."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from renown.steps import quote_literal

if TYPE_CHECKING:
    import duckdb

_PREFIX = "duckdb-"
_LOCK_FILE = "held"
"""File in a spill folder that is locked while its session is open, so that `remove_stale_spills` skips it."""
CATALOG = "session_tables"
"""Database of a session's tables: detaching it drops all of them at once."""
_MAX_IDLE = 2
"""Idle DuckDB instances to keep; they have no tables and use little memory."""
_idle_instances: "list[duckdb.DuckDBPyConnection]" = []
"""Instances that no session uses: to start one takes longer than many an answer."""


@dataclass(frozen=True)
class SessionLimits:
    """Limits of a DuckDB session; `settings.Settings.session_limits` has those of a home."""

    memory: str = "2GB"
    """Memory before tables spill to disk, in DuckDB's syntax."""
    threads: int = 2
    spill: Path | None = None
    """Parent of the session's spill folder; None for the system's folder for temporary files."""


@contextlib.contextmanager
def duckdb_session(limits: SessionLimits, *, preserve_order: bool = True) -> "Iterator[duckdb.DuckDBPyConnection]":
    """
    Open an in-memory DuckDB session within limits; its tables and its spill folder are removed on exit.

    Parameters
    ----------
    limits : SessionLimits
    preserve_order : bool, default=True
        Whether rows keep the order of the files that they are read from, which takes more memory.
    """
    with spill_folder(limits.spill) as folder, _use_instance() as instance:
        instance.execute(
            f"set memory_limit = {quote_literal(limits.memory)}; set threads = {int(limits.threads)};"
            f" set temp_directory = {quote_literal(folder)}; set preserve_insertion_order = {preserve_order};"
            " set enable_external_file_cache = true"
        )
        with instance.cursor() as connection:
            # A name in SQL is never a variable of Python; looking for one takes a fifth of the time of planning.
            connection.execute(
                "set TimeZone = 'UTC'; set enable_progress_bar = false; set python_enable_replacements = false"
            )
            open_catalog(connection)
            yield connection
            drop_catalog(connection)


def open_catalog(connection: "duckdb.DuckDBPyConnection") -> None:
    """Create the database of a session's tables."""
    connection.execute(f"attach ':memory:' as {CATALOG}; use {CATALOG}")


def drop_catalog(connection: "duckdb.DuckDBPyConnection") -> None:
    """Drop the database of a session's tables, with all of them."""
    connection.execute(f"use memory; detach {CATALOG}")


@contextlib.contextmanager
def _use_instance() -> "Iterator[duckdb.DuckDBPyConnection]":
    """Use a DuckDB instance exclusively; after an error, or if it spilled, it is closed, otherwise used again."""
    import duckdb  # noqa: PLC0415 - limits are read, and stored answers, without a session

    with contextlib.ExitStack() as resources:
        instance = _acquire_idle_instance() or duckdb.connect(
            config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
        )
        resources.callback(instance.close)
        yield instance
        # Files that another session rewrites must not be read from the cache. The spill folder cannot be changed once
        # something was spilled.
        with contextlib.suppress(duckdb.NotImplementedException):
            instance.execute("set enable_external_file_cache = false; set temp_directory = ''")
            if len(_idle_instances) < _MAX_IDLE:
                _idle_instances.append(instance)
                resources.pop_all()


def _acquire_idle_instance() -> "duckdb.DuckDBPyConnection | None":
    # Threads share the list, and each of its operations is atomic.
    with contextlib.suppress(IndexError):
        return _idle_instances.pop()
    return None


def remove_stale_spills(parent: Path | None) -> None:
    """Remove the spill folders that killed sessions left in a folder."""
    for folder in (parent or Path(tempfile.gettempdir())).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), (folder / _LOCK_FILE).open() as lock_file:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def spill_folder(parent: Path | None) -> Iterator[Path]:
    """Create a folder for temporary files, which is removed at the end, or after a kill by `remove_stale_spills`."""
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    try:
        with (folder / _LOCK_FILE).open("w") as lock_file:
            fcntl.flock(lock_file, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
