"""Check the ledger: a sample of days, entered again from the lake, has the same entries."""

import random
from collections.abc import Iterator
from contextlib import suppress

from renown.checks.finding import Finding
from renown.engines.base import Engine
from renown.errors import DayNotPublishedError
from renown.lake import Lake
from renown.method.file import Method
from renown.records import day_from_number
from renown.scoring.entries import compute_entries
from renown.scoring.entry_inputs import create_entry_parameter_tables, load_entry_inputs
from renown.scoring.entry_plan import find_comparable_days
from renown.scoring.inputs import load_inputs
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger
from renown.scoring.seeds import create_verified_accounts
from renown.store import PeopleStore

SAMPLE_DAYS = 3


def check_entries(
    engine: Engine, lake: Lake, people: PeopleStore, method: Method, *, sample_days: int = SAMPLE_DAYS
) -> Iterator[Finding]:
    """
    Yield the sampled days of which the ledger has other entries than their acts give.

    The latest day is one of them, the others are random, so that checks that are repeated see all. Days with new data
    since, which the next scoring enters again, are left out.

    Parameters
    ----------
    engine : Engine
        A new session.
    lake : Lake
    people : PeopleStore
    method : Method
        A method with a ledger, which exists.
    sample_days : int
        Maximum number of days.
    """
    ledger = open_ledger(lake, method)
    state, versions = ledger.load_state(), lake.versions()
    if state is None or state.method != method.digest:
        return
    days: list[int] = []
    with suppress(DayNotPublishedError):
        load_inputs(engine, lake, method, state.last_day, versions)
        create_verified_accounts(engine, lake, people, method, versions=versions)
        load_entry_inputs(engine, lake, method, versions=versions)
        create_entry_parameter_tables(engine, method)
        days = find_comparable_days(engine, lake, ledger, versions)
    for day_no in {*days[-1:], *random.sample(days[:-1], max(0, min(sample_days, len(days)) - 1))}:
        engine.scan("stored_entries", ledger.files("entries", days=[day_no]), LEDGER_COLUMNS["entries"])
        computed = compute_entries(engine, lake, ledger, method, day_no, last_day=state.last_day)
        if rows := _count_differences(engine, computed):
            folder = ledger.root
            yield Finding(
                part="ledger",
                path=str(folder / "entries" / f"day_no={day_no}"),
                problem=f"has other entries of {day_from_number(day_no)} than its acts give: {rows:,} rows differ",
                remedy=f"restore {str(folder)!r} from a backup; without one delete it: the next `renown score` builds "
                "it again from the lake, with the standings of that day",
                works="reading published scores (`renown top`, `renown show`)",
            )


def _count_differences(engine: Engine, computed: str) -> int:
    columns = ", ".join(LEDGER_COLUMNS["entries"])
    first, second = f"select {columns} from {computed}", f"select {columns} from stored_entries"
    union = f"({first} except all {second}) union all ({second} except all {first})"
    return int(engine.query(f"select count(*) from ({union}) differences")[0][0])
