"""Instants of the database are in UTC, whatever it stores."""

from datetime import UTC, datetime, timedelta, timezone

import sqlalchemy as sa

from renown.store.schema.instants import UtcDateTime, as_utc

PARIS = timezone(timedelta(hours=2))


def test_instants_are_written_and_read_in_utc():
    """SQLite stores no time zone, so the hours of another one would be those of another instant."""
    visits = sa.Table("visits", sa.MetaData(), sa.Column("at", UtcDateTime()))
    at = datetime(2026, 9, 1, 1, tzinfo=PARIS)
    with sa.create_engine("sqlite://").connect() as connection:
        visits.create(connection)
        connection.execute(sa.insert(visits), [{"at": at}, {"at": None}])

        assert [at.astimezone(UTC), None] == [row.at for row in connection.execute(sa.select(visits))]
        assert "2026-08-31 23:00:00.000000" == connection.scalar(sa.text("select at from visits"))


def test_instants_of_another_zone_become_those_of_utc():
    """PostgreSQL returns the zone of its session; the day of the instant is that of UTC."""
    assert "2026-08-31T23:00:00+00:00" == as_utc(datetime(2026, 9, 1, 1, tzinfo=PARIS)).isoformat()
