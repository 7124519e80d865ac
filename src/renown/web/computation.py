"""Compute answers for requests in sessions of the engine, and reuse the latest ones."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from renown.engines.duckdb import DuckDB
from renown.engines.pool import EnginePool
from renown.web.concurrency import ConcurrencyLimiter

Answer = TypeVar("Answer")

_MAX_LATEST_ANSWERS = 256
"""Plans and explanations in the cache; a plan takes about 20 kilobytes, an explanation up to 100."""


class AnswerComputer:
    """
    Compute answers in sessions of the engine that are reused, under a limit of concurrent computations.

    Parameters
    ----------
    open_engine : callable
        Opens a session of the engine.
    limiter : ConcurrencyLimiter
    """

    def __init__(self, open_engine: Callable[[], DuckDB], limiter: ConcurrencyLimiter) -> None:
        self._engines, self._limiter = EnginePool(open_engine), limiter
        self._latest_answers: dict[Hashable, Any] = {}
        """Answers of `compute_once`, the oldest first."""

    def compute(self, key: Hashable, function: Callable[[DuckDB], Answer]) -> Answer:
        """
        Compute an answer in an engine session under the concurrency limit; do not nest, since that could deadlock.

        Parameters
        ----------
        key : hashable
            What is computed; requests with the same key share the answer.
        function : callable
            Computes it in a session of the engine.

        Raises
        ------
        ServerBusyError
            If too many sessions are open.
        """

        def compute_in_session() -> Answer:
            with self._engines.session() as engine:
                return function(engine)

        return self._limiter.compute(key, compute_in_session)

    def compute_once(self, key: Hashable, function: Callable[[DuckDB], Answer]) -> Answer:
        """Compute an answer as `compute`, unless it is among the latest; the key has all that the answer depends on."""
        answer: Answer | None = self._latest_answers.get(key)
        if answer is None:
            answer = self._latest_answers[key] = self.compute(key, function)
            # Threads share the answers, and each operation is atomic: at worst one is computed again.
            for old_key in list(self._latest_answers)[:-_MAX_LATEST_ANSWERS]:
                self._latest_answers.pop(old_key, None)
        return answer

    def close(self) -> None:
        """Close the sessions."""
        self._engines.close()
