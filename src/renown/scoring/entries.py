"""Enter days into the ledger: compute what the acts of new and changed days are worth."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from renown.delta import parse_day
from renown.engines.base import Engine, WrittenFile
from renown.lake import Lake
from renown.method.file import Method
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS, build_entry_parameter_tables
from renown.records import LAKE_COLUMNS
from renown.scoring.aliases import AliasKeys, load_alias_keys, load_day_alias_keys, scan_lake
from renown.scoring.credit import CreditPass
from renown.scoring.ledger import LEDGER_COLUMNS, JudgedNetworks, Ledger, LedgerState
from renown.scoring.presumed import (
    PresumedInputs,
    create_presumed_accounts,
    find_newly_presumed_days,
    list_looked_up_networks,
)
from renown.steps import Step

VERIFIED_ACCOUNT_COLUMNS = {
    "network": "string",
    "account_id": "string",
    "seed_group": "smallint",
    "removed": "boolean",
}
"""Columns of the table `verified_accounts`: credit starts at all of them that were not removed as seeds."""
_GROUP_BYTES = 16 * 2**20
"""Size of the lake's files whose days are entered together: with 64 MiB, to group their rows takes a third longer."""


@dataclass(frozen=True, kw_only=True)
class EntryPlan:
    """Which days have to be entered before a day can be scored."""

    state: LedgerState
    """The state of the ledger afterwards."""
    days: tuple[int, ...]
    """Days to enter: from the first new day on, or from the first of which the lake has other acts now."""
    undone_days: tuple[int, ...] = ()
    """Days on which acts of entered days were undone since; from the first of those acts on, days are entered again."""
    rebuild: bool = False
    """Whether the days replace all entries."""


def load_ledger(
    engine: Engine, lake: Lake, ledger: Ledger, method: Method, day_no: int, *, versions: Mapping[str, int]
) -> None:
    """
    Enter the days that the ledger lacks, and create the table of the entries in the window of a day.

    Parameters
    ----------
    engine : Engine
        Has the inputs of the day, and the tables `verified_accounts` and `strengths_before`.
    lake : Lake
    ledger : Ledger
    method : Method
    day_no : int
        The day to score.
    versions : mapping of str to int
        Version of each lake table.
    """
    load_entry_inputs(engine, lake, method, versions=versions)
    state = ledger.load_state()
    if state and state.method != method.digest:
        # What another method fixed, such as who passed on which credit, is not what this one would have.
        ledger.roll_back(None)
        state = None
    aliases = load_day_alias_keys(engine, lake, versions)
    presumed_inputs = PresumedInputs(lake=lake, method=method, versions=versions)
    aliased_days = _find_aliased_days(engine, lake, state, aliases, versions) if state else set()
    plan = plan_entries(
        lake,
        state,
        method,
        day_no,
        versions,
        networks=_find_judged_networks(engine),
        other_days=aliased_days | find_newly_presumed_days(engine, presumed_inputs, ledger, state),
    )
    if plan.state != state:
        enter_days(engine, lake, ledger, method, plan)
    window = range(day_no - int(method["window_days"]) + 1, day_no + 1)
    engine.scan("entries", ledger.files("entries", days=window), LEDGER_COLUMNS["entries"])
    scan_lake(engine, "interactions", lake.files("interactions", days=window), aliases)
    engine.scan("undone", lake.files("undone", days=range(day_no + 1)), LAKE_COLUMNS["undone"])


def create_seeds(engine: Engine) -> None:
    """Create the table of seeds from `verified_accounts`."""
    seeds_sql = (
        "select a.account, v.seed_group from verified_accounts v "
        "join accounts a on a.network = v.network and a.account_id = v.account_id where not v.removed"
    )
    engine.run(Step(name="seeds", sql=seeds_sql, columns=LEDGER_INPUT_COLUMNS["seeds"]))


def load_entry_inputs(engine: Engine, lake: Lake, method: Method, *, versions: Mapping[str, int]) -> None:
    """
    Create the table of seeds, see `create_seeds`, and that of accounts that count as known without credit.

    Parameters
    ----------
    engine : Engine
        Has the inputs of a day, and the table `verified_accounts`.
    lake : Lake
    method : Method
    versions : mapping of str to int
        Version of each lake table.
    """
    create_seeds(engine)
    create_presumed_accounts(engine, PresumedInputs(lake=lake, method=method, versions=versions))


