"""Inputs: what counts on a day, handed to an engine: the lake's rows and the method's small tables."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from renown.engines import Engine
from renown.errors import NotPublished
from renown.lake import Lake
from renown.method import INPUTS, Method, tables
from renown.records import KEPT, OptedOut, day_of
from renown.steps import Step

WINDOWED = ("interactions", "tallies")
"""Tables of which only the window counts; of the others, everything up to the day."""
_AFTERWARDS = ("undone", "presence")
"""Tables that say what no longer counts: a day that only they tell of was not observed."""
_MIDNIGHT = 86_400
"""A second after the last of a day."""


def take_in(engine: Engine, lake: Lake, method: Method, day_no: int, versions: Mapping[str, int]) -> None:
    """
    Let the engine read what counts on a day, as of these versions of the lake.

    Who opted out is as absent as who deleted their account: no score, and no act of theirs counts.

    Parameters
    ----------
    engine : Engine
    lake : Lake
    method : Method
    day_no : int
        Last day of the window.
    versions : mapping of str to int
        Version of each lake table, as `Lake.versions` says; a table that it lacks had no rows then.

    Raises
    ------
    NotPublished
        If that is nothing.
    """
    window = range(day_no - int(method["window_days"]) + 1, day_no + 1)
    seen: dict[str, set[int]] = {}
    for table, columns in KEPT.items():
        dated = "day_no" in columns
        until = window if table in WINDOWED else range(day_no + 1)
        known = table in versions
        files = lake.files(table, days=until if dated else None, version=versions[table]) if known else []
        engine.scan(table, files, columns)
        for network, day_of_file in _stamps(files) if dated and table not in _AFTERWARDS else ():
            seen.setdefault(network, set()).add(day_of_file)
    _leave_out(engine, lake.opted_out(), day_no)
    if not seen:
        msg = (
            f"the lake holds nothing of the {len(window)} days that end on {day_of(day_no)}; "
            "import something of those days first (`renown import`)"
        )
        raise NotPublished(msg)
    coverage = [(row[0], row[1]) for row in engine.rows("select distinct network, verb from coverage")]
    observed = {network: len(stamps & set(window)) for network, stamps in seen.items()}
    for table, rows in tables(method, day_no, coverage=coverage, days=observed).items():
        engine.table(table, rows, INPUTS[table])


def seen_days(lake: Lake, networks: Iterable[str]) -> dict[str, set[int]]:
    """Return the days, by number, of which the lake holds anything of each network, as `take_in` counts them."""
    tables = [table for table, columns in KEPT.items() if "day_no" in columns and table not in _AFTERWARDS]
    found = [lake.days(table) for table in tables]
    return {network: set().union(*(days.get(network, ()) for days in found)) for network in networks}


def _leave_out(engine: Engine, opted_out: OptedOut, day_no: int) -> None:
    """Let the step `absent` find who opted out, after all that networks said of them up to the day."""
    if not opted_out.accounts:
        return
    rows = [(network, day_no, account, False, _MIDNIGHT) for network, account in opted_out.accounts]
    engine.table("opted_out", rows, KEPT["presence"])
    listed = ", ".join(KEPT["presence"])
    both = f"select {listed} from presence union all select {listed} from opted_out"
    engine.run(Step("told_presence", both, KEPT["presence"]))
    engine.run(Step("presence", "select * from told_presence", KEPT["presence"], stored=False))


def _stamps(files: Sequence[str]) -> list[tuple[str, int]]:
    """Return the network and day that each file's folders say."""
    folders = [Path(file).parts[-3:-1] for file in files]
    return [(network.removeprefix("network="), int(day_no.removeprefix("day_no="))) for network, day_no in folders]
