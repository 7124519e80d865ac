"""Pass credit on from verified people along the acts of each day, and fix who is known from a day on."""

import hashlib
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property

from renown.delta import Batch
from renown.engines.base import Engine, WrittenFile
from renown.method.file import Method
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger
from renown.steps import Step

FIRST_DAY = 0
"""Day from which the first standings hold: before all acts."""
WARM_UP_DAYS = 60
"""Days whose acts pass credit on before the first standings, twice as long as credit lasts."""
_MAX_ACTS_OF_ONE_THREAD = 122_880
"""Rows of a day's acts up to which one thread is as fast as two: DuckDB divides tables into parts of so many."""
_STANDING_COLUMNS = LEDGER_COLUMNS["standings"]
_FLOW_COLUMNS = LEDGER_COLUMNS["flows"]
_ACT_COLUMNS = {"actor": "bigint", "target": "bigint", "signal": "smallint"}
_DAYS_BETWEEN_FULL_CREDITS = 10
"""Days after which everybody's credits are computed again; until then only those of each day's actors are."""
_LATER_CREDITS_SQL = """
select account, seed_group, voucher, second_voucher, credit
from (
  select coalesce(c.account, d.account) as account, coalesce(c.seed_group, d.seed_group) as seed_group,
    coalesce(c.voucher, d.voucher) as voucher, coalesce(c.second_voucher, d.second_voucher) as second_voucher,
    coalesce(c.credit, 0) + coalesce(d.credit, 0) as credit
  from {credits} c
  full join (
    select account, seed_group, voucher, second_voucher, cast(sum(credit) as bigint) as credit
    from (
      select account, seed_group, coalesce(voucher, 0) as voucher, coalesce(second_voucher, 0) as second_voucher, credit
      from new_days_flows
      union all
      select account, seed_group, coalesce(voucher, 0), coalesce(second_voucher, 0), -credit from expired_flows
    ) moved
    group by account, seed_group, voucher, second_voucher
  ) d on d.account = c.account and d.seed_group = c.seed_group
    and d.voucher = c.voucher and d.second_voucher = c.second_voucher
) merged
where credit > 0"""
"""Credits of a day from those of an earlier one; sums of integers, so they are the same bits as from all flows."""
_ACTORS_CREDITS_SQL = """
select account, seed_group, voucher, second_voucher, cast(sum(credit) as bigint) as credit
from (
  select account, seed_group, voucher, second_voucher, credit from {credits}
  union all
  select account, seed_group, coalesce(voucher, 0), coalesce(second_voucher, 0), credit from new_days_flows
  union all
  select account, seed_group, coalesce(voucher, 0), coalesce(second_voucher, 0), -credit from expired_flows
) moved
where account in (select actor from one_way_acts)
group by account, seed_group, voucher, second_voucher"""
"""The same for the actors of one day only: most of those who have credit do not act on a day, and the reverse."""


