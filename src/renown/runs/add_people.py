"""Add many people at once, from a CSV file: look their accounts up, and store the profiles of a network at once."""

import csv
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from renown import ingest
from renown.connectors import CONNECTORS
from renown.connectors.base import Connector
from renown.connectors.record_rows import group_rows
from renown.engines.duckdb import DuckDB
from renown.errors import InvalidInputError, RenownError, describe_io_error
from renown.imports.csv_header import normalize_name, read_csv_header
from renown.lake import Lake
from renown.records import Profile
from renown.store import PeopleStore
from renown.text import suggest_spelling

NAME_COLUMN, ACCOUNT_COLUMN = "name", "account"
_LOOKUPS_AT_ONCE = 8
"""Concurrent lookups: the clients of one server share its rate limit in any case."""
_MAX_ROWS = 100_000


@dataclass(frozen=True)
class PersonRow:
    """A row of the file."""

    line: int
    name: str
    accounts: tuple[tuple[str, str], ...]
    """Accounts by id, as (network, id)."""
    handles: tuple[tuple[str, str], ...]
    """Accounts by handle or URL, as (network, handle)."""


@dataclass(frozen=True)
class AddedPerson:
    """Result of adding a person."""

    line: int
    """Line of the file."""
    name: str
    accounts: int
    """Accounts that the person owns now."""
    message: str
    """Why the person was not added; empty if they were."""


def parse_account(text: str) -> tuple[str, str]:
    """
    Parse an account by its permanent id.

    Raises
    ------
    InvalidInputError
        If it is not ``network:id``, or a link.

    Examples
    --------
    >>> parse_account("bluesky:did:plc:abc")
    ('bluesky', 'did:plc:abc')
    >>> parse_account("Bluesky:did:plc:abc")
    ('bluesky', 'did:plc:abc')
    """
    network, colon, account_id = text.partition(":")
    if account_id.startswith("//"):
        raise InvalidInputError(
            f"the account {text!r} is a link; give it as the option, argument or column of its network, such as bluesky"
        )
    network = network.lower() if network.lower() in CONNECTORS else network
    if not (network and colon and account_id):
        raise InvalidInputError(f"the account {text!r} is not network:id, such as bluesky:did:plc:abc")
    return network, account_id


def read_people(path: Path) -> list[PersonRow]:
    """
    Read a CSV file with a column `name` and a column for each network, or `account` with network:id.

    Raises
    ------
    InvalidInputError
        If it cannot be read, or a column is unknown.
    """
    try:
        with path.open("rb") as file:
            header = read_csv_header(file, path, ("name", "account", *CONNECTORS))
        with path.open(newline="", encoding="utf-8-sig") as file:
            for _ in range(header.skipped_lines):
                next(file)
            reader = csv.DictReader(file, delimiter=header.delimiter, strict=True)
            reader.fieldnames = [normalize_name(name) for name in reader.fieldnames or []]
            _check_columns(path, reader.fieldnames)
            rows = [_read_row(path, header.skipped_lines + reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInputError(
            f"cannot read {str(path)!r}: {describe_io_error(error)}; write a CSV file in UTF-8 with a header"
        ) from error
    if len(rows) > _MAX_ROWS:
        raise InvalidInputError(f"{str(path)!r} has {len(rows):,} people; split it into files of up to {_MAX_ROWS:,}")
    return rows


def add_people(
    rows: Sequence[PersonRow],
    find_account: Callable[[Connector, str], Profile],
    people: PeopleStore,
    lake: Lake,
    open_reader: Callable[[], DuckDB],
    *,
    now: datetime,
) -> list[AddedPerson]:
    """
    Add people with their accounts; one that fails does not stop the others.

    Parameters
    ----------
    rows : sequence of PersonRow
    find_account : callable
        Looks up an account on a network by its handle; called by several threads at once.
    people : PeopleStore
    lake : Lake
    open_reader : callable
        Opens a session for queries.
    now : datetime
        UTC instant.
    """
    lookups = [lookup for row in rows for lookup in row.handles]
    with ThreadPoolExecutor(_LOOKUPS_AT_ONCE) as pool:
        profiles_by_name = dict(
            zip(lookups, pool.map(lambda lookup: _look_up(find_account, *lookup), lookups), strict=True)
        )
    # Before the claims: if the lake stays locked, nobody is left half added.
    import_profiles(
        [profile for profile in profiles_by_name.values() if isinstance(profile, Profile)], lake, open_reader
    )
    return [_add_person(row, profiles_by_name, people, now) for row in rows]


def _look_up(find_account: Callable[[Connector, str], Profile], network: str, handle: str) -> Profile | str:
    """Look up an account; return the error as text if that fails."""
    try:
        return find_account(CONNECTORS[network], handle)
    except RenownError as error:
        return str(error)


def import_profiles(profiles: Iterable[Profile], lake: Lake, open_reader: Callable[[], DuckDB]) -> None:
    """Import the profiles of accounts that were looked up; wait while the lake is locked."""
    by_network: dict[str, list[Profile]] = {}
    for profile in profiles:
        by_network.setdefault(profile.network, []).append(profile)
    for network, of_network in sorted(by_network.items()):
        with open_reader() as engine:
            for attempt in ingest.retry_while_locked():
                with attempt:
                    batch = group_rows(of_network)["profiles"]
                    ingest.import_batch(engine, lake, batch, table="profiles", network=network)


def _add_person(
    row: PersonRow, profiles_by_name: dict[tuple[str, str], Profile | str], people: PeopleStore, now: datetime
) -> AddedPerson:
    accounts = list(row.accounts)
    for network, handle in row.handles:
        profile = profiles_by_name[network, handle]
        if isinstance(profile, str):
            return AddedPerson(row.line, row.name, 0, f"{network} {handle!r}: {profile}")
        accounts.append((network, profile.account_id))
    if not accounts:
        return AddedPerson(row.line, row.name, 0, "no account given")
    try:
        person = people.add(row.name, accounts, at=now)
    except InvalidInputError as error:
        return AddedPerson(row.line, row.name, 0, str(error))
    return AddedPerson(row.line, row.name, len(person.claims), "")


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    known = [NAME_COLUMN, ACCOUNT_COLUMN, *CONNECTORS]
    if NAME_COLUMN not in columns:
        raise InvalidInputError(f"{str(path)!r} has no column {NAME_COLUMN!r}; its header is {', '.join(columns)!r}")
    for column in columns:
        if column not in known:
            raise InvalidInputError(
                f"{str(path)!r} has an unknown column {column!r}; {suggest_spelling(column, known)}"
            )


def _read_row(path: Path, line: int, row: dict[str | None, str]) -> PersonRow:
    if None in row or None in row.values():
        raise InvalidInputError(f"line {line} of {str(path)!r} has more or fewer cells than the header; correct it")
    cells = {str(column): value.strip() for column, value in row.items()}
    accounts = []
    for text in cells.pop(ACCOUNT_COLUMN, "").split():
        try:
            accounts.append(parse_account(text))
        except InvalidInputError as error:
            raise InvalidInputError(f"line {line} of {str(path)!r}: {error}") from error
    name = cells.pop(NAME_COLUMN)
    return PersonRow(line, name, tuple(accounts), tuple((network, text) for network, text in cells.items() if text))
