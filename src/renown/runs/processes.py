"""
Processes: lock a file, so that one process at a time does a job in a home, and run a command in the background.

A lock is released when its process ends.
"""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from renown.errors import RunInProgressError


@contextmanager
def file_lock(path: Path, *, at: datetime) -> Iterator[None]:
    """
    Acquire an exclusive lock on a file without waiting; write process id and start time into it.

    Raises
    ------
    RunInProgressError
        If another process or thread holds the lock.
    """
    with path.open("a+", encoding="utf-8") as lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock_file.seek(0)
            raise RunInProgressError(
                f"another run is in progress in this home ({lock_file.read() or 'a process that just started'}); "
                "wait for it to end"
            ) from None
        lock_file.truncate(0)
        lock_file.write(f"process {os.getpid()} since {at:%Y-%m-%d %H:%M:%S} UTC")
        lock_file.flush()
        try:
            yield
        finally:
            lock_file.truncate(0)


class DelayedCall:
    """Calls a function after a delay, once for all calls in between (debounce)."""

    def __init__(self, function: Callable[[], None], *, seconds: float) -> None:
        self._function, self._seconds = function, seconds
        self._lock, self._timer = threading.Lock(), threading.Timer(0, function)

    def __call__(self) -> None:
        """Start the delay, unless it is running."""
        with self._lock:
            if not self._timer.is_alive():
                self._timer = threading.Timer(self._seconds, self._function)
                self._timer.daemon = True
                self._timer.start()


def run_in_background(home: Path, store: str, *command: str) -> None:
    """
    Start a `renown` command in a detached background process; do not wait for it.

    Parameters
    ----------
    home : Path
    store : str
        URL of the database; empty for the home's own SQLite file.
    *command : str
        Arguments of the command line.
    """
    process = subprocess.Popen(  # noqa: S603 - arguments are not user input
        [sys.executable, "-m", "renown", "--home", str(home), *command],
        env=os.environ | ({"RENOWN_STORE": store} if store else {}),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    threading.Thread(target=process.wait, daemon=True).start()
