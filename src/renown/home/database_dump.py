"""Dump a PostgreSQL database with PostgreSQL's own programs, and restore it."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from renown.errors import HomeError, InvalidInputError, MissingDependencyError
from renown.store.database import connect_database

_SNAPSHOT_TABLE = re.compile(r"served_[0-9a-f]{32}(_listed)?")
"""Tables of served scores: each publication has new ones."""
_TABLE_ENTRY = re.compile(r"^\d+; \d+ \d+ TABLE \S+ (\S+) ", re.MULTILINE)
"""A table in what `pg_restore --list` prints."""
_COMPRESSION = 1
"""Writers wait for the dump: gzip's default level takes four times as long, and saves 15%."""
_MAX_REASON = 500


def dump_database(url: str, target: Path) -> None:
    """
    Dump a database to a file.

    Raises
    ------
    MissingDependencyError
        If `pg_dump` is not installed.
    HomeError
        If it fails, with its message.
    """
    _run_program("pg_dump", url, ["--format=custom", f"--compress={_COMPRESSION}", f"--file={target}"])


def restore_database(url: str, dump: Path) -> None:
    """
    Replace the tables of a database by those of a dump, all or none; privileges of other users are not restored.

    Raises
    ------
    InvalidInputError
        If the database has other tables: a later migration would fail because of them.
    MissingDependencyError
        If `pg_restore` is not installed.
    HomeError
        If it fails, with its message.
    """
    dumped_tables = set(_TABLE_ENTRY.findall(_run_program("pg_restore", None, ["--list", str(dump)])))
    database = connect_database(url)
    try:
        other_tables = set(sa.inspect(database).get_table_names()) - dumped_tables
        snapshot_tables = {table for table in other_tables if _SNAPSHOT_TABLE.fullmatch(table)}
        if foreign_tables := sorted(other_tables - snapshot_tables):
            raise InvalidInputError(
                f"the database has tables that the backup does not have, such as those of a newer version: "
                f"{', '.join(foreign_tables)[:_MAX_REASON]}; restore into an empty database: `dropdb` and `createdb` "
                "make one of the same name"
            )
        options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
        _run_program("pg_restore", url, [*options, str(dump)])
        with database.begin() as connection:
            for table in sorted(snapshot_tables):
                connection.execute(sa.text(f"drop table {table}"))
    finally:
        database.dispose()


def _run_program(name: str, url: str | None, arguments: Sequence[str]) -> str:
    """Run a program of PostgreSQL on a database; return what it prints. Everybody can read its arguments."""
    program = shutil.which(name)
    if program is None:
        raise MissingDependencyError(f"{name} is not installed; install PostgreSQL's client programs")
    location, password = _split_password(url) if url else (None, "")
    command = [program, *([f"--dbname={location}"] if location else []), *arguments]
    environment = os.environ | {"LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {})
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - no user input
    if result.returncode:
        reason = " ".join(result.stderr.split())[:_MAX_REASON]
        raise HomeError(
            f"{name} failed: {reason.replace(password, '…') if password else reason}; check that its version fits the "
            "server's, and the URL of the store"
        )
    return result.stdout


def _split_password(url: str) -> tuple[str, str]:
    """Return the URL of a database without its password, and the password."""
    parts = sa.make_url(url)
    password = str(parts.password or parts.query.get("password") or "")
    # `URL.set` takes None as "leave it".
    location = sa.URL.create(
        "postgresql",
        parts.username,
        host=parts.host,
        port=parts.port,
        database=parts.database,
        query={name: value for name, value in parts.query.items() if name != "password"},
    )
    return location.render_as_string(hide_password=False), password
