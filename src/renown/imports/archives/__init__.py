"""Archives: the data exports that networks give people of their own accounts, one module per network."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from renown.errors import InvalidInputError
from renown.imports.archives import bluesky, mastodon, x
from renown.imports.archives.reader import ArchiveContents, ArchiveReader, open_archive

__all__ = ["ARCHIVES", "ArchiveContents", "read_archive"]


def _zip_or_folder_reader(
    read_members: Callable[[ArchiveReader, datetime], ArchiveContents],
) -> Callable[[Path, datetime], ArchiveContents]:
    """Return a function that opens a ZIP file or folder and reads it with the given function."""

    def read_path(path: Path, now: datetime) -> ArchiveContents:
        with open_archive(path) as archive:
            return read_members(archive, now)

    return read_path


ARCHIVES: dict[str, Callable[[Path, datetime], ArchiveContents]] = {
    "bluesky-repo": bluesky.read_archive,
    "mastodon-archive": _zip_or_folder_reader(mastodon.read_archive),
    "x-archive": _zip_or_folder_reader(x.read_archive),
}
"""Name of each kind of archive to the function that reads it, given its path and the current time."""


def read_archive(kind: str, path: Path, *, now: datetime) -> ArchiveContents:
    """
    Read an archive.

    Parameters
    ----------
    kind : str
        One of `ARCHIVES`.
    path : Path
    now : datetime
        Latest possible instant; later ones are replaced by it.

    Raises
    ------
    InvalidInputError
        If there is no such kind, or the file is no archive of that kind, incomplete or too large.
    """
    if kind not in ARCHIVES:
        raise InvalidInputError(f"there is no archive called {kind!r}; known: {', '.join(ARCHIVES)}")
    return ARCHIVES[kind](path, now)
