"""Load one person's scoring inputs, and simulate scores by running the last steps on changed inputs."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from renown.engines.base import Engine
from renown.errors import InvalidMethodError
from renown.method.file import Method
from renown.method.parameters import BASE_SCORE, INPUT_COLUMNS, MILLION
from renown.method.step_files import read_steps
from renown.records import LAKE_COLUMNS
from renown.scoring.replay import rerun_steps
from renown.steps import Step
from renown.store import PublishedTables
from renown.store.published.statistics import read_mean_weights

SCORING_STEPS = ("values", "strengths", "scores", "points")
"""The steps from an account's signals to its points: they read only the person's own rows."""
DECAY_FORECAST_DAYS = (7, 30)
"""Days ahead for which the signals are precomputed as if no new reactions came."""

SignalRow = tuple[int, int, int, int, int, int]
"""Columns account, signal, received, people, unknown of step `signals`; then acts of known actors."""
ProfileRow = tuple[int, str, int | None, int | None]
"""Columns account, network, followers, lists of step `latest_profiles`."""


@dataclass(frozen=True, kw_only=True)
class ScoringInputs:
    """A person's rows that the steps `SCORING_STEPS` read on a day, and what one more person would add."""

    steps_digest: str
    """Digest of the SQL of `SCORING_STEPS`; a version with other steps cannot use these inputs."""
    is_claimed: bool
    """Whether the accounts belong to a person; otherwise there is one unclaimed account."""
    accounts: tuple[tuple[str, int, str, str], ...]
    """Network, key, the network's id and `network:handle` of each account with a score."""
    constants: tuple[float, ...]
    """The row of table `constants`."""
    profiles: tuple[ProfileRow, ...]
    scales: tuple[tuple[str, int, str, str, int, float], ...]
    """Rows of table `scales` for these networks."""
    observed: tuple[tuple[str, int, int], ...]
    """Rows of table `observed` for these networks."""
    verbs: tuple[tuple[str, int, int], ...]
    """Network, signal and verb of each verb that is observed on the network and read by a signal."""
    typical_rates: dict[int, int]
    """Signal to what a first person adds to it, in millionths of a fully trusted person."""
    signals: dict[int, tuple[SignalRow, ...]]
    """Days ahead to the signals at that time if no new reactions come; 0 is the day itself."""


@dataclass(frozen=True)
class HypotheticalState:
    """Signals and profiles that replace those of the inputs in a simulation."""

    signals: tuple[SignalRow, ...]
    profiles: tuple[ProfileRow, ...]


@dataclass(frozen=True)
class SimulatedOutcome:
    """Score and points of a simulated state."""

    score: float
    """1 to 100."""
    points: Mapping[tuple[int, int], float]
    """(account, signal) to points; with `BASE_SCORE` they sum to the score."""


def load_scoring_inputs(
    engine: Engine,
    method: Method,
    published: PublishedTables,
    accounts_by_person: Mapping[int, Sequence[int]],
    account_names: Mapping[int, str],
) -> list[ScoringInputs]:
    """
    Load the scoring inputs of people from an engine that has run a day's steps for them.

    The engine's tables are those of a later day afterwards.

    Parameters
    ----------
    engine : Engine
        Its tables ``…_that_day`` are those of the day, see `load_day_tables`.
    method : Method
    published : PublishedTables
    accounts_by_person : mapping of int to sequence of int
    account_names : mapping of int to str
        Account key to `network:handle`.
    """
    typical_rates = _read_typical_rates(engine, method, published)
    day_rows = _DayRows(engine)
    signals = {0: _read_signals(engine)}
    for days in DECAY_FORECAST_DAYS:
        ages_sql = f"select cast(day_no + {days} as integer) as day_no, decay from ages_that_day"
        rerun_steps(engine, method, {"ages": ages_sql}, last_step="signals")
        signals[days] = _read_signals(engine)
    return [
        day_rows.build_inputs(person, accounts, account_names, typical_rates, signals)
        for person, accounts in accounts_by_person.items()
    ]


