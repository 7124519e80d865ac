"""Copy one person's rows of a day, with the ledger's entries, to run the steps of a method with a ledger again."""

from collections.abc import Iterable

from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS
from renown.records import LAKE_COLUMNS, day_number
from renown.scoring.inputs import WHOLE_NETWORKS_SQL
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger
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

PARAMETER_TABLES = ("constants", "ages", "verbs", "scales", "curves", "observed")

REPLAY_TABLES = (
    *OWNER_COLUMNS,
    "undone",
    "presence",
    "standings",
    *PARAMETER_TABLES,
    "receipt_accounts",
    "members",
)
"""Every table that the steps read; one copy per compared day, with a suffix."""

_COLUMNS = LAKE_COLUMNS | LEDGER_INPUT_COLUMNS | LEDGER_COLUMNS


def copy_day_rows(engine: Engine, lake: Lake, method: Method, day: PublishedDay, *, suffix: str) -> None:
    """
    Copy the rows of the accounts in the table `asked` into tables named ``<table>_<suffix>``.

    Parameters
    ----------
    engine : Engine
        Has the inputs of the day, see `load_inputs`, and the table `asked`.
    lake : Lake
    method : Method
        A method with a ledger.
    day : PublishedDay
        If it was published by this method, the entries are those that it was scored from, else the current ones.
    suffix : str
    """
    day_no = day_number(day.day)
    window = range(day_no - int(method["window_days"]) + 1, day_no + 1)
    ledger = open_ledger(lake, method)
    version = day.lake.get("entries") if day.method_digest == method.digest else None
    engine.scan("entries", ledger.entry_files(window, version), LEDGER_COLUMNS["entries"])
    engine.scan("standings", ledger.files("standings"), LEDGER_COLUMNS["standings"])
    for table, owner in OWNER_COLUMNS.items():
        _copy(engine, table, suffix, f"select k.* from {table} k join asked q on q.account = k.{owner}")
    own_interactions_sql = f"(select distinct interaction from interactions_{suffix})"
    _copy(
        engine,
        "undone",
        suffix,
        f"select u.* from undone u join {own_interactions_sql} i on i.interaction = u.interaction",
    )
    # Reactions of deleted accounts do not count, so the presence of the actors is needed as well.
    accounts_sql = (
        f"(select account from asked union select actor from interactions_{suffix} "
        f"union select actor from entries_{suffix})"
    )
    _copy(engine, "presence", suffix, f"select p.* from presence p join {accounts_sql} t on t.account = p.account")
    _copy(engine, "standings", suffix, _standings_sql(suffix))
    for table in PARAMETER_TABLES:
        _copy(engine, table, suffix, f"select * from {table}")
    _copy(engine, "receipt_accounts", suffix, "select account from asked")


def create_members(engine: Engine, rows: Iterable[tuple[int, int, str]], *, suffix: str, method: Method) -> None:
    """Create the table of claimed accounts: (account, person, name)."""
    columns = next(step.columns for step in method.steps if step.name == "members")
    engine.create_table(f"members_{suffix}", rows, columns)


def _standings_sql(suffix: str) -> str:
    """
    Return the SELECT of the actors' standings.

    While nobody was verified, and on networks of which only the acts on some accounts are read, everybody counts as
    known.
    """
    is_judged_sql = f"{WHOLE_NETWORKS_SQL} and exists (select 1 from standings where known = 1)"
    return f"""
        select s.* from standings s
        join (select distinct e.actor from entries_{suffix} e join accounts t on t.account = e.target
          join ({is_judged_sql}) w on w.network = t.network) a on a.actor = s.account
        union all
        select distinct cast(0 as integer) as day_no, e.actor as account, cast(1 as smallint) as known,
          cast(0 as bigint) as trust
        from entries_{suffix} e join accounts t on t.account = e.target
        left join ({is_judged_sql}) w on w.network = t.network
        where w.network is null"""


def _copy(engine: Engine, table: str, suffix: str, select: str) -> None:
    engine.run(Step(name=f"{table}_{suffix}", sql=select, columns=_COLUMNS[table]))
