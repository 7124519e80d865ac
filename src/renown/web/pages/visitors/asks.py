"""Asks: how often visitors may have networks asked, and their data gathered."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException

from renown.web.limits import Allowance, Limits

BY_SESSION = Allowance(3, 100)
"""Questions of one visitor."""
BY_ADDRESS = Allowance(5, 5_000)
"""Questions from one address, however many sessions it begins."""
BY_SERVER = Allowance(5, 20_000)
"""Questions to one server, whoever has it asked: nobody is to be troubled through us."""
AT_ONCE = 8
"""Questions that wait for networks together: they have threads that pages need, too."""
DOWNLOADS = Allowance(3, 50)
"""Downloads of one visitor."""
WISHES = Allowance(3, 10)
"""Wishes of one person or account that begin a process at once, which rewrites files; none is ever refused."""
DOWNLOADS_AT_ONCE = 2
"""Downloads together: each reads through the lake."""


class TooOften(HTTPException):
    """A visitor asks too often, or too many do at once."""

    def __init__(self, wait: int) -> None:
        super().__init__(429, f"That is too much at once. Try again in {wait} s.", {"Retry-After": str(wait)})


class Asks:
    """Counts what visitors ask, in the memory of the process that serves."""

    def __init__(self) -> None:
        self._limits = Limits()
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._downloads = threading.BoundedSemaphore(DOWNLOADS_AT_ONCE)

    @contextmanager
    def asking(self, session: str, address: str, server: str, now: float) -> Iterator[None]:
        """
        Have a network asked.

        Parameters
        ----------
        session : str
            Digest of the visitor's; empty where they have none yet.
        address : str
        server : str
            Who is asked.
        now : float
            Seconds since 1970-01-01 00:00 UTC.

        Raises
        ------
        TooOften
        """
        counted = [(f"session {session}", BY_SESSION)] if session else []
        for caller, allowed in [*counted, (f"address {address}", BY_ADDRESS), (f"server {server}", BY_SERVER)]:
            self._take(caller, allowed, now)
        with _place(self._places):
            yield

    def naming(self, session: str, now: float) -> None:
        """
        Let a visitor try a name.

        Raises
        ------
        TooOften
        """
        self._take(f"session {session}", BY_SESSION, now)

    def hastens(self, whose: int | tuple[str, str], now: float) -> bool:
        """Tell whether a wish of a person, by their key, or of an account is begun at once; else it waits its turn."""
        return not self._limits.take(f"wish {whose}", WISHES, now).over

    @contextmanager
    def downloading(self, session: str, now: float) -> Iterator[None]:
        """
        Have what is held gathered.

        Raises
        ------
        TooOften
        """
        self._take(f"download {session}", DOWNLOADS, now)
        with _place(self._downloads):
            yield

    def _take(self, caller: str, allowed: Allowance, now: float) -> None:
        taken = self._limits.take(caller, allowed, now)
        if taken.over:
            raise TooOften(taken.wait)


@contextmanager
def _place(places: threading.BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(blocking=False):
        raise TooOften(5)
    try:
        yield
    finally:
        places.release()
