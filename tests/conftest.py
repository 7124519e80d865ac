"""What tests share: homes, and a way to import and score in one line."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from renown import assembly, jobs
from renown.assembly import Home
from renown.connectors import files
from renown.records import VERBS
from renown.store import PublishedDay

NOW = datetime(2024, 3, 1, tzinfo=UTC)
DAY = date(2024, 2, 1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home."""
    assembly.make_home(tmp_path / "home")
    return assembly.open_home(tmp_path / "home", {})


@pytest.fixture
def take(home: Home, tmp_path: Path) -> Callable[..., jobs.Collected]:
    """Return a function that imports rows of a CSV with a header."""

    def take_rows(header: str, *rows: str, table: str = "interactions", network: str = "x") -> jobs.Collected:
        path = tmp_path / "given.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        found = files.sources([path], table, columns={}, verbs={}, unit=None, now=NOW)
        covers = VERBS.values() if table in {"interactions", "tallies"} else ()
        with home.reader() as engine:
            return jobs.collect(
                engine, home.lake, files.batch(table, found), table=table, network=network, covers=covers
            )

    return take_rows


@pytest.fixture
def publish(home: Home) -> Callable[..., PublishedDay]:
    """Return a function that scores a day."""

    def publish_day(day: date = DAY, engine: str | None = None) -> PublishedDay:
        with home.engine(engine) as session:
            return jobs.score(session, home.lake, home.days, home.people, home.method, day=day, now=NOW)

    return publish_day
