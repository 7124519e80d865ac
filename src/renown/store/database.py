"""Open the application database: create its tables, or run the schema migrations."""

import secrets
import sqlite3
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renown.errors import DamagedHomeError, HomeError, InvalidSettingsError, MissingDependencyError, describe_extra
from renown.store.schema import metadata, opt_out_state, visibility

_PRIMARY_CODE = 0xFF
"""Mask of the primary part of a SQLite error code ("Result and Error Codes", 3)."""
_SQLITE_REMEDIES = {
    sqlite3.SQLITE_FULL: "free some space on its disk and repeat the command",
    sqlite3.SQLITE_IOERR: "check that its disk works and is not full",
    sqlite3.SQLITE_READONLY: "make the file, those beside it (-wal, -shm) and its folder writable",
    sqlite3.SQLITE_BUSY: "another process is writing to it; repeat the command when that is done",
    sqlite3.SQLITE_LOCKED: "another process is writing to it; repeat the command when that is done",
}
LATEST_REVISION = max(file.name[:4] for file in Path(__file__).with_name("migrations").glob("versions/0*.py"))
"""Schema revision of this version of renown."""
_HASH_KEY_BYTES = 32
_SCHEMA_LOCK = 0x72656E6F776E
"""Key of PostgreSQL's advisory lock of those who create or migrate tables: the letters of renown."""


def open_database(location: Path | str, *, has_data: Callable[[], bool] = bool) -> sa.Engine:
    """
    Open a database; create its tables or migrate them to the latest schema.

    Parameters
    ----------
    location : Path or str
        SQLite file, or ``postgresql://user:password@host:port/name``.
    has_data : callable, optional
        Tells whether the home has data already: then its database is not a new one, and must not start empty.

    Raises
    ------
    DamagedHomeError
        If it is damaged, or missing in a home that has data.
    HomeError
        If a newer version of renown wrote it, or it cannot be opened.
    InvalidSettingsError
        If the URL is not a PostgreSQL URL.
    MissingDependencyError
        If it is PostgreSQL and its driver is not installed.
    """
    if isinstance(location, Path) and not location.exists() and has_data():
        raise _lost_database_error(location)
    engine = connect_database(location)
    with engine.begin() as connection:
        revision = read_revision(connection)
        if revision is None and has_data():
            raise _lost_database_error(location if isinstance(location, Path) else engine.url.database)
        if revision != LATEST_REVISION:
            _update_schema(connection)
    return engine


def connect_database(location: Path | str) -> sa.Engine:
    """Return an engine of a database as it is, without a migration."""
    return _open_sqlite(location) if isinstance(location, Path) else _open_postgresql(location)


def purge_deleted_rows(database: sa.Engine, *tables: sa.Table) -> None:
    """Purge deleted rows from SQLite's write-ahead log, or from PostgreSQL's pages."""
    if database.dialect.name == "sqlite":
        with database.connect() as connection:
            connection.execute(sa.text("pragma wal_checkpoint(truncate)"))
        return
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            connection.execute(sa.text(f"vacuum (full, analyze) {table.name}"))
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is None:
                _reset_statistics(connection, table)


def _reset_statistics(connection: sa.Connection, table: sa.Table) -> None:
    """
    Delete PostgreSQL's statistics of an empty table's former values; ANALYZE leaves those of a table without rows.

    References
    ----------
    PostgreSQL 17, "ALTER TABLE": SET DATA TYPE removes a column's statistics, even if the type stays the same.
    """
    for column in table.columns:
        kind = column.type.compile(connection.dialect)
        connection.execute(sa.text(f'alter table {table.name} alter column "{column.name}" type {kind}'))


def _open_sqlite(path: Path) -> sa.Engine:
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    sa.event.listen(engine, "connect", partial(_configure_sqlite, path))
    sa.event.listen(engine, "handle_error", _raise_sqlite_error)
    return engine


