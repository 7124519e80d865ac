"""Recompute past days of claimed people from the ledger's entries of their accounts, all days in one pass."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from renown.engines.base import Engine, Row
from renown.errors import DayNotPublishedError, InvalidMethodError
from renown.lake import Lake
from renown.method.file import Method
from renown.method.ledger_parameters import build_ledger_parameter_tables
from renown.method.parameters import INPUT_COLUMNS
from renown.method.step_files import read_steps
from renown.progress import Progress
from renown.records import LAKE_COLUMNS, day_from_number, day_number
from renown.scoring.aliases import load_alias_ids, load_alias_keys, load_day_alias_keys, scan_lake
from renown.scoring.day_batch import DayBatch
from renown.scoring.entries import create_entry_parameter_tables, load_entry_inputs
from renown.scoring.inputs import END_OF_DAY, find_observed_days, input_columns, load_inputs
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger, open_ledger
from renown.scoring.score import claim_rows, create_verified_accounts, find_previous_day, load_day_ledger
from renown.steps import Step
from renown.store import PeopleStore, Person, PublishedDayStore

PastScores = dict[int, list[tuple[int, float | None]]]
"""Number of a person to (day number, score) of each day; None if nothing was known of them in the window."""

_STEPS = "past/3"
_CONSTANT_STEPS = ("members", "own_pairs")
"""Steps of the method whose results are the same on every day."""
_DAYS_PER_BATCH = 90
"""Days that are scored in one pass."""
_COUNT_STEPS = ("latest_tallies", "countable", "unknown_acts", "unknown_actors")
"""Steps of the method that have no rows without counts."""
_ENTRY_COLUMNS = LEDGER_COLUMNS["entries"]


@dataclass(frozen=True, kw_only=True)
class PastDays:
    """Which days of whom to recompute."""

    people: Sequence[Person]
    first: date
    last: date
    """At most the last day that was entered into the ledger, unless that is not used."""
    uses_ledger: bool = True
    """Whether the ledger has the acts on these people; if not, all are entered for them alone, and not stored."""

    @property
    def numbers(self) -> range:
        """Numbers of the days."""
        return range(day_number(self.first), day_number(self.last) + 1)


def refresh_ledger(
    engine: Engine, lake: Lake, days: PublishedDayStore, people: PeopleStore, method: Method
) -> dict[str, int]:
    """
    Enter the days again of which the lake has other acts than the ledger.

    Parameters
    ----------
    engine : Engine
        A new session.
    lake : Lake
    days : PublishedDayStore
    people : PeopleStore
    method : Method

    Returns
    -------
    dict of str to int
        Version of each table of the lake.

    Raises
    ------
    InvalidMethodError
        If the method has no ledger.
    DayNotPublishedError
        If no day was scored by this method yet.
    """
    last_day = find_last_day(lake, method)
    versions = lake.versions()
    load_inputs(engine, lake, method, day_number(last_day), versions)
    previous_day = find_previous_day(days, method, last_day)
    load_day_ledger(engine, lake, previous_day, people, method, day=last_day, versions=versions)
    return versions


def load_acts(engine: Engine, lake: Lake, people: PeopleStore, method: Method, *, last: date) -> dict[str, int]:
    """
    Load what days of a few people are computed from without bringing the ledger up to date, which takes all acts.

    Parameters
    ----------
    engine : Engine
        A new session.
    lake : Lake
    people : PeopleStore
    method : Method
    last : date
        The last of the days.

    Returns
    -------
    dict of str to int
        Version of each table of the lake.

    Raises
    ------
    DayNotPublishedError
        If the lake has no data up to that day.
    """
    versions = lake.versions()
    load_inputs(engine, lake, method, day_number(last), versions)
    create_verified_accounts(engine, lake, people, method, versions=versions)
    load_entry_inputs(engine, lake, method, versions=versions)
    return versions


def find_last_day(lake: Lake, method: Method) -> date:
    """
    Find the last day that was entered into the ledger of a method.

    Raises
    ------
    InvalidMethodError
        If the method has no ledger.
    DayNotPublishedError
        If no day was scored by this method yet.
    """
    if not method.has_ledger:
        raise InvalidMethodError(
            f"method {method.version} has no ledger to recompute past days of claimed people from; "
            "use a method with one (`--method 3`), or score everybody on these days, without --claimed"
        )
    state = open_ledger(lake, method).load_state()
    if state is None or state.method != method.digest:
        raise DayNotPublishedError(f"no day is scored by method {method.version} yet; run `renown score` first")
    return day_from_number(state.last_day)


def recompute_days(
    engine: Engine,
    lake: Lake,
    method: Method,
    past: PastDays,
    *,
    versions: Mapping[str, int],
    progress: Progress,
    on_scored: Callable[[DayBatch], None] | None = None,
) -> PastScores:
    """
    Compute the scores that people would have had on past days, by the ledger as it is now.

    The score of a day has the bits that publishing the day again would give.

    Parameters
    ----------
    engine : Engine
        The session of `refresh_ledger` or `load_acts`.
    lake : Lake
    method : Method
    past : PastDays
    versions : mapping of str to int
        As `refresh_ledger` or `load_acts` returned them.
    progress : Progress
    on_scored : callable, optional
        Called with each batch of days, once it is scored.
    """
    parameters = _DayParameters(engine, lake, method)
    past_steps = read_steps(_STEPS)
    _load_members(engine, lake, method, past, versions)
    _load_entries(engine, lake, method, past)
    _load_lake_rows(engine, lake, method, past.numbers, versions)
    parameters.create(past.numbers[-1])
    for step in past_steps[:-1]:
        engine.run(step)
    engine.run(_copy("entries", "select * from entry_sums", past_steps[0].columns, stored=False))
    scores: PastScores = {person.person_id: [] for person in past.people}
    for begin in range(0, len(past.numbers), _DAYS_PER_BATCH):
        days = past.numbers[begin : begin + _DAYS_PER_BATCH]
        batch = DayBatch(engine, method, days)
        _add_days(batch, engine, parameters, days, progress, count_reactors=past_steps[-1])
        batch_scores = batch.score()
        if on_scored:
            on_scored(batch)
        for person_id, person_scores in scores.items():
            person_scores += [(day_no, batch_scores.get(day_no, {}).get(-person_id)) for day_no in days]
    return scores


def _add_days(
    batch: DayBatch,
    engine: Engine,
    parameters: "_DayParameters",
    days: range,
    progress: Progress,
    *,
    count_reactors: Step,
) -> None:
    """Run the steps of each day and add the results to a batch; `count_reactors` replaces the step of its name."""
    daily_steps = [
        count_reactors if step.name == count_reactors.name else step
        for step in batch.daily_steps
        if step.name not in _CONSTANT_STEPS
    ]
    settled: set[str] = set()
    # The tables of an earlier batch have the rows of all its days.
    parameters.rows.clear()
    for day_no in days:
        progress.advance(day_from_number(day_no).isoformat())
        if parameters.create(day_no):
            for step in (*_day_inputs(day_no), *daily_steps):
                if step.name not in settled:
                    engine.run(step)
            settled = settled or _list_settled(engine)
            batch.add(day_no, parameters.rows)


def _day_inputs(day_no: int) -> list[Step]:
    """Return the steps that limit what is known of undone acts and of absent accounts to the days up to one."""
    undone_sql = f"select * from known_undone where day_no <= {day_no}"
    # As in `load_inputs`: an opt-out overrides all other rows.
    presence_sql = f"""
        select network, day_no, account, present, second from known_presence where day_no <= {day_no}
        union all
        select network, cast({day_no} as integer), account, false, cast({END_OF_DAY} as integer) from opted_out"""
    return [
        _copy("undone", undone_sql, LAKE_COLUMNS["undone"]),
        _copy("presence", presence_sql, LAKE_COLUMNS["presence"], stored=False),
    ]


def _list_settled(engine: Engine) -> set[str]:
    """List the steps that need not run again for the next day: nobody claimed has rows that change with the day."""
    settled: set[str] = set()
    if not engine.query("select 1 from known_presence limit 1"):
        settled |= {"presence", "absent"}
    if not engine.query("select 1 from tallies limit 1"):
        settled |= {"undone", *_COUNT_STEPS}
    return settled


class _DayParameters:
    """The parameter tables of one day after another; tables that stay the same are created once."""

    def __init__(self, engine: Engine, lake: Lake, method: Method) -> None:
        self._engine = engine
        self._method = method
        self._coverage = [(row[0], row[1]) for row in engine.query("select distinct network, verb from coverage")]
        networks = sorted({row[0] for row in engine.query("select distinct network from accounts")})
        self._observed_days = find_observed_days(lake, networks)
        self.rows: dict[str, Sequence[Row]] = {}
        """Rows of each table."""

    def create(self, day_no: int) -> bool:
        """Create the tables of a day; return False, without any, if there is no data in the window."""
        window = range(day_no - int(self._method["window_days"]) + 1, day_no + 1)
        days = {
            network: len(observed_days.intersection(window))
            for network, observed_days in self._observed_days.items()
            if any(day <= day_no for day in observed_days)
        }
        if not any(days.values()):
            return False
        tables = build_ledger_parameter_tables(self._method, day_no, coverage=self._coverage, days=days)
        for table, rows in tables.items():
            if rows != self.rows.get(table):
                self._engine.create_table(table, rows, input_columns(self._method)[table])
        self.rows = dict(tables)
        return True


def _load_members(engine: Engine, lake: Lake, method: Method, past: PastDays, versions: Mapping[str, int]) -> None:
    """Create the tables `accounts`, with the claimed accounts only, and `members` and `own_pairs`."""
    aliases = load_day_alias_keys(engine, lake, versions)
    alias_ids = load_alias_ids(engine, lake, aliases)
    engine.create_table("claims", claim_rows(past.people, alias_ids), INPUT_COLUMNS["claims"])
    files = lake.files("accounts", version=versions.get("accounts")) if "accounts" in versions else []
    scan_lake(engine, "accounts", files, aliases, name="all_accounts")
    accounts_sql = """
        select a.network, a.account, a.account_id from all_accounts a
        join (select distinct network, account_id from claims) c
          on c.network = a.network and c.account_id = a.account_id"""
    engine.run(_copy("accounts", accounts_sql, LAKE_COLUMNS["accounts"]))
    for step in method.steps:
        if step.name in _CONSTANT_STEPS:
            engine.run(step)


def _load_entries(engine: Engine, lake: Lake, method: Method, past: PastDays) -> None:
    """Create the table `claimed_entries` of the acts on the claimed accounts in the windows of all days."""
    ledger = open_ledger(lake, method)
    numbers = past.numbers
    window = range(numbers[0] - int(method["window_days"]) + 1, numbers[-1] + 1)
    state = ledger.load_state() if past.uses_ledger else None
    first_entered = state.first_day if state else window.stop
    undone_until = state.last_day if state else numbers[-1]
    engine.run(_copy("opted_out", *_opted_out_sql(engine, lake)))
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
    engine.run(_copy("claimed_entries", claimed_sql, _ENTRY_COLUMNS))


def _opted_out_sql(engine: Engine, lake: Lake) -> tuple[str, dict[str, str]]:
    """Create a table of the opted-out accounts that the lake has rows of; return the SELECT of it and its columns."""
    columns, aliases = {"network": "string", "account": "bigint"}, load_alias_keys(engine, lake)
    keys = {(network, aliases.get(account, account)) for network, account in lake.load_opt_outs().accounts}
    engine.create_table("opted_out_accounts", sorted(keys), columns)
    return "select distinct network, account from opted_out_accounts", columns


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
    engine.run(_copy("past_actors", pairs_sql, {"day_no": "integer", "actor": "bigint"}))
    # All acts of a day by those who acted on a claimed account: attention is shared among all accounts of the day. And
    # the acts of the claimed accounts themselves: acts between accounts that act on each other vouch for nobody.
    day_acts_sql = f"""
        select {columns_sql} from all_interactions i
        left join past_actors p on p.day_no = i.day_no and p.actor = i.actor
        left join members m on m.account = i.actor
        where p.actor is not null or m.account is not null"""
    engine.run(_copy("interactions", day_acts_sql, columns))
    own_acts_sql = f"select {columns_sql} from all_earlier_interactions i join members m on m.account = i.actor"
    engine.run(_copy("earlier_interactions", own_acts_sql, columns))
    engine.scan("undone", lake.files("undone", days=range(undone_until + 1)), LAKE_COLUMNS["undone"])
    engine.scan("standings", ledger.files("standings"), LEDGER_COLUMNS["standings"])
    create_entry_parameter_tables(engine, method)
    for step in method.entry_steps:
        engine.run(step)
    engine.run(_copy("earlier_entries", "select * from entries", _ENTRY_COLUMNS))
    for step in method.entry_steps:
        engine.drop(step.name)


def _load_lake_rows(engine: Engine, lake: Lake, method: Method, numbers: range, versions: Mapping[str, int]) -> None:
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
    engine.run(_copy(name or table, f"select {columns_sql} from all_{table} r {join_sql}", columns))


def _copy(name: str, sql: str, columns: Mapping[str, str], *, stored: bool = True) -> Step:
    return Step(name=name, sql=sql, columns=dict(columns), stored=stored)
