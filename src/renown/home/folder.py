"""Create and open the folder of a home."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from renown import settings
from renown.connectors import CONNECTORS
from renown.errors import DamagedHomeError, HomeError, InvalidSettingsError, describe_io_error
from renown.fsync import write_durably
from renown.home.parts import Home, session_limits
from renown.home.stores import PUBLISHED_FOLDER
from renown.lake import Lake, create_lake
from renown.lake import has_data as lake_has_data
from renown.store import KEY_VARIABLE, Cipher, PeopleStore, PublishedDayStore, open_database
from renown.store.copy_database import find_filled_tables
from renown.store.database import connect_database, read_revision
from renown.text import suggest_spelling

FORMAT = 1
"""Version of the folder layout; increased when older versions of renown cannot read it."""

FORMAT_FILE = "format"
STORE_FILE = "store.sqlite"
"""The database, unless the setting `store.url` names another."""

_DEMO_FILE = "demo"
_POSTGRESQL_FILE = "postgresql"
"""Exists in a home whose database is in PostgreSQL: without its URL, a command would begin an empty one."""


def create_home(home: Path) -> bool:
    """
    Create a home with a settings file and an empty lake; return False if it exists already.

    Only its owner can look into it, unless the folder exists with other permissions.

    Raises
    ------
    HomeError
        If the folder is not writable.
    DamagedHomeError
        If it has data, but the file that marks it as a home is missing.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (home / FORMAT_FILE).exists():
            return False
        if has_collected_data(home) or (home / STORE_FILE).exists():
            raise _lost_format_error(home)
        restore_settings(home)
        create_lake(home / "lake")
        write_durably(home / FORMAT_FILE, f"{FORMAT}\n")
    except OSError as error:
        raise _not_writable_error(home, error) from error
    return True


def restore_settings(home: Path) -> bool:
    """
    Write the settings file of a home, with all defaults, if it is missing; return whether it was.

    Raises
    ------
    HomeError
        If the folder is not writable.
    """
    path = home / settings.SETTINGS_FILE
    try:
        if path.exists():
            return False
        write_durably(path, settings.TEMPLATE, mode=0o600)  # it may get tokens and the password of a database
    except OSError as error:
        raise _not_writable_error(home, error) from error
    return True


def open_home(home: Path, environment: Mapping[str, str]) -> Home:
    """
    Open the parts of a home.

    Raises
    ------
    HomeError
        If there is none, it is read-only, or it was created by a newer version of renown.
    InvalidSettingsError
        If the settings are not valid.
    """
    check_format(home)
    if not os.access(home, os.W_OK):
        raise HomeError(f"the home {str(home)!r} is read-only; make it writable, or choose another home")
    home_settings = load_home_settings(home, environment)
    try:
        database = _open_store(home, home_settings.store.url)
        people = PeopleStore(database)
        cipher = Cipher(environment.get(KEY_VARIABLE, ""))
        days = PublishedDayStore(database, home / PUBLISHED_FOLDER, session_limits(home_settings))
        return Home(
            settings=home_settings,
            database=database,
            cipher=cipher,
            lake=Lake(home / "lake", people.opt_outs.load, days.load_lake_versions),
            people=people,
            days=days,
        )
    except OSError as error:
        raise _not_writable_error(home, error) from error


def _open_store(home: Path, url: str) -> sa.Engine:
    """
    Open the database of a home, which is the one that earlier commands used.

    Raises
    ------
    HomeError
        If the home has its people in another one than the settings name, or another home uses the one they name.
    """
    file = home / STORE_FILE
    if not url:
        if (home / _POSTGRESQL_FILE).exists() and not file.exists():
            raise HomeError(
                f"the people of the home {str(home)!r} are in PostgreSQL, but store.url is empty; set RENOWN_STORE for "
                "this command as for the service, or write the URL to store.url"
            )
        return open_database(file, has_data=lambda: has_collected_data(home))
    database = open_database(url, has_data=lambda: _has_data_of_postgresql(home))
    if not (home / _POSTGRESQL_FILE).exists():
        _check_unused(home, database)
        mark_postgresql(home)
    return database


def _check_unused(home: Path, database: sa.Engine) -> None:
    """
    Check that a home without data does not begin with the database of another one.

    Raises
    ------
    HomeError
    """
    if not has_collected_data(home) and find_filled_tables(database):
        name = database.url.database
        database.dispose()
        raise HomeError(
            f"the PostgreSQL database {name!r} has people or published days, but the home {str(home)!r} is new: it has "
            "none of the data that they were scored from; restore the home that belongs to the database (`renown "
            "restore`), or name an empty database in store.url or RENOWN_STORE"
        )


