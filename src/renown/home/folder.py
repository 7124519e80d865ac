"""Create and open the folder of a home."""

import os
from collections.abc import Mapping
from pathlib import Path

from renown import settings
from renown.connectors import CONNECTORS
from renown.errors import HomeError, InvalidSettingsError
from renown.home.parts import Home, session_limits
from renown.lake import Lake
from renown.store import (
    ApiKeyStore,
    ClaimStore,
    GroupStore,
    JudgementStore,
    PeopleStore,
    PrivacyRequestStore,
    ProfileStore,
    PublishedDayStore,
    ServedScoreStore,
    SessionStore,
    SyncStateStore,
    open_database,
)
from renown.text import suggest_spelling

FORMAT = 1
"""Version of the folder layout; increased when older versions of renown cannot read it."""

_FORMAT_FILE = "format"

_DEMO_FILE = "demo"


def create_home(home: Path) -> bool:
    """
    Create a home with a settings file, an empty lake and a store; return False if it exists already.

    Raises
    ------
    HomeError
        If the folder is not writable.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        if (home / _FORMAT_FILE).exists():
            return False
        (home / settings.SETTINGS_FILE).write_text(settings.TEMPLATE, encoding="utf-8")
        Lake(home / "lake")
        (home / _FORMAT_FILE).write_text(f"{FORMAT}\n", encoding="utf-8")
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
    try:
        format_version = int((home / _FORMAT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HomeError(f"there is no home in {str(home)!r}; create one with `renown --home {home} init`") from None
    except (OSError, ValueError) as error:
        raise HomeError(f"cannot read {str(home / _FORMAT_FILE)!r}: {error}; is this folder a renown home?") from error
    if format_version > FORMAT:
        raise HomeError(
            f"the home {str(home)!r} has format {format_version}, this version of renown supports up to {FORMAT}; "
            "upgrade renown to open it"
        )
    if not os.access(home, os.W_OK):
        raise HomeError(f"the home {str(home)!r} is read-only; make it writable, or choose another with --home")
    home_settings = settings.load_settings(home, environment)
    if unknown := sorted(set(home_settings.networks) - set(CONNECTORS)):
        suggestion = suggest_spelling(unknown[0], CONNECTORS)
        raise InvalidSettingsError(
            f"the settings name the network {unknown[0]!r}, which renown cannot read; {suggestion}"
        )
    try:
        database = open_database(home_settings.store or home / "store.sqlite")
        people = PeopleStore(database)
        return Home(
            settings=home_settings,
            lake=Lake(home / "lake", people.opt_outs.load),
            people=people,
            days=PublishedDayStore(database, home / "published", session_limits(home_settings)),
            sync_states=SyncStateStore(database),
            served_scores=ServedScoreStore(database, home / "published"),
            profiles=ProfileStore(database),
            api_keys=ApiKeyStore(database),
            groups=GroupStore(database),
            judgements=JudgementStore(database),
            sessions=SessionStore(database),
            claims=ClaimStore(database),
            privacy_requests=PrivacyRequestStore(database),
        )
    except OSError as error:
        raise _not_writable_error(home, error) from error


def open_demo(home: Path, environment: Mapping[str, str]) -> Home:
    """
    Create and open a home for simulated people.

    Raises
    ------
    HomeError
        If it already contains data of other people.
    """
    create_home(home)
    opened_home = open_home(home, environment)
    if not (home / _DEMO_FILE).exists() and opened_home.lake.files("accounts"):
        raise HomeError(
            f"the home {str(home)!r} already contains data, which must not be mixed with simulated people; "
            "choose another with `renown --home DIR demo`"
        )
    (home / _DEMO_FILE).write_text("The people of this home are simulated.\n", encoding="utf-8")
    return opened_home


def _not_writable_error(home: Path, error: OSError) -> HomeError:
    reason = error.strerror or error
    return HomeError(f"cannot write to the home {str(home)!r}: {reason}; check its permissions and free disk space")
