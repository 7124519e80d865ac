"""Whom the credit of each verified person makes known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.method.file import Method
from renown.method.step_files import read_steps
from renown.progress import Progress
from renown.records import day_number
from renown.scoring.aliases import load_alias_ids, load_alias_keys
from renown.scoring.credit import WARM_UP_DAYS, CreditPass
from renown.scoring.credit_sums import list_flow_columns
from renown.scoring.daily_acts import create_daily_acts
from renown.scoring.entry_inputs import VERIFIED_ACCOUNT_COLUMNS, create_entry_parameter_tables, create_seeds
from renown.scoring.inputs import input_columns, load_inputs
from renown.scoring.ledger import Ledger
from renown.scoring.seeds import seed_group, seed_rows
from renown.store import PeopleStore, Person, PublishedDay
from renown.text import plural

_SEEDS_AT_ONCE = 64
"""Most verified people whose credit is passed on at once: with more columns, statements take longer to plan."""
_CREDIT_STEPS = "credit/3"


@dataclass(frozen=True, kw_only=True)
class TrustInputs:
    """What credit is passed on from, on a day."""

    lake: Lake
    people: PeopleStore
    method: Method
    day: date
    previous_day: PublishedDay | None
    """The latest published day before, from whose strengths trust comes."""


def load_strengths_before(engine: DuckDB, inputs: TrustInputs) -> None:
    """Load the inputs of the day, and the strengths of the published day before."""
    load_inputs(engine, inputs.lake, inputs.method, day_number(inputs.day), inputs.lake.versions())
    files = inputs.previous_day.files("strengths") if inputs.previous_day else []
    engine.scan("strengths_before", files, input_columns(inputs.method)["strengths_before"])


def measure_reach(
    engine: DuckDB, inputs: TrustInputs, seeds: Sequence[Person], *, progress: Progress
) -> dict[int, tuple[int, int]]:
    """
    Pass on the credit of each seed by itself: as a group of its own, `_SEEDS_AT_ONCE` of them at once.

    Returns
    -------
    dict of int to (int, int)
        Score key to the number of known accounts that the seed's credit reaches, and of those known only with it.
    """
    if not seeds:
        return {}
    day_no, method = day_number(inputs.day), inputs.method
    load_strengths_before(engine, inputs)
    create_entry_parameter_tables(engine, method)
    warm_up_days = range(day_no - WARM_UP_DAYS + 1, day_no + 1)
    create_daily_acts(engine, inputs.lake, method, warm_up_days, last_day=day_no)
    alias_ids = load_alias_ids(engine, inputs.lake, load_alias_keys(engine, inputs.lake))
    numbered_seeds = list(enumerate(seeds))
    groups = min(len(seeds), _SEEDS_AT_ONCE)
    wide_method = replace(method, credit_steps=read_steps(_CREDIT_STEPS, seed_groups=groups))
    first_numbers = range(0, len(seeds), groups)
    needed = _create_numbered_seeds(engine, method, seeds)
    progress.start(
        f"passing on the credit of {plural(len(seeds), 'verified person', 'verified people')}", len(first_numbers)
    )
    for first in first_numbers:
        batch = numbered_seeds[first : first + groups]
        progress.advance(f"{batch[0][1].name} to {batch[-1][1].name}")
        _create_seeds(engine, [(person, number - first) for number, person in batch], alias_ids)
        _pass_credit(engine, wide_method, day_no)
        _create_parts(engine, first, groups)
    _create_seeds(engine, [(person, 0) for person in seeds], alias_ids)
    reach = engine.query(_reach_sql(method, [f"parts_{first}" for first in first_numbers], needed))
    return {seeds[number].key: (known, only) for number, known, only in reach}


def _create_seeds(
    engine: DuckDB, seeds: Iterable[tuple[Person, int]], alias_ids: Mapping[tuple[str, str], str]
) -> None:
    """Create the table of seeds from people with their groups."""
    engine.create_table("verified_accounts", seed_rows(seeds, alias_ids), VERIFIED_ACCOUNT_COLUMNS)
    create_seeds(engine)


def _pass_credit(engine: DuckDB, method: Method, day_no: int) -> None:
    """Pass on the credit of the current seeds in a temporary ledger; create the table `credits` of the next day."""
    with engine.temporary_folder() as folder:
        ledger = Ledger(folder)
        CreditPass(engine, ledger, method).fix_standings(day_no)
        days = range(day_no + 1 - int(method["credit_days"]), day_no + 1)
        engine.scan("flows", ledger.files("flows", days=days), list_flow_columns(method))
        engine.run(next(step for step in method.credit_steps if step.name == "credits"))


def _create_numbered_seeds(engine: DuckDB, method: Method, seeds: Sequence[Person]) -> int:
    """Create the table of seeds with the groups needed without each; return how many are needed with all."""
    groups = np.array([seed_group(person, method) for person in seeds], dtype=np.int64)
    sizes = np.bincount(groups, minlength=int(method["seed_groups"]))
    number_of_groups = int((sizes > 0).sum())
    rows = [
        (number, int(group), _needed_groups(method, number_of_groups - (sizes[group] == 1)))
        for number, group in enumerate(groups)
    ]
    columns = {"seed": "integer", "seed_group": "smallint", "needed": "integer"}
    engine.create_table("numbered_seeds", rows, columns)
    return _needed_groups(method, number_of_groups)


def _needed_groups(method: Method, number_of_groups: int) -> int:
    """Return from how many groups credit must come, as step `new_standings` does."""
    return max(1, min(int(method["vouching_groups"]), (number_of_groups + 1) // 2))


def _create_parts(engine: DuckDB, first: int, groups: int) -> None:
    """Create a table of the credit that each seed of a batch passed on, from the column of its place in the batch."""
    credits_sql = ", ".join(f"credit_{place}" for place in range(groups))
    engine.execute(f"""
        create or replace table parts_{first} as
        select account, seed, seed_group, needed, [{credits_sql}][seed - {first} + 1] as credit
        from credits join numbered_seeds on seed between {first} and {first + groups - 1}
        where [{credits_sql}][seed - {first} + 1] > 0""")


def _reach_sql(method: Method, tables: Sequence[str], min_vouching: int) -> str:
    """Return the SELECT of each seed's reach: seed, known accounts, accounts known only with it."""
    known_credit = int(method["known_credit"])
    parts_sql = " union all ".join(f"select * from {table}" for table in tables)
    return f"""
        with parts as ({parts_sql}),
        sums as (select account, seed_group, sum(credit) as credit from parts group by account, seed_group),
        vouched as (
          select account, count(*) as vouching from sums where credit >= {known_credit} group by account
        )
        select p.seed, count(*) filter (where p.credit >= {known_credit}),
          count(*) filter (where s.account is null and v.vouching - cast(
            g.credit >= {known_credit} and g.credit - p.credit < {known_credit} as integer) < p.needed)
        from parts p
        join sums g on g.account = p.account and g.seed_group = p.seed_group
        join vouched v on v.account = p.account and v.vouching >= {min_vouching}
        left join (select distinct account from seeds) s on s.account = p.account
        group by p.seed"""
