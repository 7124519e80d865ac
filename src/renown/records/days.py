"""UTC days and instants as whole numbers."""

from datetime import UTC, date, datetime, timedelta

EPOCH = date(1970, 1, 1)
DAY_SECONDS = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_number(day: date) -> int:
    """
    Return the number of UTC days since 1970-01-01.

    Examples
    --------
    >>> day_number(date(2012, 7, 5))
    15526
    """
    return (day - EPOCH).days


def day_from_number(day_no: int) -> date:
    """Return the UTC day with a number; the inverse of `day_number`."""
    return EPOCH + timedelta(days=day_no)


def epoch_seconds(at: datetime) -> int:
    """Return the whole seconds since 1970-01-01 00:00 UTC; a naive instant is taken as UTC."""
    since = (at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH
    return since.days * DAY_SECONDS + since.seconds
