"""Rate limits of actions on the account pages: lookups on networks, downloads, privacy requests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException

from renown.web.middleware.rate_limit import Allowance, RateLimiter

LOOKUPS_PER_SESSION = Allowance(3, 100)
"""Lookups per session."""
LOOKUPS_PER_ADDRESS = Allowance(5, 5_000)
"""Lookups per IP address, over all of its sessions."""
LOOKUPS_PER_SERVER = Allowance(5, 20_000)
"""Lookups per remote server, over all visitors, so that nobody can flood a server through this site."""
MAX_CONCURRENT_LOOKUPS = 8
"""Maximum concurrent lookups: each blocks a thread that pages need, too."""
DOWNLOADS_PER_SESSION = Allowance(3, 50)
"""Downloads per session."""
MAILS_PER_PERSON = Allowance(1, 10)
"""Mails per person that ask for confirmation of an address."""
IMMEDIATE_REQUESTS = Allowance(3, 10)
"""Privacy requests per person or account that start a background process at once; others wait in the queue."""
FIRST_SCORES = Allowance(3, 20)
"""First scores per person that are computed at once; after them, the daily run computes the score."""
RESUMED_FIRST_SCORES = Allowance(1, 2_000)
"""Processes per person that go on with a first score which nobody works on."""
MAX_CONCURRENT_DOWNLOADS = 2
"""Maximum concurrent downloads: each scans the lake."""


class TooManyRequestsError(HTTPException):
    """Rate limit exceeded (HTTP 429, with Retry-After)."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(429, f"Too many requests. Try again in {retry_after} s.", {"Retry-After": str(retry_after)})


class ActionRateLimiter:
    """Rate and concurrency limits of visitors' actions, in the memory of the server process."""

    def __init__(self) -> None:
        self._rate_limiter = RateLimiter()
        self._lookup_slots = threading.BoundedSemaphore(MAX_CONCURRENT_LOOKUPS)
        self._download_slots = threading.BoundedSemaphore(MAX_CONCURRENT_DOWNLOADS)

    @contextmanager
    def limit_lookup(self, session: str, address: str, server: str, now: float) -> Iterator[None]:
        """
        Count a lookup on a network, and limit concurrent lookups while the context is open.

        Parameters
        ----------
        session : str
            Digest of the visitor's session; empty if there is none yet.
        address : str
        server : str
            URL of the server that is requested.
        now : float
            Seconds since 1970-01-01 00:00 UTC.

        Raises
        ------
        TooManyRequestsError
        """
        session_limit = [(f"session {session}", LOOKUPS_PER_SESSION)] if session else []
        for caller, allowance in [
            *session_limit,
            (f"address {address}", LOOKUPS_PER_ADDRESS),
            (f"server {server}", LOOKUPS_PER_SERVER),
        ]:
            self._count(caller, allowance, now)
        with _acquire_slot(self._lookup_slots):
            yield

    def count_mail(self, key: int, now: float) -> None:
        """
        Count a mail that asks for confirmation, so that nobody can flood an address through this site.

        Raises
        ------
        TooManyRequestsError
        """
        self._count(f"mail {key}", MAILS_PER_PERSON, now)

    def count_name_attempt(self, session: str, now: float) -> None:
        """
        Count an attempt to choose a name.

        Raises
        ------
        TooManyRequestsError
        """
        self._count(f"session {session}", LOOKUPS_PER_SESSION, now)

    def can_start_now(self, owner: int | tuple[str, str], now: float) -> bool:
        """Return whether a privacy request of a person (key) or account may start at once; else it is only queued."""
        return not self._rate_limiter.count_request(f"request {owner}", IMMEDIATE_REQUESTS, now).exceeded

    def can_score_now(self, person_id: int, now: float) -> bool:
        """Return whether the first score of a person may be computed at once."""
        return not self._rate_limiter.count_request(f"first score {person_id}", FIRST_SCORES, now).exceeded

    def can_resume(self, person_id: int, now: float) -> bool:
        """Return whether a process may be started to go on with the first score of a person."""
        return not self._rate_limiter.count_request(f"resume {person_id}", RESUMED_FIRST_SCORES, now).exceeded

    @contextmanager
    def limit_download(self, session: str, now: float) -> Iterator[None]:
        """
        Count a download of personal data, and limit concurrent downloads while the context is open.

        Raises
        ------
        TooManyRequestsError
        """
        self._count(f"download {session}", DOWNLOADS_PER_SESSION, now)
        with _acquire_slot(self._download_slots):
            yield

    def _count(self, caller: str, allowance: Allowance, now: float) -> None:
        decision = self._rate_limiter.count_request(caller, allowance, now)
        if decision.exceeded:
            raise TooManyRequestsError(decision.retry_after)


@contextmanager
def _acquire_slot(slots: threading.BoundedSemaphore) -> Iterator[None]:
    if not slots.acquire(blocking=False):
        raise TooManyRequestsError(5)
    try:
        yield
    finally:
        slots.release()
