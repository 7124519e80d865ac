"""Places: how many may have something computed at once, so that who reads what is ready never waits for them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException

AT_ONCE = 4
"""Sessions of the engine at once: each may take the memory that the settings name."""
WAITING = 12
"""Who waits beside them: the server has forty threads, which pages need, too."""
PATIENCE = 5.0
"""Seconds that somebody waits for a place."""
_AGAIN = 5
"""Seconds after which they are told to ask again."""


class Busy(HTTPException):
    """Too many have something computed."""

    def __init__(self) -> None:
        msg = f"too many are having something computed here at once; try again in {_AGAIN} s"
        super().__init__(503, msg, {"Retry-After": str(_AGAIN)})


class Places:
    """
    Places of those who have something computed.

    Parameters
    ----------
    places : int
        At once.
    waiting : int
        Who may wait beside them; others are sent away at once.
    patience : float
        Seconds that somebody waits.
    """

    def __init__(self, places: int = AT_ONCE, *, waiting: int = WAITING, patience: float = PATIENCE) -> None:
        self._room = threading.BoundedSemaphore(places + waiting)
        self._free = threading.BoundedSemaphore(places)
        self._patience = patience

    @contextmanager
    def one(self) -> Iterator[None]:
        """
        Have a place.

        Raises
        ------
        Busy
            If there is none, and none becomes free in time.
        """
        if not self._room.acquire(blocking=False):
            raise Busy
        try:
            if not self._free.acquire(timeout=self._patience):
                raise Busy
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._room.release()
