"""Sum the credit of accounts on the evening before a day, and find the accounts through which it came."""

from collections.abc import Sequence
from dataclasses import replace

from renown.engines.base import Engine, WrittenFile
from renown.method.file import Method
from renown.method.step_files import repeat_for_groups
from renown.scoring.ledger import Ledger

_TABLES = ("credits", "credit_sources")
"""Steps that sum flows."""
_DAYS_BETWEEN_FULL_CREDITS = 10
"""Days after which everybody's credits are computed again; until then only those of each day's actors are."""
_ACTORS_CREDITS_TEXT = """
select account, [[cast(sum(credit_#) as bigint) as credit_#]]
from (
  select account, [[credit_#]] from all_credits
  union all
  select account, [[credit_#]] from new_days_flows
  union all
  select account, [[-credit_#]] from expired_flows
) moved
where account in (select actor from one_way_acts)
group by account
having sum([[+credit_#]]) > 0"""
"""
Credits of the actors of a day from everybody's credits on an earlier one, and the flows that came and expired since.

Most of those who have credit do not act on a day, and the reverse. Sums of integers are the same bits as of all flows.
"""
_ACTORS_SOURCES_TEXT = """
select account, source, cast(sum(credit) as bigint) as credit
from (
  select account, source, credit from all_credit_sources
  union all
  select account, voucher, [[+credit_#]] from new_days_flows where voucher <> 0
  union all
  select account, second_voucher, [[+credit_#]] from new_days_flows where second_voucher <> 0
  union all
  select account, voucher, -([[+credit_#]]) from expired_flows where voucher <> 0
  union all
  select account, second_voucher, -([[+credit_#]]) from expired_flows where second_voucher <> 0
) moved
where account in (select actor from one_way_acts)
group by account, source
having sum(credit) > 0"""
"""The same for the accounts through which it came."""


def list_flow_columns(method: Method) -> dict[str, str]:
    """List the columns of flows: as many of credit as the method's steps have groups of seeds."""
    (flows,) = (step for step in method.credit_steps if step.name == "new_flows")
    return {"day_no": "integer", **flows.columns}


class CreditSums:
    """
    Credits on the evening before a day, and their sources and vouchers, as tables of the engine.

    Parameters
    ----------
    engine : Engine
        Has the table `seeds` and the method's parameters.
    ledger : Ledger
    method : Method
    new_flows : sequence of WrittenFile
        Files of flows that are not committed yet; it grows.
    """

    def __init__(self, engine: Engine, ledger: Ledger, method: Method, new_flows: Sequence[WrittenFile]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._steps = {step.name: step for step in method.credit_steps}
        self._flow_columns = list_flow_columns(method)
        groups = sum(name.startswith("credit_") for name in self._flow_columns)
        self._actors_credits_sql = repeat_for_groups(_ACTORS_CREDITS_TEXT, groups)
        self._actors_sources_sql = repeat_for_groups(_ACTORS_SOURCES_TEXT, groups)
        self._days_of_credit = int(method["credit_days"])
        self._new_flows = new_flows
        self._has_flows = bool(ledger.files("flows"))
        """Whether flows of earlier days are committed."""
        self._day: int | None = None
        """Day on whose evening before everybody's credits were computed."""
        self._viewed_day: int | None = None
        """The same of the current tables, if they are everybody's."""

    def create_views(self, day_no: int) -> None:
        """Create the views `credits` and `credit_sources` of everybody, and the table `vouchers`."""
        self._compute(day_no)
        for table in _TABLES:
            all_sql = f"select {', '.join(self._steps[table].columns)} from all_{table}"
            self._engine.run(replace(self._steps[table], sql=all_sql, stored=False))
        self._engine.run(self._steps["vouchers"])
        self._viewed_day = day_no

    def create_actors_tables(self, day_no: int) -> None:
        """Create the same at least of those in `one_way_acts`: the acts of a day."""
        if self._viewed_day == day_no:
            return
        self._viewed_day = None
        since = self._day
        if since is None or day_no - since >= _DAYS_BETWEEN_FULL_CREDITS:
            since = self._compute(day_no)
        days, days_before = set(self._list_days(day_no)), set(self._list_days(since))
        self._scan_flows("new_days_flows", sorted(days - days_before))
        self._scan_flows("expired_flows", sorted(days_before - days))
        self._engine.run(replace(self._steps["credits"], sql=self._actors_credits_sql))
        self._engine.run(replace(self._steps["credit_sources"], sql=self._actors_sources_sql))
        self._engine.run(self._steps["vouchers"])

    def drop(self) -> None:
        """Drop everybody's tables."""
        for table in _TABLES:
            self._engine.drop(f"all_{table}")
        self._day = None

    def _compute(self, day_no: int) -> int:
        """Compute everybody's credits and their sources, unless they are those of the day; return the day."""
        if self._day != day_no:
            self._scan_flows("flows", self._list_days(day_no))
            for table in _TABLES:
                self._engine.run(replace(self._steps[table], name=f"all_{table}", stored=True))
            self._day = day_no
        return day_no

    def _list_days(self, day_no: int) -> range:
        """List the days whose flows are credit on the evening before a day."""
        return range(day_no - self._days_of_credit, day_no)

    def _scan_flows(self, table: str, days: Sequence[int]) -> None:
        new_files = [str(file.path) for file in self._new_flows if int(file.partition["day_no"]) in days]
        files = self._ledger.files("flows", days=days) if self._has_flows else []
        self._engine.scan(table, [*files, *new_files], self._flow_columns)
