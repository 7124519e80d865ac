"""Replay the method's steps on one person's rows of a published day."""

from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import lru_cache

from renown.engines.base import Engine
from renown.errors import InvalidMethodError
from renown.lake import Lake
from renown.method.file import Method, parse_constant_values, parse_method
from renown.method.parameters import INPUT_COLUMNS
from renown.records import LAKE_COLUMNS, day_number
from renown.scoring import ledger_replay
from renown.scoring.inputs import input_columns, load_inputs, view_parameters
from renown.steps import Step
from renown.store import PublishedDay, PublishedTables

OWNER_COLUMNS = {"interactions": "target", "tallies": "account", "profiles": "account", "accounts": "account"}
"""Tables of the lake that are filtered to a person's own rows, with the column of the owning account."""

PARAMETER_TABLES = ("constants", "ages", "verbs", "limits", "worths", "scales", "observed")
PUBLISHED_STEPS = ("members", "actors")
"""Steps that read everybody's rows; they are not run again, their published rows of that day are used."""

EMPTY_WITHOUT = {
    "absent": "presence",
    "latest_tallies": "tallies",
    "unknown_acts": "latest_tallies",
    "unknown_actors": "unknown_acts",
}
"""Steps that have no rows if a table has none, which is so for most people."""
UNREAD_WITHOUT = EMPTY_WITHOUT | {"countable": "tallies"}
"""The same, with steps of a method with a ledger whose rows no other of its steps reads then."""

REPLAY_TABLES = (*OWNER_COLUMNS, "undone", "presence", *PARAMETER_TABLES, *PUBLISHED_STEPS)
"""Every table that the steps of a method without a ledger read; one copy per compared day, with a suffix."""


def replay_tables(method: Method) -> tuple[str, ...]:
    """Return every table that the steps read; there is one copy per compared day, with a suffix."""
    return ledger_replay.REPLAY_TABLES if method.has_ledger else REPLAY_TABLES


def read_constants(published: PublishedTables) -> Mapping[str, float]:
    """Return the constants of a published day's method, even if its SQL is not in this version."""
    return _parse_constants(published.day.method_text)


@lru_cache(maxsize=8)
def _parse_constants(text: str) -> Mapping[str, float]:
    return parse_constant_values(text)


def load_published_method(published: PublishedTables) -> Method:
    """
    Return the method of a published day, to run its steps again.

    Raises
    ------
    InvalidMethodError
        If its steps differ from those in this version, so that they cannot be run again.
    """
    day = published.day
    method = _parse_method(day.method_text, f"of {day.day}")
    if method is None or method.digest != day.method_digest:
        raise InvalidMethodError(
            f"{day.day} was published by method {day.method!r}, whose SQL is not in this version of renown",
            remedy="what it published can be shown (`renown show`), everything else needs the version that "
            "published it",
        )
    return method


def load_value_names(published: PublishedTables) -> dict[str, str]:
    """Return the value that each signal is a part of, by the day's method; none if its SQL is not in this version."""
    method = _parse_method(published.day.method_text, f"of {published.day.day}")
    return method.value_names if method else {}


def publishes_all_points(published: PublishedTables) -> bool:
    """Return whether everybody's points were published; with a ledger only those of claimed people are."""
    method = _parse_method(published.day.method_text, f"of {published.day.day}")
    return method is None or not method.has_ledger


@lru_cache(maxsize=8)
def _parse_method(text: str, file: str) -> Method | None:
    """Return the method of a day; None if it lacks constants that the steps of this version need."""
    try:
        return parse_method(text, file)
    except InvalidMethodError:
        return None


@dataclass(frozen=True, kw_only=True)
class RequestedRows:
    """Rows of a day that are needed to run the steps for some people."""

    accounts: Collection[int]
    """Keys of the accounts to explain."""
    people: Mapping[int, str] = field(default_factory=dict)
    """Key to name of the people to explain."""
    without: Collection[str] = ()
    """Tables that nobody reads, see `ledger_replay.copy_day_rows`."""


def load_day_tables(
    engine: Engine,
    lake: Lake,
    published: PublishedTables,
    method: Method,
    requested: RequestedRows,
    *,
    suffix: str,
    actors_day: PublishedDay | None = None,
    shared: ledger_replay.SharedRows = ledger_replay.NOTHING_SHARED,
) -> None:
    """
    Copy a published day's rows of some accounts into tables named ``<table>_<suffix>``.

    Parameters
    ----------
    engine : Engine
    lake : Lake
    published : PublishedTables
    method : Method
        Its window and constants are used.
    requested : RequestedRows
    suffix : str
        Distinct for each day that is loaded.
    actors_day : PublishedDay, optional
        Day with the weights of the actors, if this one was published by a method with a ledger; unused with a ledger.
    shared : SharedRows, optional
        Rows of the same accounts that are copied from other tables.
    """
    day = published.day
    parameters_suffix = suffix if method.has_ledger else ""
    load_inputs(engine, lake, method, day_number(day.day), day.lake, loaded_days=shared.days, suffix=parameters_suffix)
    engine.create_table(
        "requested_accounts", [(account,) for account in sorted(requested.accounts)], {"account": "bigint"}
    )
    if method.has_ledger:
        if ledger_replay.STANDINGS not in requested.without:
            view_parameters(engine, method, suffix=suffix)
        ledger_replay.copy_day_rows(engine, lake, method, day, suffix=suffix, shared=shared, without=requested.without)
        ledger_replay.create_members(engine, _member_rows(published, requested.people), suffix=suffix, method=method)
        return
    _copy_lake_rows(engine, suffix)
    members = _member_rows(published, requested.people)
    engine.create_table(f"members_{suffix}", members, _table_columns("members", method))
    _copy_actors(engine, actors_day or published.day, method, suffix)


