"""Quotas: how much of a network's own unit a credential may use in an hour or a day, over all accounts and runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from renown.errors import QuotaExceededError

_HOUR_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A network's limit of what one credential may use."""

    limit: int
    """Units per window with a credential."""
    anonymous_limit: int | None = None
    """Units per window without a credential; None if a credential changes nothing."""
    unit: str = "requests"
    """What is counted, in the network's own words; whole numbers only, such as thousandths of a dollar."""
    per: str = "day"
    """Window: ``hour`` or ``day``."""
    time_zone: str = "UTC"
    """Time zone at whose midnight a day begins."""

    def window(self, now: float) -> tuple[int, int]:
        """
        Return the start and end of the window at an instant, in seconds since 1970.

        Examples
        --------
        >>> Quota(limit=1).window(90_000.0), Quota(limit=1, per="hour").window(3601.5)
        ((86400, 172800), (3600, 7200))
        """
        if self.per == "hour":
            start = int(now) // _HOUR_SECONDS * _HOUR_SECONDS
            return start, start + _HOUR_SECONDS
        local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.time_zone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        # A day with a change of the clocks has 23 or 25 hours.
        following = (midnight + timedelta(days=1)).replace(hour=0, fold=0)
        return int(midnight.timestamp()), int(following.timestamp())


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
        """Note until when the server wants no request; an earlier instant than the one known changes nothing."""


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
        Limit of the settings; 0 for the network's own.
    """

    def __init__(
        self,
        ledger: QuotaLedger,
        key: QuotaKey,
        *,
        clock: Callable[[], float],
        quota: Quota | None = None,
        has_credential: bool = False,
        own_limit: int = 0,
    ) -> None:
        self._ledger, self._key, self._clock, self._quota = ledger, key, clock, quota
        self._limit = own_limit
        if quota and not own_limit:
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
        now = self._clock()
        start, end = self._quota.window(now)
        known_start, known_used, _ = self._ledger.find(*self._key)
        used = known_used if known_start == start else 0
        if used + amount > self._limit or self._ledger.add(*self._key, window_start=start, amount=amount) > self._limit:
            quota = self._quota
            raise QuotaExceededError(
                f"the quota of {self._limit:,} {quota.unit} per {quota.per} at {self._key.server} is used up "
                f"({used:,} used, this request needs {amount:,}); it is renewed in {end - now:.0f} s",
                wait=end - now,
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
