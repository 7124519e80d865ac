"""Shared fixtures: homes, HTTP clients, databases, and functions that import rows and publish days."""

import atexit
import contextlib
import gc
import os
import shutil
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

import hypothesis
import pytest
import typer.testing

import postgresql_server
from http_server import FakeClock, Site
from proofs import DATABASES
from renown import ingest, scoring
from renown.connectors.http import Client, ClientOptions, RequestBudget, ssrf
from renown.connectors.http.urls import Server
from renown.home import Home, create_home, open_home
from renown.imports import files
from renown.imports.column_reader import ColumnReader
from renown.method.file import load_method
from renown.records import VERBS, WHOLE_NETWORK
from renown.runs.import_files import read_batch
from renown.store import PublishedDay, PublishedTables

NOW = datetime(2024, 3, 1, tzinfo=UTC)
DAY = date(2024, 2, 1)
PLENTY = RequestBudget(100, 3600)
METHOD_2 = load_method(Path("2.1"))
"""The method before the default one; tests of its own rules name it."""
SETTINGS_2 = {"RENOWN_METHOD": METHOD_2.version}
"""Settings of a home that goes on with it."""


HOME_FIXTURES = {"home", "settled", "store", "postgresql", "world", "demo", "runner", "site", "chromium"}
"""Fixtures that open a home or start a server: a test with one of them is no unit test."""
HOME_MODULES = {
    *("test_bad_input", "test_cli", "test_groups", "test_daily", "test_pipeline", "test_people", "test_demo"),
    *(
        "test_memory_limit",
        "test_connector_packages",
        "test_start",
        "test_pages_browser",
        "test_erasure",
        "test_judgements",
        "test_self_reported",
    ),
    *("test_method_properties", "test_confidence", "test_learning"),
    *("test_trust", "test_faking", "test_aliases", "test_login", "test_linked_accounts"),
}
"""Modules whose tests open homes or start programs in ways of their own, or score many populations (the last three)."""
SLOW_MODULES = (
    *("test_kills", "test_cluster", "test_ledger_steps", "test_steps", "test_visit", "test_pages_browser"),
    *("test_ledger_explain", "test_ledger", "test_bluesky_live", "test_full_disk", "test_damaged_home"),
    *("test_account", "test_daily", "test_past", "test_web", "test_answers", "test_carry", "test_ledger_simulate"),
    *("test_changes", "test_people", "test_visibility", "test_learning", "test_faking", "test_pipeline", "test_goal"),
    *("test_bad_input", "test_evaluation", "test_groups", "test_cli", "test_concurrency", "test_connections"),
)
"""Modules that take longest, these first: the processes end at the same time if the last modules are quick ones."""


