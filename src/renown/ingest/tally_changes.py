"""
Tallies of one account that change: a count that a network lowers replaces the one before.

A network's tally has the instant of its post, and of several tallies with one instant the highest counts, so that the
order of imports does not matter. So a count that falls, because votes or likes were taken back, is dated a second
after the one that it replaces.

A dump of a whole site counts the votes for a post by day, as ``POST DAY``. A network's count of the post contains them,
so that only what it has beyond them is stored.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from renown.engines.base import Row
from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import BATCH_COLUMNS, LAKE_COLUMNS, VERBS, WHOLE_NETWORK
from renown.steps import quote_literal

_COLUMNS = tuple(BATCH_COLUMNS["tallies"])
_DAY = re.compile(r"(.+) \d{4}-\d{2}-\d{2}", re.DOTALL)
_Key = tuple[object, object]
"""Post and number of the verb."""


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
        self._latest: dict[_Key, tuple[int, int]] | None = None
        self._by_day: Counter[_Key] = Counter()
        """Post and verb to the sum of its counts by day."""

    def correct(self, counts: Mapping[tuple[str, str], int]) -> list[Row]:
        """
        Return tallies that replace counts which contain those by day: a dump was imported since they were read.

        Parameters
        ----------
        counts : mapping of (post, verb) to int
            What the network stated when it was last read.
        """
        if not self._has_dump():
            return []
        latest = self._load()
        rows: list[Row] = []
        for (post, verb), count in counts.items():
            key = (post, VERBS.get(verb))
            if self._by_day[key] and key in latest:
                rows.append((self._account_id, post, key[1], count, latest[key][0], False))
        return self.reconcile(rows)

    def reconcile(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows of a batch of tallies without unchanged ones; each replaces what the lake has."""
        latest = self._load()
        return [changed for row in rows if (changed := self._reconcile_row(row, latest)) is not None]

    def _has_dump(self) -> bool:
        """Tell whether a whole site was imported, or a whole network is observed."""
        self._engine.scan("coverage", self._lake.files("coverage", network=self._network), LAKE_COLUMNS["coverage"])
        return bool(self._engine.query(f"select 1 from coverage where verb = {WHOLE_NETWORK} limit 1"))

    def _load(self) -> dict[_Key, tuple[int, int]]:
        """Load what the lake has, once."""
        if self._latest is None:
            self._latest = self._load_latest()
            for (post, verb), (_, count) in self._latest.items():
                if match := _DAY.fullmatch(str(post)):
                    self._by_day[match[1], verb] += count
        return self._latest

    def _reconcile_row(self, row: Row, latest: dict[_Key, tuple[int, int]]) -> Row | None:
        values = dict(zip(_COLUMNS, row, strict=True))
        if values["account_id"] != self._account_id or values["self_reported"]:
            return row
        key, at = (values["post_id"], values["verb"]), int(values["at"])
        count = max(int(values["count"]) - self._by_day[key], 0)
        known_at, known_count = latest.get(key, (at - 1, -1))
        if count == known_count:
            return None
        if (at, count) < (known_at, known_count):
            at = known_at + 1
        latest[key] = (at, count)
        values |= {"at": at, "count": count}
        return tuple(values.values())

    def _load_latest(self) -> dict[_Key, tuple[int, int]]:
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
