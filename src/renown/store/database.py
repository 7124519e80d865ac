"""Open the database and bring its tables up to date."""

import sqlite3
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renown.errors import BadSettings, HomeError, PartMissing

NEWEST = max(file.name[:4] for file in Path(__file__).with_name("migrations").glob("versions/0*.py"))
"""The revision that the tables of this version of renown have."""


def open_database(where: Path | str) -> sa.Engine:
    """
    Open a database, making or upgrading its tables.

    Parameters
    ----------
    where : Path or str
        A file of SQLite, or ``postgresql://user:password@host:port/name``.

    Raises
    ------
    HomeError
        If a newer version of renown made it, or it cannot be opened.
    BadSettings
        If the address is of no database that renown knows.
    PartMissing
        If it is PostgreSQL's and its driver is not installed.
    """
    engine = _sqlite(where) if isinstance(where, Path) else _postgresql(where)
    with engine.begin() as connection:
        if _revision(connection) != NEWEST:
            _upgrade(connection)
    return engine


def utc(at: datetime) -> datetime:
    """Return an instant with its zone: SQLite keeps none."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def scrub(database: sa.Engine, *tables: sa.Table) -> None:
    """Leave nothing of deleted rows in SQLite's log, or in PostgreSQL's pages."""
    if database.dialect.name == "sqlite":
        with database.connect() as connection:
            connection.execute(sa.text("pragma wal_checkpoint(truncate)"))
        return
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            connection.execute(sa.text(f"vacuum (full, analyze) {table.name}"))
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is None:
                _forget_statistics(connection, table)


def _forget_statistics(connection: sa.Connection, table: sa.Table) -> None:
    """
    Take out what PostgreSQL knows of the values that a table without rows had: to analyze it changes nothing of that.

    References
    ----------
    PostgreSQL 17, "ALTER TABLE": SET DATA TYPE removes what is known of a column, also where the type stays.
    """
    for column in table.columns:
        kind = column.type.compile(connection.dialect)
        connection.execute(sa.text(f'alter table {table.name} alter column "{column.name}" type {kind}'))


def _sqlite(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "handle_error", _explain)
    return engine


def _postgresql(where: str) -> sa.Engine:
    try:
        url = sa.make_url(where)
    except (sa.exc.ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in {"postgresql", "postgres"}:
        # The address is not repeated: it may hold a password.
        msg = "the setting store.url is no address of PostgreSQL; write postgresql://USER:PASSWORD@HOST:PORT/NAME"
        raise BadSettings(msg)
    if find_spec("psycopg") is None:
        msg = "the store is PostgreSQL's and psycopg is not installed; pip install 'renown[postgresql]'"
        raise PartMissing(msg)
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
    sa.event.listen(engine, "handle_error", _refused)
    return engine


def _upgrade(connection: sa.Connection) -> None:
    """
    Bring the tables up to date.

    Raises
    ------
    HomeError
        If a newer version of renown made them.
    """
    from alembic import command  # noqa: PLC0415 - takes a tenth of a second, and is hardly ever needed
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "renown.store:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        name = str(connection.engine.url.database)
        msg = f"the store {name!r} was made by a newer version of renown ({error}); upgrade renown to open it"
        raise HomeError(msg) from error


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.scalar(sa.text("select version_num from alembic_version")))


def _explain(context: sa.engine.ExceptionContext) -> None:
    """
    Say what a full or read-only disk did to the store.

    Raises
    ------
    HomeError
    """
    if isinstance(context.original_exception, sqlite3.OperationalError):
        msg = (
            f"cannot use the store {context.engine and context.engine.url.database!r}: {context.original_exception}; "
            "is the folder there, yours to write, and the disk not full?"
        )
        raise HomeError(msg) from context.original_exception


def _refused(context: sa.engine.ExceptionContext) -> None:
    """
    Say what PostgreSQL refused, without the password.

    Raises
    ------
    HomeError
    """
    from psycopg import OperationalError  # noqa: PLC0415 - an extra

    if isinstance(context.original_exception, OperationalError):
        said = " ".join(str(context.original_exception).split())
        url = context.dialect and context.engine and context.engine.url
        for secret in filter(None, (url and url.password, url and str(url.query.get("password", "")))):
            said = said.replace(str(secret), "…")
        where = url.render_as_string(hide_password=True).split("?")[0] if url else "PostgreSQL"
        msg = (
            f"cannot use the store {where!r}: {said}; is the server running, the database made "
            "(`createdb`), and the user and password right in store.url or RENOWN_STORE?"
        )
        raise HomeError(msg) from None


def _prepare(connection: Any, _record: Any) -> None:
    """Let readers go on while one writes, and let claims go with their person."""
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma secure_delete = on")  # who is forgotten is not to be found in free pages
    connection.execute("pragma synchronous = full")
