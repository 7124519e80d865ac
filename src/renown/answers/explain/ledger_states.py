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
_NETWORK_TABLES = ("scales", "curves", "observed")
"""Tables with parameters of networks; the first column of each is the network."""
_PARAMETER_TABLES = ("constants", *_NETWORK_TABLES)
_NUMBER_MARK = " "
"""Stands between a network and its number; no network has it in its name."""
_COMPARED_TABLES = ("own_pairs", "account_coverage", "latest_tallies", "unknown_acts", "reactions")
"""Other tables of which it is worth comparing the rows of two states, unless they are many."""
_MAX_COMPARED_ROWS = 1000
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


class StateReader:
    """
    Reads the rows of one state after another, and tells which tables have other rows than in the state before.

    Parameters
    ----------
    engine : Engine
    method : Method
        A method with a ledger.
    """

    def __init__(self, engine: Engine, method: Method) -> None:
        self._engine = engine
        self._columns = _columns_by_table(method)
        self._rows: dict[str, Rows] = {}

    def has_changed(self, table: str) -> bool:
        """Tell whether a table has other rows than when it was last asked for; of large tables it is not known."""
        if table == "absent":
            self._rows.pop(table, None)
            return True
        is_state = table in _ACCOUNT_TABLES or table in _PARAMETER_TABLES
        if not is_state and table not in _COMPARED_TABLES:
            return True
        limit = "" if is_state else f"limit {_MAX_COMPARED_ROWS + 1}"
        before = self._rows.get(table)
        self._rows[table] = rows = self._read(table, limit=limit)
        return before != rows or (not is_state and len(rows) > _MAX_COMPARED_ROWS)

    def read_state(self) -> StateRows:
        """Return the rows of a state; the steps before the scoring steps were run for it."""
        if "absent" not in self._rows:
            self._rows["absent"] = self._read("absent", "where account in (select account from receipt_accounts)")
        tables = {table: self._rows[table] for table in (*_ACCOUNT_TABLES, "absent")}
        return StateRows(tables, {table: self._rows[table] for table in _PARAMETER_TABLES})

    def _read(self, table: str, condition: str = "", *, limit: str = "") -> Rows:
        if self._engine.is_known_empty(table):
            return ()
        names_sql = ", ".join(self._columns[table])
        return tuple(self._engine.query(f"select {names_sql} from {table} {condition} order by {names_sql} {limit}"))


def score_states(engine: Engine, method: Method, states: Sequence[StateRows]) -> list[StateOutcome]:
    """
    Score states, those with the same constants in one pass over the steps.

    Parameters
    ----------
    engine : Engine
        Its tables are overwritten.
    method : Method
        A method with a ledger.
    states : sequence of StateRows
    """
    steps = _scoring_steps(method)
    positions_by_constants: dict[Any, list[int]] = defaultdict(list)
    for position, state in enumerate(states):
        positions_by_constants[_select_constants(state, steps)].append(position)
    outcomes: dict[int, StateOutcome] = {}
    for positions in positions_by_constants.values():
        group = [states[position] for position in positions]
        outcomes |= zip(positions, _score_group(engine, method, steps, group), strict=True)
    return [outcomes[position] for position in range(len(states))]


def _score_group(
    engine: Engine, method: Method, steps: Sequence[Step], states: Sequence[StateRows]
) -> list[StateOutcome]:
    """Score states under keys of their own, and networks of their own where parameters of networks differ."""
    columns = _columns_by_table(method)
    numbers, parameters = _merge_parameters(states)
    accounts = [(index, row[1]) for index, state in enumerate(states) for row in state.tables["accounts"]]
    people = sorted({(index, row[1]) for index, state in enumerate(states) for row in state.tables["members"]})
    keys = {account: key for key, account in enumerate(accounts, 1)}
    person_keys = {person: -key for key, person in enumerate(people, 1)}
    tables: dict[str, list[tuple[Any, ...]]] = {table: [] for table in (*_ACCOUNT_TABLES, "absent")}
    for index, state in enumerate(states):
        for table, rows in state.tables.items():
            for row in rows:
                values = dict(zip(columns[table], row, strict=True))
                if (key := keys.get((index, values["account"]))) is None:
                    continue
                values["account"] = key
                if table == "members":
                    values["person"] = person_keys[index, values["person"]]
                if "network" in values:
                    values["network"] = _number_network(values["network"], numbers[index])
                tables[table].append(tuple(values.values()))
    for table, table_rows in [*tables.items(), *parameters.items()]:
        engine.create_table(table, table_rows, columns[table])
    for step in steps:
        engine.run(step)
    owners = {key: person for person, key in person_keys.items()} | {key: account for account, key in keys.items()}
    return _read_outcomes(engine, owners, method, len(states))


def _merge_parameters(states: Sequence[StateRows]) -> tuple[list[int], dict[str, Rows]]:
    """
    Return the number of each state's parameters, and the parameters of all; the constants are those of the first.

    Parameters but the constants are by network: others of the same network are those of a network with a number.
    """
    keys = [tuple(state.parameters[table] for table in _NETWORK_TABLES) for state in states]
    distinct = list(dict.fromkeys(keys))
    merged = {
        table: tuple(
            (_number_network(network, number), *values)
            for number, key in enumerate(distinct)
            for network, *values in key[index]
        )
        for index, table in enumerate(_NETWORK_TABLES)
    }
    return [distinct.index(key) for key in keys], merged | {"constants": states[0].parameters["constants"]}


def _number_network(network: str, number: int) -> str:
    """Return the name of a network with the parameters of a number."""
    return f"{network}{_NUMBER_MARK}{number}" if number else network


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
        signals[network.partition(_NUMBER_MARK)[0], account, names[number]] = SignalValue(*values)
    for person_key, account_key, strength in engine.query(
        "select person, account, cast(strength as double) / 1e9 from strengths"
    ):
        (index, person), (_, account) = owners[person_key], owners[account_key]
        outcomes[index].strengths[person][account] = strength
    return outcomes


def _select_constants(state: StateRows, steps: Sequence[Step]) -> Any:
    """Return what must be the same for states to be scored together: not the day, unless a step reads it."""
    names = list(LEDGER_INPUT_COLUMNS["constants"])
    is_read = any("day_no" in step.sql for step in steps)
    return tuple(
        value
        for row in state.parameters["constants"]
        for name, value in zip(names, row, strict=True)
        if is_read or name != "day_no"
    )


def _scoring_steps(method: Method) -> tuple[Step, ...]:
    steps = method.steps_until(_LAST_STEP)
    return tuple(steps[[step.name for step in steps].index(FIRST_SCORING_STEP) :])


def _columns_by_table(method: Method) -> dict[str, Mapping[str, str]]:
    return {**LAKE_COLUMNS, **LEDGER_INPUT_COLUMNS, **{step.name: step.columns for step in method.steps}}
