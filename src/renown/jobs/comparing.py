"""Comparing: what a network lists of an account's posts, against what the lake has of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from renown import ingest
from renown.connectors.base import Listing
from renown.engines.base import Row
from renown.engines.duckdb import DuckDB
from renown.jobs.collect import turns
from renown.lake import Lake
from renown.records import KEPT, VERBS, epoch_seconds

_NAMES = {number: verb for verb, number in VERBS.items()}


@dataclass(frozen=True)
class Compared:
    """What lists say that the lake did not know."""

    acts: list[Row]
    """New ones, in the columns of a batch."""
    gone: int
    """Acts that were taken back."""
    young: set[tuple[str, str]]
    """(post, verb) of lists that say nothing of acts which are too young: they have to be read again."""


class Comparing:
    """
    The acts that the lake has on one account's posts, looked up once for all lists of a run.

    Parameters
    ----------
    engine : DuckDB
        Keeps them while the account is read.
    lake : Lake
    network, account_id : str
    """

    def __init__(self, engine: DuckDB, lake: Lake, network: str, account_id: str) -> None:
        self._engine, self._lake = engine, lake
        self._network, self._account_id = network, account_id
        self._look()

    def settle(self, now: datetime, *, before: datetime) -> int:
        """
        Take back what stands twice, once read from a list and once told by a stream; return how many.

        A stream may tell of an act after a list did, and no count changes with that: nobody would list again.
        """
        posts = self._engine.rows("select distinct target_id, post_id, verb, false, 0 from held where from_list")
        self._put(posts, ())
        gone = self._take_back(now, before)
        if gone:
            self._look()
        return gone

    def compare(self, listings: Iterable[Listing], now: datetime, *, before: datetime) -> Compared:
        """Find what is new, and take back what is gone."""
        lists: list[Row] = []
        listed: dict[Row, int | None] = {}
        for each in listings:
            key = (each.target_id, each.post_id, VERBS[each.verb])
            lists.append((*key, each.complete, epoch_seconds(each.at)))
            listed |= {(*key, one.account_id): epoch_seconds(one.at) if one.at else None for one in each.actors}
        self._put(lists, [(*key, at) for key, at in listed.items()])
        self._engine.run(ingest.new_acts())
        gone = self._take_back(now, before)
        acts = self._engine.rows("select * from new_acts order by interaction_id")
        young = self._engine.rows(ingest.too_young(before=epoch_seconds(before)))
        return Compared(acts, gone, {(post, _NAMES[verb]) for post, verb in young})

    def _look(self) -> None:
        for table, name in (("interactions", "present"), ("undone", "undone"), ("accounts", "accounts")):
            self._engine.scan(name, self._lake.files(table, network=self._network), KEPT[table])
        self._engine.run(ingest.held(self._network, self._account_id))

    def _put(self, lists: Iterable[Row], listed: Iterable[Row]) -> None:
        self._engine.table("lists", lists, ingest.LISTS)
        self._engine.table("listed", listed, ingest.LISTED)

    def _take_back(self, now: datetime, before: datetime) -> int:
        """Commit the step `gone_acts`; return how many acts went."""
        self._engine.run(ingest.lapsed())
        self._engine.run(ingest.gone_acts(self._network, epoch_seconds(now), before=epoch_seconds(before)))
        if not self._engine.rows("select 1 from gone_acts limit 1"):
            return 0
        for attempt in turns():
            with attempt, self._lake.writing() as batch:
                by = ["network", "day_no"]
                written = self._engine.write_by("gone_acts", batch.folder / "gone", by=by, prefix="u")
                if written:
                    self._lake.commit("undone", written, batch=batch)
        return sum(file.rows for file in written)
