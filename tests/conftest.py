"""What tests share: homes, and a way to import and score in one line."""

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

import databases
from renown import assembly, jobs
from renown.assembly import Home
from renown.connectors import files
from renown.connectors.http import Budget, Client, Server, addresses
from renown.records import VERBS
from renown.store import PublishedDay
from sites import Hours, Site

NOW = datetime(2024, 3, 1, tzinfo=UTC)
DAY = date(2024, 2, 1)
PLENTY = Budget(100, 3600)


STARTED = {"home", "settled", "store", "postgresql", "world", "demo", "runner", "site"}
"""Fixtures that start or open something: a test with one of them is no unit test."""
HOMES = {"test_bad_input", "test_cli", "test_groups", "test_daily", "test_river", "test_people", "test_demo"}
"""Modules whose tests open homes in ways of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell tests with a home or a server from others."""
    for item in items:
        module = Path(str(item.fspath)).stem
        if module in HOMES or STARTED & set(getattr(item, "fixturenames", ())):
            item.add_marker("home")


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty home, made once: to copy it takes a moment, to make its store a second."""
    path = tmp_path_factory.mktemp("empty") / "home"
    assembly.make_home(path)
    assembly.open_home(path, {})
    return path


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """Return a started Chromium."""
    import browser  # noqa: PLC0415 - few tests look at pages

    with browser.started() as up:
        yield up


@pytest.fixture
def home(tmp_path: Path, empty_home: Path) -> Home:
    """Return an empty home."""
    shutil.copytree(empty_home, tmp_path / "home")
    return assembly.open_home(tmp_path / "home", {})


@pytest.fixture
def take(home: Home, tmp_path: Path) -> Callable[..., jobs.Collected]:
    """Return a function that imports rows of a CSV with a header."""
    return taker(home, tmp_path)


def taker(home: Home, tmp_path: Path) -> Callable[..., jobs.Collected]:
    """Return a function that imports rows of a CSV with a header into a home."""

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
    return publisher(home)


def publisher(home: Home) -> Callable[..., PublishedDay]:
    """Return a function that scores a day of a home."""

    def publish_day(day: date = DAY, engine: str | None = None) -> PublishedDay:
        with home.engine(engine) as session:
            now = max(NOW, datetime.combine(day, time(12), UTC))
            return jobs.score(session, home.lake, home.days, home.people, home.method, day=day, now=now)

    return publish_day


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a server on this machine."""
    with Site() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def hours() -> Hours:
    """Return a clock."""
    return Hours()


@pytest.fixture
def told() -> list[str]:
    """Return what the client tells."""
    return []


@pytest.fixture
def client(site, hours, told) -> Iterator[Callable[..., Client]]:
    """Return a function that opens a client of the site."""
    opened = []

    def open_client(base=None, *, budget=PLENTY, network=addresses.INTERNET, manners=None, **server):
        whose = Server(base or site.url, **{"private_ok": True} | server)
        parts = {"clock": hours.clock, "sleep": hours.sleep, "seed": 7, "told": told.append}
        opened.append(Client(whose, budget, manners=manners, network=network, **parts))
        return opened[-1]

    yield open_client
    for one in opened:
        one.__exit__()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Return the address of a PostgreSQL that runs for these tests."""
    with databases.server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path: Path) -> Path | str:
    """Return what an empty store is opened by, of each database."""
    if request.param == "sqlite":
        return tmp_path / "store.sqlite"
    return databases.fresh(request.getfixturevalue("postgresql"))
