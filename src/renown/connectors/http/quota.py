"""Quotas: how much of a network's own unit a credential may use per hour, day or month, over all accounts and runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from renown.errors import QuotaExceededError

_HOUR_SECONDS = 3600
DOLLAR = 1_000_000
"""Units of a quota in dollars: millionths, so that all sums are whole numbers."""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A network's limit of what one credential may use."""

    limit: int
    """Units per window with a credential."""
    anonymous_limit: int | None = None
    """Units per window without a credential; None if a credential changes nothing."""
    unit: str = "requests"
    """What is counted, in the network's own words."""
    per: str = "day"
    """Window: ``hour``, ``day`` or ``month``."""
    time_zone: str = "UTC"
    """Time zone at whose midnight a day begins."""
    prices: Mapping[str, float] = field(default_factory=dict)
    """Kind of a resource to its price in dollars, where the network charges for each; then the unit is `DOLLAR`."""

    def price(self, resource: str) -> int:
        """Return the price of a resource in units."""
        return round(self.prices[resource] * DOLLAR)

    def format_amount(self, amount: int) -> str:
        """
        Format an amount with its unit.

        Examples
        --------
        >>> Quota(limit=1).format_amount(1200), Quota(limit=1, prices={"post": 0.005}).format_amount(43_000)
        ('1,200 requests', '$0.043')
        """
        return self.format_number(amount) if self.prices else f"{amount:,} {self.unit}"

    def format_number(self, amount: int) -> str:
        """Format an amount without its unit, except for dollars."""
        return f"${amount / DOLLAR:,.3f}" if self.prices else f"{amount:,}"

    def window(self, now: float) -> tuple[int, int]:
        """
        Return the start and end of the window at an instant, in seconds since 1970.

        Examples
        --------
        >>> Quota(limit=1).window(90_000.0), Quota(limit=1, per="hour").window(3601.5)
        ((86400, 172800), (3600, 7200))
        >>> Quota(limit=1, per="month").window(90_000.0)
        (0, 2678400)
        """
        if self.per == "hour":
            start = int(now) // _HOUR_SECONDS * _HOUR_SECONDS
            return start, start + _HOUR_SECONDS
        local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.time_zone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.per == "month":
            first = midnight.replace(day=1)
            return int(first.timestamp()), int((first + timedelta(days=32)).replace(day=1).timestamp())
        # A day with a change of the clocks has 23 or 25 hours.
        following = (midnight + timedelta(days=1)).replace(hour=0, fold=0)
        return int(midnight.timestamp()), int(following.timestamp())


@dataclass(frozen=True)
class Charge:
    """What a request costs at a network that charges for each resource of its responses."""

    resource: str
    """Kind of resource; `Quota.prices` has its price."""
    most: int
    """Maximum number of resources of a response: what is reserved before the request."""
    count: Callable[[Any], int]
    """Response to the number of its resources."""


class QuotaKey(NamedTuple):
    """Who shares a quota: one credential at one server of a network."""

    network: str
    server: str
    """Host of the server."""
    account_id: str = ""
    """Account that the credential belongs to; empty if accounts share it, or there is none."""


class QuotaLedger(Protocol):
    """Remembers the usage of quotas across clients, processes and runs."""

    def find(self, network: str, server: str, account_id: str) -> tuple[int, int, int]:
        """Return the start of the window, the units used in it, and until when the server wants no request."""

    def add(self, network: str, server: str, account_id: str, *, window_start: int, amount: int) -> int:
        """Count units in a window, atomically; return the total of the window."""

    def block(self, network: str, server: str, account_id: str, *, until: int) -> None:
        """Record until when the server wants no request; an instant before the recorded one changes nothing."""


