"""
Keep copies of the rows of claimed accounts, of many days in one file, beside the ledger.

An explanation reads the rows of one person from the files of ninety days, and profiles from those of all days; to open
a file takes longer than to read them. The copies are a cache: whatever was written since, or is damaged or missing, is
read from the files of its day.
"""

import hashlib
import shutil
import uuid
from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from renown.delta import group_names_by_day
from renown.engines.base import Engine
from renown.errors import LakeLockedError
from renown.fsync import sync_tree, write_durably
from renown.lake import Lake
from renown.method.file import Method
from renown.records import LAKE_COLUMNS
from renown.scoring.aliases import load_day_alias_keys, scan_lake
from renown.scoring.inputs import find_looked_up_networks, load_coverage
from renown.scoring.ledger import Ledger, open_ledger
from renown.scoring.ledger_replay import (
    DAILY_TABLES,
    HISTORY_TABLE,
    NOTHING_SHARED,
    OWNER_COLUMNS,
    SharedRows,
    copied_table,
    list_files,
    list_read_days,
    list_window,
)
from renown.steps import Step
from renown.store import PublishedDay

if TYPE_CHECKING:
    from renown.engines.duckdb import DuckDB

CLAIMED_FOLDER = "claimed"
"""Folder of the copies, in the folder of the ledger."""
_STATE_FILE = "state.json"
_SPAN_DAYS = 16
"""Days in one file: a window has six or seven, and a night rewrites the last one only."""
_MAX_NEW_SHARE = 0.05
"""
Share of new accounts up to which a span is not copied again: where people join every day, each night would read the
whole window. Rows of new accounts are then read from the files of each day.
"""
_SUFFIX = "claimed"


class _Copy(msgspec.Struct, frozen=True, kw_only=True):
    """The copy of the rows of a span of days."""

    table: str
    file: str
    """Relative to the folder of the copies."""
    size: int
    accounts: str
    """Digest of the accounts whose rows it has."""
    days: dict[int, list[str]]
    """Day number to the names of the files that were copied; other rows have other files."""
    networks: list[str] = []
    """Networks of which it has the rows of all accounts, not only of claimed ones."""


class _State(msgspec.Struct, frozen=True):
    """All copies of a ledger."""

    aliases: int = 0
    """Version of the lake's table of aliases by which the accounts were resolved."""
    accounts: dict[str, list[int]] = {}
    """Digest to the keys of the accounts."""
    copies: list[_Copy] = []


def save_claimed_rows(
    engine: "DuckDB", lake: Lake, method: Method, day: PublishedDay, accounts: Collection[int]
) -> None:
    """
    Copy the rows of accounts in the window of a day, unless there are copies of the same files.

    Of networks whose actors are looked up, the profiles of all are copied: they tell which actors are known.

    Copies of the window before stay as long as their files do, as windows of earlier days begin there. If another
    process writes to the ledger, the next call makes up for it.

    Parameters
    ----------
    engine : DuckDB
    lake : Lake
    method : Method
        A method with a ledger, by which the day was published.
    day : PublishedDay
    accounts : collection of int
        Keys of the accounts of everybody whose scores are explained.
    """
    ledger = open_ledger(lake, method)
    with suppress(LakeLockedError), ledger.write_batch():
        folder = ledger.root / CLAIMED_FOLDER
        folder.mkdir(exist_ok=True)
        state = _load_state(folder)
        _delete_unused_files(folder, state.copies)
        aliases, keys = day.lake.get("aliases", 0), set(accounts)
        copies = _SpanCopier(engine, lake, method, day, keys).copy(state if state.aliases == aliases else _State())
        used = {copy.accounts for copy in copies}
        account_lists = {digest: account_list for digest, account_list in state.accounts.items() if digest in used}
        _save_state(folder, _State(aliases, account_lists | {_digest(keys): sorted(keys)}, copies))


def find_claimed_rows(
    engine: Engine, lake: Lake, method: Method, day: PublishedDay, accounts: Collection[int]
) -> SharedRows:
    """
    Create views of the copies of the rows that a published day was scored from.

    Parameters
    ----------
    engine : Engine
    lake : Lake
    method : Method
    day : PublishedDay
    accounts : collection of int
        Keys of the accounts whose rows are needed.

    Returns
    -------
    SharedRows
        The days of which the views have all rows of the accounts; none if one of the accounts was not copied.
    """
    if not method.has_ledger or not accounts:
        return NOTHING_SHARED
    folder = open_ledger(lake, method).root / CLAIMED_FOLDER
    state = _load_state(folder)
    if state.aliases != day.lake.get("aliases", 0):
        return NOTHING_SHARED
    digests = {digest for digest, keys in state.accounts.items() if set(keys).issuperset(accounts)}
    days_by_table, networks = {}, frozenset[str]()
    for table, columns in DAILY_TABLES.items():
        wanted = group_names_by_day(list_files(lake, method, day, table, list_read_days(method, day, table)))
        candidates = [
            (copy, {day_no for day_no, names in copy.days.items() if wanted.get(day_no) == names})
            for copy in state.copies
            if copy.table == table and copy.accounts in digests and _has_size(folder / copy.file, copy.size)
        ]
        copies = [copy for copy, days in candidates if days]
        if copies:
            days_by_table[table] = frozenset[int]().union(*(days for _, days in candidates))
            engine.scan(copied_table(table), [str(folder / copy.file) for copy in copies], columns)
            accounts_sql = ", ".join(map(str, sorted(accounts)))
            sql = f"select * from {copied_table(table)} where {OWNER_COLUMNS[table]} in ({accounts_sql})"
            engine.run(Step(name=f"{table}_{_SUFFIX}", sql=sql, columns=columns, stored=False))
        if copies and table == HISTORY_TABLE:
            networks = frozenset.intersection(*(frozenset(copy.networks) for copy in copies))
    return SharedRows(_SUFFIX, days_by_table, networks=networks)