def plan_entries(
    lake: Lake,
    state: LedgerState | None,
    method: Method,
    day_no: int,
    versions: Mapping[str, int],
    *,
    networks: JudgedNetworks | None = None,
    other_days: Collection[int] = (),
) -> EntryPlan:
    """
    Compare the lake with the state of the ledger, and plan what to enter so that a day can be scored.

    Parameters
    ----------
    lake : Lake
    state : LedgerState or None
        State of the ledger; None if it is new.
    method : Method
    day_no : int
        The day to score.
    versions : mapping of str to int
        Version of each lake table.
    networks : JudgedNetworks, optional
        Where actors can be told apart; nowhere by default. With others than before, all days are entered again.
    other_days : collection of int
        Days with acts of accounts whose aliases changed since, or that were looked up since.
    """
    window_start = day_no - int(method["window_days"]) + 1
    interactions = _fingerprint_days(lake, "interactions", versions)
    undone = _fingerprint_days(lake, "undone", versions)
    judged = networks or JudgedNetworks()
    entered = state if state and (state.method, state.networks) == (method.digest, judged) else None
    last_day = max(day_no, entered.last_day) if entered else day_no
    # Who acted back is looked up in the days before an act, so changes of those days matter, too.
    lookup_start = window_start - int(method["friend_days"]) + 1
    relevant_days = [day for day in sorted(interactions) if lookup_start <= day <= last_day]
    changed_days = [
        day
        for day in relevant_days
        if entered and (interactions[day] != entered.interactions.get(day) or day in other_days)
    ]
    first_day = window_start
    if entered and window_start >= entered.first_day:
        first_day = max(window_start, min(changed_days, default=last_day + 1))
    return EntryPlan(
        state=LedgerState(
            method=method.digest,
            first_day=min(window_start, entered.first_day) if entered else window_start,
            last_day=last_day,
            interactions={
                **(entered.interactions if entered else {}),
                **{day: interactions[day] for day in relevant_days},
            },
            undone={day: fingerprint for day, fingerprint in undone.items() if day <= last_day},
            aliases=versions.get("aliases", 0),
            profiles=versions.get("profiles", 0),
            networks=judged,
        ),
        days=tuple(day for day in relevant_days if day >= first_day),
        undone_days=tuple(
            day for day in sorted(undone) if day <= last_day and entered and undone[day] != entered.undone.get(day)
        ),
        rebuild=entered is None,
    )


def enter_days(engine: Engine, lake: Lake, ledger: Ledger, method: Method, plan: EntryPlan) -> None:
    """
    Enter the planned days, in one atomic commit.

    Days are summed and entered in groups: the tables of a few days fit into the processor's cache, those of the whole
    window do not.

    Parameters
    ----------
    engine : Engine
        Has the parameter tables of the day, and the tables `verified_accounts`, `seeds` and `strengths_before`.
    lake : Lake
    ledger : Ledger
    method : Method
        Its steps pass credit on, and compute what the acts of a day are worth.
    plan : EntryPlan
    """
    create_entry_parameter_tables(engine, method)
    credit_pass = CreditPass(engine, ledger, method)
    days = _list_days(engine, lake, plan, credit_from=credit_pass.find_first_day(plan.state.last_day))
    tables = create_daily_acts(engine, lake, method, days, last_day=plan.state.last_day)
    credit_pass.fix_standings(plan.state.last_day)
    daily_acts, reciprocal_days, *entry_steps = method.entry_steps
    engine.scan("standings", ledger.files("standings"), LEDGER_COLUMNS["standings"])
    for step in entry_steps:
        if daily_acts.name not in step.reads:
            engine.run(step)
    # The last step is a view, as it is read only once, when it is written.
    group_steps = [step for step in entry_steps[:-1] if daily_acts.name in step.reads]
    group_steps.append(replace(entry_steps[-1], stored=False))
    with ledger.write_batch() as batch:
        new_files: list[WrittenFile] = []
        for table in tables:
            _combine_tables(engine, daily_acts, [table])
            for step in group_steps:
                engine.run(step)
            new_files += engine.write_partitioned("entries", batch.folder / table, partition_by=["day_no"], prefix="e")
            for name in (entry_steps[-1].name, daily_acts.name, table):
                engine.drop(name)
        old_files = ledger.files("entries") if plan.rebuild else ledger.files("entries", days=days)
        ledger.commit_entries(new_files, plan.state, batch=batch, remove=old_files)
    for step in (reciprocal_days, *entry_steps):
        engine.drop(step.name)


