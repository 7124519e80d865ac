"""Load what past days of claimed people are computed from: members, entries and the lake's rows about them."""

from collections.abc import Mapping, Sequence

from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS
from renown.records import LAKE_COLUMNS
from renown.scoring.aliases import load_alias_ids, load_alias_keys, load_day_alias_keys, scan_lake
from renown.scoring.entry_inputs import create_entry_parameter_tables
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger, open_ledger
from renown.scoring.score import claim_rows
from renown.steps import Step
from renown.store import Person

CONSTANT_STEPS = ("members", "own_pairs")
"""Steps of the method whose results are the same on every day."""
_ENTRY_COLUMNS = LEDGER_COLUMNS["entries"]


def load_members(
    engine: Engine, lake: Lake, method: Method, people: Sequence[Person], versions: Mapping[str, int]
) -> None:
    """Create the tables `accounts`, with the claimed accounts only, and `members` and `own_pairs`."""
    aliases = load_day_alias_keys(engine, lake, versions)
    alias_ids = load_alias_ids(engine, lake, aliases)
    engine.create_table("claims", claim_rows(people, alias_ids), INPUT_COLUMNS["claims"])
    files = lake.files("accounts", version=versions.get("accounts")) if "accounts" in versions else []
    scan_lake(engine, "accounts", files, aliases, name="all_accounts")
    accounts_sql = """
        select a.network, a.account, a.account_id from all_accounts a
        join (select distinct network, account_id from claims) c
          on c.network = a.network and c.account_id = a.account_id"""
    _create_table(engine, "accounts", accounts_sql, LAKE_COLUMNS["accounts"])
    for step in method.steps:
        if step.name in CONSTANT_STEPS:
            engine.run(step)


def load_claimed_entries(engine: Engine, lake: Lake, method: Method, numbers: range, *, uses_ledger: bool) -> None:
    """Create the table `claimed_entries` of the acts on the claimed accounts in the windows of all days."""
    ledger = open_ledger(lake, method)
    window = range(numbers[0] - int(method["window_days"]) + 1, numbers[-1] + 1)
    state = ledger.load_state() if uses_ledger else None
    first_entered = state.first_day if state else window.stop
    undone_until = state.last_day if state else numbers[-1]
    _create_opted_out(engine, lake)
    earlier_days = range(window.start, min(first_entered, window.stop))
    _enter_earlier_days(engine, lake, ledger, method, earlier_days, undone_until=undone_until)
    engine.scan("ledger_entries", ledger.files("entries", days=window), _ENTRY_COLUMNS)
    columns_sql = ", ".join(f"e.{name}" for name in _ENTRY_COLUMNS)
    # Opted-out accounts count on none of the days.
    claimed_sql = " union all ".join(
        f"""
        select {columns_sql} from {table} e
        join (select distinct account from members) m on m.account = e.target
        left join opted_out x on x.account = e.actor
        where x.account is null and {condition}"""
        for table, condition in (("ledger_entries", f"e.day_no >= {first_entered}"), ("earlier_entries", "true"))
    )
    _create_table(engine, "claimed_entries", claimed_sql, _ENTRY_COLUMNS)


def _create_opted_out(engine: Engine, lake: Lake) -> None:
    """Create the table `opted_out` of the opted-out accounts that the lake has rows of."""
    columns, aliases = {"network": "string", "account": "bigint"}, load_alias_keys(engine, lake)
    keys = {(network, aliases.get(account, account)) for network, account in lake.load_opt_outs().accounts}
    engine.create_table("opted_out_accounts", sorted(keys), columns)
    _create_table(engine, "opted_out", "select distinct network, account from opted_out_accounts", columns)


