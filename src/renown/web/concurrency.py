"""
Limit concurrent computations, so that requests for precomputed data never wait for them.

Free slots go to callers (API keys or IP addresses) in turn, so that nobody can keep others from computing. Requests for
the same answer share one computation. A pool keeps one sandbox for custom weights open as long as its day is served.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

from starlette.exceptions import HTTPException

from renown.answers import WeightSandbox
from renown.store import PublishedDay

Answer = TypeVar("Answer")

MAX_CONCURRENT = 4
"""Concurrent engine sessions; each may use the memory limit of the settings."""
MAX_WAITING = 24
"""Requests that may queue in addition, each in a thread of the server."""
MAX_SHARING = 32
"""Requests that may wait for the computation of another request, each in a thread of the server."""
WAIT_SECONDS = 10.0
"""Seconds that a request waits in the queue."""
SERVER_THREADS = 160
"""Threads of the server: two queues (28 and 25), those that share (twice 32); the others for pages and actions."""
_RETRY_AFTER_SECONDS = 5
"""Value of Retry-After, in seconds."""
CALLER: ContextVar[str] = ContextVar("caller", default="")
"""Who sent the current request: digest of an API key, or IP address; set by the authentication middleware."""


class ServerBusyError(HTTPException):
    """Too many computations are running."""

    page_message = (
        f"Many people are asking for computations at the moment. This page reloads itself in {_RETRY_AFTER_SECONDS} s."
    )
    """What a page says, which reloads itself."""

    def __init__(self) -> None:
        super().__init__(
            503, f"server busy; retry in {_RETRY_AFTER_SECONDS} s", {"Retry-After": str(_RETRY_AFTER_SECONDS)}
        )


@dataclass(eq=False)
class _Waiter:
    """A request in the queue."""

    caller: str
    decided: threading.Event = field(default_factory=threading.Event)
    is_admitted: bool = False


class ConcurrencyLimiter:
    """
    Limit the number of concurrent computations, with a short and fair queue.

    Parameters
    ----------
    max_concurrent : int
        One caller gets all of them but one, if there are several.
    max_waiting : int
        Size of the queue. If it is full, the caller with most requests in it loses the newest one.
    timeout : float
        Seconds that a request waits in the queue.
    max_sharing : int
        Requests that may wait for the computation of another request; further ones compute on their own.

    References
    ----------
    Fair queueing: Nagle, RFC 970 (1985). Dropping from the longest queue: McKenney, Stochastic fairness queueing
    (1990).
    """

    def __init__(
        self,
        max_concurrent: int = MAX_CONCURRENT,
        *,
        max_waiting: int = MAX_WAITING,
        timeout: float = WAIT_SECONDS,
        max_sharing: int = MAX_SHARING,
    ) -> None:
        self._max_concurrent, self._max_per_caller = max_concurrent, max(1, max_concurrent - 1)
        self._max_waiting, self._timeout = max_waiting, timeout
        self._lock = Lock()
        self._running: Counter[str] = Counter()
        """Running computations by caller."""
        self._waiters: list[_Waiter] = []
        """The queue, oldest first."""
        self._turns: dict[str, int] = {}
        """Number of the last admission of each caller that runs or waits."""
        self._turn = 0
        self._shared: dict[Hashable, Future[Any]] = {}
        """Running computations by the answer that they compute."""
        self._max_sharing, self._sharing = max_sharing, 0

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """
        Acquire a slot for the duration of a context, waiting for one if necessary.

        Raises
        ------
        ServerBusyError
            If the queue is full, or no slot becomes free before the timeout.
        """
        waiter = _Waiter(CALLER.get())
        self._enqueue(waiter)
        waiter.decided.wait(self._timeout)
        self._check_admitted(waiter)
        try:
            yield
        finally:
            with self._lock:
                self._running[waiter.caller] -= 1
                self._admit()

    def compute(self, key: Hashable, function: Callable[[], Answer]) -> Answer:
        """
        Compute an answer in a slot, or share the answer of a computation with the same key that is running.

        Only running computations are shared: nobody waits for the turn of another caller.

        Raises
        ------
        ServerBusyError
            As for `acquire`; exceptions of a shared computation are shared, too.
        """
        running = self._find_shared(key)
        if running is None:
            with self.acquire():
                running, is_own = self._share(key)
                if is_own:
                    return self._run(key, running, function)
        try:
            answer: Answer = running.result()
            return answer
        finally:
            with self._lock:
                self._sharing -= 1

    def _enqueue(self, waiter: _Waiter) -> None:
        with self._lock:
            self._waiters.append(waiter)
            self._admit()
            if len(self._waiters) > self._max_waiting:
                counts = Counter(other.caller for other in self._waiters)
                newest = max(reversed(self._waiters), key=lambda other: counts[other.caller])
                self._waiters.remove(newest)
                newest.decided.set()

    def _check_admitted(self, waiter: _Waiter) -> None:
        with self._lock:
            if waiter.is_admitted:
                return
            if waiter in self._waiters:
                self._waiters.remove(waiter)
        raise ServerBusyError

    def _admit(self) -> None:
        """Give free slots to the callers that run least, of them to the one whose last turn is longest ago."""
        while self._running.total() < self._max_concurrent:
            candidates = [waiter for waiter in self._waiters if self._running[waiter.caller] < self._max_per_caller]
            if not candidates:
                break
            waiter = min(candidates, key=lambda other: (self._running[other.caller], self._turns.get(other.caller, 0)))
            self._waiters.remove(waiter)
            self._turn += 1
            self._turns[waiter.caller] = self._turn
            self._running[waiter.caller] += 1
            waiter.is_admitted = True
            waiter.decided.set()
        present = {other.caller for other in self._waiters} | {caller for caller, n in self._running.items() if n}
        self._running = Counter({caller: n for caller, n in self._running.items() if n})
        self._turns = {caller: turn for caller, turn in self._turns.items() if caller in present}

    def _find_shared(self, key: Hashable) -> "Future[Any] | None":
        """Return the running computation of an answer, counted as shared; None if there is none."""
        with self._lock:
            running = self._shared.get(key) if self._sharing < self._max_sharing else None
            self._sharing += running is not None
            return running

    def _share(self, key: Hashable) -> "tuple[Future[Any], bool]":
        """Return the running computation of an answer, and whether it is this request's own."""
        running = self._find_shared(key)
        if running is not None:
            return running, False
        with self._lock:
            # If too many share already, this one computes on its own and is shared from now on.
            running = self._shared[key] = Future()
        return running, True

    def _run(self, key: Hashable, running: "Future[Any]", function: Callable[[], Answer]) -> Answer:
        try:
            answer = function()
        except BaseException as error:
            self._unshare(key, running)
            running.set_exception(error)
            raise
        self._unshare(key, running)
        running.set_result(answer)
        return answer

    def _unshare(self, key: Hashable, running: "Future[Any]") -> None:
        with self._lock:
            if self._shared.get(key) is running:
                del self._shared[key]


