"""Check a home: all of its parts, even if it cannot be opened."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from renown import checks
from renown.checks import Finding
from renown.engines.duckdb import DuckDB
from renown.errors import HomeError, InvalidMethodError, InvalidSettingsError
from renown.home.folder import (
    FORMAT_FILE,
    STORE_FILE,
    check_format,
    has_collected_data,
    load_home_settings,
    missing_home_error,
)
from renown.home.parts import KEYS_FOLDER, STATEMENT_KEYS_FILE
from renown.home.stores import CREDENTIALS_FOLDER
from renown.lake import WRITER_LOCK, Lake
from renown.method.file import parse_method
from renown.runs.claimed_accounts import NEW_ACCOUNTS_LOCK
from renown.runs.daily import RUN_LOCK
from renown.runs.first_scores import FIRST_SCORES_LOCK
from renown.runs.privacy_requests import REQUESTS_LOCK
from renown.scoring.ledger import LEDGER_FOLDER
from renown.settings import SETTINGS_FILE
from renown.store import (
    KEY_VARIABLE,
    Cipher,
    CredentialStore,
    GroupStore,
    PeopleStore,
    PublishedDayStore,
    ServedScoreStore,
    StatementStore,
)
from renown.store.database import LATEST_REVISION, connect_database, read_revision


def check_home(home: Path, environment: Mapping[str, str], *, full: bool = False) -> list[Finding]:
    """
    Find every damaged or missing part of a home; nothing is changed.

    Parameters
    ----------
    home : Path
    environment : mapping of str to str
        Environment variables, which override settings.
    full : bool
        Whether to read every file of the lake and of published days to its end, and to enter a sample of days into
        the ledger again.

    Raises
    ------
    HomeError
        If there is no home in this folder.
    """
    if not (home / FORMAT_FILE).exists() and not has_collected_data(home) and not (home / STORE_FILE).exists():
        raise missing_home_error(home)
    # Without permission, nothing can be told of the rest.
    if findings := list(checks.check_permissions(home, f"{STORE_FILE}*")):
        return findings
    ledger_locks = (f"{LEDGER_FOLDER}/{folder.name}/{WRITER_LOCK}" for folder in (home / LEDGER_FOLDER).glob("*"))
    locks = (RUN_LOCK, NEW_ACCOUNTS_LOCK, FIRST_SCORES_LOCK, REQUESTS_LOCK, f"lake/{WRITER_LOCK}", *ledger_locks)
    return [
        *_check_format(home),
        *checks.check_privacy(home),
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
        location = load_home_settings(home, environment).store.url or location
    except InvalidSettingsError as error:
        path, remedy = str(home / SETTINGS_FILE), "correct the file, or restore it from a backup"
        yield Finding(part="settings", path=path, problem=str(error), remedy=remedy, works="nothing")
    findings: list[Finding] = []
    is_new = not has_collected_data(home) and isinstance(location, Path) and not location.exists()
    store_findings = [] if is_new or location is None else list(checks.check_database(location))
    yield from store_findings
    database = None if location is None or is_new or store_findings else connect_database(location)
    if database is not None:
        days = PublishedDayStore(database, home / "published")
        known_versions = days.load_lake_versions()
        findings += checks.check_published_days(days, home / "published", full=full)
        findings += checks.check_served_scores(database, days.all())
    findings += checks.check_lake(home / "lake", known_versions, full=full)
    findings += checks.check_ledgers(home / LEDGER_FOLDER, full=full)
    yield from findings
    if database is not None and not any(finding.damage for finding in findings):
        yield from _check_contents(home, database, Cipher(environment.get(KEY_VARIABLE, "")), full=full)


def _check_contents(home: Path, database: sa.Engine, cipher: Cipher, *, full: bool) -> Iterator[Finding]:
    """Check that the parts of a home, all of which can be read, fit together."""
    from renown.store.statement_keys import StatementKeys  # noqa: PLC0415 - few commands need it

    with database.connect() as connection:
        if read_revision(connection) != LATEST_REVISION:
            return  # not migrated yet: tables may lack columns
    days = PublishedDayStore(database, home / "published")
    yield from checks.check_served_rows(ServedScoreStore(database, home / "published"), days)
    yield from checks.check_group_logs(GroupStore(database))
    keys = StatementKeys(home / KEYS_FOLDER / STATEMENT_KEYS_FILE, cipher)
    yield from checks.check_statements(StatementStore(database), keys, at=datetime.now(UTC))
    yield from checks.check_credentials(CredentialStore(home / CREDENTIALS_FOLDER, cipher))
    if full:
        yield from _check_ledgers(home, database, days)


def _check_ledgers(home: Path, database: sa.Engine, days: PublishedDayStore) -> Iterator[Finding]:
    """Enter a sample of days again, of each ledger whose method this version of renown can run."""
    people = PeopleStore(database)
    texts = {day.method: day.method_text for day in days.all()}
    for version, text in texts.items():
        if not (home / LEDGER_FOLDER / version).is_dir():
            continue
        with suppress(InvalidMethodError), DuckDB() as engine:
            lake = Lake(home / "lake", people.opt_outs.load)
            yield from checks.check_entries(engine, lake, people, parse_method(text, version))
