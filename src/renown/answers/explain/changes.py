"""
Explain why a score changed between two published days: signed causes whose points sum to the change.

The points of each cause are attributed to signals, accounts, people and posts.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

from renown.answers.explain.attribution import (
    SignalDelta,
    SignalMove,
    add_deltas,
    allocate_to_signals,
    compute_deltas,
    diff_receipts,
    find_accounts_to_name,
)
from renown.answers.explain.causes import CAUSES, ChangeCause
from renown.answers.explain.change_summary import ChangeSummary, summarize_changes
from renown.answers.explain.counterfactual import replay
from renown.answers.explain.people_change import (
    PeopleChange,
    PeopleRows,
    Reactor,
    build_people_change,
    list_reactors,
    load_people_rows,
)
from renown.answers.explain.reaction_times import load_first_reactions
from renown.answers.explain.receipt_lines import ReceiptLine
from renown.answers.explain.replay_states import ReplayState, SignalKey, SignalValue
from renown.engines.base import Engine
from renown.errors import PersonNotFoundError
from renown.lake import Lake
from renown.method.file import Method
from renown.records import day_number
from renown.scoring.accounts import Subject, load_names
from renown.scoring.ledger_replay import SharedRows, find_shared_rows
from renown.scoring.points import load_points
from renown.scoring.replay import load_day_tables, load_published_method
from renown.store import PublishedDay, PublishedTables

MAX_LINES = 5
"""Actors, and posts, listed per signal of a cause; the rest is one line."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The change of a score from one published day to another."""

    name: str
    first_day: str
    """UTC day, as 2026-11-22."""
    last_day: str
    """UTC day, as 2026-11-23."""
    first: float
    """Score of the first day; 1, the base score, if there was none."""
    last: float
    move: float
    causes: tuple[ChangeCause, ...]
    """One for each of `CAUSES` that there can be between days of these methods; their points sum to `move`."""
    summary: ChangeSummary = field(default_factory=ChangeSummary)
    """The change in one sentence; empty in explanations that an older version stored."""
    people: PeopleChange = field(default_factory=PeopleChange)
    """Who reacted in one of the two windows only."""

    def actors(self) -> list[ReceiptLine | Reactor]:
        """Return the receipt lines of all actors, and who is new or left."""
        lines = [line for cause in self.causes for signal in cause.signals for line in signal.actors]
        return [*lines, *self.people.reactors()]

    def anonymize(self, keys: AbstractSet[int]) -> "Changes":
        """Return a copy without the names of these accounts; all sums stay."""
        return replace(
            self,
            causes=tuple(cause.anonymize(keys) for cause in self.causes),
            people=self.people.anonymize(keys),
        )

    def rename(self, names: Mapping[int, str], own_names: Mapping[str, str]) -> "Changes":
        """Return a copy with the names of accounts by their key, and of the person's own by their former name."""
        return replace(
            self,
            causes=tuple(cause.rename(names, own_names) for cause in self.causes),
            people=self.people.rename(names),
        )

    def redact_names(self, allowed_names: AbstractSet[str]) -> "Changes":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(
            self,
            causes=tuple(cause.redact_names(allowed_names) for cause in self.causes),
            people=self.people.redact_names(allowed_names),
        )


@dataclass(frozen=True)
class StoredChanges:
    """A score change as it was explained when a day was published."""

    first_inputs: str
    """Digest of what counted on the first day: if the day is scored again, the explanation is outdated."""
    last_inputs: str
    changes: Changes

    def matches(self, first: PublishedDay, last: PublishedDay) -> bool:
        """Return whether it explains the change between two published days."""
        days = (self.changes.first_day, self.changes.last_day)
        return (*days, self.first_inputs, self.last_inputs) == (
            first.day.isoformat(),
            last.day.isoformat(),
            first.inputs,
            last.inputs,
        )


def explain_changes(
    subject: Subject, first: PublishedTables, last: PublishedTables, engine: Engine, lake: Lake, *, top: int = MAX_LINES
) -> Changes:
    """
    Explain a score change: replace the data of the first day by that of the last, one cause after another.

    Parameters
    ----------
    subject : Subject
    first, last : PublishedTables
        Two published days.
    engine : Engine
        A session that nothing else uses.
    lake : Lake
    top : int
        Maximum actors, and posts, listed per signal of a cause.

    Returns
    -------
    Changes

    Raises
    ------
    PersonNotFoundError
        If they have a score on neither day.
    InvalidMethodError
        If a day was published by a method whose SQL is not in this version.

    Notes
    -----
    The points of a cause are the difference that it makes after the causes before it. In another order a cause would be
    a little larger or smaller; the sum would be the same.

    They are allocated to signals, those of a signal to actors, and again to posts, by what changed (see
    `compute_deltas`); points that belong to nobody in particular are the line `rest`.
    """
    changes = explain_all_changes([subject], first, last, engine, lake, top=top)
    if subject.key not in changes:
        raise PersonNotFoundError(
            f"{subject.name} has no score on {first.day.day} or {last.day.day}",
            remedy="`renown history` lists days with one",
        )
    return changes[subject.key]


