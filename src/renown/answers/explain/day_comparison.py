"""Replay two published days for people: the data of the first replaced by that of the last, one cause after another."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from renown.answers.explain.attribution import SignalDelta, add_deltas, compute_deltas, diff_receipts
from renown.answers.explain.causes import CAUSES
from renown.answers.explain.counterfactual import replay
from renown.answers.explain.ledger_causes import UNREAD_TABLES
from renown.answers.explain.people_change import PeopleRows, load_people_rows
from renown.answers.explain.replay_states import ReplayState, SignalKey, SignalValue
from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.records import day_number
from renown.scoring.accounts import Subject
from renown.scoring.claimed_rows import find_claimed_rows
from renown.scoring.ledger_replay import SharedRows, find_shared_rows
from renown.scoring.points import load_points
from renown.scoring.replay import RequestedRows, load_day_tables, load_published_method
from renown.store import PublishedTables


@dataclass(frozen=True, kw_only=True)
class DayComparison:
    """What each cause changed between two days, by person."""

    states: Mapping[int, Sequence[ReplayState]]
    deltas: Mapping[int, Mapping[str, Mapping[SignalKey, SignalDelta]]]
    """Person to cause to what it changed in each signal."""
    kinds: Sequence[str]
    """Causes that there can be between days of these methods."""
    profile_signals: set[str]
    is_switch: bool
    """Whether `method` comes first."""
    people_rows: PeopleRows


def compare_days(
    subjects: Sequence[Subject], first: PublishedTables, last: PublishedTables, engine: Engine, lake: Lake, *, top: int
) -> DayComparison:
    """Replace the data of the first day by that of the last, one cause after another."""
    first_method, last_method = load_published_method(first), load_published_method(last)
    values_before, values_after = (_load_signal_values(engine, lake, day, subjects) for day in (first, last))
    is_switch = _is_ledger_switch(first_method, last_method)
    replayed_method = last_method if is_switch else first_method
    shared = _load_both_days(engine, lake, subjects, first, last, first_method=replayed_method, last_method=last_method)
    # Of many people, the rows are worth planning for.
    with engine.small_data() if len(subjects) == 1 else nullcontext():
        replayed = replay(
            engine,
            [subject.key for subject in subjects],
            replayed_method,
            last_method,
            first_day_no=day_number(first.day.day),
            expired_day_no=day_number(last.day.day) - int(replayed_method["window_days"]),
            equal_tables=shared.equal_tables,
            top=top,
        )
        people_rows = load_people_rows(engine, replayed.last_actors)
    states = {subject.key: [by_person[subject.key] for by_person in replayed.states] for subject in subjects}
    return DayComparison(
        states=states,
        deltas={
            subject.key: _compute_cause_deltas(
                states[subject.key],
                values_before[subject.key],
                values_after[subject.key],
                starts_with_method=is_switch,
            )
            for subject in subjects
        },
        kinds=_list_causes(replayed_method, starts_with_method=is_switch),
        profile_signals=_profile_signals(first_method, last_method),
        is_switch=is_switch,
        people_rows=people_rows,
    )


def compute_points(
    states: Sequence[ReplayState], before: float, after: float, *, starts_with_method: bool
) -> dict[str, float]:
    """Return the points of each cause; what the replay does not explain of the first day is that of its method, too."""
    points = {state.kind: state.score - earlier.score for earlier, state in pairwise(states)}
    unexplained = states[0].score - before, after - states[-1].score
    if starts_with_method:
        return points | dict(zip(("method", "forgotten"), unexplained, strict=True))
    return points | {"forgotten": sum(unexplained)}


def _compute_cause_deltas(
    states: Sequence[ReplayState],
    first_values: Mapping[SignalKey, SignalValue],
    last_values: Mapping[SignalKey, SignalValue],
    *,
    starts_with_method: bool,
) -> dict[str, Mapping[SignalKey, SignalDelta]]:
    """Return what each cause changed in each signal, like `_compute_points`."""
    deltas: dict[str, Mapping[SignalKey, SignalDelta]] = {
        state.kind: compute_deltas(earlier, state) for earlier, state in pairwise(states)
    }
    unexplained = diff_receipts(first_values, states[0].signals), diff_receipts(states[-1].signals, last_values)
    if starts_with_method:
        return deltas | dict(zip(("method", "forgotten"), unexplained, strict=True))
    return deltas | {"forgotten": add_deltas(*unexplained)}


def _is_ledger_switch(first_method: Method, last_method: Method) -> bool:
    """Return whether two days have different methods of which one needs rows that the other day does not have."""
    return first_method.digest != last_method.digest and (first_method.has_ledger or last_method.has_ledger)


def _list_causes(method: Method, *, starts_with_method: bool) -> list[str]:
    """List the causes of changes between two days of a method, in the order in which they are applied."""
    omitted_kind = "standing" if method.has_ledger else "late"
    kinds = [kind for kind in CAUSES if kind != omitted_kind]
    return ["method", *(kind for kind in kinds if kind != "method")] if starts_with_method else kinds


def _load_both_days(
    engine: Engine,
    lake: Lake,
    subjects: Sequence[Subject],
    first: PublishedTables,
    last: PublishedTables,
    *,
    first_method: Method,
    last_method: Method,
) -> SharedRows:
    """
    Load people's rows of both days by the first method; of the last day by both methods if they differ.

    Returns the rows that both days have.
    """
    people = {subject.key: subject.name for subject in subjects}
    accounts = {
        strength.account
        for published in (first, last)
        for person in people
        for strength in published.read_strengths(person)
    }
    requested = RequestedRows(people=people, accounts=accounts, without=UNREAD_TABLES)
    load_tables = partial(load_day_tables, engine, lake, requested=requested)
    first_day_has_actors = any((first.day.folder / "actors").glob("*.parquet"))
    load_tables(
        first,
        first_method,
        suffix="first",
        actors_day=None if first_day_has_actors else last.day,
        shared=find_claimed_rows(engine, lake, first_method, first.day, accounts),
    )
    shared = find_shared_rows(lake, first_method, first.day, last.day, suffix="first")
    load_tables(last, first_method, suffix="later", shared=shared)
    if first_method.digest != last_method.digest:
        load_tables(last, last_method, suffix="last")
    return shared


def _profile_signals(*methods: Method) -> set[str]:
    """Return the names of the signals that are read from profiles (followers, lists), which have no actors."""
    return {signal.name for method in methods for signal in method.signals if signal.reads != "interactions"}


def _load_signal_values(
    engine: Engine, lake: Lake, published: PublishedTables, subjects: Sequence[Subject]
) -> dict[int, dict[SignalKey, SignalValue]]:
    points = load_points(engine, lake, published, [subject.key for subject in subjects])
    return {
        key: {(row.network, row.account, row.signal): SignalValue(row.points, row.received) for row in rows}
        for key, rows in points.items()
    }
