"""Move the database of a home from its SQLite file to PostgreSQL."""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from renown.errors import HomeError, InvalidInputError
from renown.fsync import sync_path
from renown.home.backup import lock_writers
from renown.home.folder import STORE_FILE, check_format, load_home_settings, mark_postgresql
from renown.home.parts import session_limits
from renown.home.stores import PUBLISHED_FOLDER
from renown.progress import NullProgress, Progress
from renown.settings import Settings
from renown.store import open_database
from renown.store.copy_database import copy_tables, find_filled_tables, read_serving_row
from renown.store.serving.publish import SnapshotPublisher
from renown.store.serving.read_sqlite import snapshot_folder

MOVED_FILE = "store-moved.sqlite"
"""The SQLite file after the move: a copy that can be deleted."""


@dataclass(frozen=True)
class StoreMove:
    """What was moved."""

    rows: int
    kept: str
    """Path of the SQLite file, which is not used any more."""


def move_store(home: Path, environment: Mapping[str, str], *, progress: Progress | None = None) -> StoreMove:
    """
    Move people, claims, groups, published days and all else in `store.sqlite` to the database of the settings.

    Scores, ids and keys stay the same. Either everything is moved, or the home stays as it is.

    Parameters
    ----------
    home : Path
    environment : mapping of str to str
        Environment variables, which override settings.
    progress : Progress, optional

    Raises
    ------
    HomeError
        If the home has no SQLite file, or another process uses it.
    InvalidInputError
        If the settings name no PostgreSQL database, or it is not empty.
    RunInProgressError
        If a writer keeps its lock for more than a minute.
    """
    check_format(home)
    settings = load_home_settings(home, environment)
    if not settings.store.url:
        raise InvalidInputError(
            "the settings name no PostgreSQL database to move to; write the URL of an empty one to store.url, or set "
            "RENOWN_STORE"
        )
    if not (home / STORE_FILE).exists():
        raise HomeError(f"there is no {STORE_FILE} in the home {str(home)!r}, so there is nothing to move")
    with lock_writers(home):
        _leave_wal_mode(home / STORE_FILE)
        source, target = open_database(home / STORE_FILE), open_database(settings.store.url)
        try:
            if filled_tables := find_filled_tables(target):
                raise InvalidInputError(
                    f"the database already has rows in {', '.join(filled_tables)}; name an empty one: `dropdb` and "
                    "`createdb` make one of the same name"
                )
            rows = _copy(source, target, settings, progress or NullProgress())
            served_folder = snapshot_folder(source)
        finally:
            source.dispose()
            target.dispose()
        mark_postgresql(home)
        _leave_wal_mode(home / STORE_FILE)
        (home / STORE_FILE).rename(home / MOVED_FILE)
        sync_path(home)
        shutil.rmtree(served_folder, ignore_errors=True)
    return StoreMove(rows, str(home / MOVED_FILE))


def _copy(source: sa.Engine, target: sa.Engine, settings: Settings, progress: Progress) -> int:
    """Copy all rows in one transaction, with a snapshot of the served day; return their number."""
    publisher = SnapshotPublisher(target, settings.home / PUBLISHED_FOLDER, session_limits(settings))
    serving_row = read_serving_row(source)
    snapshot = publisher.build_again(serving_row) if serving_row else None
    with target.begin() as connection:
        rows = copy_tables(source, connection, progress=progress)
        if snapshot:
            publisher.serve(connection, snapshot)
    publisher.delete_unserved()
    return rows


def _leave_wal_mode(file: Path) -> None:
    """
    Bring the whole database into its one file.

    Raises
    ------
    HomeError
        If another process has it open: what that process writes later would be lost.
    """
    try:
        with closing(sqlite3.connect(file, timeout=1)) as connection:
            connection.execute("pragma journal_mode = delete")
    except sqlite3.OperationalError as error:
        raise HomeError(
            f"another process uses {os.fspath(file)!r} ({error}); stop the server and other commands, and repeat"
        ) from error
