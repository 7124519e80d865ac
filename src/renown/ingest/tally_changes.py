"""
Tallies of one account that change: a count that a network lowers replaces the one before.

A network's tally has the instant of its post, and of several tallies with one instant the highest counts, so that the
order of imports does not matter. So a count that falls, because votes or likes were taken back, is dated a second
after the one that it replaces.
"""

from collections.abc import Iterable

from renown.engines.base import Row
from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import BATCH_COLUMNS, LAKE_COLUMNS
from renown.steps import quote_literal

_COLUMNS = tuple(BATCH_COLUMNS["tallies"])
_AT, _COUNT = _COLUMNS.index("at"), _COLUMNS.index("count")


class TallyReconciler:
    """
    The counts that the lake has of one account, loaded once, when the first tally of a run arrives.

    Parameters
    ----------
    engine : DuckDB
    lake : Lake
    network, account_id : str
    """

    def __init__(self, engine: DuckDB, lake: Lake, network: str, account_id: str) -> None:
        self._engine, self._lake = engine, lake
        self._network, self._account_id = network, account_id
        self._latest: dict[tuple[object, object], tuple[int, int]] | None = None

    def reconcile(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows of a batch of tallies without unchanged ones; each replaces what the lake has."""
        if self._latest is None:
            self._latest = self._load_latest()
        return [changed for row in rows if (changed := self._reconcile_row(row, self._latest)) is not None]

    def _reconcile_row(self, row: Row, latest: dict[tuple[object, object], tuple[int, int]]) -> Row | None:
        values = dict(zip(_COLUMNS, row, strict=True))
        if values["account_id"] != self._account_id or values["self_reported"]:
            return row
        key, (at, count) = (values["post_id"], values["verb"]), (int(values["at"]), int(values["count"]))
        known_at, known_count = latest.get(key, (at - 1, -1))
        if count == known_count:
            return None
        if (at, count) < (known_at, known_count):
            at = known_at + 1
        latest[key] = (at, count)
        return (*row[:_AT], at, *row[_AT + 1 :])

    def _load_latest(self) -> dict[tuple[object, object], tuple[int, int]]:
        """Load (post, verb) to the instant and number of the count that the lake has."""
        for table, name in (("tallies", "lake_tallies"), ("accounts", "tally_accounts")):
            self._engine.scan(name, self._lake.files(table, network=self._network), LAKE_COLUMNS[table])
        rows = self._engine.query(f"""
select t.post, t.verb, cast(t.day_no as bigint) * 86400 + t.second as "at", t.count
from lake_tallies t
join tally_accounts a on a.account = t.account
where a.account_id = {quote_literal(self._account_id)} and not coalesce(t.self_reported, false)
order by "at", t.count""")
        return {(post, verb): (at, count) for post, verb, at, count in rows}
