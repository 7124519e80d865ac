"""Open the database and bring its tables up to date."""

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from renown.errors import HomeError


def open_database(path: Path) -> sa.Engine:
    """
    Open the SQLite database at `path`, making or upgrading its tables.

    Raises
    ------
    HomeError
        If a newer version of renown made it, or it cannot be opened.
    """
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "handle_error", _explain)
    config = Config()
    config.set_main_option("script_location", "renown.store:migrations")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            if _revision(connection) != ScriptDirectory.from_config(config).get_current_head():
                command.upgrade(config, "head")
    except CommandError as error:
        msg = f"the store {str(path)!r} was made by a newer version of renown ({error}); upgrade renown to open it"
        raise HomeError(msg) from error
    return engine


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


def _prepare(connection: Any, _record: Any) -> None:
    """Let readers go on while one writes, and let claims go with their person."""
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma secure_delete = on")  # who is forgotten is not to be found in free pages
    connection.execute("pragma synchronous = full")
