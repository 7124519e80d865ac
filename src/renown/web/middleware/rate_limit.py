"""Rate limits per API key or IP address: requests per second and per day."""

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass

from renown.records import DAY_SECONDS

MAX_CALLERS = 100_000
"""Maximum callers in memory; the least recently seen is dropped, so that a flood of addresses cannot fill memory."""
_NETWORK_BITS = 64
"""Prefix length of the smallest IPv6 network that a subscriber gets; addresses in it count as one."""


@dataclass(frozen=True)
class Allowance:
    """Rate limit of a caller."""

    per_second: int
    """Requests per second, which is also the burst size."""
    per_day: int
    """Requests per UTC day."""


@dataclass(frozen=True, kw_only=True)
class RateLimitDecision:
    """Whether one request is within the rate limit."""

    caller: str
    """Digest of an API key, or an IP address."""
    allowance: Allowance
    exceeded: str
    """The exceeded limit, `second` or `day`; empty if the request is allowed."""
    remaining: int
    """Requests remaining today."""
    retry_after: int
    """Seconds until the next request is allowed."""
    reset: int
    """Seconds until the next day begins."""

    def headers(self) -> dict[str, str]:
        """Return the rate limit headers (IETF draft-ietf-httpapi-ratelimit-headers-10)."""
        allowance = self.allowance
        fields = {
            "RateLimit-Policy": f'"second";q={allowance.per_second};w=1, "day";q={allowance.per_day};w={DAY_SECONDS}',
            "RateLimit": f'"day";r={self.remaining};t={self.reset}',
        }
        return fields | ({"Retry-After": str(self.retry_after)} if self.exceeded else {})


@dataclass
class _TokenBucket:
    tokens: float
    updated_at: float
    day: int
    requests: int


class RateLimiter:
    """Token bucket and daily count per caller, in the memory of the server process."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, _TokenBucket] = OrderedDict()

    def count_request(self, caller: str, allowance: Allowance, now: float) -> RateLimitDecision:
        """
        Count a request if it is allowed.

        Parameters
        ----------
        caller : str
            Digest of an API key, or an IP address.
        allowance : Allowance
        now : float
            Seconds since 1970-01-01 00:00 UTC.

        References
        ----------
        Token bucket (Turner 1986) with the capacity of one second.
        """
        day, seconds_into_day = divmod(now, DAY_SECONDS)
        bucket = self._buckets.pop(caller, None) or _TokenBucket(float(allowance.per_second), now, int(day), 0)
        self._buckets[caller] = bucket
        if len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
        if bucket.day != int(day):
            bucket.day, bucket.requests = int(day), 0
        # If the clock is set back, tokens stay as they are.
        bucket.tokens = min(
            allowance.per_second, bucket.tokens + max(0.0, now - bucket.updated_at) * allowance.per_second
        )
        bucket.updated_at = now
        reset = math.ceil(DAY_SECONDS - seconds_into_day)
        exceeded, remaining, retry_after = "", allowance.per_day - bucket.requests, 0
        if remaining <= 0:
            exceeded, remaining, retry_after = "day", 0, reset
        elif bucket.tokens < 1:
            exceeded, retry_after = "second", math.ceil((1 - bucket.tokens) / allowance.per_second)
        else:
            bucket.tokens -= 1
            bucket.requests += 1
            remaining -= 1
        return RateLimitDecision(
            caller=caller,
            allowance=allowance,
            exceeded=exceeded,
            remaining=remaining,
            retry_after=retry_after,
            reset=reset,
        )


def normalize_address(host: str) -> str:
    """
    Normalize an IP address: IPv6 addresses of one /64 network count as one.

    Examples
    --------
    >>> normalize_address("192.0.2.7"), normalize_address("2001:db8:1:2:3::4")
    ('192.0.2.7', '2001:db8:1:2::')
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, _NETWORK_BITS), strict=False).network_address)
