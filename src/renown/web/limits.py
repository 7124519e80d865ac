"""Limits: how much a key, or an address without one, may ask in a second and in a day."""

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass

DAY = 86_400
REMEMBERED = 100_000
"""Callers that are remembered; of more, who was silent longest is forgotten: a flood of addresses fills no memory."""
_NETWORK_BITS = 64
"""An IPv6 subscriber has at least a network of so many bits."""


@dataclass(frozen=True)
class Allowance:
    """What a caller may ask."""

    per_second: int
    """Requests a second, and at once."""
    per_day: int
    """Requests a UTC day."""


@dataclass(frozen=True)
class Taken:
    """What became of one request."""

    allowance: Allowance
    over: str
    """`second` or `day` where that limit is reached; empty where the request is allowed."""
    left: int
    """Requests left of the day."""
    wait: int
    """Seconds until one more is allowed."""
    reset: int
    """Seconds until the day begins anew."""

    def headers(self) -> dict[str, str]:
        """Return the fields that tell a caller (IETF draft-ietf-httpapi-ratelimit-headers-10)."""
        one = self.allowance
        said = {
            "RateLimit-Policy": f'"second";q={one.per_second};w=1, "day";q={one.per_day};w={DAY}',
            "RateLimit": f'"day";r={self.left};t={self.reset}',
        }
        return said | ({"Retry-After": str(self.wait)} if self.over else {})


@dataclass
class _Caller:
    tokens: float
    at: float
    day: int
    asked: int


class Limits:
    """Counts requests of each caller, in the memory of the process that serves."""

    def __init__(self) -> None:
        self._callers: OrderedDict[str, _Caller] = OrderedDict()

    def take(self, caller: str, allowance: Allowance, now: float) -> Taken:
        """
        Count a request, if it is allowed.

        Parameters
        ----------
        caller : str
            A key's digest or an address.
        allowance : Allowance
        now : float
            Seconds since 1970-01-01 00:00 UTC.

        References
        ----------
        A bucket of tokens (Turner 1986) that holds what a second allows.
        """
        day, into = divmod(now, DAY)
        one = self._callers.pop(caller, None) or _Caller(float(allowance.per_second), now, int(day), 0)
        self._callers[caller] = one
        if len(self._callers) > REMEMBERED:
            self._callers.popitem(last=False)
        if one.day != int(day):
            one.day, one.asked = int(day), 0
        # A clock that is set back gives nothing and takes nothing.
        one.tokens = min(allowance.per_second, one.tokens + max(0.0, now - one.at) * allowance.per_second)
        one.at = now
        reset = math.ceil(DAY - into)
        if one.asked >= allowance.per_day:
            return Taken(allowance, "day", 0, reset, reset)
        left = allowance.per_day - one.asked
        if one.tokens < 1:
            return Taken(allowance, "second", left, math.ceil((1 - one.tokens) / allowance.per_second), reset)
        one.tokens -= 1
        one.asked += 1
        return Taken(allowance, "", left - 1, 0, reset)


def address_of(host: str) -> str:
    """
    Return what counts as one address.

    Examples
    --------
    >>> address_of("192.0.2.7"), address_of("2001:db8:1:2:3::4")
    ('192.0.2.7', '2001:db8:1:2::')
    """
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, _NETWORK_BITS), strict=False).network_address)
