"""Send requests and retry them with backoff, within a budget, rate limits (throttling) and a quota."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

import stamina

from renown.connectors.http.error_rules import ErrorRule
from renown.connectors.http.quota import Charge, QuotaMeter
from renown.connectors.http.rate_limiter import ClientRateLimiter
from renown.connectors.http.request import HttpContext, HttpRequest
from renown.connectors.http.response import HttpResult, fetch_json
from renown.errors import NetworkRefusedError, NetworkUnavailableError, QuotaExceededError, RateLimitedError

_FIRST_WAIT, _MAX_WAIT = 1.0, 60.0
"""Seconds of backoff, before jitter of up to a second."""

# Without a handler Python prints each of stamina's warnings; waits are reported to `notify`.
logging.getLogger("stamina").addHandler(logging.NullHandler())
# At DEBUG level it logs whole response headers, and a server may echo the token in one.
logging.getLogger("httpcore2").setLevel(logging.INFO)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request, and how its response is read and counted."""

    request: HttpRequest
    response_type: Any
    """Type of the JSON for msgspec, or `WebPage`."""
    errors: Sequence[ErrorRule]
    """What error responses mean; they take precedence over those of the API."""
    cost: int
    """What the request takes, at most, of the network's quota in its own unit."""
    charge: Charge | None = None
    """What it costs, where the network charges for what it returns; counts in place of `cost`."""
    on_headers: Callable[[Mapping[str, str]], None] | None = None
    """Called with the headers of the response, also of one that is an error."""


class RetryingSender:
    """
    Sends requests of one client; retries while that may help.

    Parameters
    ----------
    context : HttpContext
    limiter : ClientRateLimiter
    meter : QuotaMeter, optional
    max_attempts : int
        Attempts of a request before `NetworkUnavailableError` is raised.
    """

    def __init__(
        self, context: HttpContext, limiter: ClientRateLimiter, meter: QuotaMeter | None, *, max_attempts: int
    ) -> None:
        self._context, self._limiter, self._meter, self._max_attempts = context, limiter, meter, max_attempts

    def send(self, exchange: Exchange) -> HttpResult:
        """
        Send a request and return its result; wait as the server asks before and between attempts.

        Raises
        ------
        NetworkUnavailableError
            If every attempt failed.
        NetworkRefusedError
            If the server, or one of our own rules, refuses the request.
        BudgetExceededError
            If the budget has no page or time left for it, or the network's quota is used up.
        """
        self._limiter.count_page(exchange.request.url)
        result = self._retry(exchange)
        if result.wait:
            self._limiter.delay_as_requested(result.wait)
        if result.is_quota_used_up:
            self._limiter.delay_until_quota()
        return result

    def _retry(self, exchange: Exchange) -> HttpResult:
        attempts = stamina.retry_context(
            _should_retry,
            attempts=self._max_attempts,
            timeout=None,
            wait_initial=_FIRST_WAIT,
            wait_max=_MAX_WAIT,
            wait_jitter=0,
        )
        for attempt in attempts:
            with attempt:
                try:
                    result = self._send_once(exchange)
                except NetworkUnavailableError as error:
                    self._limiter.back_off(error, attempt.next_wait)
                    if attempt.num < self._max_attempts:
                        raise
                    raise _give_up(error, attempt.num) from None
        return result

    def _send_once(self, exchange: Exchange) -> HttpResult:
        """Send a request within the quota; take back what was counted for it and not used."""
        charge = exchange.charge
        price = self._meter.price(charge.resource) if charge and self._meter else 0
        cost = charge.most * price if charge and price else exchange.cost
        self._limiter.throttle(exchange.request.url)
        if self._meter:
            self._meter.spend(cost)
        try:
            result = self._fetch(exchange)
        except QuotaExceededError as error:
            if self._meter:
                self._meter.refund(cost if price else 0)
                self._meter.exhaust(error.wait)
            raise
        except (NetworkRefusedError, NetworkUnavailableError) as error:
            self._refund_error(error.status, cost if price else 0)
            raise
        if charge and price and self._meter:
            self._meter.refund(cost - charge.count(result) * price)
        return result

    def _fetch(self, exchange: Exchange) -> HttpResult:
        return fetch_json(
            self._context,
            exchange.request,
            response_type=exchange.response_type,
            rules=exchange.errors,
            on_headers=partial(self._record_headers, exchange.on_headers),
        )

    def _record_headers(
        self, on_headers: Callable[[Mapping[str, str]], None] | None, response_headers: Mapping[str, str]
    ) -> None:
        self._limiter.read_headers(response_headers)
        if on_headers:
            on_headers(response_headers)

    def _refund_error(self, status: int | None, cost: int) -> None:
        """Take back what was counted for an error response; one that did not arrive may have been charged."""
        if self._meter and status and status >= HTTPStatus.BAD_REQUEST:
            self._meter.refund(cost)


def _give_up(error: NetworkUnavailableError, attempts: int) -> NetworkUnavailableError:
    """Return the error after the last attempt, of the same type."""
    message = f"gave up after {attempts} attempts: {error}"
    if isinstance(error, RateLimitedError):
        return RateLimitedError(message, status=error.status, wait=error.wait, reason=error.reason)
    return NetworkUnavailableError(message, status=error.status, wait=error.wait)


def _should_retry(error: Exception) -> float | bool:
    """Tell stamina whether to retry, without a wait: the client throttles by its own clock."""
    return 0.0 if isinstance(error, NetworkUnavailableError) else False
