"""Newcomers: read accounts that were never read, soon after they were claimed."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from renown.connectors.http.client import nobody
from renown.errors import BusyRun
from renown.jobs.daily import Home, read
from renown.jobs.gather import Visit, readable
from renown.jobs.progress import Progress
from renown.jobs.turn import turn

TURN = "newcomers"
"""File of a home that says who reads newcomers."""


def read_new(
    home: Home,
    *,
    now: Callable[[], datetime],
    told: Callable[[str], None] = nobody,
    progress: Progress | None = None,
) -> list[Visit]:
    """
    Read each account that was never read, once; nothing where another process is at it.

    Followers count from the day on which they were seen: whoever claims an account by day has them in that day's score.
    """
    visits: list[Visit] = []
    tried: set[tuple[str, str]] = set()
    # Who comes while the turn ends is seen by who had it, or by who could not get it.
    with suppress(BusyRun):
        while waiting := [
            (connector, account)
            for connector, account in readable(home.reader, home.lake, home.people.consenting())
            if (connector.network, account.account_id) not in tried
            and home.readings.find(connector.network, account.account_id) is None
        ]:
            with turn(home.settings.home / TURN, at=now()):
                tried.update((connector.network, account.account_id) for connector, account in waiting)
                visits += read(home, waiting, now=now, told=told, progress=progress)
    return visits
