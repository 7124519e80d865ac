"""Load one person's scoring inputs of a day with a ledger, and simulate scores by running the last steps on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from renown.answers.simulate.inputs import (
    DECAY_FORECAST_DAYS,
    SimulatedOutcome,
    check_steps,
    digest_steps,
    read_outcomes,
)
from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS
from renown.method.parameters import BASE_SCORE
from renown.method.step_files import read_steps
from renown.records import LAKE_COLUMNS, day_number
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger
from renown.scoring.replay import rerun_steps
from renown.steps import Step
from renown.store import PublishedTables

_FIRST_STEP, _SCORE_STEP, _LAST_STEP = "reactions", "scores", "points"
"""The steps from an account's balances to its points read only the person's own rows: they are the scoring steps."""
_LAST_SHIFTED_STEP = "unknown_actors"
"""Last of the steps whose results depend on the age of acts and counts."""
_STATE_TABLES = ("balances", "reactors", "unknown_actors", "latest_profiles")
"""Tables of a state; the first column of each is the account."""


UnknownRow = tuple[int, int, int, int, int, int, int]
"""Columns account, signal, received, people, self_reported, self_reported_people, observed of step `unknown_actors`."""
ProfileRow = tuple[int, str, int | None, int | None, int]
"""Columns account, network, followers, lists, self_reported of step `latest_profiles`."""


@dataclass(frozen=True, kw_only=True)
class PersonRows:
    """A person's rows from which the scoring steps compute a score: as published, or hypothetical."""

    balances: tuple[tuple[int, int, int, int, int], ...]
    """Account, signal, known, balance, acts."""
    reactors: tuple[tuple[int, int], ...]
    """Account, number of distinct people who reacted."""
    unknown_actors: tuple[UnknownRow, ...]
    latest_profiles: tuple[ProfileRow, ...]


@dataclass(frozen=True, kw_only=True)
class LedgerInputs:
    """A person's rows that the scoring steps read on a day, and what one more act would add."""

    steps_digest: str
    """Digest of the SQL of the scoring steps; a version with other steps cannot use these inputs."""
    is_claimed: bool
    """Whether the accounts belong to a person; otherwise there is one unclaimed account."""
    accounts: tuple[tuple[str, int, str, str], ...]
    """Network, key, the network's id and `network:handle` of each account with a score."""
    constants: tuple[float, ...]
    """The row of table `constants`."""
    curves: tuple[tuple[str, str, float, float, float, float, float], ...]
    """Rows of table `curves` for these networks."""
    scales: tuple[tuple[str, int, str, str, int, float], ...]
    """Rows of table `scales` for these networks."""
    observed: tuple[tuple[str, int, int], ...]
    """Rows of table `observed` for these networks."""
    verbs: tuple[tuple[str, int, int], ...]
    """Network, signal and verb of each verb that is observed on the network and read by a signal."""
    typical_balances: dict[int, int]
    """Signal to what one more act of somebody known adds to its balance; see step `typical_balances`."""
    states: dict[int, PersonRows]
    """Days ahead to the rows at that time if no new reactions come; 0 is the day itself."""


def load_ledger_inputs(
    engine: Engine,
    lake: Lake,
    method: Method,
    published: PublishedTables,
    accounts_by_person: Mapping[int, Sequence[int]],
    account_names: Mapping[int, str],
) -> list[LedgerInputs]:
    """
    Load the scoring inputs of people from an engine that has run a day's steps for them.

    The engine's tables are those of a later day afterwards.

    Parameters
    ----------
    engine : Engine
        Its tables ``…_that_day`` are those of the day, see `load_day_tables`.
    lake : Lake
    method : Method
        A method with a ledger.
    published : PublishedTables
    accounts_by_person : mapping of int to sequence of int
    account_names : mapping of int to str
        Account key to `network:handle`.
    """
    typical_balances = _load_typical_balances(engine, lake, method, day_number(published.day.day))
    day_rows = _DayRows(engine)
    engine.run(Step(name="ages_now", sql="select * from ages", columns=LEDGER_INPUT_COLUMNS["ages"]))
    tables = {0: _read_state_tables(engine)}
    for days in DECAY_FORECAST_DAYS:
        ages_sql = f"select cast(day_no + {days} as integer) as day_no, age, weight from ages_now"
        rerun_steps(engine, method, {"ages": ages_sql}, last_step=_LAST_SHIFTED_STEP)
        tables[days] = _read_state_tables(engine)
    return [
        day_rows.build_inputs(person, accounts, account_names, typical_balances, tables)
        for person, accounts in accounts_by_person.items()
    ]