def pytest_configure() -> None:
    """
    Put temporary folders in memory if it has room, and build the command line once per process.

    Homes sync what they write, which takes long on a disk. Typer's runner builds all commands for each invocation,
    which takes longer than many of them.
    """
    if folder := postgresql_server.memory_folder():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)
    typer.testing._get_command = cache(typer.testing._get_command)
    # A deadline measures how busy the machine is; timeouts of pytest end a test that hangs.
    hypothesis.settings.register_profile("renown", hypothesis.settings.default, deadline=None)
    hypothesis.settings.load_profile("renown")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was not run and why: skipped tests with their reasons, and the slow proofs."""
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    lines = [f"{count} skipped: {reason.removeprefix('Skipped: ')}" for reason, count in reasons.items()]
    if "not proof" in terminalreporter.config.option.markexpr:
        lines.append("slow proofs (Spark, kills, real networks) are not part of this run; run them with `make proofs`")
    if lines:
        terminalreporter.section("not run")
    for line in lines:
        terminalreporter.line(line)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """
    Collect tests without the garbage collector, and run it as seldom as the command line does.

    It would go through a million objects of modules that stay for good, a dozen times: a third of the time. In the
    tests, Python's own thresholds take a twentieth of the processor time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 20, 50)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Begin with the slow modules, and mark tests that are left out by `make unit`.

    These open a home, start a server or score many populations.
    """
    ranks = {module: rank for rank, module in enumerate(SLOW_MODULES)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))
    for item in items:
        module = item.path.stem
        if module in HOME_MODULES or HOME_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("home")


@cache
def _template_home() -> Path:
    """Create an empty home once per process; a copy takes a moment, a new store much longer."""
    path = Path(tempfile.mkdtemp(prefix="renown-home-")) / "home"
    create_home(path)
    open_home(path, {})
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    return path


def new_home(path: Path) -> Path:
    """Copy an empty home to a path that does not exist yet; return the path."""
    return copy_home(_template_home(), path)


def copy_home(source: Path, target: Path) -> Path:
    """
    Copy a home to a path that does not exist yet; return the path.

    SQLite copies the store: a connection that the garbage collector closes meanwhile deletes the write-ahead log.
    """
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("store.sqlite*"))
    file, copied_file = source / "store.sqlite", target / "store.sqlite"
    if file.exists():
        with (
            contextlib.closing(sqlite3.connect(file)) as store,
            contextlib.closing(sqlite3.connect(copied_file)) as copy,
        ):
            store.backup(copy)
        shutil.copymode(file, copied_file)
    return target


@pytest.fixture(scope="session")
def empty_home() -> Path:
    """Return an empty home to copy from."""
    return _template_home()


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """Return a started Chromium."""
    import browser  # noqa: PLC0415 - few tests look at pages

    with browser.start_chromium() as up:
        yield up


@pytest.fixture
def home(tmp_path: Path, empty_home: Path) -> Home:
    """Return an empty home."""
    copy_home(empty_home, tmp_path / "home")
    return open_home(tmp_path / "home", {})


@pytest.fixture
def home_2(tmp_path: Path, empty_home: Path) -> Home:
    """Return an empty home that goes on with the method before the default one."""
    copy_home(empty_home, tmp_path / "home")
    return open_home(tmp_path / "home", SETTINGS_2)


@pytest.fixture
def take(home: Home, tmp_path: Path) -> Callable[..., ingest.ImportResult]:
    """Return a function that imports rows of a CSV with a header."""
    return taker(home, tmp_path)


def taker(home: Home, tmp_path: Path) -> Callable[..., ingest.ImportResult]:
    """Return a function that imports rows of a CSV with a header into a home."""

    def take_rows(
        header: str, *rows: str, table: str = "interactions", network: str = "x", reads: int | None = WHOLE_NETWORK
    ) -> ingest.ImportResult:
        path = tmp_path / "given.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        found = files.inspect_files([path], table, ColumnReader(now=NOW))
        covers = VERBS.values() if table in {"interactions", "tallies"} else ()
        if table == "interactions" and reads is not None:
            covers = [reads, *covers]
        with home.reader() as engine:
            return ingest.import_batch(
                engine, home.lake, read_batch(table, found), table=table, network=network, covers=covers
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
            return scoring.score(session, home.lake, home.days, home.people, home.method, day=day, now=now)

    return publish_day


def write_csv(published: PublishedTables, table: str, path: Path) -> None:
    """Write a published table to a CSV file in a stable order."""
    order_sql = {"scores": "score desc, name", "points": "person, network, account, signal"}[table]
    rows_sql = f"select * from {published.rows_sql(table)} order by {order_sql}"
    published.execute(f"copy ({rows_sql}) to '{path}' (format csv, header)")


@contextlib.contextmanager
def serve_site() -> Iterator[Site]:
    """Start a server on this machine."""
    with Site() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a server on this machine."""
    with serve_site() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that a test can advance."""
    return FakeClock()


@pytest.fixture
def messages() -> list[str]:
    """Return the messages of the client."""
    return []


@pytest.fixture
def client(site, clock, messages) -> Iterator[Callable[..., Client]]:
    """Return a function that opens a client of the site."""
    opened = []

    def open_client(base=None, *, budget=PLENTY, network=ssrf.INTERNET, manners=None, api=None, meter=None, **server):
        whose = Server(base or site.url, **{"private_ok": True} | server)
        parts = {"clock": clock.clock, "sleep": clock.sleep, "seed": 7, "meter": meter}
        options = replace(manners or ClientOptions(), **({"api": api} if api else {}))
        opened.append(Client(whose, budget, notify=messages.append, options=options, transport=network, **parts))
        return opened[-1]

    yield open_client
    for one in opened:
        one.__exit__()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Return the address of a PostgreSQL that runs for these tests."""
    with postgresql_server.server() as address:
        yield address


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Return what an empty store is opened by, of each database."""
    return new_store(request, tmp_path)


def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Return what an empty store is opened by, of the database that a fixture requests."""
    if request.param == "sqlite":
        return tmp_path / "store.sqlite"
    return postgresql_server.fresh(request.getfixturevalue("postgresql"))
