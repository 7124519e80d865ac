"""The ledger: what each act was worth on its day, as Delta tables that a night appends to."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from weakref import WeakKeyDictionary

from renown.delta import Batch, DataFile, DeltaTables, Transaction, create_tables, has_log, parse_day
from renown.lake import Lake
from renown.method.file import Method
from renown.method.step_files import SEED_GROUPS

LEDGER_COLUMNS: dict[str, dict[str, str]] = {
    "entries": {
        "day_no": "integer",
        "target": "bigint",
        "actor": "bigint",
        "signal": "smallint",
        "known": "smallint",
        "acts": "integer",
        "worth": "bigint",
        "fresh_worth": "bigint",
    },
    "standings": {
        "day_no": "integer",
        "account": "bigint",
        "known": "smallint",
        "trust": "bigint",
        "voucher": "bigint",
        "second_voucher": "bigint",
    },
    "flows": {
        "day_no": "integer",
        "account": "bigint",
        "voucher": "bigint",
        "second_voucher": "bigint",
        **{f"credit_{group}": "bigint" for group in range(SEED_GROUPS)},
    },
}
"""
Tables of the ledger, by column and type.

`entries` has what the acts of one actor on one target in one signal on one day are worth. `standings` tells who is
known, and with what trust, from a day on until the account's next row. `flows` has the credit that the acts of a day
passed on, from each group of seeds. Standings and flows are fixed once they are written; entries are written again if
the acts of their day change.
"""

LEDGER_ACCOUNT_COLUMNS = {"entries": ("target", "actor"), "standings": ("account",), "flows": ("account",)}
"""Columns of the ledger with account keys."""
VOUCHER_COLUMNS = ("voucher", "second_voucher")
"""Columns with keys of accounts through which the credit of others came."""
LEDGER_FOLDER = "ledger"
"""Folder of the ledgers, next to the lake."""
_NO_DAY = -1
"""Number of the last fixed day of a table from which all days were taken back."""
_REMEDY = "delete the ledger's folder: the next `renown score` builds it again from the lake"


@dataclass(frozen=True, kw_only=True)
class JudgedNetworks:
    """Networks whose actors can be told apart, in order of their names."""

    whole: tuple[str, ...] = ()
    """The acts on everybody are read."""
    looked_up: tuple[str, ...] = ()
    """Only the acts on some accounts are read, but the profiles of those who act are looked up."""


@dataclass(frozen=True, kw_only=True)
class LedgerState:
    """What the entries were computed from."""

    method: str
    """Digest of the method."""
    first_day: int
    """Number of the first day with entries."""
    last_day: int
    """Number of the last day that was scored; acts undone later still count."""
    interactions: Mapping[int, str] = field(default_factory=dict)
    """Day number to the fingerprint of the lake's files of that day."""
    undone: Mapping[int, str] = field(default_factory=dict)
    """The same for undone acts, by the day on which they were undone."""
    aliases: int = 0
    """Version of the lake's table of aliases."""
    profiles: int = 0
    """The same of its table of profiles."""
    networks: JudgedNetworks = field(default_factory=JudgedNetworks)