def simulate_outcomes(
    engine: Engine, inputs: ScoringInputs, states: Sequence[HypotheticalState], *, with_points: int | None = None
) -> list[SimulatedOutcome]:
    """
    Simulate states and return the score and points of each.

    Parameters
    ----------
    engine : Engine
    inputs : ScoringInputs
    states : sequence of HypotheticalState
    with_points : int, optional
        Number of states, from the first on, whose points are needed; those of all by default.

    Raises
    ------
    InvalidMethodError
        If the inputs were published by other steps than those of this version.
    """
    scores = simulate_scores(engine, inputs, states)
    return read_outcomes(engine, [row[1] for row in inputs.accounts], scores, with_points=with_points)


def read_outcomes(
    engine: Engine, accounts: Sequence[int], scores: Sequence[float], *, with_points: int | None
) -> list[SimulatedOutcome]:
    """Read the points of a person's states from a session that ran the steps for them, and add their scores."""
    last_key = len(accounts) * (len(scores) if with_points is None else with_points)
    points: list[dict[tuple[int, int], float]] = [{} for _ in scores]
    rows = engine.query(f"select account, signal, points from points where account <= {last_key}")
    for key, signal, signal_points in rows:
        state_index, account_index = divmod(key - 1, len(accounts))
        points[state_index][accounts[account_index], signal] = signal_points
    return [SimulatedOutcome(score, state_points) for score, state_points in zip(scores, points, strict=True)]


def simulate_scores(engine: Engine, inputs: ScoringInputs, states: Sequence[HypotheticalState]) -> list[float]:
    """
    Simulate states of one person in one pass, each under keys of its own, and return the scores.

    Raises
    ------
    InvalidMethodError
        If the inputs were published by other steps than those of this version.
    """
    return simulate_scores_batch(engine, [(inputs, states)])[0]


def simulate_scores_batch(
    engine: Engine, cases: Sequence[tuple[ScoringInputs, Sequence[HypotheticalState]]]
) -> list[list[float]]:
    """
    Simulate states of several people of one day in one pass, and return the scores of each person.

    Raises
    ------
    InvalidMethodError
        If inputs were published by other steps than those of this version.
    """
    check_steps((inputs.steps_digest for inputs, _ in cases), _steps_digest())
    tables: dict[str, list[tuple[object, ...]]] = {
        "constants": [inputs.constants for inputs, _ in cases[:1]],
        "scales": sorted({row for inputs, _ in cases for row in inputs.scales}),
        "observed": sorted({row for inputs, _ in cases for row in inputs.observed}),
        # A deleted account has no strength, so inputs never contain one.
        "absent": [],
        **{table: [] for table in ("accounts", "members", "signals", "latest_profiles")},
    }
    person_keys = [_add_rows(tables, inputs, state) for inputs, states in cases for state in states]
    for table, rows in tables.items():
        engine.create_table(table, rows, _table_columns()[table])
    for step in _scoring_steps():
        engine.run(step)
    scores_by_person: dict[int, float] = dict(engine.query("select person, score from scores"))
    scores = iter([scores_by_person.get(person, BASE_SCORE) for person in person_keys])
    return [[next(scores) for _ in states] for _, states in cases]


def _add_rows(tables: Mapping[str, list[tuple[object, ...]]], inputs: ScoringInputs, state: HypotheticalState) -> int:
    """Add a state's rows to the tables under new keys; return the key of its score."""
    key_offset = len(tables["accounts"])
    keys = {account: key_offset + index for index, (_, account, _, _) in enumerate(inputs.accounts, 1)}
    person = -key_offset - 1 if inputs.is_claimed else key_offset + 1
    tables["accounts"] += [(network, keys[account], "") for network, account, _, _ in inputs.accounts]
    tables["members"] += [(key, person, "") for key in keys.values() if inputs.is_claimed]
    tables["signals"] += [(keys[row[0]], *row[1:5], 0) for row in state.signals]
    tables["latest_profiles"] += [(keys[row[0]], *row[1:], 0) for row in state.profiles]
    return person


