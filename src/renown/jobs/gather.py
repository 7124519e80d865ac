"""Gather: read what is new of claimed accounts from their networks into the lake."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from renown.answers import handles
from renown.connectors import CONNECTORS
from renown.connectors.base import Account, Connector, Counts, Known, Limits, Page, Record, rows
from renown.connectors.http import Client
from renown.engines.duckdb import DuckDB
from renown.errors import BudgetSpent, BusyLake, CursorLost, NetworkBusy, RenownError
from renown.jobs.collect import collect, turns
from renown.jobs.comparing import Comparing
from renown.jobs.door import is_left_out
from renown.jobs.faults import fault
from renown.jobs.progress import Progress, Silent
from renown.lake import Lake
from renown.records import VERBS, Profile
from renown.store import Person, Reading, Readings

ORDER = ("profiles", "tallies", "interactions", "undone", "presence")
"""What of a page is taken in first: nothing is taken back before it is there."""
LAG = timedelta(minutes=2)
"""How far what answers a listing may be behind what a stream tells."""
PATIENCE = 3
"""Accounts for which a server may fail to answer before it is asked for no more of them in a run."""


@dataclass(frozen=True)
class Visit:
    """What came of reading one account."""

    network: str
    name: str
    """The handle, or id, that it was asked for by."""
    requests: int
    """Asked of the network."""
    new: int
    """Acts, profiles and counts that the lake lacked."""
    gone: int
    """Acts that were taken back."""
    said: str
    """Why it ended early, and which lists were left out; empty where all was read."""
    ended: bool
    """Whether it was read to the end."""


def gather(
    engine: Callable[[], DuckDB],
    lake: Lake,
    readings: Readings,
    accounts: Sequence[tuple[Connector, Account]],
    client: Callable[[Connector, Account], Client],
    *,
    now: Callable[[], datetime],
    limits: Limits,
    claimed: frozenset[tuple[str, str]] = frozenset(),
    progress: Progress | None = None,
) -> list[Visit]:
    """
    Read accounts one after another; what one of them or its network cannot give never keeps the others.

    Parameters
    ----------
    engine : callable
        Opens a session.
    lake : Lake
    readings : Readings
        How far each account was read; moves on only once the lake has what was read.
    accounts : sequence of (Connector, Account)
    client : callable
        Opens a client of the server that knows an account.
    now : callable
        Returns the UTC instant.
    limits : Limits
    claimed : frozenset of (network, account_id)
        Accounts whose figures only their own reading tells: another server could say anything of them.
    progress : Progress, optional

    Returns
    -------
    list of Visit
        One an account, in their order; none of accounts that opted out.
    """
    tell, left = progress or Silent(), lake.opted_out()
    accounts = [(net, one) for net, one in accounts if not is_left_out(left, net.network, one.account_id)]
    tell.start("reading accounts", len(accounts))
    visits, patience = [], _Patience()
    for connector, account in accounts:
        tell.advance(f"{connector.network}:{account.handle}")
        visiting = _Visiting(engine, lake, readings, connector, account, claimed)
        visits.append(visiting.visit(client, limits, now, patience))
    ended = sum(visit.ended for visit in visits)
    tell.done(
        f"{ended} of {len(accounts)} accounts read to the end, {sum(visit.new for visit in visits):,} new records"
    )
    return visits


def readable(engine: Callable[[], DuckDB], lake: Lake, people: Iterable[Person]) -> list[tuple[Connector, Account]]:
    """Return the accounts of people that can be read, each with its latest handle."""
    owned = [account for person in people for account in person.accounts if account[0] in CONNECTORS]
    with engine() as session:
        called = handles(session, lake, owned)
    return [
        (CONNECTORS[network], Account(account_id, called.get((network, account_id), account_id)))
        for network, account_id in owned
    ]


class _Visiting:
    """One account while it is read."""

    def __init__(
        self,
        engine: Callable[[], DuckDB],
        lake: Lake,
        readings: Readings,
        connector: Connector,
        account: Account,
        claimed: frozenset[tuple[str, str]],
    ) -> None:
        self._engine, self._lake, self._readings = engine, lake, readings
        self._connector, self._account = connector, account
        self._others = claimed - {(connector.network, account.account_id)}
        before = readings.find(connector.network, account.account_id)
        self._cursor, self._seen_at = (before.cursor, before.seen_at) if before else ("", None)
        self._requests = self._new = self._gone = 0
        self._left_out: list[str] = []

    def visit(
        self,
        client: Callable[[Connector, Account], Client],
        limits: Limits,
        now: Callable[[], datetime],
        patience: "_Patience",
    ) -> Visit:
        """Read all that the network gives, keeping each page before the next is asked for."""
        said, cursor = "", self._cursor
        try:
            with client(self._connector, self._account) as asked, patience.with_host(asked.host):
                try:
                    self._read(asked, limits, now)
                finally:
                    self._requests = asked.requests
        except RenownError as error:
            said = _why(error)
            if isinstance(error, CursorLost) and self._cursor == cursor:
                said, self._cursor = f"{error} (the next run starts over)", ""
        except OSError:
            raise  # the disk's: it would be everybody's
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one account, the others are read
            said = fault(error)
        self._seen_at = self._seen_at if said else now()
        told = "; ".join([*self._left_out, *([said] if said else [])])
        self._readings.keep(self._so_far(told, now()))
        network, name = self._connector.network, self._account.handle
        return Visit(network, name, self._requests, self._new, self._gone, told, ended=not said)

    def _read(self, client: Client, limits: Limits, now: Callable[[], datetime]) -> None:
        network, account_id, began = self._connector.network, self._account.account_id, now()
        since, before = began - timedelta(days=limits.days), began - LAG
        known = Known(since, self._cursor, self._readings.counts(network, account_id))
        with self._engine() as engine:
            comparing = Comparing(engine, self._lake, network, account_id)
            self._gone += comparing.settle(now(), before=before)
            for page in self._connector.read(client, self._account, known, limits, now=began):
                counts = self._take(engine, page, comparing, now(), before=before)
                self._cursor = page.cursor or self._cursor
                self._left_out += page.left_out
                self._readings.keep(self._so_far("stopped in the middle", now()), counts, since=since)

    def _so_far(self, said: str, tried_at: datetime) -> Reading:
        network, account_id = self._connector.network, self._account.account_id
        return Reading(network, account_id, self._cursor, tried_at, self._seen_at, said)

    def _take(self, engine: DuckDB, page: Page, comparing: Comparing, now: datetime, *, before: datetime) -> Counts:
        """Take a page into the lake, where the same page again changes nothing; return the counts that are settled."""
        found = rows(record for record in page.records if not self._is_of_another(record))
        for table in ORDER:
            if table in found:
                self._collect(engine, table, found[table])
        if not page.listings:
            return page.counts
        compared = comparing.compare(page.listings, now, before=before)
        self._gone += compared.gone
        if compared.acts:
            self._collect(engine, "interactions", compared.acts)
        return {key: count for key, count in page.counts.items() if key not in compared.young}

    def _is_of_another(self, record: Record) -> bool:
        return isinstance(record, Profile) and (record.network, record.account_id) in self._others

    def _collect(self, engine: DuckDB, table: str, batch: Sequence[tuple[object, ...]]) -> None:
        network = self._connector.network
        covers = [VERBS[verb] for verb in self._connector.covers]
        for attempt in turns():
            with attempt:
                done = collect(engine, self._lake, batch, table=table, network=network, covers=covers)
        self._new += done.new


class _Patience:
    """With servers that do not answer: a thousand accounts of one would each be waited for."""

    def __init__(self) -> None:
        self._silent: Counter[str] = Counter()

    @contextmanager
    def with_host(self, host: str) -> Iterator[None]:
        """
        Note whether a server answers.

        Raises
        ------
        NetworkBusy
            If it did not too often.
        """
        if self._silent[host] >= PATIENCE:
            msg = f"{host} did not answer for {PATIENCE} accounts before this one, and was not asked"
            raise NetworkBusy(msg)
        try:
            yield
        except NetworkBusy:
            self._silent[host] += 1
            raise
        self._silent[host] = 0


def _why(error: RenownError) -> str:
    """Return what ended a visit, and what becomes of the rest."""
    goes_on = isinstance(error, BudgetSpent | NetworkBusy | BusyLake)
    return f"{error}{' (the next run goes on from here)' if goes_on else ''}"
