"""DuckDB sessions that keep to a memory limit, a number of threads and a spill folder."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

_PREFIX = "duckdb-"
_LOCK_FILE = "held"
"""File in a spill folder that is locked while its session is open, so that `remove_stale_spills` skips it."""


@dataclass(frozen=True)
class SessionLimits:
    """Limits of a DuckDB session; `settings.Settings.session_limits` has those of a home."""

    memory: str = "2GB"
    """Memory before tables spill to disk, in DuckDB's syntax."""
    threads: int = 2
    spill: Path | None = None
    """Parent of the session's spill folder; None for the system's folder for temporary files."""


@contextlib.contextmanager
def duckdb_session(limits: SessionLimits, *, preserve_order: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """
    Open an in-memory DuckDB session within limits; its spill folder is removed on exit.

    Parameters
    ----------
    limits : SessionLimits
    preserve_order : bool, default=True
        Whether rows keep the order of the files that they are read from, which takes more memory.
    """
    with spill_folder(limits.spill) as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": limits.memory,
            "threads": limits.threads,
            "temp_directory": str(folder),
            "preserve_insertion_order": preserve_order,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(config=config) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set enable_progress_bar = false")
            # A name in SQL is never a variable of Python; looking for one takes a fifth of the time of planning.
            connection.execute("set python_enable_replacements = false")
            yield connection


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