def explain_all_changes(
    subjects: Sequence[Subject],
    first: PublishedTables,
    last: PublishedTables,
    engine: Engine,
    lake: Lake,
    *,
    top: int = MAX_LINES,
) -> dict[int, Changes]:
    """
    Explain the score changes of several people, running the steps once for all of them; see `explain_changes`.

    Returns
    -------
    dict of int to Changes
        By score key; people with a score on neither day are omitted.
    """
    for published in (first, last):
        published.load_people([subject.key for subject in subjects])
    scores = [_read_scores(published, subjects) for published in (first, last)]
    subjects = [subject for subject in subjects if any(subject.key in day_scores for day_scores in scores)]
    if not subjects:
        return {}
    comparison = _replay_days(subjects, first, last, engine, lake, top=top)
    account_names = load_names(
        engine,
        lake,
        [
            *(account for deltas in comparison.deltas.values() for account in find_accounts_to_name(deltas.values())),
            *list_reactors(comparison.people_rows),
        ],
    )
    networks = {network for subject in subjects for network, _ in subject.accounts}
    first_reactions = load_first_reactions(engine, "interactions_later", networks=networks)
    changes = {}
    for subject in subjects:
        before, after = (day_scores.get(subject.key, 1.0) for day_scores in scores)
        points_by_cause = _compute_points(
            comparison.states[subject.key], before, after, starts_with_method=comparison.is_switch
        )
        moves_by_cause = {
            kind: allocate_to_signals(
                comparison.deltas[subject.key].get(kind, {}),
                account_names,
                first_reactions,
                profiles=comparison.profile_signals,
                rest_kind="forgotten" if kind == "forgotten" else "rest",
            )
            for kind in comparison.kinds
        }
        causes = _build_causes(points_by_cause, moves_by_cause, before)
        changes[subject.key] = Changes(
            name=subject.name,
            first_day=first.day.day.isoformat(),
            last_day=last.day.day.isoformat(),
            first=before,
            last=after,
            move=after - before,
            causes=causes,
            summary=summarize_changes(causes, first.day.day, last.day.day, after - before),
            people=build_people_change(comparison.people_rows, subject.key, account_names),
        )
    return changes


@dataclass(frozen=True, kw_only=True)
class _Comparison:
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


def _replay_days(
    subjects: Sequence[Subject], first: PublishedTables, last: PublishedTables, engine: Engine, lake: Lake, *, top: int
) -> _Comparison:
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
    return _Comparison(
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


def _read_scores(published: PublishedTables, subjects: Sequence[Subject]) -> dict[int, float]:
    rows = (published.read_score(subject.key) for subject in subjects)
    return {row.person: row.score for row in rows if row}


def _build_causes(
    points_by_cause: Mapping[str, float], moves_by_cause: Mapping[str, tuple[SignalMove, ...]], first_score: float
) -> tuple[ChangeCause, ...]:
    points = [points_by_cause.get(kind, 0.0) for kind in moves_by_cause]
    running_scores = pairwise(accumulate(points, initial=first_score))
    return tuple(
        ChangeCause(kind, cause_points, start, end, moves)
        for (kind, moves), cause_points, (start, end) in zip(
            moves_by_cause.items(), points, running_scores, strict=True
        )
    )


def _compute_points(
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
    first_day_has_actors = any((first.day.folder / "actors").glob("*.parquet"))
    load_day_tables(
        engine,
        lake=lake,
        published=first,
        method=first_method,
        people=people,
        accounts=accounts,
        suffix="first",
        actors_day=None if first_day_has_actors else last.day,
    )
    shared = find_shared_rows(lake, first_method, first.day, last.day, suffix="first")
    load_day_tables(
        engine,
        lake=lake,
        published=last,
        method=first_method,
        people=people,
        accounts=accounts,
        suffix="later",
        shared=shared,
    )
    if first_method.digest != last_method.digest:
        load_day_tables(
            engine, lake=lake, published=last, method=last_method, people=people, accounts=accounts, suffix="last"
        )
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
