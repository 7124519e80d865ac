"""
Explain why a score changed between two published days: signed causes whose points sum to the change.

The points of each cause are attributed to signals, accounts, people and posts.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from renown.answers.explain.counterfactual import Contribution, ReplayState, SignalKey, SignalValue, replay
from renown.answers.explain.receipt import ReceiptLine
from renown.engines.base import Engine
from renown.errors import PersonNotFoundError
from renown.lake import Lake
from renown.method.file import Method
from renown.records import day_number
from renown.scoring.accounts import Subject, load_names
from renown.scoring.replay import load_day_tables, load_published_method
from renown.store import PublishedTables

ROUNDING_ERROR = 1e-9
"""Points below which a difference is floating-point rounding."""
_MILLION, _BILLION = 1e6, 1e9
_MIN_DIFFERENCE = 1e-6
"""Relative distance below which a difference quotient is mostly rounding; the tangent is used instead."""
_MAX_PRICE_FACTOR = 2.0
"""
Upper bound of the marginal price of a unit, as a multiple of its mean price in the receipt; stated, not learned. With
logarithms the margin is below the mean, except at the start of a signal.
"""

CAUSES = {
    "undone": "reactions that were undone",
    "absence": "accounts that were deleted or restored",
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
"""Causes of a score change with their descriptions, in the order in which they are applied."""


MAX_LINES = 5
"""Actors, and posts, listed per signal of a cause; the rest is one line."""


@dataclass(frozen=True, kw_only=True)
class SignalMove:
    """Points that one signal of one account adds to a cause, split once by people and once by posts."""

    network: str
    account: str
    """``network:handle``, or its id if it has no handle."""
    signal: str
    received: float
    """Signed, in the signal's unit: trusted people, followers, lists."""
    points: float
    """Signed points of score."""
    actors: tuple[ReceiptLine, ...]
    """Their points sum to the signal's; `acts` and `received` are signed, too."""
    posts: tuple[ReceiptLine, ...]
    """Their points sum to the signal's."""

    def redact_names(self, allowed_names: AbstractSet[str]) -> "SignalMove":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(self, actors=tuple(line.redact_names(allowed_names) for line in self.actors))


