"""
Explain why a score changed between two published days: signed causes whose points sum to the change.

The points of each cause are attributed to signals, accounts, people and posts.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
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
from renown.answers.explain.counterfactual import ReplayState, SignalKey, SignalValue, replay
from renown.answers.explain.receipt import ReceiptLine
from renown.engines.base import Engine
from renown.errors import PersonNotFoundError
from renown.lake import Lake
from renown.method.file import Method
from renown.records import day_number
from renown.scoring.accounts import Subject, load_names
from renown.scoring.points import load_points
from renown.scoring.replay import load_day_tables, load_published_method
from renown.store import PublishedTables

CAUSES = {
    "undone": "reactions that were undone",
    "absence": "accounts that were deleted or restored",
    "late": "reactions that arrived late",
    "left": "reactions older than the window",
    "decay": "ageing of the remaining reactions",
    "new": "new reactions and counts",
    "standing": "weight of the people who reacted",
    "profile": "followers and lists",
    "coverage": "what can be observed of the networks",
    "identities": "accounts linked or unlinked",
    "method": "another version of the method",
    "forgotten": "reactions no longer in the lake",
}
"""
Causes of a score change with their descriptions, in the order in which they are applied.

With a ledger, what an act is worth is fixed on its day: there is no `standing`; without one, there is no `late`. If the
two days were published by methods of which one or both have a ledger, `method` comes first: the first day's data, as
they are known now, by the last day's method.
"""

MAX_LINES = 5
"""Actors, and posts, listed per signal of a cause; the rest is one line."""


@dataclass(frozen=True)
class ChangeCause:
    """One cause of a score change."""

    kind: str
    """One of `CAUSES`."""
    points: float
    """Signed points of score."""
    before: float
    """Score before this cause, after the earlier ones."""
    after: float
    """Score after it: the `before` of the next cause."""
    signals: tuple[SignalMove, ...]
    """Largest change first; their points sum to the cause's."""

    def redact_names(self, allowed_names: AbstractSet[str]) -> "ChangeCause":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(self, signals=tuple(signal.redact_names(allowed_names) for signal in self.signals))


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The change of a score from one published day to another."""

    name: str
    first_day: str
    last_day: str
    first: float
    """Score of the first day; 1, the base score, if there was none."""
    last: float
    move: float
    causes: tuple[ChangeCause, ...]
    """One for each of `CAUSES` that there can be between days of these methods; their points sum to `move`."""

    def actors(self) -> list[ReceiptLine]:
        """Return the receipt lines of all actors."""
        return [line for cause in self.causes for signal in cause.signals for line in signal.actors]

    def redact_names(self, allowed_names: AbstractSet[str]) -> "Changes":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(self, causes=tuple(cause.redact_names(allowed_names) for cause in self.causes))


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
    scores = [published.read_score(subject.key) for published in (first, last)]
    if not any(scores):
        raise PersonNotFoundError(
            f"{subject.name} has no score on {first.day.day} or {last.day.day}; `renown history` lists days with one"
        )
    first_method, last_method = load_published_method(first), load_published_method(last)
    signal_values = [_signal_values(engine, lake, published, subject) for published in (first, last)]
    is_switch = _is_ledger_switch(first_method, last_method)
    replayed_method = last_method if is_switch else first_method
    _load_both_days(engine, lake, subject, first, last, first_method=replayed_method, last_method=last_method)
    states = list(
        replay(
            engine,
            subject.key,
            replayed_method,
            last_method,
            first_day_no=day_number(first.day.day),
            expired_day_no=day_number(last.day.day) - int(replayed_method["window_days"]),
            top=top,
        )
    )
    before, after = (score.score if score else 1.0 for score in scores)
    points_by_cause = _compute_points(states, before, after, starts_with_method=is_switch)
    deltas_by_cause = _compute_cause_deltas(states, *signal_values, starts_with_method=is_switch)
    account_names = load_names(engine, lake, find_accounts_to_name(deltas_by_cause.values()))
    moves_by_cause = {
        kind: allocate_to_signals(
            deltas_by_cause.get(kind, {}),
            account_names,
            profiles=_profile_signals(first_method, last_method),
            rest_kind="forgotten" if kind == "forgotten" else "rest",
        )
        for kind in _list_causes(replayed_method, starts_with_method=is_switch)
    }
    return Changes(
        name=subject.name,
        first_day=first.day.day.isoformat(),
        last_day=last.day.day.isoformat(),
        first=before,
        last=after,
        move=after - before,
        causes=_build_causes(points_by_cause, moves_by_cause, before),
    )


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
    subject: Subject,
    first: PublishedTables,
    last: PublishedTables,
    *,
    first_method: Method,
    last_method: Method,
) -> None:
    """Load a person's rows of both days by the first method; of the last day by both methods if they differ."""
    accounts = {strength.account for published in (first, last) for strength in published.read_strengths(subject.key)}
    people = {subject.key: subject.name}
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
    load_day_tables(
        engine, lake=lake, published=last, method=first_method, people=people, accounts=accounts, suffix="later"
    )
    if first_method.digest != last_method.digest:
        load_day_tables(
            engine, lake=lake, published=last, method=last_method, people=people, accounts=accounts, suffix="last"
        )


def _profile_signals(*methods: Method) -> set[str]:
    """Return the names of the signals that are read from profiles (followers, lists), which have no actors."""
    return {signal.name for method in methods for signal in method.signals if signal.reads != "interactions"}


def _signal_values(
    engine: Engine, lake: Lake, published: PublishedTables, subject: Subject
) -> dict[SignalKey, SignalValue]:
    rows = load_points(engine, lake, published, [subject.key])[subject.key]
    return {(row.network, row.account, row.signal): SignalValue(row.points, row.received) for row in rows}
