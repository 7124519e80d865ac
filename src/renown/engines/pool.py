"""
Keep DuckDB sessions open between uses: opening one takes longer than many an answer.

Their answers are about one person and read few rows: a second thread would take a tenth more processor time, and other
requests need it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from renown.engines.duckdb import DuckDB

MAX_IDLE = 4
"""Idle sessions to keep; they have small tables of parameters and use little memory."""


class EnginePool:
    """
    Pool of DuckDB sessions.

    Parameters
    ----------
    open_engine : callable
        Opens a session.
    """

    def __init__(self, open_engine: Callable[[], DuckDB]) -> None:
        self._open_engine = open_engine
        self._lock = Lock()
        self._idle: list[DuckDB] = []
        self._is_closed = False

    @contextmanager
    def session(self) -> Iterator[DuckDB]:
        """Use a session without results exclusively; after an error it is closed, otherwise kept for the next use."""
        engine = self._acquire() or self._open_session()
        try:
            yield engine
            engine.reset()
        except BaseException:
            engine.close()
            raise
        self._release(engine)

    def close(self) -> None:
        """Close the idle sessions now, and those in use after their use."""
        with self._lock:
            idle, self._idle, self._is_closed = self._idle, [], True
        for engine in idle:
            engine.close()

    def _open_session(self) -> DuckDB:
        engine = self._open_engine()
        engine.execute("set threads = 1")
        return engine

    def _acquire(self) -> DuckDB | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _release(self, engine: DuckDB) -> None:
        with self._lock:
            is_kept = not self._is_closed and len(self._idle) < MAX_IDLE
            if is_kept:
                self._idle.append(engine)
        if not is_kept:
            engine.close()
