"""Turn: one run at a time in a home; the lock dies with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from renown.errors import BusyRun


@contextmanager
def turn(file: Path, *, at: datetime) -> Iterator[None]:
    """
    Take the turn that a file stands for, and note in it who has it since when.

    Raises
    ------
    BusyRun
        If another process, or another thread, has it.
    """
    with file.open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            msg = f"a run is going on in this home, by {held.read() or 'a process that just began'}; wait for it to end"
            raise BusyRun(msg) from None
        held.truncate(0)
        held.write(f"process {os.getpid()} since {at:%Y-%m-%d %H:%M:%S} UTC")
        held.flush()
        try:
            yield
        finally:
            held.truncate(0)
