"""What a connector knows of a post from its id alone: nothing, or when it was made."""

from datetime import UTC, datetime

_FIRST_POST_SECOND, _LAST_POST_SECOND = 1_142_899_200, 4_102_444_800
"""Range of plausible instants in post ids: from the first post on X, 2006-03-21, up to 2100."""


def no_post_time(_post_id: str) -> datetime | None:
    """Return None: the network's post ids do not tell when a post was made."""
    return None


def to_post_time(milliseconds: int) -> datetime | None:
    """
    Return the UTC instant of a number of milliseconds since 1970; None if no network is as old, or it is no time.

    Examples
    --------
    >>> to_post_time(1_795_000_000_123).isoformat(), to_post_time(5), to_post_time(10**18)
    ('2026-11-18T11:06:40+00:00', None, None)
    """
    seconds = milliseconds // 1000
    return datetime.fromtimestamp(seconds, UTC) if _FIRST_POST_SECOND < seconds < _LAST_POST_SECOND else None


def no_post_url(_post_id: str) -> str | None:
    """Return None: the network's post ids do not give a URL."""
    return None