def _enter_earlier_days(
    engine: Engine, lake: Lake, ledger: Ledger, method: Method, days: range, *, undone_until: int
) -> None:
    """
    Create the table `earlier_entries` of days that the ledger lacks, of acts on the claimed accounts only.

    They are what the ledger would have, with its first standings, which hold for all earlier days. They are not added
    to it: that would enter all acts of these days, and every later day again.
    """
    if not days:
        engine.create_table("earlier_entries", (), _ENTRY_COLUMNS)
        return
    lookup = range(days.start - int(method["friend_days"]) + 1, days.start)
    columns, aliases = LAKE_COLUMNS["interactions"], load_alias_keys(engine, lake)
    for table, table_days in (("all_interactions", days), ("all_earlier_interactions", lookup)):
        scan_lake(engine, "interactions", lake.files("interactions", days=table_days), aliases, name=table)
    columns_sql = ", ".join(f"i.{name}" for name in columns)
    pairs_sql = "select distinct i.day_no, i.actor from all_interactions i join members m on m.account = i.target"
    _create_table(engine, "past_actors", pairs_sql, {"day_no": "integer", "actor": "bigint"})
    # All acts of a day by those who acted on a claimed account: attention is shared among all accounts of the day. And
    # the acts of the claimed accounts themselves: acts between accounts that act on each other vouch for nobody.
    day_acts_sql = f"""
        select {columns_sql} from all_interactions i
        left join past_actors p on p.day_no = i.day_no and p.actor = i.actor
        left join members m on m.account = i.actor
        where p.actor is not null or m.account is not null"""
    _create_table(engine, "interactions", day_acts_sql, columns)
    own_acts_sql = f"select {columns_sql} from all_earlier_interactions i join members m on m.account = i.actor"
    _create_table(engine, "earlier_interactions", own_acts_sql, columns)
    engine.scan("undone", lake.files("undone", days=range(undone_until + 1)), LAKE_COLUMNS["undone"])
    engine.scan("standings", ledger.files("standings"), LEDGER_COLUMNS["standings"])
    create_entry_parameter_tables(engine, method)
    for step in method.entry_steps:
        engine.run(step)
    _create_table(engine, "earlier_entries", "select * from entries", _ENTRY_COLUMNS)
    for step in method.entry_steps:
        engine.drop(step.name)


def load_lake_rows(engine: Engine, lake: Lake, method: Method, numbers: range, versions: Mapping[str, int]) -> None:
    """Create the tables of the lake with the rows about the claimed accounts, and about those who acted on them."""
    window = range(numbers[0] - int(method["window_days"]) + 1, numbers[-1] + 1)
    until_last_day = range(numbers[-1] + 1)
    days, aliases = {"tallies": window, "interactions": window}, load_day_alias_keys(engine, lake, versions)
    for table in ("tallies", "profiles", "interactions", "undone", "presence"):
        table_days = days.get(table, until_last_day)
        files = lake.files(table, days=table_days, version=versions[table]) if table in versions else []
        scan_lake(engine, table, files, aliases, name=f"all_{table}")
    members_sql = "(select distinct account from members)"
    for table in ("tallies", "profiles"):
        _filter_rows(engine, table, f"join {members_sql} m on m.account = r.account")
    # Acts are only read to subtract them from the counts of the same post.
    _filter_rows(engine, "interactions", "join (select distinct account from tallies) t on t.account = r.target")
    undone_sql = "join (select distinct interaction from interactions) i on i.interaction = r.interaction"
    _filter_rows(engine, "undone", undone_sql, name="known_undone")
    accounts_sql = (
        f"join (select account from {members_sql} union select actor from claimed_entries "
        "union select actor from interactions) a on a.account = r.account"
    )
    _filter_rows(engine, "presence", accounts_sql, name="known_presence")


def _filter_rows(engine: Engine, table: str, join_sql: str, *, name: str = "") -> None:
    """Copy the rows of the table ``all_<table>`` that a join leaves."""
    columns = LAKE_COLUMNS[table]
    columns_sql = ", ".join(f"r.{column}" for column in columns)
    _create_table(engine, name or table, f"select {columns_sql} from all_{table} r {join_sql}", columns)


def _create_table(engine: Engine, name: str, sql: str, columns: Mapping[str, str]) -> None:
    engine.run(Step(name=name, sql=sql, columns=dict(columns)))
