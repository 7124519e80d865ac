"""The database of a home moves from SQLite to PostgreSQL: the same rows, scores and ranks, and nothing in between."""

import sqlite3

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from typer.testing import CliRunner

import postgresql_server
from community import app_of, create_community
from conftest import DAY, NOW, copy_home, new_home, publisher
from renown import cli
from renown.errors import HomeError, InvalidInputError
from renown.home import check_home, create_home, open_home
from renown.home.move_store import MOVED_FILE, move_store
from renown.store import open_database
from renown.store.schema import departed_ranks, groups, metadata, serving

PATHS = [
    *("/api/leaders", "/api/people/ann", "/api/people/ann/standing", "/api/people/ann/history", "/api/groups"),
    *("/api/people/ann/receipt", "/api/people/bob/changes"),
]
SNAPSHOT_TABLES = {serving, departed_ranks}


@pytest.fixture(scope="module")
def postgresql():
    """Return the URL of a server."""
    with postgresql_server.server() as url:
        yield url


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return the folder of a home with people, groups, keys and published days, one of whose people was erased."""
    home = create_community(tmp_path_factory.mktemp("move") / "home")
    home.api_keys.create("an app", per_second=5, per_day=100, at=NOW)
    home.subscriptions.add(-1, channel="webhook", address="https://hook.example", at=NOW)
    home.database.dispose()
    run_command(home.settings.home, "forget", "cat", "--yes")
    return home.settings.home


def run_command(folder, *arguments, store=""):
    """Run a command of renown; return what it prints."""
    result = CliRunner().invoke(cli.app, ["--home", str(folder), *arguments], env={"RENOWN_STORE": store})
    assert 0 == result.exit_code, result.output
    return result.output


def read_rows(database):
    """Return the rows of every table of the schema, sorted."""
    with database.connect() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(table.select())),
                key=repr,
            )
            for table in metadata.sorted_tables
            if table not in SNAPSHOT_TABLES
        }


def fetch_pages(home):
    """Return the answers of the API."""
    with TestClient(app_of(home), base_url="http://x") as client:
        return {path: client.get(path).json() | {"next": None} for path in PATHS}


@pytest.mark.proof
def test_everything_moves(template, postgresql, tmp_path):
    """Rows, answers of the API and the check are the same; new rows get new ids; the next day is published."""
    folder, url = copy_home(template, tmp_path / "home"), postgresql_server.fresh(postgresql)
    pages = fetch_pages(open_home(copy_home(template, tmp_path / "served"), {}))  # a server keeps its file open
    before = open_home(folder, {})
    rows = read_rows(before.database)
    before.database.dispose()
    assert 15 < sum(bool(table_rows) for table_rows in rows.values())
    output = run_command(folder, "move-store", store=url)

    moved = open_home(folder, {"RENOWN_STORE": url})
    assert rows == read_rows(moved.database)
    assert f"moved {sum(map(len, rows.values())):,} rows to PostgreSQL" in output
    with moved.database.connect() as connection:
        missing_sql = sa.select(sa.func.count()).select_from(groups).where(groups.c.goal_origin.is_(None))
        assert 0 < connection.scalar(missing_sql)
    assert pages == fetch_pages(moved)
    assert [] == [finding for finding in check_home(folder, {"RENOWN_STORE": url}, full=True) if finding.damage]
    assert [] == list(folder.glob("served/*"))
    moved.people.add("zoe", [("x", "zoe")], at=NOW)
    assert len(rows["people"]) + 1 == len({person.person_id for person in moved.people.all()})
    publisher(moved)()
    assert DAY == moved.served_scores.day()


def test_home_without_its_database_is_not_begun_anew(template, postgresql, tmp_path):
    """Neither an empty PostgreSQL database before the move, nor an empty SQLite file after it."""
    folder, url = copy_home(template, tmp_path / "home"), postgresql_server.fresh(postgresql)
    with pytest.raises(HomeError, match="`renown move-store` moves what it has"):
        open_home(folder, {"RENOWN_STORE": f"{postgresql}/{create_database(postgresql)}"})
    move_store(folder, {"RENOWN_STORE": url})
    with pytest.raises(HomeError, match=r"are in PostgreSQL, but store\.url is empty; set RENOWN_STORE"):
        open_home(folder, {})
    assert [MOVED_FILE] == [path.name for path in folder.glob("*.sqlite*")]


def create_database(server):
    """Create an empty database without tables; return its name."""
    name = f"empty_{len(str(server))}"
    engine = sa.create_engine(server.replace("postgresql:", "postgresql+psycopg:") + "/postgres")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    return name


def test_new_home_remembers_postgresql(postgresql, tmp_path):
    """A person who is added without the URL would be in a database that the service does not read."""
    folder, url = tmp_path / "home", postgresql_server.fresh(postgresql)
    create_home(folder)
    run_command(folder, "people", store=url)
    with pytest.raises(HomeError, match="are in PostgreSQL"):
        open_home(folder, {})
    assert not (folder / "store.sqlite").exists()


def test_new_home_refuses_the_database_of_another(postgresql, tmp_path):
    """Its people would be scored from a lake that has none of their data, such as after a volume was lost."""
    url = postgresql_server.fresh(postgresql)
    first = open_home(new_home(tmp_path / "first"), {"RENOWN_STORE": url})
    first.people.add("dan", [("x", "dan")], at=NOW)
    second = new_home(tmp_path / "second")
    for _ in range(2):
        with pytest.raises(HomeError, match=r"has people or published days, but the home .* is new"):
            open_home(second, {"RENOWN_STORE": url})
    assert open_home(tmp_path / "first", {"RENOWN_STORE": url}).people.all()


def test_move_is_refused(template, postgresql, tmp_path):
    """Without a URL, into a database with people, or while a server uses the file; the home works as before."""
    folder, url = copy_home(template, tmp_path / "home"), postgresql_server.fresh(postgresql)
    with pytest.raises(InvalidInputError, match=r"write the URL of an empty one to store\.url"):
        move_store(folder, {})
    other = open_home(new_home(tmp_path / "other"), {"RENOWN_STORE": url})
    other.people.add("dan", [("x", "dan")], at=NOW)
    with pytest.raises(InvalidInputError, match=r"already has rows in people, claims"):
        move_store(folder, {"RENOWN_STORE": url})
    reader = sqlite3.connect(folder / "store.sqlite")
    reader.execute("select count(*) from people").fetchall()
    with pytest.raises(HomeError, match=r"another process uses .*; stop the server"):
        move_store(folder, {"RENOWN_STORE": postgresql_server.fresh(postgresql)})
    reader.close()
    assert open_home(folder, {}).people.all()


def test_interrupted_move_leaves_both_as_they_were(template, postgresql, tmp_path, monkeypatch):
    """An error in the middle of the copy, such as of a connection: the same command moves everything later."""
    folder, url = copy_home(template, tmp_path / "home"), postgresql_server.fresh(postgresql)
    with monkeypatch.context() as patch:
        patch.setattr("renown.store.copy_database._advance_sequence", fail_after(5))
        with pytest.raises(ConnectionError):
            move_store(folder, {"RENOWN_STORE": url})
    database = open_database(url)
    assert [] == read_rows(database)["people"]
    move_store(folder, {"RENOWN_STORE": url})
    assert open_home(folder, {"RENOWN_STORE": url}).people.all()


def fail_after(calls):
    """Return a function that fails at a later call."""
    remaining = iter(range(calls))

    def fail(*_):
        if next(remaining, None) is None:
            raise ConnectionError

    return fail