class Ledger(DeltaTables):
    """
    The ledger of one method version.

    Parameters
    ----------
    root : Path
        A folder for this version; it is created.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, LEDGER_COLUMNS, kind="ledger", remedy=_REMEDY)
        root.mkdir(parents=True, exist_ok=True)
        create_tables(root, LEDGER_COLUMNS)

    def load_state(self) -> LedgerState | None:
        """Load what the current entries were computed from; None for a new ledger."""
        text = self._read_metadata("entries").get("state")
        if text is None:
            return None
        content = json.loads(text)
        for name in ("interactions", "undone"):
            content[name] = {int(day_no): fingerprint for day_no, fingerprint in content[name].items()}
        networks = content.pop("networks", {})
        content["networks"] = JudgedNetworks(**{kind: tuple(names) for kind, names in networks.items()})
        content.pop("whole_networks", None)
        return LedgerState(**content)

    def entry_files(self, days: Iterable[int], version: int | None) -> list[str]:
        """Return the files of the entries of some days, as of a version if the ledger still has it."""
        is_kept = version is not None and version <= self.entries_version()
        return self.files("entries", days=days, version=version if is_kept else None)

    def entries_version(self) -> int:
        """Return the current version of the entries."""
        return self._read_snapshot("entries").version

    def commit_entries(
        self, new_files: Sequence[DataFile], state: LedgerState, *, batch: Batch, remove: Sequence[str] = ()
    ) -> None:
        """Add files of entries, remove others and record the new state, in one atomic transaction."""
        self._commit(
            "entries",
            new_files,
            batch=batch,
            remove=remove,
            metadata={"state": json.dumps(asdict(state), sort_keys=True)},
            transactions=[Transaction("entries", 1)],
        )

    def purge_entries(self, versions: Collection[int]) -> int:
        """Delete files of entries that neither the current version refers to nor one of these; return how many."""
        with self.write_batch():
            return self.purge_except("entries", versions)

    def last_fixed_day(self, table: str) -> int | None:
        """Return the last day whose standings, or flows, are fixed; None if there is none."""
        day_no = self._read_snapshot(table).transactions.get(table)
        return None if day_no == _NO_DAY else day_no

    def fix(
        self, table: str, day_no: int, new_files: Sequence[DataFile], *, batch: Batch, removed_seeds: str = ""
    ) -> None:
        """
        Add the standings or flows of a day, which are fixed from now on, in one atomic transaction.

        Parameters
        ----------
        table : str
        day_no : int
        new_files : sequence of DataFile
        batch : Batch
        removed_seeds : str
            Digest of the accounts that were removed as seeds, to be recognized later.
        """
        self._commit(
            table,
            new_files,
            batch=batch,
            remove=(),
            metadata={"state": removed_seeds},
            transactions=[Transaction(table, day_no)],
        )

    def removed_seeds(self) -> str:
        """Return the digest of the accounts that were removed as seeds when credit was passed on last."""
        return str(self._read_metadata("flows").get("state") or "")

    def restart_flows(self, day_no: int, *, removed_seeds: str) -> None:
        """Remove all flows, as if they were fixed up to this day and nobody had passed on anything yet."""
        with self.write_batch() as batch:
            self._commit(
                "flows",
                (),
                batch=batch,
                remove=self.files("flows"),
                metadata={"state": removed_seeds},
                transactions=[Transaction("flows", day_no)],
            )

    def roll_back(self, last: int | None) -> None:
        """
        Take back what was entered and fixed on days after the last one, as if they had not been scored.

        Each table in a commit of its own; after a kill, the same call finishes the rest.

        Parameters
        ----------
        last : int, optional
            Day number; without it, everything is taken back.
        """
        state, end = self.load_state(), _NO_DAY if last is None else last
        if state is None or state.last_day <= end:
            return
        with self.write_batch() as batch:
            for table in ("flows", "standings"):
                if (self.last_fixed_day(table) or _NO_DAY) > end:
                    self._commit(
                        table,
                        (),
                        batch=batch,
                        remove=self._files_after(table, end),
                        metadata={"state": str(self._read_metadata(table).get("state") or "")},
                        transactions=[Transaction(table, end)],
                    )
            remaining = replace(
                state,
                last_day=end,
                interactions={day_no: text for day_no, text in state.interactions.items() if day_no <= end},
                undone={day_no: text for day_no, text in state.undone.items() if day_no <= end},
            )
            metadata = {} if last is None else {"state": json.dumps(asdict(remaining), sort_keys=True)}
            self._commit(
                "entries",
                (),
                batch=batch,
                remove=self._files_after("entries", end),
                metadata=metadata,
                transactions=[Transaction("entries", 1)],
            )

    def _remove_files(self, table: str, files: Sequence[str], batch: Batch) -> None:
        self.replace_files(table, (), batch=batch, remove=files)

    def _files_after(self, table: str, last: int) -> list[str]:
        """Return the files of all days after one; without one also of standings that hold for all days."""
        return [file for file in self.files(table) if parse_day(file) > last]

    def replace_files(self, table: str, new_files: Sequence[DataFile], *, batch: Batch, remove: Sequence[str]) -> None:
        """Replace files by others with the same rows, but those of people who were erased."""
        state = self._read_metadata(table).get("state")
        self._commit(
            table, new_files, batch=batch, remove=remove, metadata={"state": state} if state else {}, transactions=()
        )


_opened_ledgers: WeakKeyDictionary[Lake, dict[str, Ledger]] = WeakKeyDictionary()
"""
Cache of opened ledgers, by the lake beside which they are and the version of the method.

An opened ledger has no state but what it read from its log, which it reads on as the log grows; so it does not matter
who opened it, and whoever has a lake and a method need not be given the ledger, too. To read a whole log anew takes
fourteen times as long as to list files of an opened one. Entries end with their lake.
"""


def open_ledger(lake: Lake, method: Method) -> Ledger:
    """Open the ledger of a method, which stands beside the lake that it is computed from."""
    root, opened = lake.root.parent / LEDGER_FOLDER / method.version, _opened_ledgers.setdefault(lake, {})
    # Its folder may have been deleted so that the next run builds it again.
    if method.version not in opened or not all(has_log(root / table) for table in LEDGER_COLUMNS):
        opened[method.version] = Ledger(root)
    return opened[method.version]


def list_ledgers(lake: Lake) -> list[Ledger]:
    """Open the ledgers of all methods."""
    return [Ledger(folder) for folder in sorted((lake.root.parent / LEDGER_FOLDER).glob("*"))]