@dataclass(frozen=True)
class SignalDelta:
    """Change of one signal of one account."""

    points: float
    received: int = 0
    """Millionths of the signal's unit."""
    max_price: float = 0.0
    """Maximum points that a millionth of the unit can be worth."""
    actors: Sequence[Contribution] = ()
    posts: Sequence[Contribution] = ()


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
    """One for each of `CAUSES`; their points sum to `move`."""

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

    The points of a cause are allocated to signals, those of a signal to actors, and again to posts, by what changed
    (see `compute_deltas`); points that belong to nobody in particular are the line `rest`.
    """
    scores = [published.read_score(subject.key) for published in (first, last)]
    if not any(scores):
        raise PersonNotFoundError(
            f"{subject.name} has no score on {first.day.day} or {last.day.day}; `renown history` lists days with one"
        )
    first_method, last_method = load_published_method(first), load_published_method(last)
    _load_both_days(engine, lake, subject, first, last, first_method=first_method, last_method=last_method)
    expired_day_no = day_number(last.day.day) - int(first_method["window_days"])
    states = list(replay(engine, subject.key, first_method, last_method, expired_day_no=expired_day_no, top=top))
    before, after = (score.score if score else 1.0 for score in scores)
    points_by_cause = {state.kind: state.score - earlier.score for earlier, state in pairwise(states)}
    points_by_cause["forgotten"] = (states[0].score - before) + (after - states[-1].score)
    deltas_by_cause = {state.kind: compute_deltas(earlier, state) for earlier, state in pairwise(states)}
    deltas_by_cause["forgotten"] = add_deltas(
        diff_receipts(_signal_values(first, subject), states[0].signals),
        diff_receipts(states[-1].signals, _signal_values(last, subject)),
    )
    account_names = load_names(engine, lake, find_accounts_to_name(deltas_by_cause.values()))
    moves_by_cause = {
        kind: allocate_to_signals(
            deltas_by_cause.get(kind, {}),
            account_names,
            profiles=_profile_signals(first_method, last_method),
            rest_kind="forgotten" if kind == "forgotten" else "rest",
        )
        for kind in CAUSES
    }
    running_scores = accumulate((points_by_cause.get(kind, 0.0) for kind in CAUSES), initial=before)
    causes = tuple(
        ChangeCause(kind, points_by_cause.get(kind, 0.0), start, end, moves_by_cause[kind])
        for kind, (start, end) in zip(CAUSES, pairwise(running_scores), strict=True)
    )
    first_day, last_day = (published.day.day.isoformat() for published in (first, last))
    return Changes(
        name=subject.name,
        first_day=first_day,
        last_day=last_day,
        first=before,
        last=after,
        move=after - before,
        causes=causes,
    )


def compute_deltas(before: ReplayState, after: ReplayState) -> dict[SignalKey, SignalDelta]:
    """
    Attribute the score change between two states to the signals of each account.

    Points are allocated by change, not by level: strength is a sum over accounts, so each account gets points by its
    change of strength; the logarithm of an account's strength is a sum over signals, so each signal gets the account's
    points by its change of exponent. A signal that did not change gets 0.

    References
    ----------
    Ang, "The LMDI approach to decomposition analysis", Energy Policy 33 (2005): logarithmic means leave no residual.
    """
    if after.kind == "method":
        return diff_receipts(before.signals, after.signals)
    slopes, deltas = _compute_slopes(before, after), {}
    for signal_key in {**before.signals, **after.signals}:
        account = signal_key[1]
        value_before, value_after = (
            before.signals.get(signal_key, SignalValue()),
            after.signals.get(signal_key, SignalValue()),
        )
        deltas[signal_key] = SignalDelta(
            slopes.get(account, 0.0) * (value_after.exponent - value_before.exponent),
            value_after.received - value_before.received,
            _MAX_PRICE_FACTOR * max(_mean_price(value_before), _mean_price(value_after)),
            after.actors.get(signal_key, ()),
            after.posts.get(signal_key, ()),
        )
    return deltas


def diff_receipts(
    before: Mapping[SignalKey, SignalValue], after: Mapping[SignalKey, SignalValue]
) -> dict[SignalKey, SignalDelta]:
    """Return the differences between two receipts, by signal."""
    pairs = {
        signal_key: (before.get(signal_key, SignalValue()), after.get(signal_key, SignalValue()))
        for signal_key in {**before, **after}
    }
    return {
        signal_key: SignalDelta(value_after.points - value_before.points, value_after.received - value_before.received)
        for signal_key, (value_before, value_after) in pairs.items()
    }


def add_deltas(
    first: Mapping[SignalKey, SignalDelta], second: Mapping[SignalKey, SignalDelta]
) -> dict[SignalKey, SignalDelta]:
    """Return the sum of two sets of changes, by signal."""
    pairs = {
        signal_key: (first.get(signal_key, SignalDelta(0.0)), second.get(signal_key, SignalDelta(0.0)))
        for signal_key in {**first, **second}
    }
    return {key: SignalDelta(a.points + b.points, a.received + b.received) for key, (a, b) in pairs.items()}


def find_accounts_to_name(deltas_by_cause: Iterable[Mapping[SignalKey, SignalDelta]]) -> list[tuple[str, int]]:
    """Return the (network, account) of every account whose name is needed: owners of signals, and actors."""
    items = [(signal_key, delta) for deltas in deltas_by_cause for signal_key, delta in deltas.items()]
    owners = [(network, account) for (network, account, _), _ in items]
    return owners + [
        (network, int(contribution.name))
        for (network, _, _), delta in items
        for contribution in delta.actors
        if contribution.kind == "actor"
    ]


def allocate_to_signals(
    deltas: Mapping[SignalKey, SignalDelta],
    account_names: Mapping[int, str],
    *,
    profiles: AbstractSet[str],
    rest_kind: str,
) -> tuple[SignalMove, ...]:
    """
    Allocate the points of each signal to the people and posts that contributed more or less.

    Parameters
    ----------
    deltas : mapping of SignalKey to SignalDelta
    account_names : mapping of int to str
        Account key to display name.
    profiles : set of str
        Signals read from profiles (followers, lists), which have no actors.
    rest_kind : str
        Kind of the line for points that cannot be allocated to anybody.
    """
    moves = []
    for (network, account, signal), delta in deltas.items():
        if abs(delta.points) < ROUNDING_ERROR:
            continue
        received = delta.received / _MILLION
        actors: tuple[ReceiptLine, ...]
        posts: tuple[ReceiptLine, ...]
        if signal in profiles:
            actors = posts = (ReceiptLine(kind="profile", name="", count=0, received=received, points=delta.points),)
        else:
            actors = _allocate_points(delta, delta.actors, _MILLION, account_names, rest_kind)
            posts = _allocate_points(delta, delta.posts, _BILLION, account_names, rest_kind)
        moves.append(
            SignalMove(
                network=network,
                account=account_names[account],
                signal=signal,
                received=received,
                points=delta.points,
                actors=actors,
                posts=posts,
            )
        )
    return tuple(sorted(moves, key=lambda move: (-abs(move.points), move.network, move.account, move.signal)))


def _allocate_points(
    delta: SignalDelta,
    contributions: Sequence[Contribution],
    unit: float,
    account_names: Mapping[int, str],
    rest_kind: str,
) -> tuple[ReceiptLine, ...]:
    """
    Allocate points in proportion to each contribution, at one price for all; the remainder is a line of its own.

    The price leaves no remainder unless it is clamped: below 0, whoever contributed more would lose points; above
    `max_price`, a unit would be worth more than is possible.
    """
    total = sum(contribution.received for contribution in contributions)
    price = min(max(0.0, delta.points / total), delta.max_price * _MILLION / unit) if total else 0.0
    lines = [
        _receipt_line(contribution, price * contribution.received, unit, account_names)
        for contribution in (contributions if price else ())
    ]
    rest = delta.points - sum(line.points for line in lines)
    return (
        (*lines, ReceiptLine(kind=rest_kind, name="", count=0, received=0.0, points=rest))
        if abs(rest) >= ROUNDING_ERROR
        else tuple(lines)
    )


def _receipt_line(
    contribution: Contribution, points: float, unit: float, account_names: Mapping[int, str]
) -> ReceiptLine:
    if contribution.kind != "actor":
        return ReceiptLine(
            kind=contribution.kind,
            name=contribution.name,
            count=contribution.acts,
            received=contribution.received / unit,
            points=points,
        )
    account = int(contribution.name)
    return ReceiptLine(
        kind="actor",
        name=account_names.get(account, ""),
        count=contribution.acts,
        received=contribution.received / unit,
        points=points,
        account=account,
    )


def _compute_slopes(before: ReplayState, after: ReplayState) -> dict[int, float]:
    """Return, for each account, the points per unit of the logarithm of its strength."""
    strength_before, strength_after = sum(before.strengths.values()), sum(after.strengths.values())
    tangent = (before.score - 1) / (math.log1p(strength_before) * (1 + strength_before)) if strength_before else 0.0
    score_slope = _slope((strength_before, before.score), (strength_after, after.score), tangent)
    logs = [_log_strengths(state) for state in (before, after)]
    slopes = {}
    for account in {**logs[0], **logs[1]}:
        ends = [
            (log.get(account, 0.0), state.strengths.get(account, 0.0))
            for log, state in zip(logs, (before, after), strict=True)
        ]
        slopes[account] = score_slope * _slope(ends[0], ends[1], 1 + ends[0][1])
    return slopes


def _slope(before: tuple[float, float], after: tuple[float, float], tangent: float) -> float:
    """Return the slope between two points, or the tangent if they are too close for a difference quotient."""
    run, rise = after[0] - before[0], after[1] - before[1]
    if not rise:
        return 0.0
    is_near = abs(run) < _MIN_DIFFERENCE * (1 + abs(before[0])) and tangent
    return tangent if is_near else rise / run


def _log_strengths(state: ReplayState) -> dict[int, float]:
    logs: dict[int, float] = {}
    for (_, account, _), value in state.signals.items():
        logs[account] = logs.get(account, 0.0) + value.exponent
    return logs


def _mean_price(value: SignalValue) -> float:
    return value.points / value.received if value.received else 0.0


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
    """Load a person's rows of both days; of the last day by both methods if they differ."""
    accounts = {strength.account for published in (first, last) for strength in published.read_strengths(subject.key)}
    people = {subject.key: subject.name}
    load_day_tables(
        engine, lake=lake, published=first, method=first_method, people=people, accounts=accounts, suffix="first"
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


def _signal_values(published: PublishedTables, subject: Subject) -> dict[SignalKey, SignalValue]:
    rows = published.read_points(subject.key)
    return {(row.network, row.account, row.signal): SignalValue(row.points, row.received) for row in rows}
