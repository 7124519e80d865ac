"""Make files durable: wait until they are on the disk, so that power loss does not take back what was acknowledged."""

import os
import uuid
from collections.abc import Iterable
from pathlib import Path

UNFINISHED_PREFIX = ".unfinished-"
"""Of the files that `create_durably` leaves behind if it is killed."""


def sync_path(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(files: Iterable[Path], root: Path) -> None:
    """Sync files, and each folder that leads to them from `root`, which must exist and is included."""
    folders: set[Path] = set()
    for file in files:
        sync_path(file)
        folders.update(folder for folder in file.parents if folder == root or root in folder.parents)
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        sync_path(folder)


def sync_tree(folder: Path, root: Path) -> None:
    """Sync everything in a folder, and each folder that leads to it from `root`."""
    sync_files((path for path in folder.rglob("*") if path.is_file()), root)


def write_durably(path: Path, text: str, *, mode: int = 0o666) -> None:
    """
    Replace a file by this text at once: after a kill or power loss it has the old content or the new.

    Parameters
    ----------
    path : Path
    text : str
    mode : int
        Permissions of the file, less those that the process masks.
    """
    new_path = path.with_name(f"{path.name}.new")
    new_path.unlink(missing_ok=True)
    descriptor = os.open(new_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    sync_path(new_path)
    new_path.replace(path)
    sync_path(path.parent)


def create_durably(path: Path, content: bytes) -> None:
    """
    Create a file at once: after a kill or power loss it is there whole or not at all.

    Raises
    ------
    FileExistsError
        If there is a file already; it stays as it was.
    """
    unfinished = path.with_name(f"{UNFINISHED_PREFIX}{uuid.uuid4().hex}")
    try:
        unfinished.write_bytes(content)
        sync_path(unfinished)
        path.hardlink_to(unfinished)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_path(path.parent)