def ensure_database(home: Path, environment: Mapping[str, str]) -> None:
    """
    Check that a home has its database, which is not migrated; a new home gets an empty one.

    Raises
    ------
    HomeError
        If there is no home, it has its people in another database than the settings name, or that cannot be opened.
    DamagedHomeError
        If it is missing or empty, although the home has data.
    """
    check_format(home)
    url, file = load_home_settings(home, environment).store.url, home / STORE_FILE
    if url or file.exists():
        database = connect_database(url or file)
        try:
            with database.connect() as connection:
                if read_revision(connection) is not None:
                    return
        finally:
            database.dispose()
    _open_store(home, url).dispose()


def _has_data_of_postgresql(home: Path) -> bool:
    """
    Tell whether a home whose PostgreSQL database is empty has data.

    Raises
    ------
    HomeError
        If it has a SQLite file, whose people would be missing.
    """
    if (home / STORE_FILE).exists():
        raise HomeError(
            f"the PostgreSQL database of the settings is empty, but the home has {str(home / STORE_FILE)!r}; "
            "`renown move-store` moves what it has to the database; delete the file if you do not need it"
        )
    return has_collected_data(home)


def mark_postgresql(home: Path) -> None:
    """Record that the database of a home is in PostgreSQL."""
    file = home / _POSTGRESQL_FILE
    if not file.exists():
        write_durably(file, "The people of this home are in PostgreSQL: store.url or RENOWN_STORE names it.\n")


def open_demo(home: Path, environment: Mapping[str, str]) -> Home:
    """
    Create and open a home for simulated people.

    Raises
    ------
    HomeError
        If it already contains data of other people, or its settings name a PostgreSQL database, which may.
    """
    create_home(home)
    if load_home_settings(home, environment).store.url:
        raise HomeError(
            "store.url or RENOWN_STORE names a PostgreSQL database, in which simulated people must not be mixed with "
            f"others; the demo uses the file {STORE_FILE} of each of its homes: run it with RENOWN_STORE= and a home "
            "of its own, such as `renown --home DIR demo`"
        )
    opened_home = open_home(home, environment)
    if not (home / _DEMO_FILE).exists() and opened_home.lake.files("accounts"):
        raise HomeError(
            f"the home {str(home)!r} already contains data, which must not be mixed with simulated people; "
            "choose another with `renown --home DIR demo`"
        )
    (home / _DEMO_FILE).write_text("The people of this home are simulated.\n", encoding="utf-8")
    return opened_home


def check_format(home: Path) -> None:
    """
    Check that a folder is a home that this version of renown can read.

    Raises
    ------
    HomeError
    """
    try:
        format_version = int((home / FORMAT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if has_collected_data(home) or (home / STORE_FILE).exists():
            raise _lost_format_error(home) from None
        raise missing_home_error(home) from None
    except (OSError, ValueError) as error:
        raise HomeError(
            f"cannot read {str(home / FORMAT_FILE)!r}: {error}; if this folder is a renown home, write {FORMAT} to it"
        ) from error
    if format_version > FORMAT:
        raise HomeError(
            f"the home {str(home)!r} has format {format_version}, this version of renown supports up to {FORMAT}; "
            "upgrade renown to open it"
        )


def load_home_settings(home: Path, environment: Mapping[str, str]) -> settings.Settings:
    """
    Load the settings of a home, and check that its networks have a connector.

    Raises
    ------
    InvalidSettingsError
    """
    home_settings = settings.load_settings(home, environment)
    if unknown := sorted(network for network in home_settings.networks if network not in CONNECTORS):
        suggestion = suggest_spelling(unknown[0], CONNECTORS)
        raise InvalidSettingsError(
            f"the settings name the network {unknown[0]!r}, which renown cannot read; {suggestion}"
        )
    for name, network in home_settings.networks.items():
        # Without a server, each account's own server is asked, and the token must not be sent to all of them.
        if network.token and not network.server and CONNECTORS[name].has_many_servers:
            raise InvalidSettingsError(f'networks.{name} has a token, but has no server; add its server = "https://…"')
    return home_settings


def has_collected_data(home: Path) -> bool:
    """Tell whether a home has collected data or published days."""
    return lake_has_data(home / "lake") or any((home / PUBLISHED_FOLDER).glob("*/*"))


def missing_home_error(home: Path) -> HomeError:
    """Return the error of a folder that is no home."""
    return HomeError(
        f"there is no home in {str(home)!r}; create one with `renown --home {shlex.quote(str(home))} init`"
    )


def _lost_format_error(home: Path) -> DamagedHomeError:
    return DamagedHomeError(
        f"the file {str(home / FORMAT_FILE)!r} is missing, although the folder has data; write {FORMAT} to it, or "
        "restore it from a backup"
    )


def _not_writable_error(home: Path, error: OSError) -> HomeError:
    file = f"{error.filename!r} in " if error.filename and Path(error.filename) != home else ""
    return HomeError(
        f"cannot use {file}the home {str(home)!r}: {describe_io_error(error)}; let the user who runs renown read and "
        "write it, and check free disk space"
    )
