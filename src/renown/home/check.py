"""Check a home: all of its parts, even if it cannot be opened."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from renown import checks
from renown.checks import Finding
from renown.errors import HomeError, InvalidSettingsError
from renown.home.folder import FORMAT_FILE, STORE_FILE, check_format, has_collected_data, load_home_settings
from renown.lake import WRITER_LOCK
from renown.runs.daily import NEW_ACCOUNTS_LOCK, RUN_LOCK
from renown.runs.first_scores import FIRST_SCORES_LOCK
from renown.runs.privacy_requests import REQUESTS_LOCK
from renown.scoring.ledger import LEDGER_FOLDER
from renown.settings import SETTINGS_FILE
from renown.store import PublishedDayStore
from renown.store.database import connect_database


def check_home(home: Path, environment: Mapping[str, str], *, full: bool = False) -> list[Finding]:
    """
    Find every damaged or missing part of a home; nothing is changed.

    Parameters
    ----------
    home : Path
    environment : mapping of str to str
        Environment variables, which override settings.
    full : bool
        Whether to read every file of the lake and of published days to its end.

    Raises
    ------
    HomeError
        If there is no home in this folder.
    """
    if not (home / FORMAT_FILE).exists() and not has_collected_data(home) and not (home / STORE_FILE).exists():
        raise HomeError(f"there is no home in {str(home)!r}; create one with `renown --home {home} init`")
    ledger_locks = (f"{LEDGER_FOLDER}/{folder.name}/{WRITER_LOCK}" for folder in (home / LEDGER_FOLDER).glob("*"))
    locks = (RUN_LOCK, NEW_ACCOUNTS_LOCK, FIRST_SCORES_LOCK, REQUESTS_LOCK, f"lake/{WRITER_LOCK}", *ledger_locks)
    return [
        *_check_format(home),
        *_check_parts(home, environment, full=full),
        *checks.check_locks(home / name for name in locks),
    ]


def _check_format(home: Path) -> Iterator[Finding]:
    try:
        check_format(home)
    except HomeError as error:
        path = str(home / FORMAT_FILE)
        yield Finding(part="format", path=path, problem=str(error), remedy="see there", works="nothing")


def _check_parts(home: Path, environment: Mapping[str, str], *, full: bool) -> Iterator[Finding]:
    """Check the settings, the store that they name, and what depends on the store."""
    known_versions: dict[str, int] = {}
    location: Path | str | None = home / STORE_FILE
    try:
        location = load_home_settings(home, environment).store or location
    except InvalidSettingsError as error:
        path, remedy = str(home / SETTINGS_FILE), "correct the file, or restore it from a backup"
        yield Finding(part="settings", path=path, problem=str(error), remedy=remedy, works="nothing")
    is_new = not has_collected_data(home) and isinstance(location, Path) and not location.exists()
    store_findings = [] if is_new or location is None else list(checks.check_database(location))
    yield from store_findings
    if location is not None and not is_new and not store_findings:
        database = connect_database(location)
        days = PublishedDayStore(database, home / "published")
        known_versions = days.load_lake_versions()
        yield from checks.check_published_days(days, home / "published", full=full)
        yield from checks.check_served_scores(database, days.all())
    yield from checks.check_lake(home / "lake", known_versions, full=full)
    yield from checks.check_ledgers(home / LEDGER_FOLDER, full=full)
