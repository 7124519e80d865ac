"""
Carry sums from day to day: a night reads the entries that came, went or got another weight, not the whole window.

The sums are of integers, so that carried ones are the bits of a rebuild. They are a cache beside the ledger: whatever
does not fit, is damaged or missing makes the next day sum all entries again.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from renown.delta import parse_day
from renown.engines.base import Engine
from renown.fsync import sync_tree, write_durably
from renown.method.file import Method
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS, build_ages
from renown.method.step_files import read_steps
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger

CARRY_FOLDER = "carry"
"""Folder of the carried sums, in the folder of the ledger."""
CARRIED_STEPS = ("totals", "reactors")
"""Steps whose results are carried instead of computed from all entries of the window."""
_STATE_FILE = "state.json"
_SAVED_TABLES = (*CARRIED_STEPS, "absent", "own_pairs")
"""Tables that are carried, and those that decided which entries count."""
_MAX_CHANGED_SHARE = 0.5
"""Largest share of the window's days that may have changed: beyond it, summing all entries reads less."""


@dataclass(frozen=True, kw_only=True)
class CarryState:
    """What the carried sums were computed from."""

    version: str
    """Digest of the method and of the steps that carry."""
    day_no: int
    """The scored day."""
    entries: Mapping[int, Sequence[str]]
    """Day number to the files of the day's entries, relative to the ledger, for the days of the window."""
    folder: str
    """Name of the folder with the tables."""
    files: Mapping[str, str]
    """File of a table, in that folder, to the SHA-256 of its content."""


@dataclass(frozen=True, kw_only=True)
class _DayFiles:
    """Files of the entries that are read to carry sums to another day."""

    changed_before: Sequence[str]
    """Of days that left the window, changed or weigh otherwise now, as they were."""
    changed_after: Sequence[str]
    """Of days that came into the window, changed or weigh otherwise now, as they are."""
    unchanged: Sequence[str]
    left_entries: Sequence[str]
    """Of days that left the window or changed, as they were."""
    new_entries: Sequence[str]
    """Of days that came into the window or changed, as they are."""
    remaining_entries: Sequence[str]
    """Of days that are in both windows with the same entries, whatever they weigh."""


