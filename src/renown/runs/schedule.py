"""Scheduler: run a task every day or hour until stopped."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from renown.errors import format_unexpected_error

INTERVALS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
MAX_JITTER = timedelta(minutes=10)
"""Maximum random delay of scheduled runs, so that not all homes send requests at the same moment."""
RETRY_DELAY, MAX_RETRY_DELAY = timedelta(minutes=5), timedelta(hours=1)
"""Delay after a run that failed, if the next one is later, and what it grows to: it doubles with each failure."""
_MAX_SLEEP = 60.0
"""Maximum sleep in seconds between checks of the clock, which may jump after suspend or when it is set."""


class StopSignal(Protocol):
    """Ends the wait, such as a `threading.Event`."""

    def is_set(self) -> bool:
        """Tell whether to stop."""

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds, or until stopped; return whether to stop."""


def run_on_schedule(
    run: Callable[[], object],
    *,
    interval: timedelta,
    offset: timedelta,
    is_due: Callable[[], bool],
    clock: Callable[[], datetime],
    stop: StopSignal,
    seed: int,
    notify: Callable[[str], None],
) -> None:
    """
    Run a task now if it is due, then at each interval; an error is reported, and the task is tried again.

    Without another try, a database that restarts in the night, or a backup that holds the lock, would cost a day.

    Parameters
    ----------
    run : callable
    interval : timedelta
        One of `INTERVALS`.
    offset : timedelta
        Time of day in UTC; with an hourly interval, the part beyond whole hours is the minute.
    is_due : callable
        Tells whether to run immediately; if it fails, the task is tried as after a failed run.
    clock : callable
        Returns the current UTC time.
    stop : StopSignal
    seed : int
        Seed of the random delay up to `MAX_JITTER`, drawn once.
    notify : callable
        Called with one line for each error.
    """
    offset += random.Random(seed).uniform(0, 1) * MAX_JITTER  # noqa: S311 - spreads requests, not a secret
    succeeded, is_due_now = _run_and_report_errors(is_due, notify)
    failures = int(not succeeded)
    due_at = clock() if is_due_now else _next_attempt(clock(), failures, interval=interval, offset=offset)
    while _wait_until(due_at, clock, stop):
        succeeded, _ = _run_and_report_errors(run, notify)
        failures = 0 if succeeded else failures + 1
        due_at = _next_attempt(clock(), failures, interval=interval, offset=offset)


def next_run(now: datetime, *, interval: timedelta, offset: timedelta) -> datetime:
    """
    Return the next run time after now, at the same offset in each day or hour.

    Examples
    --------
    >>> now = datetime(2024, 2, 1, 7, tzinfo=UTC)
    >>> next_run(now, interval=INTERVALS["day"], offset=timedelta(minutes=10)).isoformat()
    '2024-02-02T00:10:00+00:00'
    """
    first_run = datetime.combine(now.date(), time(), UTC) + offset % interval
    return first_run + ((now - first_run) // interval + 1) * interval


def next_publication(now: datetime, *, interval: timedelta, offset: timedelta) -> datetime:
    """
    Return when the next finished day will be published, at the earliest; jitter may delay it by up to `MAX_JITTER`.

    Examples
    --------
    >>> now = datetime(2024, 2, 1, 7, tzinfo=UTC)
    >>> next_publication(now, interval=INTERVALS["hour"], offset=timedelta(hours=5, minutes=10)).isoformat()
    '2024-02-02T00:10:00+00:00'
    """
    return next_run(now, interval=INTERVALS["day"], offset=offset % interval)


def _next_attempt(now: datetime, failures: int, *, interval: timedelta, offset: timedelta) -> datetime:
    """Return the next time of the schedule; after failures an earlier one."""
    scheduled_at = next_run(now, interval=interval, offset=offset)
    if not failures:
        return scheduled_at
    # Without the bound, months of failures would overflow.
    factor: int = 1 << min(failures - 1, MAX_RETRY_DELAY // RETRY_DELAY)
    return min(scheduled_at, now + min(RETRY_DELAY * factor, MAX_RETRY_DELAY))


def _wait_until(due_at: datetime, clock: Callable[[], datetime], stop: StopSignal) -> bool:
    """Wait until `due_at`; return False if stopped before."""
    while not stop.is_set() and (remaining := (due_at - clock()).total_seconds()) > 0:
        stop.wait(min(remaining, _MAX_SLEEP))
    return not stop.is_set()


def _run_and_report_errors(task: Callable[[], object], notify: Callable[[str], None]) -> tuple[bool, object]:
    """Call a function; return whether it raised no error, and its result."""
    try:
        return True, task()
    except Exception as error:  # noqa: BLE001 - the scheduler must survive; the next run may succeed
        notify(format_unexpected_error(error))
        return False, None