class CreditPass:
    """
    Fixes standings and flows of new days.

    Parameters
    ----------
    engine : Engine
        Has the tables `daily_acts`, `reciprocal_days`, `verified_accounts`, `seeds`, `strengths_before` and the
        method's parameters.
    ledger : Ledger
    method : Method
    """

    def __init__(self, engine: Engine, ledger: Ledger, method: Method) -> None:
        self._engine = engine
        self._ledger = ledger
        self._credits, self._vouchers, self._standings, self._flows = method.credit_steps
        self._days_of_credit = int(method["credit_days"])
        self._credits_day: int | None = None
        """Day on whose evening before the current credits were computed."""
        self._new_files: dict[str, list[WrittenFile]] = {}
        """Files of standings and flows that are not committed yet."""
        self._has_flows = False
        """Whether flows of earlier days are committed."""

    def find_first_day(self, day_no: int) -> int:
        """
        Find the first day whose acts are needed to fix the standings of a day.

        With the first seeds, all days are: their first standing holds for them, too. If other people are removed as
        seeds than when credit was passed on last, those of a new warm-up are.
        """
        last_day = self._ledger.last_fixed_day("flows")
        if last_day is None:
            return FIRST_DAY if self._has_seeds() else day_no + 1
        return day_no - WARM_UP_DAYS + 1 if self._has_other_seeds() else last_day + 1

    def _has_seeds(self) -> bool:
        return bool(self._engine.query("select 1 from seeds limit 1"))

    def _has_other_seeds(self) -> bool:
        return self._ledger.removed_seeds() != self._removed_seeds

    @cached_property
    def _removed_seeds(self) -> str:
        """Digest of the accounts that were removed as seeds; empty if there are none."""
        rows = self._engine.query("select network, account_id from verified_accounts where removed")
        return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()[:16] if rows else ""

    def fix_standings(self, day_no: int) -> None:
        """
        Fix the standings of all days with acts up to this one that have none yet, and pass on the credit of the acts.

        The first time, credit is passed on for `WARM_UP_DAYS` before anybody's standing is fixed; that standing then
        holds for all earlier days, so that the acts of the first days do not count as those of strangers. As long as
        nobody is verified, there is nothing to pass on.

        If a seed is removed or restored, credit is passed on anew for `WARM_UP_DAYS`: what the seed passed on before
        would otherwise vouch for weeks. Standings of earlier days stay.
        """
        last_standings = self._ledger.last_fixed_day("standings")
        last_flows = self._ledger.last_fixed_day("flows")
        if last_flows is None and not self._has_seeds():
            return
        if last_flows is not None and self._has_other_seeds():
            last_flows = day_no - WARM_UP_DAYS
            self._ledger.restart_flows(last_flows, removed_seeds=self._removed_seeds)
        first_day = (day_no - WARM_UP_DAYS if last_flows is None else last_flows) + 1
        acts_by_day: dict[int, int] = dict(
            self._engine.query("select day_no, count(*) from daily_acts group by day_no")
        )
        days = [day for day in sorted(acts_by_day) if first_day <= day <= day_no]
        with (
            self._limit_threads(max((acts_by_day[day] for day in days), default=0)),
            self._ledger.write_batch() as batch,
        ):
            self._new_files = {"standings": [], "flows": []}
            self._has_flows = bool(self._ledger.files("flows"))
            for day in days:
                if last_standings is not None and day > last_standings:
                    self._compute_credits(day)
                    self._write_standings(batch, holds_from=day)
                self._write_flows(day, batch)
            if last_standings is None:
                self._compute_credits(day_no + 1)
                self._write_standings(batch, holds_from=FIRST_DAY)
            self._commit(days, last_standings, batch, day_no)
        if self._credits_day is not None:
            self._engine.drop(self._credits.name)
            self._engine.drop(f"{self._credits.name}_{self._credits_day}")

    def _limit_threads(self, acts: int) -> AbstractContextManager[None]:
        """Limit the session to one thread if no day has more acts than one thread computes as fast as two."""
        return self._engine.one_thread() if acts <= _MAX_ACTS_OF_ONE_THREAD else nullcontext()

    def _commit(self, days: Sequence[int], last_standings: int | None, batch: Batch, day_no: int) -> None:
        """
        Commit the standings, then the flows: one commit each, since each takes as long as to compute a small day.

        After a kill in between, the next call passes on the same credit again, and keeps the standings.
        """
        judged_days = [day_no] if last_standings is None else [day for day in days if day > last_standings]
        for table, fixed_days in (("standings", judged_days), ("flows", days)):
            if fixed_days:
                files = self._new_files[table]
                self._ledger.fix(table, fixed_days[-1], files, batch=batch, removed_seeds=self._removed_seeds)

    def _compute_credits(self, day_no: int) -> None:
        """Compute everybody's credits on the evening before a day: from all flows, or from those of an earlier day."""
        table = f"{self._credits.name}_{day_no}"
        if self._credits_day is None:
            self._scan_flows("flows", self._days_of_flows(day_no))
            self._engine.run(replace(self._credits, name=table))
        elif self._credits_day != day_no:
            self._run_later_credits(_LATER_CREDITS_SQL, day_no, table, since=self._credits_day)
            self._engine.drop(f"{self._credits.name}_{self._credits_day}")
        self._credits_day = day_no

    def _compute_actors_credits(self, day_no: int) -> None:
        """Compute the credits of those who act on a day; the table `one_way_acts` has their acts."""
        since = self._credits_day
        if since is None or day_no - since >= _DAYS_BETWEEN_FULL_CREDITS:
            self._compute_credits(day_no)
            since = day_no
        self._run_later_credits(_ACTORS_CREDITS_SQL, day_no, self._credits.name, since=since)
        self._engine.run(self._vouchers)

    def _run_later_credits(self, sql: str, day_no: int, table: str, *, since: int) -> None:
        """Create a table of the credits of a day from everybody's credits of an earlier one and the flows since."""
        new_days, old_days = self._days_of_flows(day_no), self._days_of_flows(since)
        self._scan_flows("new_days_flows", sorted(set(new_days) - set(old_days)))
        self._scan_flows("expired_flows", sorted(set(old_days) - set(new_days)))
        self._engine.run(replace(self._credits, name=table, sql=sql.format(credits=f"{self._credits.name}_{since}")))

    def _days_of_flows(self, day_no: int) -> range:
        """Return the days whose flows are credit on the evening before a day."""
        return range(day_no - self._days_of_credit, day_no)

    def _scan_flows(self, table: str, days: Sequence[int]) -> None:
        new_files = [str(file.path) for file in self._new_files["flows"] if int(file.partition["day_no"]) in days]
        files = self._ledger.files("flows", days=days) if self._has_flows else []
        self._engine.scan(table, [*files, *new_files], _FLOW_COLUMNS)

    def _write_flows(self, day_no: int, batch: Batch) -> None:
        # Not between accounts that act on each other: thanking a flatterer does not vouch for them.
        acts_sql = (
            "select d.actor, d.target, d.signal from daily_acts d left join reciprocal_days r "
            "on r.day_no = d.day_no and r.target = d.target and r.actor = d.actor "
            f"where d.day_no = {day_no} and r.actor is null"
        )
        self._engine.run(Step(name="one_way_acts", sql=acts_sql, columns=_ACT_COLUMNS))
        self._compute_actors_credits(day_no)
        credited_sql = f"select * from one_way_acts where actor in (select account from {self._credits.name})"
        self._engine.run(Step(name="day_acts", sql=credited_sql, columns=_ACT_COLUMNS))
        # A view, as it is read only once, when it is written.
        self._engine.run(replace(self._flows, stored=False))
        flows_sql = f"select cast({day_no} as integer) as day_no, {', '.join(self._flows.columns)} from new_flows"
        self._write("flows", flows_sql, batch)

    def _write_standings(self, batch: Batch, *, holds_from: int) -> None:
        """Write the standings that differ from those before; whoever is not known any more gets a row that says so."""
        new_files = [str(file.path) for file in self._new_files["standings"]]
        self._engine.scan("standings", [*self._ledger.files("standings"), *new_files], _STANDING_COLUMNS)
        credits_sql = f"select {', '.join(self._credits.columns)} from {self._credits.name}_{self._credits_day}"
        for step in (replace(self._credits, sql=credits_sql, stored=False), self._vouchers, self._standings):
            self._engine.run(step)
        changed_sql = f"""
            select cast({holds_from} as integer) as day_no, coalesce(n.account, l.account) as account,
              cast(coalesce(n.known, 0) as smallint) as known, coalesce(n.trust, 0) as trust,
              coalesce(n.voucher, 0) as voucher, coalesce(n.second_voucher, 0) as second_voucher
            from new_standings n
            full join (
              select account, known, trust, voucher, second_voucher from (
                select account, known, trust, voucher, second_voucher,
                  row_number() over (partition by account order by day_no desc) as place
                from standings
              ) ordered
              where place = 1
            ) l on l.account = n.account
            where coalesce(n.known, 0) <> coalesce(l.known, 0) or coalesce(n.trust, 0) <> coalesce(l.trust, 0)
              or coalesce(n.voucher, 0) <> coalesce(l.voucher, 0)
              or coalesce(n.second_voucher, 0) <> coalesce(l.second_voucher, 0)"""
        self._write("standings", changed_sql, batch)

    def _write(self, table: str, sql: str, batch: Batch) -> None:
        rows = f"fixed_{table}"
        self._engine.run(Step(name=rows, sql=sql, columns=LEDGER_COLUMNS[table], stored=False))
        self._new_files[table] += self._engine.write_partitioned(
            rows, batch.folder / table / uuid.uuid4().hex, partition_by=["day_no"], prefix=table[0]
        )
