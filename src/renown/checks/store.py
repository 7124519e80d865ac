"""Check the database: it can be read to its end, and has the tables of this version of renown."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from renown.checks.finding import Finding
from renown.errors import HomeError
from renown.store.database import LATEST_REVISION, connect_database, read_revision
from renown.store.schema import metadata

_store_finding = partial(Finding, part="store", works="nothing that needs people, claims or scores")
_ROWS_AT_ONCE = 10_000
_RESTORE = (
    "restore it from a backup (SQLite: with `-wal` and `-shm` of the same moment, or without any); without a backup, "
    "create another home and import the data again"
)


def check_database(location: Path | str) -> Iterator[Finding]:
    """Yield what is damaged in the database at a path or URL; all rows are read, nothing is migrated."""
    path = str(location) if isinstance(location, Path) else "store.url"
    if isinstance(location, Path) and not (location.exists() and location.stat().st_size):
        problem = "is empty" if location.exists() else "is missing"
        yield _store_finding(path=path, problem=problem, remedy=_RESTORE)
        return
    try:
        database = connect_database(location)
        with database.connect() as connection:
            for problem in _find_problems(connection):
                yield _store_finding(path=path, problem=problem, remedy=_RESTORE)
    except HomeError as error:
        remedy = _RESTORE if isinstance(location, Path) else "start the PostgreSQL server, or correct store.url"
        yield _store_finding(path=path, problem=str(error), remedy=remedy)


def _find_problems(connection: sa.Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        problems = connection.scalars(sa.text("pragma integrity_check(10)")).all()
        yield from (f"is damaged: {problem}" for problem in problems if problem != "ok")
    revision = read_revision(connection)
    if revision is None:
        yield "has no tables"
    elif revision > LATEST_REVISION:
        yield f"has schema revision {revision}, this version of renown supports up to {LATEST_REVISION}; upgrade renown"
    elif revision == LATEST_REVISION:
        missing_tables = sorted(set(metadata.tables) - set(sa.inspect(connection).get_table_names()))
        yield from (f"has no table {table!r}" for table in missing_tables)
        if not missing_tables:
            yield from _find_unreadable_tables(connection)


def _find_unreadable_tables(connection: sa.Connection) -> Iterator[str]:
    """Read every row of every table, in the types that the schema says."""
    for table in metadata.sorted_tables:
        try:
            for _ in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(sa.select(table)):
                pass
        except (sa.exc.SQLAlchemyError, ValueError) as error:
            # The error is not quoted as a whole: it may repeat a value.
            yield f"has rows in table {table.name!r} that cannot be read ({type(error).__name__})"
            connection.rollback()
