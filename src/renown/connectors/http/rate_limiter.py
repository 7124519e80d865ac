"""Rate limiter of one server: a budget of requests and time, throttling as the server asks, backoff after failures."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx2

from renown.connectors.http.headers import parse_rate_limit_reset
from renown.connectors.http.quota import QuotaMeter
from renown.connectors.http.redact import redact_url
from renown.connectors.http.urls import Server
from renown.errors import BudgetExceededError, NetworkUnavailableError, RateLimitedError


@dataclass(frozen=True)
class RequestBudget:
    """The most requests and time that a run may spend on a network."""

    pages: int
    seconds: float
    on_page: Callable[[], None] = lambda: None
    """Called for each page: this budget may be a part of another one."""


class ClientRateLimiter:
    """
    Tells when the next request may be sent, and waits for it within a budget.

    Parameters
    ----------
    server : Server
    budget : RequestBudget
    clock : callable
        Returns now, in seconds since 1970.
    sleep : callable
        Waits for seconds.
    rng : random.Random
        Source of the jitter.
    notify : callable
        Called with one line for each wait.
    meter : QuotaMeter, optional
        Remembers waits that the server asks for.
    """

    def __init__(
        self,
        server: Server,
        budget: RequestBudget,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        rng: random.Random,
        notify: Callable[[str], None],
        meter: QuotaMeter | None,
    ) -> None:
        self._server, self._host = server, server.url().host
        self.budget, self.page_count = budget, 0
        self._clock, self._sleep, self._rng, self._notify = clock, sleep, rng, notify
        self._meter = meter
        self._started_at = self._next_request_at = clock()
        self._wait_reason, self._wait_requested = "", False
        if meter and (blocked_seconds := meter.blocked_seconds()):
            reason = f"{self._host} asks to wait {blocked_seconds:.0f} s (as it said before)"
            self.delay_next(blocked_seconds, reason, requested_wait=blocked_seconds)

    def time_left(self) -> float:
        """Return the seconds that are left of the budget."""
        return self.budget.seconds - (self._clock() - self._started_at)

    def check_time(self) -> None:
        """
        Check that time is left, before work on what was fetched.

        Raises
        ------
        BudgetExceededError
        """
        if self.time_left() <= 0:
            raise BudgetExceededError(
                f"reading from {self._host} took longer than {self.budget.seconds:.0f} s; the rest was not read; "
                "continue later, or allow more"
            )

    def count_page(self, url: httpx2.URL) -> None:
        """
        Count a page before it is requested.

        Raises
        ------
        BudgetExceededError
            If the budget has no page left.
        """
        if self.page_count >= self.budget.pages:
            raise self._budget_error(url, "no page is left")
        self.increment_page_count()

    def increment_page_count(self) -> None:
        """Count a page here and in the budget that this one is a part of."""
        self.page_count += 1
        self.budget.on_page()

    def throttle(self, url: httpx2.URL) -> None:
        """
        Wait until the server allows the next request.

        Raises
        ------
        BudgetExceededError
            If the budget has no time left for it.
        """
        wait, time_left = self._next_request_at - self._clock(), self.time_left()
        if time_left <= 0:
            raise self._budget_error(url, "no time is left")
        if wait > time_left:
            raise self._budget_error(url, self._wait_reason, wait if self._wait_requested else 0.0)
        if wait > 0:
            self._notify(self._wait_reason)
            self._sleep(wait)

    def delay_next(self, seconds: float, reason: str, *, requested_wait: float) -> None:
        """Delay the next request, unless it is delayed longer already; a wait that the server requested is kept."""
        until = self._clock() + seconds
        if until > self._next_request_at:
            self._next_request_at, self._wait_reason, self._wait_requested = until, reason, requested_wait > 0
            if self._meter and requested_wait:
                self._meter.block(seconds)

    def delay_as_requested(self, wait: float, note: str = "") -> None:
        """Delay the next request because the server asks for it."""
        self.delay_next(wait, f"{self._host} asks to wait {wait:.0f} s{note}", requested_wait=wait)

    def delay_until_quota(self) -> None:
        """Delay the next request until the server's quota, which is used up, is renewed."""
        if self._meter:
            self._meter.exhaust(0)
            wait = self._meter.blocked_seconds()
            reason = f"{self._host} says that its quota is used up; it is renewed in {wait:.0f} s"
            self.delay_next(wait, reason, requested_wait=wait)

    def back_off(self, error: NetworkUnavailableError, backoff: float) -> None:
        """Delay the retry after a failure: as long as the server asks, and at least the backoff."""
        wait = max(error.wait, backoff + self._rng.random())
        reason = error.reason if isinstance(error, RateLimitedError) else ""
        wait_text = f"{self._host} asks to wait {error.wait:.0f} s ({reason or error.status})"
        failure_text = f"answered {error.status}" if error.status else "sent no complete response"
        self.delay_next(
            wait,
            wait_text if error.wait else f"{self._host} {failure_text}; retrying in {wait:.0f} s",
            requested_wait=error.wait,
        )

    def read_headers(self, response_headers: Mapping[str, str]) -> None:
        """Delay the next request if the headers of a response say that the rate limit is used up."""
        if wait := parse_rate_limit_reset(response_headers, self._clock()):
            self.delay_as_requested(wait, " (rate limit reached)")

    def _budget_error(self, url: httpx2.URL, reason: str, wait: float = 0.0) -> BudgetExceededError:
        pages, seconds = self.budget.pages, self.budget.seconds
        usage = f"{self.page_count} of {pages} pages and {seconds - self.time_left():.0f} of {seconds:.0f} s are used"
        redacted_url = redact_url(url, self._server.token)
        return BudgetExceededError(
            f"request budget exceeded: {usage}; {redacted_url} was not fetched: {reason}; "
            "continue later, or allow more",
            wait=wait,
        )
