"""Copy one person's rows of a day, with the ledger's entries, to run the steps of a method with a ledger again."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from renown.delta import group_names_by_day
from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS
from renown.records import LAKE_COLUMNS, day_number
from renown.scoring.inputs import LOOKED_UP_NETWORKS, exclude_days, select_days_sql
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger
from renown.scoring.presumed import (
    ActorProfiles,
    PresumedInputs,
    create_established_accounts,
    list_looked_up_networks,
)
from renown.steps import Step
from renown.store import PublishedDay

OWNER_COLUMNS = {
    "interactions": "target",
    "tallies": "account",
    "profiles": "account",
    "accounts": "account",
    "account_coverage": "account",
    "entries": "target",
}
"""Tables of lake and ledger that are filtered to a person's own rows, with the column of the owning account."""

DAILY_TABLES = {name: LAKE_COLUMNS[name] for name in ("interactions", "tallies", "profiles")} | {
    "entries": LEDGER_COLUMNS["entries"]
}
"""Tables with the rows of each account by day, and their columns: two days have the same rows of most days before."""
HISTORY_TABLE = "profiles"
"""Of the daily tables, the one that is read from its first day on; of the others, those of the window are."""

STANDINGS = "standings"
"""Table of who is known, which only tells why acts were discounted: the worth of entries is fixed."""

PARAMETER_TABLES = ("constants", "ages", "quarters", "verbs", "scales", "curves", "observed", "whole_networks")

REPLAY_TABLES = (
    *OWNER_COLUMNS,
    "undone",
    "presence",
    STANDINGS,
    *PARAMETER_TABLES,
    "receipt_accounts",
    "members",
)
"""Every table that the steps read; one copy per compared day, with a suffix."""

_COLUMNS = LAKE_COLUMNS | LEDGER_INPUT_COLUMNS | LEDGER_COLUMNS
_JUDGED_NETWORKS_COLUMNS = {"network": "string", "kind": "string"}
_JUDGED_NETWORKS_SQL = f"""
select network, kind
from (
  select network, 'judged' as kind from whole_networks
  union all
  select network, 'looked_up' from {LOOKED_UP_NETWORKS}
) networks
where exists (select 1 from standings where known = 1)"""
"""Networks whose actors can be told apart, and how: by credit, or only by a look at their profiles."""
_UNJUDGED_COLUMNS_SQL = """
cast(0 as integer) as day_no, actor as account, cast(1 as smallint) as known, cast(0 as bigint) as trust,
  cast(0 as bigint) as voucher, cast(0 as bigint) as second_voucher"""
_UNJUDGED_SQL = f"""
select distinct {_UNJUDGED_COLUMNS_SQL}
from entries_{{suffix}} e join accounts_{{suffix}} t on t.account = e.target"""
"""Standings where nobody can be told apart."""
_STANDINGS_SQL = f"""
with actors as (
  select distinct e.actor, coalesce(j.kind, 'unjudged') as kind
  from (
    select actor, target from entries_{{suffix}}
    union all
    select account, account from accounts_{{suffix}}
  ) e
  join accounts_{{suffix}} t on t.account = e.target
  left join judged_networks j on j.network = t.network
)
select s.* from standings s join actors a on a.actor = s.account
left join established_accounts p on p.account = a.actor
where a.kind <> 'unjudged' and (p.account is null or s.day_no < p.first_day)
union all
select p.first_day, a.actor, cast(1 as smallint), cast(floor(1e6 * c.trust_initial + 5e-1) as bigint),
  cast(0 as bigint), cast(0 as bigint)
from actors a join established_accounts p on p.account = a.actor cross join constants c
where a.kind = 'looked_up'
union all
select cast(0 as integer), a.actor, cast(0 as smallint), cast(-1 as bigint), cast(0 as bigint),
  cast(0 as bigint)
from actors a left join established_accounts p on p.account = a.actor
where a.kind = 'looked_up' and coalesce(p.first_day, 1) > 0
  and not exists (select 1 from standings s where s.account = a.actor and s.day_no = 0)
union all
select distinct {_UNJUDGED_COLUMNS_SQL} from actors where kind = 'unjudged'"""


