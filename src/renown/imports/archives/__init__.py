"""Archives: the data exports that networks give people of their own accounts, one module per network."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from renown.errors import InvalidInputError
from renown.imports.archives import bluesky, discourse, instagram, linkedin, mastodon, stackexchange, tiktok, x
from renown.imports.archives.containers import open_archive
from renown.imports.archives.contents import ArchiveContents
from renown.imports.archives.reader import ArchiveReader

__all__ = ["ARCHIVES", "ArchiveContents", "read_archive"]

_ReadPath = Callable[[Path, datetime], ArchiveContents]


def _zip_or_folder_reader(read_members: Callable[[ArchiveReader, datetime], ArchiveContents]) -> _ReadPath:
    """Return a function that opens a ZIP file or folder and reads it with the given function."""

    def read_path(path: Path, now: datetime) -> ArchiveContents:
        with open_archive(path) as archive:
            return read_members(archive, now)

    return read_path


_WITH_OWNER: dict[str, _ReadPath] = {
    "bluesky-repo": bluesky.read_archive,
    "mastodon-archive": _zip_or_folder_reader(mastodon.read_archive),
    "stackexchange-dump": stackexchange.read_archive,
    "x-archive": _zip_or_folder_reader(x.read_archive),
}
"""Archives that always say whose they are, or are nobody's."""
_WITH_HANDLE: dict[str, Callable[[Path, datetime, str | None], ArchiveContents]] = {
    "discourse-export": discourse.read_archive,
    "instagram-export": instagram.read_archive,
    "linkedin-export": linkedin.read_archive,
    "tiktok-export": tiktok.read_archive,
}
"""Archives that may not say whose they are."""
ARCHIVES = tuple(sorted([*_WITH_OWNER, *_WITH_HANDLE]))
"""Names of the kinds of archives."""


def read_archive(kind: str, path: Path, *, now: datetime, handle: str | None = None) -> ArchiveContents:
    """
    Read an archive; the records of some are read only when one iterates over them.

    Parameters
    ----------
    kind : str
        One of `ARCHIVES`.
    path : Path
    now : datetime
        Latest possible instant; later ones are replaced by it.
    handle : str, optional
        Name of the owner, of archives that do not have it.

    Raises
    ------
    InvalidInputError
        If there is no such kind, or the file is no archive of that kind, incomplete or too large.
    """
    if kind in _WITH_HANDLE:
        return _WITH_HANDLE[kind](path, now, handle)
    if kind not in _WITH_OWNER:
        raise InvalidInputError(f"there is no archive called {kind!r}; known: {', '.join(ARCHIVES)}")
    if handle:
        raise InvalidInputError(f"--handle is {handle!r}, but {kind} says itself whose it is; leave it out")
    return _WITH_OWNER[kind](path, now)
