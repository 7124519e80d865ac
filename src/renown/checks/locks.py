"""Check lock files: which process works in a home, and which one ended without clearing its lock."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

from renown.checks.finding import Finding


def check_locks(files: Iterator[Path]) -> Iterator[Finding]:
    """Yield lock files that name a process which holds the lock, or which was killed."""
    for file in files:
        try:
            with file.open("r", encoding="utf-8") as lock_file:
                is_held = not _try_lock(lock_file.fileno())
                owner = lock_file.read()
        except OSError:
            continue
        if is_held:
            yield Finding(
                part="locks",
                path=str(file),
                problem=f"is held ({owner or 'by a process that writes to the lake'})",
                remedy="wait for it to end; what it writes meanwhile may be reported here",
                damage=False,
            )
        elif owner:
            yield Finding(
                part="locks",
                path=str(file),
                problem=f"names a process that was killed ({owner})",
                remedy="nothing; the lock is free, and the next run continues its work",
                damage=False,
            )


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
