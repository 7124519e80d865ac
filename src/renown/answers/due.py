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


def due(published: Sequence[PublishedDay], *, today: date, last: date, window: int) -> Due:
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

    Returns
    -------
    Due
        From the day after the last final one on; `today` alone where nothing was ever published.
    """
    own = [each for each in published if each.own and each.day <= today]
    if not own:
        return Due((today,), 0)
    until = max(last, own[-1].day)
    final = [each.day for each in own if each.final]
    first = final[-1] + timedelta(days=1) if final else own[0].day
    reach = max(first, until - timedelta(days=window - 1))
    days = tuple(reach + timedelta(days=ahead) for ahead in range((until - reach).days + 1))
    return Due(days, (reach - first).days)
