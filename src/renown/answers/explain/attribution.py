"""Attribute the points of a score change to signals, accounts, people and posts."""

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from renown.answers.explain.post_index import PostIndex
from renown.answers.explain.receipt_lines import ReceiptLine, redact_actors
from renown.answers.explain.replay_states import Contribution, ReplayState, SignalKey, SignalValue

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

    def anonymize(self, keys: AbstractSet[int]) -> "SignalMove":
        """Return a copy without the names of these accounts."""
        return replace(self, actors=tuple(line.anonymize(keys) for line in self.actors))

    def rename(self, names: Mapping[int, str], own_names: Mapping[str, str]) -> "SignalMove":
        """Return a copy with the names of accounts by their key, and of the person's own by their former name."""
        return replace(
            self,
            account=own_names.get(self.account, self.account),
            actors=tuple(line.rename(names) for line in self.actors),
        )

    def redact_names(self, allowed_names: AbstractSet[str]) -> "SignalMove":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(self, actors=redact_actors(self.actors, allowed_names, self.network))


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
    slopes, exponents, deltas = _compute_slopes(before, after), _compute_exponent_changes(before, after), {}
    for signal_key in {**before.signals, **after.signals}:
        account = signal_key[1]
        value_before, value_after = (
            before.signals.get(signal_key, SignalValue()),
            after.signals.get(signal_key, SignalValue()),
        )
        deltas[signal_key] = SignalDelta(
            slopes.get(account, 0.0) * exponents[signal_key],
            value_after.received - value_before.received,
            _MAX_PRICE_FACTOR * max(_mean_price(value_before), _mean_price(value_after)),
            after.actors.get(signal_key, ()),
            after.posts.get(signal_key, ()),
        )
    return deltas


def _compute_exponent_changes(before: ReplayState, after: ReplayState) -> dict[SignalKey, float]:
    """
    Return each signal's change of exponent.

    Reactions that share one exponent share its change in proportion to the change of what each received, if all
    received more or all received less; otherwise each has the change of its share.
    """
    pairs = {
        key: (before.signals.get(key, SignalValue()), after.signals.get(key, SignalValue()))
        for key in {**before.signals, **after.signals}
    }
    changes = {key: new.exponent - old.exponent for key, (old, new) in pairs.items()}
    for account in {key[1] for key in pairs}:
        amounts = {
            key: new.amount - old.amount
            for key, (old, new) in pairs.items()
            if key[1] == account and (old.amount or new.amount)
        }
        total_amount, total_change = sum(amounts.values()), sum(changes[key] for key in amounts)
        if total_amount and all(amount * total_amount >= 0 for amount in amounts.values()):
            changes |= {key: total_change * amount / total_amount for key, amount in amounts.items()}
    return changes


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
    post_index: PostIndex,
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
    post_index : PostIndex
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
            posts = tuple(
                post_index.add_to_line(line, network, account)
                for line in _allocate_points(delta, delta.posts, _BILLION, account_names, rest_kind)
            )
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