def list_claimed_files(ledger_root: Path) -> list[Path]:
    """List the files of the copies of a ledger; a killed process may have left others, which nothing reads."""
    folder = ledger_root / CLAIMED_FOLDER
    files = {folder / copy.file for copy in _load_state(folder).copies}
    return sorted(file for file in files if file.exists())


def delete_claimed_rows(ledger: Ledger, *, before: int | None = None) -> None:
    """Delete the copies of acts of spans with a day before one, or all: of deleted acts, or of people who leave."""
    folder = ledger.root / CLAIMED_FOLDER
    if before is None:
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists():
        state = _load_state(folder)
        copies = [copy for copy in state.copies if copy.table == HISTORY_TABLE or min(copy.days) >= before]
        if len(copies) < len(state.copies):
            _save_state(folder, msgspec.structs.replace(state, copies=copies))
            _delete_unused_files(folder, copies)


class _SpanCopier:
    """Copies the rows of a day's accounts by spans of days."""

    def __init__(
        self, engine: "DuckDB", lake: Lake, method: Method, day: PublishedDay, accounts: AbstractSet[int]
    ) -> None:
        self._engine, self._lake, self._method, self._day = engine, lake, method, day
        self._accounts, self._digest = accounts, _digest(accounts)
        networks = find_looked_up_networks(load_coverage(engine, lake, day.lake))
        self._networks_by_table = {HISTORY_TABLE: networks}
        engine.create_table("claimed_accounts", [(key,) for key in sorted(accounts)], {"account": "bigint"})
        engine.create_table("copied_networks", [(network,) for network in networks], {"network": "string"})

    def copy(self, state: _State) -> list[_Copy]:
        """Copy the spans of the window of which there are no copies of the same files and accounts; return all."""
        copies = []
        for table in DAILY_TABLES:
            first_day = list_read_days(self._method, self._day, table).start
            for days in _group_by_span(self._lake, self._method, self._day, table):
                is_before = max(days) < first_day
                copy = next((copy for copy in state.copies if (copy.table, copy.days) == (table, days)), None)
                if copy and self._is_current(copy, set(state.accounts[copy.accounts]), has_new=not is_before):
                    copies.append(copy)
                elif not is_before:
                    copies.append(self._write(table, days))
        return copies

    def _is_current(self, copy: _Copy, copied: AbstractSet[int], *, has_new: bool) -> bool:
        """Tell whether a copy has the rows of the accounts, or of nearly all of them if there may be new ones."""
        has_few_new = len(self._accounts - copied) <= _MAX_NEW_SHARE * len(copied)
        is_of_networks = copy.networks == self._networks_by_table.get(copy.table, [])
        return copied <= self._accounts and is_of_networks and (has_few_new or not has_new)

    def _write(self, table: str, days: dict[int, list[str]]) -> _Copy:
        """Copy the rows of some days into a file."""
        files = list_files(self._lake, self._method, self._day, table, days)
        if table in LAKE_COLUMNS:
            aliases = load_day_alias_keys(self._engine, self._lake, self._day.lake)
            scan_lake(self._engine, table, files, aliases, name="rows_to_copy")
        else:
            self._engine.scan("rows_to_copy", files, DAILY_TABLES[table])
        networks, owner = self._networks_by_table.get(table, []), OWNER_COLUMNS[table]
        sql = f"select * from rows_to_copy where {owner} in (select account from claimed_accounts)"
        if networks:
            sql += " or network in (select network from copied_networks)"
        file = open_ledger(self._lake, self._method).root / CLAIMED_FOLDER / f"{uuid.uuid4().hex}.parquet"
        self._engine.write_sorted(sql, file, by=owner)
        return _Copy(
            table=table,
            file=file.name,
            size=file.stat().st_size,
            accounts=self._digest,
            days=days,
            networks=networks,
        )


def _group_by_span(lake: Lake, method: Method, day: PublishedDay, table: str) -> Iterable[dict[int, list[str]]]:
    """Group the files that a day reads, and one of a window before, by spans of days that are the same each night."""
    days = list_read_days(method, day, table)
    spans: dict[int, dict[int, list[str]]] = {}
    first = (days.start - len(list_window(method, day))) // _SPAN_DAYS * _SPAN_DAYS
    files = list_files(lake, method, day, table, range(max(first, 0), days.stop))
    for day_no, names in group_names_by_day(files).items():
        spans.setdefault(day_no // _SPAN_DAYS, {})[day_no] = names
    return spans.values()


def _load_state(folder: Path) -> _State:
    """Load what is copied; nothing if there are no copies, or ones of another version of renown."""
    try:
        return msgspec.json.decode((folder / _STATE_FILE).read_bytes(), type=_State)
    except (OSError, msgspec.MsgspecError):
        return _State()


def _save_state(folder: Path, state: _State) -> None:
    sync_tree(folder, folder.parent)
    write_durably(folder / _STATE_FILE, msgspec.json.encode(state).decode())


def _delete_unused_files(folder: Path, copies: Collection[_Copy]) -> None:
    """Delete files that no copy has, as of a killed process or of the night before, which a reader may still read."""
    for name in {file.name for file in folder.glob("*.parquet")} - {copy.file for copy in copies}:
        (folder / name).unlink()


def _has_size(file: Path, size: int) -> bool:
    try:
        return file.stat().st_size == size
    except OSError:
        return False


def _digest(accounts: Collection[int]) -> str:
    return hashlib.sha256(" ".join(map(str, sorted(accounts))).encode()).hexdigest()
