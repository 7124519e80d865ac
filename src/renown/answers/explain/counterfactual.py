"""Replay a score change: rerun the steps after each cause, and compare scores, signals and contributions."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from renown.answers.explain import causes_without_ledger, ledger_causes, ledger_states
from renown.answers.explain.contribution_changes import CONTRIBUTION_COLUMNS, compare_contributions
from renown.answers.explain.replay_states import ReplayState, SignalKey, SignalValue, StateOutcome
from renown.engines.base import Engine
from renown.method.file import Method
from renown.method.parameters import BASE_SCORE
from renown.scoring.replay import UNREAD_WITHOUT, rerun_steps, run_explanation_steps, with_stored_steps
from renown.steps import Step

_SIGNALS_SQL = """
select p.person, p.network, p.account, p.signal, p.points, p.received,
  coalesce(cast(v.part as double) / 1e6 / cast(nullif(s.weights, 0) as double), 0e0), 0e0
from points p
join values v on v.account = p.account and v.signal = p.signal
join strengths s on s.account = p.account
where p.person in ({people})"""


@dataclass(frozen=True)
class Replay:
    """The states of people from one day to another."""

    states: Sequence[Mapping[int, ReplayState]]
    """States by person: `first`, then one for each cause that changed any of the tables that the steps read."""
    last_actors: str
    """Table with the actors of the last state; those of the first are in ``actors_at_first``."""


@dataclass(frozen=True, kw_only=True)
class _State:
    """The state of all people after a cause."""

    kind: str
    outcome: StateOutcome
    tables: Mapping[str, str]
    """Breakdown to the table that has it; states with the same rows have the same table."""

    def accounts(self, people: Sequence[int]) -> list[int]:
        """Return the accounts of people that have a strength."""
        return sorted({account for person in people for account in self.outcome.strengths.get(person, ())})


def replay(
    engine: Engine,
    people: Sequence[int],
    first_method: Method,
    later_method: Method,
    *,
    first_day_no: int,
    expired_day_no: int,
    equal_tables: Collection[str] = (),
    top: int,
) -> Replay:
    """
    Replace the data of the first day by that of the later day, one cause after another, and rerun the steps.

    Parameters
    ----------
    engine : Engine
        Must have the loaded tables of both days, as ``<table>_first``, ``<table>_later`` and, if the later day has
        another method, ``<table>_last``.
    people : sequence of int
        Score keys of the people whose accounts were loaded; the steps run once for all of them.
    first_method, later_method : Method
    first_day_no : int
        Number of the first of the two days.
    expired_day_no : int
        Number of the latest day that left the window.
    equal_tables : collection of str, optional
        Tables that are known to have the same rows, on both days, of the days up to the first that are still in the
        window.
    top : int
        Maximum actors, and posts, listed per signal; the others are summed.
    """
    first_method, later_method = with_stored_steps(first_method), with_stored_steps(later_method)
    names = {signal.number: signal.name for signal in (*first_method.signals, *later_method.signals)}
    if first_method.has_ledger:
        causes = ledger_causes.tables_by_cause(first_method, first_day_no=first_day_no, expired_day_no=expired_day_no)
        active = _find_active_causes(engine, causes, ledger_causes.list_required_changes(equal_tables))
        states = _replay_with_ledger(engine, people, first_method, active)
    else:
        causes = causes_without_ledger.tables_by_cause(first_method, later_method, expired_day_no)
        states = list(_replay_without_ledger(engine, people, first_method, later_method, causes))
    actors, posts = (
        compare_contributions(
            engine,
            [(state.tables[breakdown], state.accounts(people)) for state in states],
            kind=kind,
            signal_names=names,
            top=top,
        )
        for breakdown, kind in (("actors", "actor"), ("posts", "post"))
    )
    return Replay(
        [
            {
                person: ReplayState(
                    kind=state.kind,
                    score=float(state.outcome.scores.get(person, BASE_SCORE)),
                    signals=state.outcome.signals.get(person, {}),
                    strengths=state.outcome.strengths.get(person, {}),
                    actors=actors[index].get(person, {}),
                    posts=posts[index].get(person, {}),
                )
                for person in people
            }
            for index, state in enumerate(states)
        ],
        states[-1].tables["actors"],
    )


def _replay_with_ledger(
    engine: Engine, people: Sequence[int], method: Method, causes: Iterator[tuple[str, Mapping[str, str]]]
) -> list[_State]:
    """
    Return the state after each cause: the steps from the balances on run once for all states.

    Steps are not run again for a cause that left all rows that they read as they were.
    """
    reader, rows = ledger_states.StateReader(engine, method), []
    selects = ledger_causes.select_breakdowns(method, people)
    tables: dict[str, dict[str, str]] = {}
    for kind, replaced in causes:
        changed_tables = rerun_steps(
            engine,
            method,
            replaced,
            last_step=ledger_states.FIRST_SCORING_STEP,
            has_changed=reader.has_changed,
            empty_without=UNREAD_WITHOUT,
        )
        tables[kind] = next(reversed(tables.values()), {}) | _keep_breakdowns(
            engine, method, selects, kind=kind, changed_tables=changed_tables
        )
        rows.append(reader.read_state())
    outcomes = ledger_states.score_states(engine, method, rows)
    return [
        _State(kind=kind, outcome=outcome, tables=tables[kind]) for kind, outcome in zip(tables, outcomes, strict=True)
    ]


def _replay_without_ledger(
    engine: Engine,
    people: Sequence[int],
    first_method: Method,
    later_method: Method,
    causes: Mapping[str, Mapping[str, str]],
) -> Iterator[_State]:
    """Yield the state after each cause, running all steps for each."""
    names = {signal.number: signal.name for signal in (*first_method.signals, *later_method.signals)}
    selects = causes_without_ledger.select_breakdowns(people)
    for kind, replaced in _find_active_causes(engine, causes, causes_without_ledger.REQUIRED_CHANGES):
        method = later_method if kind == "method" else first_method
        rerun_steps(engine, method, replaced)
        tables = _keep_breakdowns(engine, method, selects, kind=kind)
        yield _State(kind=kind, outcome=_read_outcome(engine, people, names), tables=tables)


def _find_active_causes(
    engine: Engine, causes: Mapping[str, Mapping[str, str]], tables_to_check: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the causes that change any of the tables that the steps read, with the tables that they replace."""
    for kind, replaced in causes.items():
        required_changes = tables_to_check.get(kind, tuple(replaced))
        if required_changes and (
            kind not in tables_to_check
            or any(_has_changed(engine, table, replaced[table]) for table in required_changes)
        ):
            yield kind, replaced