def find_counted_accounts(state: PersonRows) -> set[int]:
    """Return the accounts with counts of acts that could not be observed by name: there may be more reactions."""
    return {row[0] for row in state.unknown_actors if not row[6]}


def simulate_outcomes(
    engine: Engine, inputs: LedgerInputs, states: Sequence[PersonRows], *, with_points: int | None = None
) -> list[SimulatedOutcome]:
    """
    Simulate states and return the score and points of each.

    Parameters
    ----------
    engine : Engine
    inputs : LedgerInputs
    states : sequence of PersonRows
    with_points : int, optional
        Number of states, from the first on, whose points are needed; those of all by default.

    Raises
    ------
    InvalidMethodError
        If the inputs were published by other steps than those of this version.
    """
    [scores] = simulate_scores_batch(engine, [(inputs, states)])
    for step in _point_steps():
        engine.run(step)
    return read_outcomes(engine, [row[1] for row in inputs.accounts], scores, with_points=with_points)


def simulate_scores_batch(
    engine: Engine, cases: Sequence[tuple[LedgerInputs, Sequence[PersonRows]]]
) -> list[list[float]]:
    """
    Simulate states of several people of one day in one pass, and return the scores of each person.

    Every state gets account keys of its own.

    Raises
    ------
    InvalidMethodError
        If inputs were published by other steps than those of this version.
    """
    tables = create_parameter_rows([inputs for inputs, _ in cases]) | {
        table: [] for table in ("accounts", "members", "receipt_accounts", *_STATE_TABLES)
    }
    person_keys = [_add_rows(tables, inputs, state) for inputs, states in cases for state in states]
    for table, rows in tables.items():
        engine.create_table(table, rows, table_columns(table))
    scores_by_person = run_score_steps(engine)
    scores = iter([scores_by_person.get(person, BASE_SCORE) for person in person_keys])
    return [[next(scores) for _ in states] for _, states in cases]


def create_parameter_rows(all_inputs: Sequence[LedgerInputs]) -> dict[str, list[tuple[Any, ...]]]:
    """
    Return the rows of the tables that are the same for all states of people.

    Raises
    ------
    InvalidMethodError
        If inputs were published by other steps than those of this version.
    """
    check_steps((inputs.steps_digest for inputs in all_inputs), _steps_digest())
    return {
        "constants": [inputs.constants for inputs in all_inputs[:1]],
        "curves": sorted({row for inputs in all_inputs for row in inputs.curves}),
        "scales": sorted({row for inputs in all_inputs for row in inputs.scales}),
        "observed": sorted({row for inputs in all_inputs for row in inputs.observed}),
        # A deleted account has no strength, so inputs never contain one.
        "absent": [],
    }


def run_score_steps(engine: Engine) -> dict[int, float]:
    """Run the steps from the balances to the scores; return the scores by key."""
    for step in _score_steps():
        engine.run(step)
    return dict(engine.query("select person, score from scores"))


def _add_rows(tables: Mapping[str, list[tuple[Any, ...]]], inputs: LedgerInputs, state: PersonRows) -> int:
    """Add a state's rows to the tables under new keys; return the key of its score."""
    key_offset = len(tables["accounts"])
    keys = {account: key_offset + index for index, (_, account, _, _) in enumerate(inputs.accounts, 1)}
    person = -key_offset - 1 if inputs.is_claimed else key_offset + 1
    tables["accounts"].extend((network, keys[account], "") for network, account, _, _ in inputs.accounts)
    tables["receipt_accounts"].extend((key,) for key in keys.values())
    tables["members"].extend((key, person, "") for key in keys.values() if inputs.is_claimed)
    for table in _STATE_TABLES:
        tables[table].extend((keys[row[0]], *row[1:]) for row in getattr(state, table))
    return person