def _open_postgresql(location: str) -> sa.Engine:
    try:
        url = sa.make_url(location)
    except (sa.exc.ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in {"postgresql", "postgres"}:
        # The message does not repeat the URL: it may contain a password.
        raise InvalidSettingsError(
            "the setting store.url is not a PostgreSQL URL; write postgresql://USER:PASSWORD@HOST:PORT/NAME"
        )
    if find_spec("psycopg") is None:
        raise MissingDependencyError(
            f"the store is PostgreSQL, but psycopg is not installed; {describe_extra('postgresql')}"
        )
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
    sa.event.listen(engine, "handle_error", _raise_postgresql_error)
    return engine


def _update_schema(connection: sa.Connection) -> None:
    """Create the tables of a new database, or migrate those of an earlier version; one process at a time."""
    if connection.dialect.name == "sqlite":
        # One transaction: after a kill it starts again, and of two processes one waits.
        connection.exec_driver_sql("begin immediate")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
    revision = read_revision(connection)
    if revision is None:
        _create_tables(connection)
    elif revision != LATEST_REVISION:
        _migrate(connection)


def _create_tables(connection: sa.Connection) -> None:
    """Create the tables of the latest schema, as all migrations would in ten times the time."""
    metadata.create_all(connection, checkfirst=False)
    new_state = {"row_id": 1, "hash_key": secrets.token_bytes(_HASH_KEY_BYTES), "departures": 0, "returns": 0}
    connection.execute(sa.insert(opt_out_state).values(**new_state))
    new_visibility = {"row_id": 1, "version": 0, "changed_at": 0, "settings": ""}
    connection.execute(sa.insert(visibility).values(**new_visibility))
    alembic_version = sa.Table(
        "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
    )
    alembic_version.create(connection)
    connection.execute(sa.insert(alembic_version).values(version_num=LATEST_REVISION))


def _migrate(connection: sa.Connection) -> None:
    """
    Run the schema migrations.

    Raises
    ------
    HomeError
        If a newer version of renown wrote the tables.
    """
    from alembic import command  # noqa: PLC0415 - takes 0.1 s, and is rarely needed
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "renown.store:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        name = str(connection.engine.url.database)
        raise HomeError(
            f"the store {name!r} was made by a newer version of renown ({error}); upgrade renown to open it"
        ) from error


def _lost_database_error(location: object) -> DamagedHomeError:
    return DamagedHomeError(
        f"the database {str(location)!r} is missing or empty, although the home has data; restore it from a backup: it "
        "has the people, their consent and opt-outs, and the list of published days; without a backup, create another "
        "home with `renown --home DIR init` and import the data again"
    )


def read_revision(connection: sa.Connection) -> str | None:
    """Return the schema revision of a database; None if it has no tables."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.scalar(sa.text("select version_num from alembic_version")))


def translate_sqlite_error(path: object, error: sqlite3.DatabaseError) -> HomeError | None:
    """
    Translate an error of SQLite about the file, not about the statement; None for the others.

    Parameters
    ----------
    path : Path or str
        The database file.
    error : sqlite3.DatabaseError
    """
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    is_incomplete = code == sqlite3.SQLITE_ERROR and str(error).startswith("no such ")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or is_incomplete:
        return DamagedHomeError(
            f"the database {str(path)!r} is damaged: {error}; restore it from a backup; `renown check` lists all damage"
        )
    if not isinstance(error, sqlite3.OperationalError):
        return None
    remedy = _SQLITE_REMEDIES.get(code, "check that its folder exists and that you may write to it")
    return HomeError(f"cannot use the database {str(path)!r}: {error}; {remedy}")


def _raise_sqlite_error(context: sa.engine.ExceptionContext) -> None:
    """
    Turn a SQLite error, such as of a damaged file or a full disk, into a `HomeError`.

    Raises
    ------
    HomeError
    """
    error = context.original_exception
    if isinstance(error, sqlite3.DatabaseError):
        path = context.engine and context.engine.url.database
        if translation := translate_sqlite_error(path, error):
            raise translation from error


def _raise_postgresql_error(context: sa.engine.ExceptionContext) -> None:
    """
    Turn a PostgreSQL error into a `HomeError`, with the password redacted.

    Raises
    ------
    HomeError
    """
    from psycopg import OperationalError  # noqa: PLC0415 - an extra

    if context.is_pre_ping:
        return  # the pool replaces the lost connection; an exception from here would keep it from doing so
    if isinstance(context.original_exception, OperationalError):
        reason = " ".join(str(context.original_exception).split())
        url = context.dialect and context.engine and context.engine.url
        for secret in filter(None, (url and url.password, url and str(url.query.get("password", "")))):
            reason = reason.replace(str(secret), "…")
        location = url.set(drivername="postgresql").render_as_string().split("?")[0] if url else "PostgreSQL"
        raise HomeError(
            f"cannot use the store {location!r}: {reason}; check that the server is running, that the database exists "
            "(`createdb`), and the user and password in store.url or RENOWN_STORE"
        ) from None


def _configure_sqlite(path: Path, connection: Any, _record: Any) -> None:
    """
    Configure a SQLite connection: WAL so that readers do not block, cascading deletes, overwritten free pages.

    Raises
    ------
    HomeError
        If the file cannot be used.
    """
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma secure_delete = on")  # so that free pages contain nothing of an erased person
        connection.execute("pragma synchronous = full")
    except sqlite3.DatabaseError as error:
        raise translate_sqlite_error(path, error) or error from error
