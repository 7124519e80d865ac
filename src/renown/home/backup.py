"""
Back up a home into one file, consistent while others use it, and restore it.

The locks of all writers are held only while a snapshot is made: files that never change are linked, databases are
copied by SQLite's backup. Then the snapshot is written to a tar file with the digest of each of its files.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from renown.delta import WRITER_LOCK
from renown.engines.session import remove_stale_spills, spill_folder
from renown.errors import DamagedHomeError, InvalidInputError, RunInProgressError
from renown.fsync import sync_path
from renown.home.database_dump import dump_database, restore_database
from renown.home.folder import FORMAT_FILE, STORE_FILE, ensure_database, load_home_settings
from renown.home.parts import KEYS_FOLDER
from renown.home.stores import CREDENTIALS_FOLDER, PUBLISHED_FOLDER
from renown.progress import NullProgress, Progress
from renown.scoring.ledger import LEDGER_FOLDER
from renown.store.days import PUBLISHING_LOCK

MANIFEST = "manifest.json"
_DUMP = "store.dump"
"""Dump of a PostgreSQL database in a backup."""
_DATABASE_SUFFIX = ".sqlite"
_SKIPPED_FOLDERS = {"spill", "_staging"}
_SECRET_FOLDERS = {CREDENTIALS_FOLDER, KEYS_FOLDER}
_LINKED_SUFFIXES = {".parquet"}
"""Files that are written once; others are small and copied."""
_LOCK_SECONDS = 60.0
_MAX_MODE = 0o755
"""Permissions that a restored file has at most: nobody but its owner may write to it."""
_RUN_LOCK = "run"
"""`runs.RUN_LOCK`, without loading what runs need, which takes longer than to back up a small home."""


@dataclass(frozen=True)
class BackupSummary:
    """What a backup has."""

    path: str
    files: int
    bytes: int
    """Size of the files in it."""
    locked_seconds: float
    """Time for which runs, imports and publishing had to wait."""


def back_up(home: Path, target: Path, *, with_secrets: bool = True, progress: Progress | None = None) -> BackupSummary:
    """
    Write a home to a tar file that only its owner can read.

    Parameters
    ----------
    home : Path
    target : Path
        Must not exist yet.
    with_secrets : bool
        Whether tokens of networks and the keys of statements are included.
    progress : Progress, optional

    Raises
    ------
    InvalidInputError
        If the target exists or is inside the home.
    RunInProgressError
        If a writer keeps its lock for more than a minute.
    HomeError
        If the database is missing, or is not the one that the settings name: the backup could not be restored.
    """
    target = target.absolute()
    if target.exists():
        raise InvalidInputError(f"{str(target)!r} exists already; choose another file")
    if not target.parent.is_dir():
        raise InvalidInputError(f"there is no folder {str(target.parent)!r} to write the backup to; create it first")
    if home.absolute() in target.parents:
        raise InvalidInputError(f"{str(target)!r} is inside the home; a backup belongs on another disk")
    ensure_database(home, os.environ)
    remove_stale_spills(home / "spill")
    # After a kill, the next run, erasure or backup removes the folder: it has a copy of everything.
    with spill_folder(home / "spill") as folder:
        snapshot = folder / "snapshot"
        with lock_writers(home):
            started_at = time.monotonic()
            _take_snapshot(home, snapshot, with_secrets=with_secrets)
            locked_seconds = time.monotonic() - started_at
        files, size = _write_archive(snapshot, target, progress or NullProgress())
    return BackupSummary(str(target), files, size, round(locked_seconds, 2))


def restore(source: Path, home: Path, *, progress: Progress | None = None) -> BackupSummary:
    """
    Restore a home from a backup, after checking the digest of each file.

    Parameters
    ----------
    source : Path
    home : Path
        A folder that is empty or does not exist. It appears as a whole, unless it is an empty folder that cannot be
        replaced: a mounted disk, or in a folder of another user. Then the file that marks it as a home comes last.
    progress : Progress, optional

    Raises
    ------
    InvalidInputError
        If the file is no backup, or the folder is not empty.
    DamagedHomeError
        If a file of the backup is missing or damaged; then nothing is restored.
    """
    if home.exists() and any(home.iterdir()):
        raise InvalidInputError(f"the folder {str(home)!r} is not empty; restore into another one, or move it away")
    if not source.exists():
        raise InvalidInputError(f"there is no backup {str(source)!r}; check its name")
    home.parent.mkdir(parents=True, exist_ok=True)
    is_kept = home.is_dir() and (home.is_mount() or not os.access(home.parent, os.W_OK))
    with tempfile.TemporaryDirectory(prefix=f".{home.name}-", dir=home if is_kept else home.parent) as folder:
        extracted = Path(folder) / "home"
        extracted.mkdir(mode=0o700)
        if home.is_dir():
            extracted.chmod(stat.S_IMODE(home.stat().st_mode))  # the umask would limit the mode of mkdir
        files, size = _read_archive(source, extracted, progress or NullProgress())
        (extracted / MANIFEST).unlink()
        _restore_database(extracted)
        if is_kept:
            for path in sorted(extracted.iterdir(), key=lambda path: path.name == FORMAT_FILE):
                path.rename(home / path.name)
        else:
            if home.exists():
                home.rmdir()
            extracted.rename(home)
    sync_path(home if is_kept else home.parent)
    return BackupSummary(str(source), files, size, 0.0)


@contextmanager
def lock_writers(home: Path) -> Iterator[None]:
    """Hold the locks of runs, the lake, the ledgers and publishing, in the order in which writers take them."""
    ledger_locks = sorted((home / LEDGER_FOLDER).glob(f"*/{WRITER_LOCK}"))
    paths = [home / _RUN_LOCK, home / "lake" / WRITER_LOCK, *ledger_locks, home / PUBLISHED_FOLDER / PUBLISHING_LOCK]
    with ExitStack() as stack:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            _wait_for_lock(stack.enter_context(path.open("a")).fileno(), path)
        yield


def _wait_for_lock(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise RunInProgressError(
                    f"another process has held the lock {str(path)!r} for {_LOCK_SECONDS:.0f} s; "
                    "back up when it has ended"
                ) from None
            time.sleep(0.1)
        else:
            return


def _take_snapshot(home: Path, snapshot: Path, *, with_secrets: bool) -> None:
    """Link or copy the files of a home into a folder on the same disk."""
    for folder, subfolders, names in os.walk(home):
        relative = Path(folder).relative_to(home)
        subfolders[:] = [
            name
            for name in subfolders
            if name not in _SKIPPED_FOLDERS and (with_secrets or not (folder == str(home) and name in _SECRET_FOLDERS))
        ]
        (snapshot / relative).mkdir(exist_ok=True)
        for name in names:
            if not name.endswith((f"{_DATABASE_SUFFIX}-wal", f"{_DATABASE_SUFFIX}-shm", ".new", ".lock")):
                _add_file(Path(folder) / name, snapshot / relative / name)
    url = load_home_settings(home, os.environ).store.url
    if url:
        dump_database(url, snapshot / _DUMP)


def _add_file(source: Path, target: Path) -> None:
    if source.suffix == _DATABASE_SUFFIX:
        with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(target)) as copy:
            database.backup(copy)
    elif source.suffix in _LINKED_SUFFIXES:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def _write_archive(snapshot: Path, target: Path, progress: Progress) -> tuple[int, int]:
    """Write all files and then their digests; return how many files and bytes there are."""
    new_target = target.with_name(f"{target.name}.new")
    try:
        summary = _write_files(snapshot, new_target, progress)
        sync_path(new_target)
        new_target.rename(target)
    finally:
        new_target.unlink(missing_ok=True)  # half a backup would fill the disk that is full already
    sync_path(target.parent)
    return summary


def _write_files(snapshot: Path, target: Path, progress: Progress) -> tuple[int, int]:
    """Write all files and then their digests to a file that only its owner can read."""
    paths = sorted(path for path in snapshot.rglob("*") if path.is_file())
    digests: dict[str, str] = {}
    size = 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
        progress.start("files", len(paths))
        for path in paths:
            name = path.relative_to(snapshot).as_posix()
            progress.advance(name)
            digests[name] = _digest_file(path)
            archive.add(path, name)
            size += path.stat().st_size
        content = json.dumps({"files": digests}, indent=1).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mode = len(content), 0o600
        archive.addfile(member, io.BytesIO(content))
    return len(paths), size


def _read_archive(source: Path, target: Path, progress: Progress) -> tuple[int, int]:
    try:
        with tarfile.open(source) as archive:
            _extract_files(archive, target)
        digests: dict[str, str] = json.loads((target / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (tarfile.TarError, OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0].rstrip(":")  # tarfile adds a line for each compression that it tried
        raise InvalidInputError(
            f"{str(source)!r} is not a whole backup of renown: {reason}; give a file that `renown backup` wrote"
        ) from error
    size = 0
    progress.start("files", len(digests))
    for name, digest in digests.items():
        progress.advance(name)
        path = target / name
        if not path.is_file() or _digest_file(path) != digest:
            raise DamagedHomeError(f"{name!r} in the backup {str(source)!r} is missing or damaged; use an older backup")
        size += path.stat().st_size
    if not (target / FORMAT_FILE).exists():
        raise InvalidInputError(f"{str(source)!r} has no home of renown")
    return len(digests), size


def _extract_files(archive: tarfile.TarFile, target: Path) -> None:
    """
    Extract the files of a backup, which has nothing else, below a folder.

    The filters of `tarfile.extractall` came with Python 3.11.4.
    """
    for member in archive:
        path = target / member.name
        if not (member.isfile() or member.islnk()) or not path.resolve().is_relative_to(target.resolve()):
            raise tarfile.ReadError(f"{member.name[:80]!r} in it is no file of a home")
        path.parent.mkdir(parents=True, exist_ok=True)
        content = archive.extractfile(member)
        assert content is not None  # noqa: S101 - it is a file
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with content, os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file)
        path.chmod(member.mode & _MAX_MODE | 0o600)
        os.utime(path, (member.mtime, member.mtime))


def _restore_database(home: Path) -> None:
    """Restore the dump of a PostgreSQL database, into the database of the settings."""
    dump = home / _DUMP
    if dump.exists():
        url = load_home_settings(home, os.environ).store.url
        if not url:
            raise InvalidInputError(
                "the backup has a PostgreSQL database; set RENOWN_STORE to the URL of the database to restore it into"
            )
        restore_database(url, dump)
        dump.unlink()
    elif not (home / STORE_FILE).exists():
        raise DamagedHomeError("the backup has no database")


def _digest_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
