"""Instants in UTC, whatever a database stores."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, TypeDecorator


def as_utc(at: datetime) -> datetime:
    """Return an instant in UTC: SQLite stores no time zone, and PostgreSQL returns that of its session."""
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Column type of an instant, which is written and read in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the instant to write."""
        return value and as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the instant that was read."""
        return value and as_utc(value)