@dataclass(frozen=True)
class SharedRows:
    """Rows that are in other tables already: of another day of a comparison, or of `find_claimed_rows`."""

    suffix: str
    """Of these tables."""
    days: Mapping[str, AbstractSet[int]]
    """Table to the numbers of the days of which they have what the files have."""
    are_copies: bool = False
    """Whether the tables have rows of the requested accounts only, so that they need not be copied again."""
    networks: AbstractSet[str] = frozenset()
    """Networks of which the copied profiles have all accounts, see `copied_table`."""
    equal_tables: AbstractSet[str] = frozenset()
    """Tables with the same rows of all days up to the first of the two that are in both windows."""


NOTHING_SHARED: SharedRows = SharedRows("", {})


def find_shared_rows(lake: Lake, method: Method, first: PublishedDay, last: PublishedDay, *, suffix: str) -> SharedRows:
    """Find the rows that two published days have in common, of which the first has the tables with a suffix."""
    # An account that was merged into another since has another key in the same file.
    if not method.has_ledger or first.lake.get("aliases") != last.lake.get("aliases"):
        return NOTHING_SHARED
    shared_window = set(list_window(method, first)).intersection(list_window(method, last))
    days: dict[str, set[int]] = {}
    equal_tables = set()
    for table in DAILY_TABLES:
        first_files, last_files = (
            group_names_by_day(list_files(lake, method, day, table, list_read_days(method, day, table)))
            for day in (first, last)
        )
        days[table] = {day_no for day_no in first_files if last_files.get(day_no) == first_files[day_no]}
        if days[table] >= shared_window.intersection([*first_files, *last_files]):
            equal_tables.add(table)
    return SharedRows(suffix, days, are_copies=True, equal_tables=equal_tables)


def copied_table(table: str) -> str:
    """Return the name of the view of all copied rows of a table, which may be those of other accounts, too."""
    return f"{table}_copied"


def list_window(method: Method, day: PublishedDay) -> range:
    """Return the numbers of the days in the window of a published day."""
    last_day = day_number(day.day)
    return range(last_day - int(method["window_days"]) + 1, last_day + 1)


def list_read_days(method: Method, day: PublishedDay, table: str) -> range:
    """Return the numbers of the days of a table that a published day reads."""
    window = list_window(method, day)
    return range(window.stop) if table == HISTORY_TABLE else window


def list_files(lake: Lake, method: Method, day: PublishedDay, table: str, days: Collection[int]) -> list[str]:
    """
    List the files of some days of a table of lake or ledger that a day was scored from.

    Those of the entries of a day of another method are the current ones.
    """
    if table in LAKE_COLUMNS:
        return lake.files(table, days=days, version=day.lake[table]) if table in day.lake else []
    if day.has_own_entries:
        return day.files("entries")
    version = day.lake.get("entries") if day.method_digest == method.digest else None
    return open_ledger(lake, method).entry_files(days, version)


def copy_day_rows(
    engine: Engine,
    lake: Lake,
    method: Method,
    day: PublishedDay,
    *,
    suffix: str,
    shared: SharedRows = NOTHING_SHARED,
    without: Collection[str] = (),
) -> None:
    """
    Copy the rows of the accounts in the table `requested_accounts` into tables named ``<table>_<suffix>``.

    Parameters
    ----------
    engine : Engine
        Has the inputs of the day, see `load_inputs`, its parameters with the same suffix, and the table
        `requested_accounts`.
    lake : Lake
    method : Method
        A method with a ledger.
    day : PublishedDay
        If it was published by this method, the entries are those that it was scored from, else the current ones.
    suffix : str
    shared : SharedRows, optional
        Rows of the same accounts that are copied from other tables.
    without : collection of str, optional
        May be `STANDINGS`, if nobody reads them.
    """
    entry_files = list_files(lake, method, day, "entries", list_window(method, day))
    engine.scan("entries", exclude_days(entry_files, shared.days.get("entries", ())), LEDGER_COLUMNS["entries"])
    for table in OWNER_COLUMNS:
        _copy_own_rows(engine, table, suffix, shared)
    own_interactions_sql = f"(select distinct interaction from interactions_{suffix})"
    _copy(
        engine,
        "undone",
        suffix,
        f"select u.* from undone u join {own_interactions_sql} i on i.interaction = u.interaction",
        source="undone",
    )
    # Reactions of deleted accounts do not count, so the presence of the actors is needed as well.
    accounts_sql = (
        f"(select account from requested_accounts union select actor from interactions_{suffix} "
        f"union select actor from entries_{suffix})"
    )
    presence_sql = f"select p.* from presence p join {accounts_sql} t on t.account = p.account"
    _copy(engine, "presence", suffix, presence_sql, source="presence")
    if STANDINGS not in without:
        engine.scan(STANDINGS, open_ledger(lake, method).files(STANDINGS), LEDGER_COLUMNS[STANDINGS])
        actors = ActorProfiles(
            accounts_sql=f"select actor from entries_{suffix} union all select account from accounts_{suffix}",
            table=copied_table(HISTORY_TABLE),
            days=shared.days.get(HISTORY_TABLE, frozenset()),
            networks=shared.networks,
        )
        inputs = PresumedInputs(lake=lake, method=method, versions=day.lake)
        create_established_accounts(engine, inputs, actors=actors)
        _copy(engine, STANDINGS, suffix, _find_standings(engine, suffix))
    _copy(engine, "receipt_accounts", suffix, "select account from requested_accounts")


