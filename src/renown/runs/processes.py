"""
Processes: lock a file, so that one process at a time does a job in a home, and run commands in the background.

A lock is released when its process ends.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from renown.errors import RunInProgressError

_RESTART_SECONDS, _MAX_RESTART_SECONDS = 60.0, 3600.0
"""Delay before a process that ended is started again, and what it grows to: it doubles each time."""


@contextlib.contextmanager
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


class SupervisedProcess:
    """
    A child process that is started again whenever it ends, such as when the system kills it for lack of memory.

    Parameters
    ----------
    command : sequence of str
    notify : callable
        Called with one line whenever the process ended.
    delay : float
        Seconds until it is started again. They double with each end, up to an hour, and count anew after a process
        that lived longer than that.
    """

    def __init__(
        self, command: Sequence[str], *, notify: Callable[[str], None], delay: float = _RESTART_SECONDS
    ) -> None:
        self._command, self._notify, self._delay = command, notify, delay
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._process = subprocess.Popen(command)  # noqa: S603 - arguments are not user input
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def terminate(self) -> None:
        """End the process, wait until it has ended, and do not start it again."""
        with self._lock:
            self._stop.set()
            self._process.terminate()
        self._watcher.join()

    def _watch(self) -> None:
        delay = self._delay
        while True:
            started_at = time.monotonic()
            status = self._process.wait()
            if self._stop.is_set():
                return
            if time.monotonic() - started_at > _MAX_RESTART_SECONDS:
                delay = self._delay
            # The message comes after the delay: a service manager ends the server and this process at once.
            if self._stop.wait(delay):
                return
            reason = f"killed by signal {-status}" if status < 0 else f"status {status}"
            self._notify(f"the process {' '.join(self._command[-3:])!r} ended ({reason}); it is started again")
            with self._lock:
                if self._stop.is_set():
                    return
                with contextlib.suppress(OSError):  # no memory even for a process: the next attempt follows
                    self._process = subprocess.Popen(self._command)  # noqa: S603 - as above
            delay = min(2 * delay, _MAX_RESTART_SECONDS)


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