def _copy_lake_rows(engine: Engine, suffix: str) -> None:
    """Copy what a method without a ledger reads of the requested accounts, and its parameters."""
    for table, owner in OWNER_COLUMNS.items():
        _copy_table(
            engine, table, suffix, f"select k.* from {table} k join requested_accounts q on q.account = k.{owner}"
        )
    own_interactions_sql = f"(select distinct interaction from interactions_{suffix})"
    _copy_table(
        engine,
        "undone",
        suffix,
        f"select u.* from undone u join {own_interactions_sql} i on i.interaction = u.interaction",
    )
    for table in PARAMETER_TABLES:
        _copy_table(engine, table, suffix, f"select * from {table}")
    # Reactions of deleted accounts do not count, so the presence of the actors is needed as well.
    accounts_sql = f"(select account from requested_accounts union select actor from interactions_{suffix})"
    _copy_table(
        engine, "presence", suffix, f"select p.* from presence p join {accounts_sql} t on t.account = p.account"
    )


def _copy_actors(engine: Engine, day: PublishedDay, method: Method, suffix: str) -> None:
    """Copy the published weights of those who acted on the requested accounts."""
    columns = _table_columns("actors", method)
    engine.scan("actors", day.files("actors"), columns)
    columns_sql = ", ".join(f"a.{column}" for column in columns)
    actors_sql = f"(select distinct actor from interactions_{suffix})"
    _copy_table(
        engine,
        "actors",
        suffix,
        f"select {columns_sql} from actors a join {actors_sql} i on i.actor = a.actor",
        columns,
    )


def _member_rows(published: PublishedTables, people: Mapping[int, str]) -> list[tuple[int, int, str]]:
    """Return (account, person, name) of the scored accounts that these people claimed."""
    claimed_people = [(person, name) for person, name in people.items() if person < 0]
    return [
        (strength.account, person, name)
        for person, name in claimed_people
        for strength in published.read_strengths(person)
    ]


def with_stored_steps(method: Method) -> Method:
    """Return a copy of the method that materializes every step, because a replay reads the results many times."""
    return replace(method, steps=tuple(replace(step, stored=True) for step in method.steps))


def rerun_steps(
    engine: Engine,
    method: Method,
    selects: Mapping[str, str],
    *,
    last_step: str = "points",
    has_changed: Callable[[str], bool] = lambda _: True,
    empty_without: Mapping[str, str] = EMPTY_WITHOUT,
) -> set[str]:
    """
    Replace tables by the rows of a SELECT, then rerun the steps that depend on them.

    Parameters
    ----------
    engine : Engine
    method : Method
    selects : mapping of str to str
        Table to the SELECT of its new rows.
    last_step : str
        Name of the last step to run.
    has_changed : callable, optional
        Tells whether a table has other rows than before, once it was replaced or its step was run. Steps that read no
        such table are not run.
    empty_without : mapping of str to str, optional
        Steps that need not be run if a table has no rows: they have none, or nobody reads them.

    Returns
    -------
    set of str
        The tables that changed.
    """
    changed_tables = set()
    for table, select in selects.items():
        step = Step(name=table, sql=select, columns=_table_columns(table, method), stored=False)
        _run_unless_empty(engine, step, reads=select.removeprefix("select * from "))
        changed_tables |= {table} if has_changed(table) else set()
    for step in method.steps_until(last_step):
        needed_table = empty_without.get(step.name, "")
        if step.name not in PUBLISHED_STEPS and changed_tables.intersection([*step.reads, needed_table]):
            _run_unless_empty(engine, step, reads=needed_table)
            changed_tables |= {step.name} if has_changed(step.name) else set()
    return changed_tables


def _run_unless_empty(engine: Engine, step: Step, *, reads: str) -> None:
    """Run a step that has no rows without those of a table; without these, it need not be run."""
    if reads and engine.is_known_empty(reads):
        engine.create_table(step.name, (), step.columns)
    else:
        engine.run(step)


def last_explained_step(method: Method) -> str:
    """Return the last of the method's steps that the explanation steps read; a receipt does not need the later ones."""
    read_tables = {table for step in method.explanation_steps for table in step.reads}
    return next(step.name for step in reversed(method.steps) if step.name in read_tables)


def run_explanation_steps(
    engine: Engine, method: Method, *, without: Collection[str] = (), changed_tables: AbstractSet[str] | None = None
) -> set[str]:
    """
    Run the steps that split what accounts received by actor and post, after the method's steps.

    Parameters
    ----------
    engine : Engine
    method : Method
    without : collection of str, optional
        Steps whose results are not needed.
    changed_tables : set of str, optional
        Tables that have other rows than when the steps were run before: only steps that depend on them are run.

    Returns
    -------
    set of str
        The steps that were run.
    """
    steps = [step for step in method.explanation_steps if step.name not in without]
    read_tables = {table for step in steps for table in step.reads}
    standing_periods = [step for step in method.entry_steps if step.name == "standing_periods"]
    ran: set[str] = set()
    for step in (*(step for step in standing_periods if step.name in read_tables), *steps):
        if changed_tables is None or ran.union(changed_tables).intersection(step.reads):
            engine.run(step)
            ran.add(step.name)
    return ran


def _table_columns(table: str, method: Method) -> dict[str, str]:
    step_columns = {step.name: step.columns for step in method.steps}
    return dict(LAKE_COLUMNS.get(table) or input_columns(method).get(table) or step_columns[table])


def _copy_table(engine: Engine, table: str, suffix: str, select: str, columns: dict[str, str] | None = None) -> None:
    engine.run(
        Step(name=f"{table}_{suffix}", sql=select, columns=columns or LAKE_COLUMNS.get(table) or INPUT_COLUMNS[table])
    )
