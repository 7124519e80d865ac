"""Enter days into the ledger: compute what the acts of new and changed days are worth."""

from collections.abc import Mapping
from dataclasses import replace

from renown.engines.base import Engine, WrittenFile
from renown.lake import Lake
from renown.method.file import Method
from renown.records import LAKE_COLUMNS
from renown.scoring.aliases import load_day_alias_keys, scan_lake
from renown.scoring.credit import CreditPass
from renown.scoring.daily_acts import combine_tables, create_daily_acts
from renown.scoring.entry_inputs import create_entry_parameter_tables, load_entry_inputs
from renown.scoring.entry_plan import (
    EntryPlan,
    find_aliased_days,
    find_judged_networks,
    list_days_to_enter,
    plan_entries,
)
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger
from renown.scoring.presumed import PresumedInputs, find_newly_presumed_days


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
    aliased_days = find_aliased_days(engine, lake, state, aliases, versions) if state else set()
    plan = plan_entries(
        lake,
        state,
        method,
        day_no,
        versions,
        networks=find_judged_networks(engine),
        other_days=aliased_days | find_newly_presumed_days(engine, presumed_inputs, ledger, state),
    )
    if plan.state != state:
        enter_days(engine, lake, ledger, method, plan)
    window = range(day_no - int(method["window_days"]) + 1, day_no + 1)
    engine.scan("entries", ledger.files("entries", days=window), LEDGER_COLUMNS["entries"])
    scan_lake(engine, "interactions", lake.files("interactions", days=window), aliases)
    engine.scan("undone", lake.files("undone", days=range(day_no + 1)), LAKE_COLUMNS["undone"])


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
    days = list_days_to_enter(engine, lake, plan, credit_from=credit_pass.find_first_day(plan.state.last_day))
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
            combine_tables(engine, daily_acts, [table])
            for step in group_steps:
                engine.run(step)
            new_files += engine.write_partitioned("entries", batch.folder / table, partition_by=["day_no"], prefix="e")
            for name in (entry_steps[-1].name, daily_acts.name, table):
                engine.drop(name)
        old_files = ledger.files("entries") if plan.rebuild else ledger.files("entries", days=days)
        ledger.commit_entries(new_files, plan.state, batch=batch, remove=old_files)
    for step in (reciprocal_days, *entry_steps):
        engine.drop(step.name)


def compute_entries(engine: Engine, lake: Lake, ledger: Ledger, method: Method, day_no: int, *, last_day: int) -> str:
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
    last_day : int
        Day up to which undone acts are left out.
    """
    create_daily_acts(engine, lake, method, [day_no], last_day=last_day)
    engine.scan("standings", ledger.files("standings"), LEDGER_COLUMNS["standings"])
    entry_steps = method.entry_steps[2:]
    for step in entry_steps:
        engine.run(step)
    return entry_steps[-1].name