class QuotaMeter:
    """
    Counts what one client uses of a quota.

    Parameters
    ----------
    ledger : QuotaLedger
    key : QuotaKey
    clock : callable
        Returns now, in seconds since 1970.
    quota : Quota, optional
        The network's limit; without one, only the waits that the server asks for are remembered.
    has_credential : bool
    own_limit : int, optional
        Limit of the settings; None for the network's own.
    """

    def __init__(
        self,
        ledger: QuotaLedger,
        key: QuotaKey,
        *,
        clock: Callable[[], float],
        quota: Quota | None = None,
        has_credential: bool = False,
        own_limit: int | None = None,
    ) -> None:
        self._ledger, self._key, self._clock, self._quota = ledger, key, clock, quota
        self._limit = own_limit or 0
        self.spent = 0
        """Units that this client used."""
        if quota and own_limit is None:
            self._limit = quota.limit if has_credential or quota.anonymous_limit is None else quota.anonymous_limit

    def spend(self, amount: int) -> None:
        """
        Count a request's units before it is sent.

        Raises
        ------
        QuotaExceededError
            If fewer units are left in this window.
        """
        if self._quota is None or not amount:
            return
        self.check(amount)
        start, _ = self._quota.window(self._clock())
        total = self._ledger.add(*self._key, window_start=start, amount=amount)
        if total > self._limit:
            # Another process was faster; what is left may do for a smaller request.
            self._ledger.add(*self._key, window_start=start, amount=-amount)
            raise self._exceeded(total - amount, amount)
        self.spent += amount

    def check(self, amount: int) -> None:
        """Check that so many units are left in this window; raise `QuotaExceededError` if not."""
        if self._quota is None:
            return
        if (used := self._used()) + amount > self._limit:
            raise self._exceeded(used, amount)

    def refund(self, amount: int) -> None:
        """Take back units that were counted before a request and not used by it."""
        if self._quota is None or not amount:
            return
        start, _ = self._quota.window(self._clock())
        if self._ledger.find(*self._key)[0] == start:
            self._ledger.add(*self._key, window_start=start, amount=-amount)
        self.spent -= amount

    @property
    def is_charged(self) -> bool:
        """Whether the network charges for what it returns."""
        return bool(self._quota and self._quota.prices)

    def price(self, resource: str) -> int:
        """Return the price of a resource in units; 0 if the network charges nothing."""
        return self._quota.price(resource) if self._quota and self.is_charged else 0

    def sum_prices(self, resources: Mapping[str, int]) -> int:
        """Return the price of kinds and numbers of resources in units."""
        return sum(self.price(kind) * count for kind, count in resources.items())

    def describe_cost(self, amount: int) -> str:
        """Return an amount and what is used of the quota, in words."""
        if self._quota is None:
            return ""
        cost, used, limit = map(self._quota.format_amount, (amount, self._used(), self._limit))
        return f"{cost}; {used} of {limit} are used in this {self._quota.per}"

    def _used(self) -> int:
        """Return the units used in this window."""
        start, _ = self._quota.window(self._clock()) if self._quota else (0, 0)
        known_start, used, _ = self._ledger.find(*self._key)
        return used if known_start == start else 0

    def _exceeded(self, used: int, amount: int) -> QuotaExceededError:
        quota = self._quota or Quota(limit=0)
        wait = quota.window(self._clock())[1] - self._clock()
        used_text, needed = quota.format_number(used), quota.format_number(amount)
        advice = f"; to allow more, set max_dollars of networks.{self._key.network}" if quota.prices else ""
        return QuotaExceededError(
            f"the quota of {quota.format_amount(self._limit)} per {quota.per} at {self._key.server} is used up "
            f"({used_text} used, this request needs up to {needed}); it is renewed in {wait:.0f} s{advice}",
            wait=wait,
        )

    def blocked_seconds(self) -> float:
        """Return the seconds for which the server wants no request, as it said to this or an earlier client."""
        return max(0.0, self._ledger.find(*self._key)[2] - self._clock())

    def exhaust(self, seconds: float) -> None:
        """Remember that the network calls the quota used up: for some seconds, or else until the window ends."""
        now = self._clock()
        if seconds or self._quota:
            self.block(seconds or (self._quota.window(now)[1] - now if self._quota else 0))

    def block(self, seconds: float) -> None:
        """Remember that the server wants no request for some seconds."""
        self._ledger.block(*self._key, until=int(self._clock() + seconds))