def create_daily_acts(engine: Engine, lake: Lake, method: Method, days: Sequence[int], *, last_day: int) -> list[str]:
    """
    Create `daily_acts` and `reciprocal_days` of some days, which pass credit on.

    Parameters
    ----------
    engine : Engine
        Has the parameter tables of the day.
    lake : Lake
    method : Method
    days : sequence of int
    last_day : int
        Day up to which undone acts are left out.

    Returns
    -------
    list of str
        Tables of groups of days, of which `daily_acts` is a view.
    """
    engine.scan("undone", lake.files("undone", days=range(last_day + 1)), LAKE_COLUMNS["undone"])
    earlier_days = range(days[0] - int(method["friend_days"]) + 1, days[0]) if days else range(0)
    daily_acts, reciprocal_days = method.entry_steps[:2]
    aliases = load_alias_keys(engine, lake)
    tables = _sum_daily_acts(engine, lake, daily_acts, days, aliases)
    _combine_tables(engine, daily_acts, tables)
    earlier_files = lake.files("interactions", days=earlier_days)
    scan_lake(engine, "interactions", earlier_files, aliases, name="earlier_interactions")
    engine.run(reciprocal_days)
    return tables


def find_comparable_days(engine: Engine, lake: Lake, ledger: Ledger, versions: Mapping[str, int]) -> list[int]:
    """
    Find the entered days whose entries would be the same if they were entered again now.

    Those are the days whose acts, undone acts and aliases are as they were, in a ledger that judges by the same seeds,
    and by the same profiles where actors are looked up.

    Parameters
    ----------
    engine : Engine
        Has the inputs of a day, and the table of seeds.
    lake : Lake
    ledger : Ledger
    versions : mapping of str to int
        Version of each lake table.
    """
    state, networks = ledger.load_state(), _find_judged_networks(engine)
    if state is None or (state.aliases, state.networks) != (versions.get("aliases", 0), networks):
        return []
    if networks.looked_up and state.profiles != versions.get("profiles", 0):
        return []
    has_seeds = bool(engine.query("select 1 from seeds limit 1"))
    undone = _fingerprint_days(lake, "undone", versions)
    if has_seeds != (ledger.last_fixed_day("flows") is not None) or {
        day: text for day, text in undone.items() if day <= state.last_day
    } != dict(state.undone):
        return []
    interactions = _fingerprint_days(lake, "interactions", versions)
    return [
        day
        for day, fingerprint in sorted(state.interactions.items())
        if state.first_day <= day <= state.last_day and interactions.get(day) == fingerprint
    ]


def compute_entries(engine: Engine, lake: Lake, ledger: Ledger, method: Method, day_no: int) -> str:
    """
    Compute the entries of a day again, by the standings that are fixed; return the name of the table.

    Parameters
    ----------
    engine : Engine
        Has the tables that `load_entry_inputs`, `create_entry_parameter_tables` and `load_inputs` create.
    lake : Lake
    ledger : Ledger
    method : Method
    day_no : int
        One of `find_comparable_days`.
    """
    daily_acts, reciprocal_days, *entry_steps = method.entry_steps
    aliases = load_alias_keys(engine, lake)
    _combine_tables(engine, daily_acts, _sum_daily_acts(engine, lake, daily_acts, [day_no], aliases))
    earlier_days = range(day_no - int(method["friend_days"]) + 1, day_no)
    scan_lake(
        engine, "interactions", lake.files("interactions", days=earlier_days), aliases, name="earlier_interactions"
    )
    engine.scan("standings", ledger.files("standings"), LEDGER_COLUMNS["standings"])
    for step in (reciprocal_days, *entry_steps):
        engine.run(step)
    return entry_steps[-1].name


def create_entry_parameter_tables(engine: Engine, method: Method) -> None:
    """Create the tables of constants that only the entry and credit steps read."""
    for table, rows in build_entry_parameter_tables(method).items():
        engine.create_table(table, rows, LEDGER_INPUT_COLUMNS[table])