def _copy_own_rows(engine: Engine, table: str, suffix: str, shared: SharedRows) -> None:
    """Copy a table's rows of the requested accounts, but not again what is copied for another day."""
    if shared.are_copies and table == "accounts" and _has_all_accounts(engine, shared):
        _create_view(engine, table, suffix, f"select * from {table}_{shared.suffix}")
        return
    days = shared.days.get(table)
    select = f"select k.* from {table} k join requested_accounts q on q.account = k.{OWNER_COLUMNS[table]}"
    if not days:
        _copy(engine, table, suffix, select, source=table)
        return
    shared_select = f"select * from {table}_{shared.suffix} where {select_days_sql(days)}"
    if engine.is_known_empty(table):
        select = shared_select
    elif shared.are_copies:
        _copy(engine, table, f"{suffix}_only", select)
        select = f"{shared_select} union all select * from {table}_{suffix}_only"
    else:
        select = f"{shared_select} union all {select}"
    if shared.are_copies:
        _create_view(engine, table, suffix, select)
    else:
        _copy(engine, table, suffix, select)


def _has_all_accounts(engine: Engine, shared: SharedRows) -> bool:
    """Tell whether another day has the rows of all requested accounts: these rows never change."""
    select = f"select 1 from requested_accounts where account not in (select account from accounts_{shared.suffix})"
    return not engine.query(f"{select} limit 1")


def create_members(engine: Engine, rows: Iterable[tuple[int, int, str]], *, suffix: str, method: Method) -> None:
    """Create the table of claimed accounts: (account, person, name)."""
    columns = next(step.columns for step in method.steps if step.name == "members")
    engine.create_table(f"members_{suffix}", rows, columns)


def _find_standings(engine: Engine, suffix: str) -> str:
    """
    Return the SELECT of the standings of actors and of the accounts themselves, from the copied rows.

    While nobody was verified, and where nobody can be told apart, everybody counts as known, with a trust of 0. On
    networks whose actors are looked up, established ones are known; others without credit have a trust of -1.
    """
    # A home of claimed people only judges nobody: all that tells actors apart need not be planned.
    is_judging = not engine.is_known_empty(f"whole_networks_{suffix}") or bool(list_looked_up_networks(engine))
    if is_judging:
        engine.run(Step(name="judged_networks", sql=_JUDGED_NETWORKS_SQL, columns=_JUDGED_NETWORKS_COLUMNS))
        is_judging = bool(engine.query("select 1 from judged_networks limit 1"))
    return (_STANDINGS_SQL if is_judging else _UNJUDGED_SQL).format(suffix=suffix)


def _create_view(engine: Engine, table: str, suffix: str, select: str) -> None:
    engine.run(Step(name=f"{table}_{suffix}", sql=select, columns=_COLUMNS[table], stored=False))


def _copy(engine: Engine, table: str, suffix: str, select: str, *, source: str = "") -> None:
    """Copy the rows of a SELECT; without rows in its source, if that is given, it has none."""
    if source and engine.is_known_empty(source):
        engine.create_table(f"{table}_{suffix}", (), _COLUMNS[table])
        return
    engine.run(Step(name=f"{table}_{suffix}", sql=select, columns=_COLUMNS[table]))
