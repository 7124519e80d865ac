"""Load the inputs of a day into an engine: the lake's rows in the window and the method's parameter tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from renown.engines.base import Engine
from renown.errors import DayNotPublishedError
from renown.lake import Lake
from renown.method.file import Method
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS, build_ledger_parameter_tables
from renown.method.parameters import INPUT_COLUMNS, build_parameter_tables
from renown.records import DAY_SECONDS, LAKE_COLUMNS, LOOKED_UP_ACTORS, WHOLE_NETWORK, OptOutList, day_from_number
from renown.scoring.aliases import AliasKeys, load_day_alias_keys, scan_lake
from renown.scoring.ledger import LEDGER_COLUMNS
from renown.steps import Step

WINDOWED_TABLES = ("interactions", "tallies")
"""Tables limited to the window; of the others, all rows up to the day are read."""
_CORRECTION_TABLES = ("undone", "presence")
"""Tables of corrections: a day with rows only in these was not observed."""
_COVERAGE_ROWS = "coverage_rows"
"""View of the files of the lake's table `coverage`."""
LOOKED_UP_NETWORKS = "looked_up_networks"
"""Table of the networks of which only the acts on some accounts are read, and the profiles of those who act."""
_VIEWED_PARAMETERS = ("constants", "whole_networks", "ages", "verbs")
"""Parameters that are read before the steps are run: to tell who is known, and for all acts of people in profiles."""
END_OF_DAY = DAY_SECONDS
"""Second of the day after the last one, so that an opt-out overrides all presence rows of that day."""


def load_inputs(
    engine: Engine,
    lake: Lake,
    method: Method,
    day_no: int,
    versions: Mapping[str, int],
    *,
    loaded_days: Mapping[str, AbstractSet[int]] | None = None,
    suffix: str = "",
) -> None:
    """
    Load the tables that count on a day into an engine, as of these versions of the lake.

    Opted-out accounts are treated like deleted ones: they have no score, and their acts do not count.

    Parameters
    ----------
    engine : Engine
    lake : Lake
    method : Method
    day_no : int
        Last day of the window.
    versions : mapping of str to int
        Version of each lake table, as `Lake.versions` returns it; a missing table had no rows then.
    loaded_days : mapping of str to set of int, optional
        Days of a table whose rows are not needed, since they were copied before.
    suffix : str, optional
        Of tables with the parameters of the day, to keep them beside those of another day.

    Raises
    ------
    DayNotPublishedError
        If there is no data in the window.
    """
    window = range(day_no - int(method["window_days"]) + 1, day_no + 1)
    observed_by_network: dict[str, set[int]] = {}
    aliases = load_day_alias_keys(engine, lake, versions)
    for table, columns in LAKE_COLUMNS.items():
        if table == "coverage":
            continue
        has_day = "day_no" in columns
        days = window if table in WINDOWED_TABLES else range(day_no + 1)
        has_version = table in versions
        files = lake.files(table, days=days if has_day else None, version=versions[table]) if has_version else []
        scan_lake(engine, table, exclude_days(files, (loaded_days or {}).get(table, ())), aliases)
        for network, file_day in _parse_partitions(files) if has_day and table not in _CORRECTION_TABLES else ():
            observed_by_network.setdefault(network, set()).add(file_day)
    _exclude_opted_out(engine, lake.load_opt_outs(), aliases, day_no)
    if not observed_by_network:
        raise _no_data_error(lake, day_no, len(window))
    # A table of its few distinct rows: several queries read it, and each would open its files.
    coverage = load_coverage(engine, lake, versions)
    engine.create_table("coverage", coverage, LAKE_COLUMNS["coverage"])
    looked_up_networks = [(network,) for network in find_looked_up_networks(coverage)]
    engine.create_table(LOOKED_UP_NETWORKS, looked_up_networks, {"network": "string"})
    observed_days = {network: len(file_days & set(window)) for network, file_days in observed_by_network.items()}
    create_parameter_tables(engine, method, day_no, coverage=coverage, days=observed_days, suffix=suffix)


def load_coverage(engine: Engine, lake: Lake, versions: Mapping[str, int]) -> list[tuple[str, int]]:
    """Load the (network, verb) rows of what could be observed, as of these versions of the lake."""
    files = lake.files("coverage", version=versions["coverage"]) if "coverage" in versions else []
    engine.scan(_COVERAGE_ROWS, files, LAKE_COLUMNS["coverage"])
    rows = engine.query(f"select distinct network, verb from {_COVERAGE_ROWS} order by network, verb")
    return [(network, verb) for network, verb in rows]


def find_looked_up_networks(coverage: Iterable[tuple[str, int]]) -> list[str]:
    """Find the networks whose actors are looked up in the (network, verb) rows of coverage, in order."""
    verbs: dict[str, set[int]] = {}
    for network, verb in coverage:
        verbs.setdefault(network, set()).add(verb)
    return [name for name in sorted(verbs) if LOOKED_UP_ACTORS in verbs[name] and WHOLE_NETWORK not in verbs[name]]