@dataclass
class WeightSandboxPool:
    """Pool of one sandbox, for the served day and the visible people."""

    limiter: ConcurrencyLimiter = field(default_factory=lambda: ConcurrencyLimiter(1))
    """A computation needs the sandbox exclusively; its queue is separate, so that pages do not wait."""
    _lock: Lock = field(default_factory=Lock)
    _current: tuple[tuple[PublishedDay, frozenset[int]], WeightSandbox] | None = None

    def compute(
        self,
        key: Hashable,
        sandbox_key: tuple[PublishedDay, frozenset[int]],
        create: Callable[[], WeightSandbox],
        function: Callable[[WeightSandbox], Answer],
    ) -> Answer:
        """
        Compute an answer in the sandbox of a day and people; replace the current one if either differs.

        Parameters
        ----------
        key : hashable
            What is computed; requests with the same key share the answer.
        sandbox_key : tuple of PublishedDay and frozenset of int
            Day, and keys of the visible people; a person who opts out thus leaves the sandbox.
        create : callable
            Opens a new sandbox.
        function : callable
            Computes the answer, with the sandbox for itself.

        Raises
        ------
        ServerBusyError
            If too many requests wait for the sandbox.
        """

        def compute_in_sandbox() -> Answer:
            with self._lock:
                if self._current is None or self._current[0] != sandbox_key:
                    sandbox = create()
                    if self._current:
                        self._current[1].close()
                    self._current = (sandbox_key, sandbox)
                return function(self._current[1])

        day, people = sandbox_key
        return self.limiter.compute((key, day.folder, day.inputs, people), compute_in_sandbox)

    def close(self) -> None:
        """Close the sandbox once it is not in use."""
        with self._lock:
            if self._current:
                self._current[1].close()
            self._current = None
