"""Pass credit on from verified people along the acts of each day, and fix who is known from a day on."""

import hashlib
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property

from renown.delta import Batch
from renown.engines.base import Engine, WrittenFile
from renown.method.file import Method
from renown.scoring.credit_sums import CreditSums, list_flow_columns
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger
from renown.steps import Step

FIRST_DAY = 0
"""Day from which the first standings hold: before all acts."""
WARM_UP_DAYS = 60
"""Days whose acts pass credit on before the first standings, twice as long as credit lasts."""
_MAX_ACTS_OF_ONE_THREAD = 122_880
"""Rows of a day's acts up to which one thread is as fast as two: DuckDB divides tables into parts of so many."""
_ACT_COLUMNS = {"actor": "bigint", "target": "bigint", "signal": "smallint"}
_FLOW_STEPS = ("passed_credits", "received_credits", "passed_sources", "passed_vouchers", "new_flows")
"""Steps from the acts of a day to what is written of it."""


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
        self._steps = {step.name: step for step in method.credit_steps}
        self._columns = {"standings": LEDGER_COLUMNS["standings"], "flows": list_flow_columns(method)}
        self._new_files: dict[str, list[WrittenFile]] = {"standings": [], "flows": []}
        """Files of standings and flows that are not committed yet."""
        self._credits = CreditSums(engine, ledger, method, self._new_files["flows"])

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
            for day in days:
                if last_standings is not None and day > last_standings:
                    self._write_standings(batch, holds_from=day, credits_day=day)
                self._write_flows(day, batch)
            if last_standings is None:
                self._write_standings(batch, holds_from=FIRST_DAY, credits_day=day_no + 1)
            self._commit(days, last_standings, batch, day_no)
        for name in self._steps:
            self._engine.drop(name)
        self._credits.drop()

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

    def _run(self, name: str) -> None:
        self._engine.run(self._steps[name])

    def _write_flows(self, day_no: int, batch: Batch) -> None:
        # Not between accounts that act on each other: thanking a flatterer does not vouch for them.
        acts_sql = (
            "select d.actor, d.target, d.signal from daily_acts d left join reciprocal_days r "
            "on r.day_no = d.day_no and r.target = d.target and r.actor = d.actor "
            f"where d.day_no = {day_no} and r.actor is null"
        )
        self._engine.run(Step(name="one_way_acts", sql=acts_sql, columns=_ACT_COLUMNS))
        self._credits.create_actors_tables(day_no)
        credited_sql = "select * from one_way_acts where actor in (select account from credits)"
        self._engine.run(Step(name="day_acts", sql=credited_sql, columns=_ACT_COLUMNS))
        for name in _FLOW_STEPS:
            self._run(name)
        columns = ", ".join(self._steps["new_flows"].columns)
        self._write("flows", f"select cast({day_no} as integer) as day_no, {columns} from new_flows", batch)

    def _write_standings(self, batch: Batch, *, holds_from: int, credits_day: int) -> None:
        """
        Write the standings that differ from those before, by the credits on the evening before a day.

        Whoever is not known any more gets a row that says so.
        """
        new_files = [str(file.path) for file in self._new_files["standings"]]
        self._engine.scan("standings", [*self._ledger.files("standings"), *new_files], self._columns["standings"])
        self._credits.create_views(credits_day)
        self._run("new_standings")
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
        self._engine.run(Step(name=rows, sql=sql, columns=self._columns[table], stored=False))
        self._new_files[table] += self._engine.write_partitioned(
            rows, batch.folder / table / uuid.uuid4().hex, partition_by=["day_no"], prefix=table[0]
        )
