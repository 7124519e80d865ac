"""Sum the acts of days that are entered or pass credit on, in groups of days."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from renown.delta import parse_day
from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.records import LAKE_COLUMNS
from renown.scoring.aliases import AliasKeys, load_alias_keys, scan_lake
from renown.steps import Step

_GROUP_BYTES = 16 * 2**20
"""Size of the lake's files whose days are entered together: with 64 MiB, to group their rows takes a third longer."""


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
    combine_tables(engine, daily_acts, tables)
    earlier_files = lake.files("interactions", days=earlier_days)
    scan_lake(engine, "interactions", earlier_files, aliases, name="earlier_interactions")
    engine.run(reciprocal_days)
    return tables


def _sum_daily_acts(engine: Engine, lake: Lake, step: Step, days: Sequence[int], aliases: AliasKeys) -> list[str]:
    """Create a table of the daily acts of each group of days; return the names of the tables."""
    tables = []
    for index, files in enumerate(_group_files(lake.files("interactions", days=days))):
        scan_lake(engine, "interactions", files, aliases)
        tables.append(f"{step.name}_{index}")
        engine.run(replace(step, name=tables[-1]))
    return tables


def combine_tables(engine: Engine, step: Step, tables: Sequence[str]) -> None:
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
