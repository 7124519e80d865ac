"""Score all states of a replayed change of days with a ledger at once, as planning SQL takes longer than running it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from renown.answers.explain.replay_states import SignalKey, SignalValue, StateOutcome
from renown.engines.base import Engine
from renown.method.file import Method
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS
from renown.records import LAKE_COLUMNS
from renown.steps import Step

FIRST_SCORING_STEP = "reactions"
"""From this step on, the steps only read few rows of each account; contributions read its result, too."""
_LAST_STEP = "points"
_ACCOUNT_TABLES = (
    "accounts",
    "members",
    "receipt_accounts",
    "balances",
    "reactors",
    "unknown_actors",
    "latest_profiles",
)
"""Tables with rows of the accounts that are explained."""
_PARAMETER_TABLES = ("constants", "scales", "curves", "observed")
_SIGNALS_SQL = """
select p.person, p.network, p.account, p.signal, p.points, p.received,
  coalesce(cast(s.parts as double) / 1e6 / cast(nullif(s.weights, 0) as double)
    * p.points / nullif(sum(p.points) over (partition by p.account), 0e0), 0e0),
  case when c.reads = 'interactions' then cast(p.received as double) * c.rate else 0e0 end
from points p
join strengths s on s.account = p.account
join scales c on c.network = p.network and c.signal = p.signal"""

Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class StateRows:
    """The rows of a state that the scoring steps read."""

    tables: Mapping[str, Rows]
    """Rows of the accounts that are explained."""
    parameters: Mapping[str, Rows]


def read_state_rows(engine: Engine, method: Method) -> StateRows:
    """Read the rows of a state from an engine in which the steps before the scoring steps were run for it."""
    columns = _columns_by_table(method)
    tables = {table: _read(engine, table, columns[table], "") for table in _ACCOUNT_TABLES}
    tables["absent"] = _read(
        engine, "absent", columns["absent"], "where account in (select account from receipt_accounts)"
    )
    return StateRows(tables, {table: _read(engine, table, columns[table], "") for table in _PARAMETER_TABLES})


def score_states(engine: Engine, method: Method, states: Sequence[StateRows]) -> list[StateOutcome]:
    """
    Score states, those with the same parameters in one pass over the steps.

    Parameters
    ----------
    engine : Engine
        Its tables are overwritten.
    method : Method
        A method with a ledger.
    states : sequence of StateRows
    """
    steps = _scoring_steps(method)
    positions_by_parameters: dict[Any, list[int]] = defaultdict(list)
    for position, state in enumerate(states):
        positions_by_parameters[_parameters_key(state, steps)].append(position)
    outcomes: dict[int, StateOutcome] = {}
    for positions in positions_by_parameters.values():
        group = [states[position] for position in positions]
        outcomes |= zip(positions, _score_group(engine, method, steps, group), strict=True)
    return [outcomes[position] for position in range(len(states))]


def _score_group(
    engine: Engine, method: Method, steps: Sequence[Step], states: Sequence[StateRows]
) -> list[StateOutcome]:
    """Score states under keys of their own."""
    columns = _columns_by_table(method)
    accounts = [(index, row[1]) for index, state in enumerate(states) for row in state.tables["accounts"]]
    people = sorted({(index, row[1]) for index, state in enumerate(states) for row in state.tables["members"]})
    keys = {account: key for key, account in enumerate(accounts, 1)}
    person_keys = {person: -key for key, person in enumerate(people, 1)}
    tables: dict[str, list[tuple[Any, ...]]] = {table: [] for table in (*_ACCOUNT_TABLES, "absent")}
    for index, state in enumerate(states):
        for table, rows in state.tables.items():
            position = list(columns[table]).index("account")
            for row in rows:
                if (key := keys.get((index, row[position]))) is None:
                    continue
                values = [*row[:position], key, *row[position + 1 :]]
                if table == "members":
                    values[1] = person_keys[index, row[1]]
                tables[table].append(tuple(values))
    for table, table_rows in [*tables.items(), *states[0].parameters.items()]:
        engine.create_table(table, table_rows, columns[table])
    for step in steps:
        engine.run(step)
    owners = {key: person for person, key in person_keys.items()} | {key: account for account, key in keys.items()}
    return _read_outcomes(engine, owners, method, len(states))


def _read_outcomes(
    engine: Engine, owners: Mapping[int, tuple[int, int]], method: Method, states: int
) -> list[StateOutcome]:
    """Read the outcomes of states; `owners` has the state, and the account or person, of each key."""
    names = {signal.number: signal.name for signal in method.signals}
    outcomes = [StateOutcome({}, defaultdict(dict), defaultdict(dict)) for _ in range(states)]
    for key, score in engine.query("select person, score from scores"):
        index, person = owners[key]
        outcomes[index].scores[person] = score
    signals: dict[SignalKey, SignalValue]
    for person_key, network, account_key, number, *values in engine.query(_SIGNALS_SQL):
        (index, person), (_, account) = owners[person_key], owners[account_key]
        signals = outcomes[index].signals[person]
        signals[network, account, names[number]] = SignalValue(*values)
    for person_key, account_key, strength in engine.query(
        "select person, account, cast(strength as double) / 1e9 from strengths"
    ):
        (index, person), (_, account) = owners[person_key], owners[account_key]
        outcomes[index].strengths[person][account] = strength
    return outcomes


def _parameters_key(state: StateRows, steps: Sequence[Step]) -> Any:
    """Return what must be the same for states to be scored together: not the day, unless a step reads it."""
    names = list(LEDGER_INPUT_COLUMNS["constants"])
    is_read = any("day_no" in step.sql for step in steps)
    constants = tuple(
        value
        for row in state.parameters["constants"]
        for name, value in zip(names, row, strict=True)
        if is_read or name != "day_no"
    )
    return (constants, *(state.parameters[table] for table in _PARAMETER_TABLES if table != "constants"))


def _scoring_steps(method: Method) -> tuple[Step, ...]:
    steps = method.steps_until(_LAST_STEP)
    return tuple(steps[[step.name for step in steps].index(FIRST_SCORING_STEP) :])


def _columns_by_table(method: Method) -> dict[str, Mapping[str, str]]:
    return {**LAKE_COLUMNS, **LEDGER_INPUT_COLUMNS, **{step.name: step.columns for step in method.steps}}


def _read(engine: Engine, table: str, columns: Mapping[str, str], condition: str) -> Rows:
    names_sql = ", ".join(columns)
    return tuple(engine.query(f"select {names_sql} from {table} {condition} order by {names_sql}"))
