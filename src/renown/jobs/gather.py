"""Gather: read what is new of claimed accounts from their networks into the lake."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import stamina

from renown import ingest
from renown.connectors.base import Account, Connector, Counts, Known, Limits, Page, Record, rows
from renown.connectors.http import Client
from renown.engines.duckdb import DuckDB
from renown.errors import BudgetSpent, BusyLake, NetworkBusy, RenownError
from renown.jobs.collect import collect
from renown.jobs.door import is_left_out
from renown.jobs.progress import Progress, Silent
from renown.lake import Lake
from renown.records import KEPT, VERBS, Profile, epoch_seconds
from renown.store import Reading, Readings

ORDER = ("profiles", "tallies", "interactions", "undone", "presence")
"""What of a page is taken in first: nothing is taken back before it is there."""
LAG = timedelta(minutes=2)
"""How far what answers a listing may be behind what a stream tells."""
_NAMES = {number: verb for verb, number in VERBS.items()}


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
    """Why it ended early; empty where it was read to the end."""


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
    visits = []
    for connector, account in accounts:
        tell.advance(f"{connector.network}:{account.handle}")
        visits.append(_Visiting(engine, lake, readings, connector, account, claimed).visit(client, limits, now))
    ended = sum(not visit.said for visit in visits)
    tell.done(
        f"{ended} of {len(accounts)} accounts read to the end, {sum(visit.new for visit in visits):,} new records"
    )
    return visits


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
        self._requests = self._new = self._gone = 0

    def visit(
        self, client: Callable[[Connector, Account], Client], limits: Limits, now: Callable[[], datetime]
    ) -> Visit:
        """Read all that the network gives, keeping each page before the next is asked for."""
        network, said, began = self._connector.network, "", now()
        before = self._readings.find(network, self._account.account_id)
        reading = before or Reading(network, self._account.account_id, "", now(), None, "")
        since = now() - timedelta(days=limits.days)
        known = Known(since, reading.cursor, self._readings.counts(network, self._account.account_id))
        try:
            with client(self._connector, self._account) as asked:
                for page in self._connector.read(asked, self._account, known, limits, now=began):
                    self._requests = asked.requests
                    counts = self._take(page, now(), before=began - LAG)
                    reading = dataclasses.replace(reading, cursor=page.cursor or reading.cursor)
                    so_far = dataclasses.replace(reading, tried_at=now(), said="stopped in the middle")
                    self._readings.keep(so_far, counts, since=since)
                self._requests = asked.requests
        except RenownError as error:
            said = _why(error)
        seen = reading.seen_at if said else now()
        self._readings.keep(dataclasses.replace(reading, tried_at=now(), seen_at=seen, said=said))
        return Visit(network, self._account.handle, self._requests, self._new, self._gone, said)

    def _take(self, page: Page, now: datetime, *, before: datetime) -> Counts:
        """Take a page into the lake, where the same page again changes nothing; return the counts that are settled."""
        found = rows(record for record in page.records if not self._is_of_another(record))
        for table in ORDER:
            if table in found:
                self._collect(table, found[table])
        young = self._compare(page, now, before=before) if page.listings else set()
        return {key: count for key, count in page.counts.items() if key not in young}

    def _is_of_another(self, record: Record) -> bool:
        return isinstance(record, Profile) and (record.network, record.account_id) in self._others

    def _collect(self, table: str, batch: Sequence[tuple[object, ...]]) -> None:
        network = self._connector.network
        covers = [VERBS[verb] for verb in self._connector.covers]
        for attempt in _turns():
            with attempt, self._engine() as engine:
                done = collect(engine, self._lake, batch, table=table, network=network, covers=covers)
        self._new += done.new

    def _compare(self, page: Page, now: datetime, *, before: datetime) -> set[tuple[str, str]]:
        """
        Find what is new and what is gone of the page's listings, and take it in.

        Returns
        -------
        set of (post, verb)
            Lists that say nothing of acts which are too young: they have to be read again.
        """
        network, second = self._connector.network, epoch_seconds(now)
        lists = [
            (each.target_id, each.post_id, VERBS[each.verb], each.complete, epoch_seconds(each.at))
            for each in page.listings
        ]
        listed = {
            (each.target_id, each.post_id, VERBS[each.verb], actor.account_id): actor.at and epoch_seconds(actor.at)
            for each in page.listings
            for actor in each.actors
        }
        with self._engine() as engine:
            self._scan(engine)
            engine.table("lists", lists, ingest.LISTS)
            engine.table("listed", [(*key, at) for key, at in listed.items()], ingest.LISTED)
            limit = epoch_seconds(before)
            gone = ingest.gone_acts(network, second, before=limit)
            for step in (ingest.held(network), ingest.new_acts(), ingest.lapsed(), gone):
                engine.run(step)
            acts = engine.rows("select * from new_acts order by interaction_id")
            young = {(post, _NAMES[verb]) for post, verb in engine.rows(ingest.too_young(before=limit))}
            self._gone += self._undo(engine)
        if acts:
            self._collect("interactions", acts)
        return young

    def _undo(self, engine: DuckDB) -> int:
        """Commit the step `gone_acts`; return how many acts went."""
        for attempt in _turns():
            with attempt, self._lake.writing() as batch:
                by = ["network", "day_no"]
                written = engine.write_by("gone_acts", batch.folder / "gone", by=by, prefix="u")
                if written:
                    self._lake.commit("undone", written, batch=batch)
        return sum(file.rows for file in written)

    def _scan(self, engine: DuckDB) -> None:
        network = self._connector.network
        for table, name in (("interactions", "present"), ("undone", "undone"), ("accounts", "accounts")):
            engine.scan(name, self._lake.files(table, network=network), KEPT[table])


def _turns() -> Iterable[stamina.Attempt]:
    """Wait for the writer's turn: a stream has it for a moment at a time."""
    return stamina.retry_context(on=BusyLake, attempts=None, timeout=60, wait_initial=0.2, wait_max=2)


def _why(error: RenownError) -> str:
    """Return what ended a visit, and what becomes of the rest."""
    goes_on = isinstance(error, BudgetSpent | NetworkBusy | BusyLake)
    return f"{error}{' (the next run goes on from here)' if goes_on else ''}"