def _sum_daily_acts(engine: Engine, lake: Lake, step: Step, days: Sequence[int], aliases: AliasKeys) -> list[str]:
    """Create a table of the daily acts of each group of days; return the names of the tables."""
    tables = []
    for index, files in enumerate(_group_files(lake.files("interactions", days=days))):
        scan_lake(engine, "interactions", files, aliases)
        tables.append(f"{step.name}_{index}")
        engine.run(replace(step, name=tables[-1]))
    return tables


def _combine_tables(engine: Engine, step: Step, tables: Sequence[str]) -> None:
    """Create the table of a step as a view of the tables of some groups."""
    sql = " union all ".join(f"select * from {table}" for table in tables)
    engine.run(replace(step, sql=sql, stored=False))


def _group_files(files: Sequence[str]) -> list[list[str]]:
    """Group files by whole days, in order, into groups of at most `_GROUP_BYTES`; one group if there are no files."""
    files_by_day: dict[int, list[str]] = {}
    for file in files:
        files_by_day.setdefault(parse_day(file), []).append(file)
    groups: list[list[str]] = [[]]
    group_bytes = 0
    for day in sorted(files_by_day):
        day_bytes = sum(Path(file).stat().st_size for file in files_by_day[day])
        if groups[-1] and group_bytes + day_bytes > _GROUP_BYTES:
            groups.append([])
            group_bytes = 0
        groups[-1] += files_by_day[day]
        group_bytes += day_bytes
    return groups


def _list_days(engine: Engine, lake: Lake, plan: EntryPlan, *, credit_from: int) -> list[int]:
    """
    List the days to enter: after a changed day all later ones, whose entries depend on who acted back before.

    The days whose acts have not passed on credit yet are among them; if they were entered before, nothing changes.
    """
    changed_days = [*plan.days, *_find_undone_days(engine, lake, plan), credit_from]
    first_day = min(changed_days)
    return [day for day in sorted(plan.state.interactions) if day >= max(first_day, plan.state.first_day)]


def _find_undone_days(engine: Engine, lake: Lake, plan: EntryPlan) -> list[int]:
    """Find the entered days with acts that were undone since."""
    if plan.rebuild or not plan.undone_days:
        return []
    engine.scan("undone_since", lake.files("undone", days=plan.undone_days), LAKE_COLUMNS["undone"])
    engine.scan("interactions", lake.files("interactions", days=plan.state.interactions), LAKE_COLUMNS["interactions"])
    rows = engine.query(
        "select distinct i.day_no from interactions i join undone_since u on u.interaction = i.interaction"
    )
    return [day_no for (day_no,) in rows]


def _find_judged_networks(engine: Engine) -> JudgedNetworks:
    whole_networks = engine.query("select network from whole_networks order by network")
    return JudgedNetworks(
        whole=tuple(network for (network,) in whole_networks), looked_up=list_looked_up_networks(engine)
    )


def _find_aliased_days(
    engine: Engine, lake: Lake, state: LedgerState, aliases: AliasKeys, versions: Mapping[str, int]
) -> set[int]:
    """Find the entered days with acts of, or on, accounts whose aliases changed since."""
    if state.aliases == versions.get("aliases", 0):
        return set()
    if not lake.has_files("aliases", state.aliases):
        return set(state.interactions)
    aliases_before = load_alias_keys(engine, lake, state.aliases)
    changed = {alias for alias, _ in set(aliases.items()) ^ set(aliases_before.items())}
    engine.create_table("changed_aliases", [(alias,) for alias in sorted(changed)], {"alias": "bigint"})
    engine.scan("stored_acts", lake.files("interactions", days=state.interactions), LAKE_COLUMNS["interactions"])
    rows = engine.query(
        "select distinct i.day_no from stored_acts i join changed_aliases c on c.alias = i.actor or c.alias = i.target"
    )
    return {day_no for (day_no,) in rows}


def _fingerprint_days(lake: Lake, table: str, versions: Mapping[str, int]) -> dict[int, str]:
    """Return the fingerprint of the files of each day of a table: other rows have other files."""
    names_by_day: dict[int, list[str]] = {}
    for file in lake.files(table, version=versions.get(table)):
        names_by_day.setdefault(parse_day(file), []).append(Path(file).name)
    return {
        day_no: hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]
        for day_no, names in names_by_day.items()
    }
