"""Keep: run again every day or hour, until told to stop."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from renown.jobs.faults import fault

EVERY = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
JITTER = timedelta(minutes=10)
"""Longest time that runs wait beyond theirs, so that not all homes ask a network at the same moment."""
_NAP = 60.0
"""Seconds between looks at the clock: a machine that slept, or was set, is not waited for."""


class Stop(Protocol):
    """What ends the waiting, such as a `threading.Event`."""

    def is_set(self) -> bool:
        """Tell whether it is time to stop."""

    def wait(self, timeout: float) -> bool:
        """Wait for so many seconds, or until it is time to stop; tell whether it is."""


def keep(
    run: Callable[[], object],
    *,
    every: timedelta,
    at: timedelta,
    missing: Callable[[], bool],
    clock: Callable[[], datetime],
    stop: Stop,
    seed: int,
    told: Callable[[str], None],
) -> None:
    """
    Run at once if something is missing, then again and again; what goes wrong is told, and the next run happens.

    Parameters
    ----------
    run : callable
    every : timedelta
        One of `EVERY`.
    at : timedelta
        After 00:00 UTC; of an hour, what is beyond whole ones.
    missing : callable
        Tells whether there is something to do now.
    clock : callable
        Returns the UTC instant.
    stop : Stop
    seed : int
        Of the time beyond `at`, up to `JITTER`, the same for each run.
    told : callable
        Is told in one line of what went wrong.
    """
    at += random.Random(seed).uniform(0, 1) * JITTER  # noqa: S311 - no secret: it spreads requests
    due = clock() if _done(missing, told) else next_run(clock(), every=every, at=at)
    while _reached(due, clock, stop):
        _done(run, told)
        due = next_run(clock(), every=every, at=at)


def next_run(now: datetime, *, every: timedelta, at: timedelta) -> datetime:
    """
    Return the next instant after now, at the same time of each day or hour.

    Examples
    --------
    >>> next_run(datetime(2024, 2, 1, 7, tzinfo=UTC), every=EVERY["day"], at=timedelta(minutes=10)).isoformat()
    '2024-02-02T00:10:00+00:00'
    """
    first = datetime.combine(now.date(), time(), UTC) + at % every
    return first + ((now - first) // every + 1) * every


def next_published(now: datetime, *, every: timedelta, at: timedelta) -> datetime:
    """
    Return the next instant at which a day that is over is published, up to `JITTER` before it happens.

    Examples
    --------
    >>> now = datetime(2024, 2, 1, 7, tzinfo=UTC)
    >>> next_published(now, every=EVERY["hour"], at=timedelta(hours=5, minutes=10)).isoformat()
    '2024-02-02T00:10:00+00:00'
    """
    return next_run(now, every=EVERY["day"], at=at % every)


def _reached(due: datetime, clock: Callable[[], datetime], stop: Stop) -> bool:
    """Wait for an instant; tell whether it came before the time to stop."""
    while not stop.is_set() and (left := (due - clock()).total_seconds()) > 0:
        stop.wait(min(left, _NAP))
    return not stop.is_set()


def _done(work: Callable[[], object], told: Callable[[str], None]) -> object:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - it ends here: the next run may do better
        told(fault(error))
        return None
