"""
Landing: what was heard of a network goes into the lake, each event once, whenever the program may die.

Unlike `collect`, it does not look through the lake for what is there already: that
would be the whole network again for each minute of it. Each event is taken once
because every commit to a table carries the cursor up to which its rows go. The
tables are committed one after the other, acts last: what was heard is read again from
the acts' cursor, which no table is behind, and each table leaves out what its own
cursor covers. Doubles that come another way, by an import or from a second server,
go when a day's files are tidied.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from renown import ingest
from renown.engines.base import Row, Written
from renown.engines.duckdb import DuckDB
from renown.jobs.arrival import Arrival
from renown.jobs.collect import cover, name
from renown.jobs.door import leave_out
from renown.jobs.tidy import tidy
from renown.lake import Batch, Lake, Mark
from renown.records import KEPT, SAID

LANDS = {"profiles": "handles", "undone": "undone", "presence": "presence", "interactions": "interactions"}
"""Table of what is said to table of the lake, in the order of their commits; of profiles only handles are heard."""
_LAST = "interactions"


@dataclass
class Gathered:
    """What was heard in a row, in the columns of `records.SAID`."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in LANDS})
    events: int = 0
    cursor: int = 0
    """Where to read on from after it."""
    at: float = 0
    """Second of the epoch of the last event."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Why parts are no rows, and how many."""

    @property
    def size(self) -> int:
        """Events and rows: what its memory grows with."""
        return self.events + sum(map(len, self.rows.values()))


@dataclass(frozen=True)
class Landed:
    """What became of it."""

    events: int
    rows: int
    accounts: int
    """Accounts named for the first time."""
    ignored: Counter[str]


class Landing:
    """
    The place where one source comes in, for as long as it is followed.

    Parameters
    ----------
    engine : DuckDB
        A session of its own; it keeps sixteen bytes for each account of the network.
    lake : Lake
    network : str
    source : str
        Whose cursors the lake is to keep.
    covers : iterable of int
        Numbers of the verbs that the source shows.
    """

    def __init__(self, engine: DuckDB, lake: Lake, *, network: str, source: str, covers: Iterable[int]) -> None:
        self._engine, self._lake = engine, lake
        self._network, self._source = network, source
        self._covers = list(covers)
        self._directory: set[str] | None = None
        self._day: int | None = None
        self.reached = {table: lake.cursor(into, source) or 0 for table, into in LANDS.items()}
        """Table of what is said to the cursor up to which the lake holds it when the landing begins."""

    @property
    def cursor(self) -> int | None:
        """Where to read on from; None where nothing was ever heard."""
        return self.reached[_LAST] or None

    def take(self, gathered: Gathered) -> Landed:
        """
        Take what was heard into the lake.

        Raises
        ------
        BusyLake
            If another process is writing; nothing was changed.
        """
        mark = Mark(self._source, gathered.cursor)
        with self._lake.writing() as batch:
            self._learn()
            accounts = sum(self._land(batch, table, gathered.rows[table], mark) for table in LANDS)
            cover(self._engine, self._lake, batch, self._network, self._covers)
            self._covers = []
            self._tidy(batch, int(gathered.at // 86400))
        rows = sum(map(len, gathered.rows.values()))
        return Landed(gathered.events, rows, accounts, gathered.ignored)

    def _land(self, batch: Batch, table: str, rows: list[Row], mark: Mark) -> int:
        fresh, written = 0, list[Written]()
        if rows:
            self._engine.table("batch", rows, SAID[table])
            leave_out(self._engine, self._lake.opted_out(), table, self._network)
            fresh = self._name(batch, table)
            written = self._written(batch, table)
        if rows or table == _LAST:
            self._lake.commit(LANDS[table], written, batch=batch, mark=mark)
        return fresh

    def _written(self, batch: Batch, table: str) -> list[Written]:
        if table != "profiles":
            return Arrival(self._engine, batch, table, self._network, with_ids=table == _LAST).written()
        self._engine.run(ingest.heard_handles(self._network))
        return self._engine.write_by("new_handles", batch.folder / "heard", by=["network"], prefix="h")

    def _name(self, batch: Batch, table: str) -> int:
        """Give a key to every account that is named first; return how many."""
        if table == "undone":
            return 0
        self._engine.run(ingest.named(table))
        self._engine.run(ingest.strangers(self._network))
        if self._engine.rows(ingest.clashes()):
            # Seldom if ever: `collect` settles it with the whole directory before it, and we learn that anew.
            fresh = name(self._engine, self._lake, batch, table, self._network)
            self._directory = None
            self._learn()
            self._engine.run(ingest.named(table))
            return fresh
        self._engine.run(ingest.met(self._network))
        written = self._engine.write_by("new_accounts", batch.folder / "met", by=["network"], prefix="a")
        if written:
            self._lake.commit("accounts", written, batch=batch, mark=Mark(f"{self._source} names", 1))
            self._learn()
        return sum(file.rows for file in written)

    def _learn(self) -> None:
        """Look at what came to the directory of accounts since, from here or from another process."""
        files = set(self._lake.files("accounts", network=self._network))
        if self._directory is None or self._directory - files:
            self._engine.scan("accounts", sorted(files), KEPT["accounts"])
            self._engine.run(ingest.known())
            self._engine.run(ingest.odd(self._network))
        elif files - self._directory:
            self._engine.scan("accounts", sorted(files - self._directory), KEPT["accounts"])
            self._engine.execute(ingest.learned())
            self._engine.execute(ingest.more_odd(self._network))
        self._directory = files

    def _tidy(self, batch: Batch, day_no: int) -> None:
        """Let no folder grow crowded, and leave a day that has ended in few files, each act in them once."""
        done = tidy(self._engine, self._lake, batch, self._network)
        if self._day is None or day_no > self._day:
            many = 1 if self._day is None else 0
            done += tidy(self._engine, self._lake, batch, self._network, day_no=day_no - 1, many=many)
            self._day = day_no
        if done:
            # The same accounts in other files.
            self._directory = set(self._lake.files("accounts", network=self._network))