class _DayRows:
    """The rows of all people for whom an engine has run a day's steps."""

    def __init__(self, engine: Engine) -> None:
        self._constants = _read_table(engine, "constants")[0]
        self._curves = _read_table(engine, "curves", order="network, curve, from_value")
        accounts = engine.query("select network, account, account_id from accounts_that_day")
        self._accounts = {row[1]: row for row in accounts}
        self._scales = _read_table(engine, "scales", order="network, signal")
        self._observed = _read_table(engine, "observed", order="network")
        self._verbs = engine.query("""
            select distinct c.network, v.signal, v.verb
            from coverage c join verbs v on v.verb = c.verb order by c.network, v.signal, v.verb""")

    def build_inputs(
        self,
        person: int,
        accounts: Iterable[int],
        account_names: Mapping[int, str],
        typical_balances: dict[int, int],
        tables: Mapping[int, Mapping[str, Mapping[int, Sequence[tuple[Any, ...]]]]],
    ) -> LedgerInputs:
        """Return the inputs of one person, from the rows of all."""
        account_rows = [self._accounts[account] for account in sorted(accounts)]
        keys, networks = sorted({row[1] for row in account_rows}), {row[0] for row in account_rows}
        return LedgerInputs(
            steps_digest=_steps_digest(),
            is_claimed=person < 0,
            accounts=tuple(
                (net, key, name, account_names.get(key, f"{net}:{name}")) for net, key, name in account_rows
            ),
            constants=self._constants,
            curves=tuple(row for row in self._curves if row[0] in networks),
            scales=tuple(row for row in self._scales if row[0] in networks),
            observed=tuple(row for row in self._observed if row[0] in networks),
            verbs=tuple(row for row in self._verbs if row[0] in networks),
            typical_balances=typical_balances,
            states={
                days: PersonRows(
                    **{
                        table: tuple(row for key in keys for row in rows.get(key, ()))
                        for table, rows in day_tables.items()
                    }
                )
                for days, day_tables in tables.items()
            },
        )


def _read_state_tables(engine: Engine) -> dict[str, dict[int, list[tuple[Any, ...]]]]:
    """Read the rows of each table of a state, by account."""
    orders = {"balances": "account, signal, known", "unknown_actors": "account, signal"}
    tables: dict[str, dict[int, list[tuple[Any, ...]]]] = {table: {} for table in _STATE_TABLES}
    for table, rows in tables.items():
        for row in _read_table(engine, table, order=orders.get(table, "account")):
            rows.setdefault(row[0], []).append(row)
    return tables


def _read_table(engine: Engine, table: str, *, order: str = "1") -> list[tuple[Any, ...]]:
    return engine.query(f"select {', '.join(_table_columns()[table])} from {table} order by {order}")


def _load_typical_balances(engine: Engine, lake: Lake, method: Method, day_no: int) -> dict[int, int]:
    """Load what one more act adds, from everybody's entries of the day."""
    files = open_ledger(lake, method).files("entries", days=[day_no])
    engine.scan("day_entries", files, LEDGER_COLUMNS["entries"])
    engine.run(find_step("typical_balances"))
    return dict(engine.query("select signal, balance from typical_balances order by signal"))


@cache
def find_step(name: str) -> Step:
    """Return a step that only simulations run."""
    return next(step for step in read_steps("simulations/3") if step.name == name)


@cache
def _scoring_steps() -> tuple[Step, ...]:
    """Return the steps from an account's balances to its points."""
    steps = read_steps("steps/3")
    names = [step.name for step in steps]
    return steps[names.index(_FIRST_STEP) : names.index(_LAST_STEP) + 1]


@cache
def _score_steps() -> tuple[Step, ...]:
    """Return the scoring steps up to the score."""
    steps = _scoring_steps()
    return steps[: [step.name for step in steps].index(_SCORE_STEP) + 1]


@cache
def _point_steps() -> tuple[Step, ...]:
    """Return the scoring steps that divide a score into points."""
    return _scoring_steps()[len(_score_steps()) :]


def table_columns(table: str) -> dict[str, str]:
    """Return the columns of a table that the scoring steps read."""
    return _table_columns()[table]


@cache
def _table_columns() -> dict[str, dict[str, str]]:
    return LAKE_COLUMNS | LEDGER_INPUT_COLUMNS | {step.name: step.columns for step in read_steps("steps/3")}


@cache
def _steps_digest() -> str:
    return digest_steps(_scoring_steps())