class Carry:
    """
    The sums of the last scored day of a ledger, to be carried to another day.

    Parameters
    ----------
    engine : Engine
        Has the inputs of the day.
    ledger : Ledger
        All days of the window are entered.
    method : Method
        A method with a ledger.
    day_no : int
        The day to score.
    """

    def __init__(self, engine: Engine, ledger: Ledger, method: Method, day_no: int) -> None:
        self._engine = engine
        self._root = ledger.root
        self._folder = ledger.root / CARRY_FOLDER
        self._method = method
        self._day_no = day_no
        self._steps = read_steps("carry/3")
        self._version = _digest_steps(method)
        self._entries = _group_by_day(ledger, method, day_no)

    def create_tables(self) -> bool:
        """
        Create the tables of `CARRIED_STEPS` from the carried sums; tell whether that was possible.

        The engine must have the results of the steps before them.
        """
        state = self._load_state()
        if state is None:
            return False
        day_files = self._compare_days(state)
        if day_files is None:
            return False
        self._scan_inputs(state, day_files)
        for step in self._steps:
            self._engine.run(step)
        for step in self._steps:
            if step.name not in CARRIED_STEPS:
                self._engine.drop(step.name)
        return True

    def save(self) -> None:
        """Save the sums of the day, which replace the carried ones at once; nothing if they are the same."""
        if self._is_current():
            return
        name = uuid.uuid4().hex
        folder = self._folder / name
        folder.mkdir(parents=True)
        for table in _SAVED_TABLES:
            self._engine.write(table, folder / table)
        files = {str(file.relative_to(folder)): _digest_file(file) for file in _list_files(folder)}
        sync_tree(folder, self._root)
        state = CarryState(version=self._version, day_no=self._day_no, entries=self._entries, folder=name, files=files)
        write_durably(self._folder / _STATE_FILE, json.dumps(asdict(state), sort_keys=True))
        for old_folder in self._folder.iterdir():
            if old_folder.is_dir() and old_folder != folder:
                shutil.rmtree(old_folder)

    def _is_current(self) -> bool:
        """Tell whether the carried sums are those of the same day and entries, with the same accounts left out."""
        state = self._load_state()
        return (
            state is not None
            and (state.day_no, state.entries) == (self._day_no, self._entries)
            and all(
                not self._engine.query(f"(select * from {table} except select * from {table}_before) limit 1")
                and not self._engine.query(f"(select * from {table}_before except select * from {table}) limit 1")
                for table in ("absent", "own_pairs")
            )
        )

    def _load_state(self) -> CarryState | None:
        """Load the state of the carried sums; None if there are none, or other ones than this version makes."""
        try:
            content = json.loads((self._folder / _STATE_FILE).read_text(encoding="utf-8"))
            content["entries"] = {int(day_no): files for day_no, files in content["entries"].items()}
            state = CarryState(**content)
            folder = self._folder / state.folder
            is_whole = all(_digest_file(folder / file) == digest for file, digest in state.files.items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return state if is_whole and state.version == self._version else None

    def _compare_days(self, state: CarryState) -> _DayFiles | None:
        """Compare the days of both windows; None if too many changed, or entries that were summed are gone."""
        before, after = state.entries, self._entries
        weights_before, weights = self._weights(state.day_no), self._weights(self._day_no)
        days = sorted({*before, *after})
        replaced = {day for day in days if before.get(day) != after.get(day)}
        replaced |= {day for day in days if (day in weights_before) != (day in weights)}
        changed = replaced | {day for day in days if weights_before.get(day) != weights.get(day)}
        day_files = _DayFiles(
            changed_before=_join_files(before, changed),
            changed_after=_join_files(after, changed),
            unchanged=_join_files(after, set(days) - changed),
            left_entries=_join_files(before, replaced),
            new_entries=_join_files(after, replaced),
            remaining_entries=_join_files(after, set(days) - replaced),
        )
        has_all_files = all((self._root / file).exists() for file in day_files.changed_before)
        return day_files if has_all_files and len(changed) <= _MAX_CHANGED_SHARE * len(weights) else None

    def _weights(self, day_no: int) -> dict[int, tuple[int, bool]]:
        """Return the weight of each day of a window, and whether it is the day itself."""
        return {row_day: (weight, age == 0) for row_day, age, weight in build_ages(self._method, day_no)}

    def _scan_inputs(self, state: CarryState, day_files: _DayFiles) -> None:
        """Create the tables that the steps read."""
        for table, files in vars(day_files).items():
            self._engine.scan(table, [str(self._root / file) for file in files], LEDGER_COLUMNS["entries"])
        columns = {step.name: step.columns for step in self._method.steps}
        names = {table: f"carried_{table}" for table in CARRIED_STEPS}
        for table in _SAVED_TABLES:
            files = sorted(map(str, (self._folder / state.folder / table).glob("*.parquet")))
            self._engine.scan(names.get(table, f"{table}_before"), files, columns[table])
        ages = build_ages(self._method, state.day_no)
        self._engine.create_table("ages_before", ages, LEDGER_INPUT_COLUMNS["ages"])


def delete_carry(ledger: Ledger) -> None:
    """Delete the carried sums, which are of people who may be erased; the next day sums all entries again."""
    shutil.rmtree(ledger.root / CARRY_FOLDER, ignore_errors=True)


def _digest_steps(method: Method) -> str:
    text = "\n".join([method.digest, *(f"{step.name} {step.sql}" for step in read_steps("carry/3"))])
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_file(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _list_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _group_by_day(ledger: Ledger, method: Method, day_no: int) -> dict[int, list[str]]:
    """Return the files of the entries by day, for the days of the window that ends on a day."""
    window = range(day_no - int(method["window_days"]) + 1, day_no + 1)
    files: dict[int, list[str]] = {}
    for file in map(Path, ledger.files("entries", days=window)):
        day = parse_day(file)
        files.setdefault(day, []).append(os.path.relpath(file, ledger.root))
    return files


def _join_files(files_by_day: Mapping[int, Sequence[str]], days: Collection[int]) -> list[str]:
    return [file for day in sorted(days) for file in files_by_day.get(day, ())]
