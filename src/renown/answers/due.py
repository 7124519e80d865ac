"""Due: the days that are to be published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from renown.store import PublishedDay


@dataclass(frozen=True)
class Due:
    """Days that a run publishes."""

    days: tuple[date, ...]
    """Oldest first: each trusts by the one before."""
    lost: int
    """Days that are missing and lie too far back."""


def due(published: Sequence[PublishedDay], *, today: date, last: date, window: int, first: date | None = None) -> Due:
    """
    Return the days that are missing, and those that were not over when they were published.

    Parameters
    ----------
    published : sequence of PublishedDay
    today : date
        The UTC day that is not over.
    last : date
        Up to which day everything is wanted; `today` as far as it is known. A later day that is shown is kept up, too.
    window : int
        Most days back.
    first : date, optional
        Day to begin with, however far back and whatever is published.

    Returns
    -------
    Due
        From the day after the last final one on; `today` alone where nothing was ever published.
    """
    own = [each for each in published if each.own and each.day <= today]
    until = max([last, *(each.day for each in own)])
    if first:
        return Due(_days(first, until), 0)
    if not own:
        return Due((today,), 0)
    final = [each.day for each in own if each.final]
    missing = final[-1] + timedelta(days=1) if final else own[0].day
    reach = max(missing, until - timedelta(days=window - 1))
    return Due(_days(reach, until), (reach - missing).days)


def _days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
