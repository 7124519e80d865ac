"""Check that the user who runs renown may read and write the files of a home, and that no other user may read them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from renown.checks.finding import Finding

_READ_AND_WRITE = os.R_OK | os.W_OK | os.X_OK


def check_permissions(home: Path, written_files: str) -> Iterator[Finding]:
    """
    Yield the files that may not be read, and the folders and files that may not be read and written.

    Parameters
    ----------
    home : Path
    written_files : str
        Pattern of the files in the home that are written in place; others are replaced.
    """
    for name, folders, files in os.walk(home):
        folder = Path(name)
        if not os.access(folder, _READ_AND_WRITE):
            yield _finding(folder, "may not be read and written")
            folders.clear()  # what is in it may not be, either
            continue
        for file in sorted(folder / file for file in files):
            if not os.access(file, os.R_OK):
                yield _finding(file, "may not be read")
            elif file.parent == home and file.match(written_files) and not os.access(file, os.W_OK):
                yield _finding(file, "may not be written")


def check_privacy(home: Path) -> Iterator[Finding]:
    """Yield the home if every user of the machine can look into it: it has personal data, and possibly tokens."""
    folder = home.resolve()
    others_can_enter = all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.parents)
    if others_can_enter and folder.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH):
        yield Finding(
            part="permissions",
            path=str(home),
            problem="can be read by every user of this machine",
            remedy=f"chmod o-rwx {home}",
            damage=False,
        )


def _finding(path: Path, problem: str) -> Finding:
    owner, user = path.stat().st_uid, os.getuid()
    who = f"by the user with id {user}, who runs this; it belongs to the user with id {owner}"
    remedy = "run renown as the user of the home, or give its files to that user (`chown -R`)"
    return Finding(part="permissions", path=str(path), problem=f"{problem} {who}", remedy=remedy, works="nothing")
