"""Gather: read what is new of claimed accounts from their networks into the lake."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from renown import ingest
from renown.connectors.base import Account, Connector, Known, Limits, Page, rows
from renown.connectors.http import Client
from renown.engines.duckdb import DuckDB
from renown.errors import BudgetSpent, NetworkBusy, RenownError
from renown.jobs.collect import collect
from renown.jobs.progress import Progress, Silent
from renown.lake import Lake
from renown.records import KEPT, VERBS, epoch_seconds
from renown.store import Reading, Readings

ORDER = ("profiles", "tallies", "interactions", "undone")
"""What of a page is taken in first: nothing is taken back before it is there."""


@dataclass(frozen=True)
class Visit:
    """What came of reading one account."""

    network: str
    name: str
    """The handle, or id, that it was asked for by."""
    pages: int
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
    window: int,
    limits: Limits,
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
    window : int
        Days back from now that are read.
    limits : Limits
    progress : Progress, optional

    Returns
    -------
    list of Visit
        One an account, in their order.
    """
    tell = progress or Silent()
    tell.start("reading accounts", len(accounts))
    visits = []
    for connector, account in accounts:
        tell.advance(f"{connector.network}:{account.handle}")
        visits.append(_Visiting(engine, lake, readings, connector, account, window).visit(client, limits, now))
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
        window: int,
    ) -> None:
        self._engine, self._lake, self._readings = engine, lake, readings
        self._connector, self._account, self._window = connector, account, window
        self._pages = self._new = self._gone = 0

    def visit(
        self, client: Callable[[Connector, Account], Client], limits: Limits, now: Callable[[], datetime]
    ) -> Visit:
        """Read all that the network gives, keeping each page before the next is asked for."""
        network, said = self._connector.network, ""
        before = self._readings.find(network, self._account.account_id)
        reading = before or Reading(network, self._account.account_id, "", now(), None, "")
        since = now() - timedelta(days=self._window)
        known = Known(since, reading.cursor, self._readings.counts(network, self._account.account_id))
        try:
            with client(self._connector, self._account) as asked:
                for page in self._connector.read(asked, self._account, known, limits, now=now()):
                    self._take(page, now())
                    reading = dataclasses.replace(reading, cursor=page.cursor or reading.cursor)
                    so_far = dataclasses.replace(reading, tried_at=now(), said="stopped in the middle")
                    self._readings.keep(so_far, page.counts, since=since)
        except RenownError as error:
            said = _why(error)
        seen = reading.seen_at if said else now()
        self._readings.keep(dataclasses.replace(reading, tried_at=now(), seen_at=seen, said=said))
        return Visit(network, self._account.handle, self._pages, self._new, self._gone, said)

    def _take(self, page: Page, now: datetime) -> None:
        """Take a page into the lake; the same page again changes nothing."""
        self._pages += 1
        found = rows(page.records)
        for table in ORDER:
            if table in found:
                self._collect(table, found[table])
        if page.listings:
            self._compare(page, now)

    def _collect(self, table: str, batch: Sequence[tuple[object, ...]]) -> None:
        network = self._connector.network
        covers = [VERBS[verb] for verb in self._connector.covers]
        with self._engine() as engine:
            done = collect(engine, self._lake, batch, table=table, network=network, covers=covers)
        self._new += done.new

    def _compare(self, page: Page, now: datetime) -> None:
        """Find what is new and what is gone of the page's listings, and take it in."""
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
            for step in (ingest.held(), ingest.new_acts(), ingest.gone_acts(network, second)):
                engine.run(step)
            acts = engine.rows("select * from new_acts order by interaction_id")
            self._gone += self._undo(engine)
        if acts:
            self._collect("interactions", acts)

    def _undo(self, engine: DuckDB) -> int:
        """Commit the step `gone_acts`; return how many acts went."""
        with self._lake.writing() as batch:
            by = ["network", "day_no"]
            written = engine.write_by("gone_acts", batch.folder / "gone", by=by, prefix="u")
            if written:
                self._lake.commit("undone", written, batch=batch)
        return sum(file.rows for file in written)

    def _scan(self, engine: DuckDB) -> None:
        network = self._connector.network
        for table, name in (("interactions", "present"), ("undone", "undone"), ("accounts", "accounts")):
            engine.scan(name, self._lake.files(table, network=network), KEPT[table])


def _why(error: RenownError) -> str:
    """Return what ended a visit, and what becomes of the rest."""
    goes_on = isinstance(error, BudgetSpent | NetworkBusy)
    return f"{error}{' (the next run goes on from here)' if goes_on else ''}"
