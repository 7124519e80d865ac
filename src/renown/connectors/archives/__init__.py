"""Archives: what networks give people of their own accounts, one module a network."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from renown.connectors.archives import mastodon, x
from renown.connectors.archives.contents import Contents
from renown.connectors.archives.members import Members, opened
from renown.errors import BadInput

__all__ = ["ARCHIVES", "Contents", "read"]


def _packed(read_members: Callable[[Members, datetime], Contents]) -> Callable[[Path, datetime], Contents]:
    """Return a reader of a ZIP file or folder."""

    def read_path(path: Path, now: datetime) -> Contents:
        with opened(path) as members:
            return read_members(members, now)

    return read_path


ARCHIVES: dict[str, Callable[[Path, datetime], Contents]] = {
    "mastodon-archive": _packed(mastodon.read),
    "x-archive": _packed(x.read),
}
"""What people call an archive, and what reads it: given its path and now, after which nothing is."""


def read(kind: str, path: Path, *, now: datetime) -> Contents:
    """
    Read an archive.

    Parameters
    ----------
    kind : str
        One of `ARCHIVES`.
    path : Path
    now : datetime
        Nothing in it is younger.

    Raises
    ------
    BadInput
        If there is no such kind, or the archive is not one, not whole, or too large.
    """
    if kind not in ARCHIVES:
        msg = f"there is no archive called {kind!r}; known: {', '.join(ARCHIVES)}"
        raise BadInput(msg)
    return ARCHIVES[kind](path, now)
