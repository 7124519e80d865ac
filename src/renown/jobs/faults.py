"""Faults: what is said of an exception that nobody raised on purpose, where work goes on all the same."""

import traceback
from pathlib import Path

import renown
from renown.errors import RenownError

_PACKAGE = Path(renown.__file__).parent


def fault(error: Exception) -> str:
    """Return what went wrong in one line; of what nobody raised on purpose its place, as its text may hold a secret."""
    if isinstance(error, RenownError):
        return str(error)
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _PACKAGE in Path(frame.filename).parents]
    where = f" in {Path(ours[-1].filename).relative_to(_PACKAGE)}, line {ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}: a fault of renown's; please report it"