def exclude_days(files: Sequence[str], days: Collection[int]) -> list[str]:
    """Return the files of partitions of other days."""
    folders = {f"day_no={day_no}" for day_no in days}
    return [file for file in files if file.split("/")[-2] not in folders]


def select_days_sql(days: Collection[int]) -> str:
    """Return the condition of rows of some days, by the ranges that they make up: a long list takes longer."""
    starts = sorted(day_no for day_no in days if day_no - 1 not in days)
    ends = sorted(day_no for day_no in days if day_no + 1 not in days)
    return " or ".join(f"day_no between {first} and {last}" for first, last in zip(starts, ends, strict=True))


def create_parameter_tables(
    engine: Engine,
    method: Method,
    day_no: int,
    *,
    coverage: Iterable[tuple[str, int]],
    days: Mapping[str, int],
    suffix: str = "",
) -> None:
    """
    Create the tables of a method's constants.

    Parameters
    ----------
    engine : Engine
    method : Method
    day_no : int
        The day to score.
    coverage : iterable of (network, verb number)
        Verbs that occur in each network's data.
    days : mapping of network to int
        Number of observed days in the window.
    suffix : str, optional
        The tables are named ``<table>_<suffix>``.
    """
    build = build_ledger_parameter_tables if method.has_ledger else build_parameter_tables
    columns = input_columns(method)
    for table, rows in build(method, day_no, coverage=coverage, days=days).items():
        engine.create_table(f"{table}_{suffix}" if suffix else table, rows, columns[table])


def view_parameters(engine: Engine, method: Method, *, suffix: str) -> None:
    """Create views, without a suffix, of the parameters of a day that are read before the steps are run."""
    columns = input_columns(method)
    for table in _VIEWED_PARAMETERS:
        sql = f"select * from {table}_{suffix}"
        engine.run(Step(name=table, sql=sql, columns=dict(columns[table]), stored=False))


def input_columns(method: Method) -> Mapping[str, Mapping[str, str]]:
    """Return the columns of the tables that the method's steps read in addition to the lake."""
    return LEDGER_INPUT_COLUMNS | LEDGER_COLUMNS if method.has_ledger else INPUT_COLUMNS


def find_observed_days(lake: Lake, networks: Iterable[str]) -> dict[str, set[int]]:
    """Find the numbers of the days for which the lake has data, by network, as `load_inputs` counts them."""
    tables = [
        table for table, columns in LAKE_COLUMNS.items() if "day_no" in columns and table not in _CORRECTION_TABLES
    ]
    days_by_table = [lake.days(table) for table in tables]
    return {network: set().union(*(days.get(network, ()) for days in days_by_table)) for network in networks}


def has_data(lake: Lake) -> bool:
    """Tell whether anything was read or imported that a score of some day is computed from."""
    return any(lake.files(table) for table in WINDOWED_TABLES)


def _no_data_error(lake: Lake, day_no: int, days: int) -> DayNotPublishedError:
    """Return the error that there is nothing to score, on these days or at all."""
    if not has_data(lake):
        return DayNotPublishedError(
            "the home has no reactions yet: nothing was read or imported",
            remedy="add people with `renown add NAME --bluesky HANDLE` and read their accounts with `renown run`, or "
            "import files with `renown import`",
        )
    return DayNotPublishedError(
        f"the lake has no data for the {days} days that end on {day_from_number(day_no)}",
        remedy="import data of those days first (`renown import`), unless they are older than retention.acts "
        "keeps them",
    )


def _exclude_opted_out(engine: Engine, opted_out: OptOutList, aliases: AliasKeys, day_no: int) -> None:
    """Mark opted-out accounts as not present, after all presence rows of the day, so that step `absent` drops them."""
    if not opted_out.accounts:
        return
    keys = {(network, aliases.get(account, account)) for network, account in opted_out.accounts}
    rows = [(network, day_no, account, False, END_OF_DAY) for network, account in sorted(keys)]
    engine.create_table("opted_out", rows, LAKE_COLUMNS["presence"])
    columns_sql = ", ".join(LAKE_COLUMNS["presence"])
    presence_sql = f"select {columns_sql} from presence union all select {columns_sql} from opted_out"
    engine.run(Step(name="presence_with_opt_outs", sql=presence_sql, columns=LAKE_COLUMNS["presence"]))
    engine.run(
        Step(
            name="presence", sql="select * from presence_with_opt_outs", columns=LAKE_COLUMNS["presence"], stored=False
        )
    )


def _parse_partitions(files: Sequence[str]) -> list[tuple[str, int]]:
    """Parse the network and day number from the partition folders of each file."""
    # Without pathlib, which takes ten times as long: a year of profiles has hundreds of files.
    folders = (file.split("/")[-3:-1] for file in files)
    return [(network.removeprefix("network="), int(day_no.removeprefix("day_no="))) for network, day_no in folders]
