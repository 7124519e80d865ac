"""Homes of every earlier schema are upgraded when they are opened: nothing is lost, and everything fits together."""

import importlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from starlette.testclient import TestClient

import postgresql_server
from community import app_of, create_community
from conftest import NOW, copy_home
from proofs import only_in_full
from renown.errors import HomeError
from renown.home import check_home, open_home
from renown.store import PeopleStore
from renown.store import database as database_module
from renown.store.database import LATEST_REVISION, connect_database, open_database, read_revision
from renown.store.schema import metadata

RENAMED_TABLES = importlib.import_module("renown.store.migrations.versions.0029_standard_names").TABLES
"""Former to new name of the tables that a migration renames."""

VERSIONS = Path(database_module.__file__).with_name("migrations") / "versions"
REVISIONS = sorted(file.name[:4] for file in VERSIONS.glob("0*.py"))[:-1]
"""Every schema revision before the latest."""
QUICK = {REVISIONS[0], REVISIONS[-1]}
"""Revisions of the quick test, the first and the last; the proof goes through all."""
SHORT = {*QUICK, *REVISIONS[::6]}
"""Revisions of the proof's short form."""

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return the folder of a home with people, groups, published days and what else can be stored."""
    home = create_community(tmp_path_factory.mktemp("upgrade") / "home")
    home.api_keys.create("an app", per_second=5, per_day=100, at=NOW)
    home.subscriptions.add(-1, channel="webhook", address="https://hook.example", at=NOW)
    home.people._database.dispose()
    return home.settings.home


def migrate_back(engine, revision):
    """Give a database the schema of an earlier revision, with the rows that fit into it."""
    config = Config()
    config.set_main_option("script_location", "renown.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def count_rows(engine):
    """Return the number of rows of each table."""
    with engine.connect() as connection:
        return {
            table: connection.scalar(sa.text(f'select count(*) from "{table}"'))
            for table in sa.inspect(connection).get_table_names()
            if table != "alembic_version"
        }


def list_indexes(engine, table):
    """Return the indexes of a table; SQLAlchemy does not reflect those of expressions in SQLite, so by their SQL."""
    indexes = sa.inspect(engine).get_indexes(table)
    described = {(index["name"], tuple(index["column_names"]), index["unique"]) for index in indexes}
    if engine.dialect.name == "sqlite":
        expressions_sql = (
            "select name, sql from sqlite_master where type = 'index' and tbl_name = :table and sql like '%(lower(%'"
        )
        with engine.connect() as connection:
            described |= {tuple(row) for row in connection.execute(sa.text(expressions_sql), {"table": table})}
    return described


def describe_schema(engine):
    """Return the columns with their defaults, unique constraints, indexes and keys of each table, in any order."""
    inspector, is_sqlite = sa.inspect(engine), engine.dialect.name == "sqlite"
    return {
        table: (
            {
                column["name"]: (
                    # SQLite cannot change the type of a column; one of integers keeps fractions.
                    None if is_sqlite and "goal" == column["name"] else str(column["type"]),
                    column["nullable"],
                    column["default"],
                )
                for column in inspector.get_columns(table)
            },
            {tuple(constraint["column_names"]) for constraint in inspector.get_unique_constraints(table)},
            list_indexes(engine, table),
            {(*key["constrained_columns"], key["referred_table"]) for key in inspector.get_foreign_keys(table)},
            inspector.get_pk_constraint(table)["constrained_columns"],
        )
        for table in metadata.tables
    }


@pytest.mark.parametrize(
    "revision",
    [
        pytest.param(
            revision,
            marks=[pytest.mark.proof] * (revision not in QUICK) + [only_in_full] * (revision not in SHORT),
        )
        for revision in REVISIONS
    ],
)
def test_home_of_an_earlier_schema_is_upgraded(template, tmp_path, revision):
    """Rows stay, the schema is that of this version, pages answer, and `renown check` finds nothing."""
    folder = copy_home(template, tmp_path / "home")
    store = connect_database(folder / "store.sqlite")
    migrate_back(store, revision)
    before = count_rows(store)
    store.dispose()
    assert before["people"]

    home = open_home(folder, {})

    upgraded = home.people._database
    after = count_rows(upgraded)
    assert before == {table: after[RENAMED_TABLES.get(table, table)] for table in before}
    assert describe_schema(connect_database(template / "store.sqlite")) == describe_schema(upgraded)
    with upgraded.connect() as connection:
        assert LATEST_REVISION == read_revision(connection)
    assert [] == [finding for finding in check_home(folder, {}, full=True) if finding.damage]
    with TestClient(app_of(home)) as client:
        assert {200} == {client.get(path).status_code for path in ("/", "/people", "/groups", "/api/", "/healthz")}
    assert home.people.all_consenting()


@pytest.mark.proof
@pytest.mark.parametrize(
    "revision",
    [pytest.param(revision, marks=[only_in_full] * (revision not in SHORT)) for revision in REVISIONS],
)
def test_postgresql_store_of_an_earlier_schema_is_upgraded(postgresql, revision):
    """The same tables as a new database has, and the people that it had."""
    fresh, address = open_database(postgresql_server.fresh(postgresql)), postgresql_server.fresh(postgresql)
    database = open_database(address)
    for name in ("ada", "bob"):
        PeopleStore(database).add(name, [("x", name)], at=NOW)
    migrate_back(database, revision)
    before = count_rows(database)
    database.dispose()

    upgraded = open_database(address)

    after = count_rows(upgraded)
    assert before == {table: after[RENAMED_TABLES.get(table, table)] for table in before}
    assert describe_schema(fresh) == describe_schema(upgraded)
    assert ["ada", "bob"] == [person.name for person in PeopleStore(upgraded).all_consenting()]
    for engine in (fresh, upgraded):
        engine.dispose()


def test_home_of_a_newer_format_is_refused(template, tmp_path):
    """The folder is left as it is; the message says what to do."""
    folder = copy_home(template, tmp_path / "home")
    (folder / "format").write_text("2\n", encoding="utf-8")
    with pytest.raises(HomeError, match=r"has format 2, .* upgrade renown"):
        open_home(folder, {})
