"""
Limit concurrent computations, so that requests for precomputed data never wait for them.

A pool keeps one sandbox for custom weights open as long as its day is served.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from starlette.exceptions import HTTPException

from renown.answers import WeightSandbox
from renown.store import PublishedDay

MAX_CONCURRENT = 4
"""Concurrent engine sessions; each may use the memory limit of the settings."""
MAX_WAITING = 12
"""Requests that may queue in addition; the server has forty threads, which pages need, too."""
WAIT_SECONDS = 5.0
"""Seconds that a request waits in the queue."""
_RETRY_AFTER_SECONDS = 5
"""Value of Retry-After, in seconds."""


class ServerBusyError(HTTPException):
    """Too many computations are running."""

    def __init__(self) -> None:
        super().__init__(
            503, f"server busy; retry in {_RETRY_AFTER_SECONDS} s", {"Retry-After": str(_RETRY_AFTER_SECONDS)}
        )


class ConcurrencyLimiter:
    """
    Limit the number of concurrent computations, with a short queue.

    Parameters
    ----------
    max_concurrent : int
    max_waiting : int
        Size of the queue; further requests are rejected immediately.
    timeout : float
        Seconds that a request waits in the queue.
    """

    def __init__(
        self, max_concurrent: int = MAX_CONCURRENT, *, max_waiting: int = MAX_WAITING, timeout: float = WAIT_SECONDS
    ) -> None:
        self._queue_slots = threading.BoundedSemaphore(max_concurrent + max_waiting)
        self._running_slots = threading.BoundedSemaphore(max_concurrent)
        self._timeout = timeout

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """
        Acquire a slot for the duration of a context, waiting for one if necessary.

        Raises
        ------
        ServerBusyError
            If the queue is full, or no slot becomes free before the timeout.
        """
        if not self._queue_slots.acquire(blocking=False):
            raise ServerBusyError
        try:
            if not self._running_slots.acquire(timeout=self._timeout):
                raise ServerBusyError
            try:
                yield
            finally:
                self._running_slots.release()
        finally:
            self._queue_slots.release()


@dataclass
class WeightSandboxPool:
    """Pool of one sandbox, for the served day and the visible people."""

    limiter: ConcurrencyLimiter = field(default_factory=lambda: ConcurrencyLimiter(1))
    """A computation needs the sandbox exclusively; its queue is separate, so that pages do not wait."""
    _lock: Lock = field(default_factory=Lock)
    _current: tuple[tuple[PublishedDay, frozenset[int]], WeightSandbox] | None = None

    @contextmanager
    def borrow(
        self, day: PublishedDay, people: frozenset[int], create: Callable[[], WeightSandbox]
    ) -> Iterator[WeightSandbox]:
        """
        Borrow the sandbox of a day and people exclusively; replace the current one if either differs.

        Parameters
        ----------
        day : PublishedDay
        people : frozenset of int
            Keys of the visible people; a person who opts out thus leaves the sandbox.
        create : callable
            Opens a new sandbox.

        Raises
        ------
        ServerBusyError
            If too many requests wait for the sandbox.
        """
        with self.limiter.acquire(), self._lock:
            if self._current is None or self._current[0] != (day, people):
                sandbox = create()
                if self._current:
                    self._current[1].close()
                self._current = ((day, people), sandbox)
            yield self._current[1]

    def close(self) -> None:
        """Close the sandbox once it is not in use."""
        with self._lock:
            if self._current:
                self._current[1].close()
            self._current = None