def _keep_breakdowns(
    engine: Engine,
    method: Method,
    selects: Mapping[str, str],
    *,
    kind: str,
    changed_tables: AbstractSet[str] | None = None,
) -> dict[str, str]:
    """
    Split what accounts received by actor and post, and keep it under the name of the cause.

    Returns the table of each breakdown; of those that read none of the changed tables, if these are known, there is no
    new one.
    """
    if kind == "first":
        engine.run(Step(name="absent_first", sql="select account from absent", columns={"account": "bigint"}))
    steps_run = run_explanation_steps(engine, method, without=ledger_causes.UNUSED_STEPS, changed_tables=changed_tables)
    tables = {}
    for breakdown, select in selects.items():
        if changed_tables is None or steps_run.union(changed_tables) & ledger_causes.BREAKDOWN_READS[breakdown]:
            tables[breakdown] = f"{breakdown}_at_{kind}"
            engine.run(Step(name=tables[breakdown], sql=select, columns=CONTRIBUTION_COLUMNS[breakdown]))
    return tables


def _read_outcome(engine: Engine, people: Sequence[int], names: Mapping[int, str]) -> StateOutcome:
    people_sql = ", ".join(map(str, people))
    scores: dict[int, float] = dict(engine.query(f"select person, score from scores where person in ({people_sql})"))
    signals: dict[int, dict[SignalKey, SignalValue]] = {person: {} for person in people}
    for person, network, account, number, *rest in engine.query(_SIGNALS_SQL.format(people=people_sql)):
        signals[person][network, account, names[number]] = SignalValue(*rest)
    strengths: dict[int, dict[int, float]] = {person: {} for person in people}
    for person, account, strength in engine.query(
        f"select person, account, cast(strength as double) / 1e9 from strengths where person in ({people_sql})"
    ):
        strengths[person][account] = strength
    return StateOutcome(scores, signals, strengths)


def _has_changed(engine: Engine, table: str, select: str) -> bool:
    """Return whether a SELECT of rows of both days has other rows than a table, ignoring duplicates."""
    if all(engine.is_known_empty(name) for name in (table, f"{table}_first", f"{table}_later")):
        return False
    current_sql, new_sql = f"(select * from {table})", f"({select})"
    difference_sql = f"({current_sql} except {new_sql}) union all ({new_sql} except {current_sql})"
    return bool(engine.query(f"select 1 from ({difference_sql}) differing limit 1"))