class _DayRows:
    """The rows of all people for whom an engine has run a day's steps."""

    def __init__(self, engine: Engine) -> None:
        self._constants = engine.query("select * from constants_that_day")[0]
        self._accounts = {row[1]: row for row in engine.query("select * from accounts_that_day")}
        self._profiles = {
            row[0]: row for row in engine.query("select account, network, followers, lists from latest_profiles")
        }
        self._scales = engine.query("select * from scales_that_day order by network, signal")
        self._observed = engine.query("select * from observed_that_day order by network")
        self._verbs = engine.query("""
            select distinct c.network, v.signal, v.verb
            from coverage c join verbs_that_day v on v.verb = c.verb order by c.network, v.signal, v.verb""")

    def build_inputs(
        self,
        person: int,
        accounts: Sequence[int],
        account_names: Mapping[int, str],
        typical_rates: dict[int, int],
        signals: Mapping[int, Sequence[SignalRow]],
    ) -> ScoringInputs:
        account_rows = [self._accounts[account] for account in sorted(accounts)]
        keys, networks = set(accounts), {network for network, _, _ in account_rows}
        return ScoringInputs(
            steps_digest=_steps_digest(),
            is_claimed=person < 0,
            accounts=tuple(
                (net, key, name, account_names.get(key, f"{net}:{name}")) for net, key, name in account_rows
            ),
            constants=self._constants,
            profiles=tuple(self._profiles[key] for _, key, _ in account_rows if key in self._profiles),
            scales=tuple(row for row in self._scales if row[0] in networks),
            observed=tuple(row for row in self._observed if row[0] in networks),
            verbs=tuple(row for row in self._verbs if row[0] in networks),
            typical_rates=typical_rates,
            signals={days: tuple(row for row in rows if row[0] in keys) for days, rows in signals.items()},
        )


def _read_signals(engine: Engine) -> list[SignalRow]:
    acts_sql = "select target, signal, cast(sum(acts) as bigint) as acts from pairs group by target, signal"
    return engine.query(f"""
        select s.account, s.signal, s.received, s.people, s.unknown, coalesce(a.acts, 0)
        from signals s left join ({acts_sql}) a on a.target = s.account and a.signal = s.signal
        order by s.account, s.signal""")


def _read_typical_rates(engine: Engine, method: Method, published: PublishedTables) -> dict[int, int]:
    """
    Return for each signal what one act adds: the mean weight of the day's actors, at the mean worth over the window.

    If nobody acted that way on the day, the weight of an unknown actor is used.
    """
    ((mean_worth,),) = engine.query("""
        select avg(w.worth) from ages_that_day a
        join worths_that_day w on w.acts = cast(floor(cast(a.decay as double) / 1e3) as integer)""")
    weights, unknown_weight = read_mean_weights(published), method["trust_unknown"] * MILLION
    numbers = [signal.number for signal in method.signals if signal.reads == "interactions"]
    return {number: int(weights.get(number, unknown_weight) * mean_worth / MILLION) for number in numbers}


@cache
def _scoring_steps() -> tuple[Step, ...]:
    """Return the steps `SCORING_STEPS`."""
    steps = {step.name: step for step in read_steps("steps/2")}
    return tuple(steps[name] for name in SCORING_STEPS)


@cache
def _table_columns() -> dict[str, dict[str, str]]:
    return LAKE_COLUMNS | INPUT_COLUMNS | {step.name: step.columns for step in read_steps("steps/2")}


@cache
def _steps_digest() -> str:
    return digest_steps(_scoring_steps())


def check_steps(digests: Iterable[str], expected_digest: str) -> None:
    """
    Check that the steps that published a day are those that would simulate it.

    Raises
    ------
    InvalidMethodError
        If one of their digests is another than expected.
    """
    if any(digest != expected_digest for digest in digests):
        raise InvalidMethodError(
            "the day was published by other steps than those of this version of renown; "
            "simulations work again from the next published day on"
        )


def digest_steps(steps: Iterable[Step]) -> str:
    """Return a digest of the SQL of steps: inputs that were loaded for other steps cannot be simulated."""
    text = "\n".join(f"{step.name} {step.sql}" for step in steps)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
