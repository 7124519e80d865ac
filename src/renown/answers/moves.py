"""Moves: what each signal of each account added to one part of a move, shared out among actors and posts."""

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from renown.answers.receipt import Line
from renown.answers.replay import Gave, Made, Spot, State

ROUNDING = 1e-9
"""Points below which nothing moved but the last bits of a sum."""
_MILLION, _BILLION = 1e6, 1e9
_NEAR = 1e-6
"""Distance below which a difference is mostly rounding, and a tangent serves better."""
_SLACK = 2.0
"""
How much more than the mean point of a receipt the next can be worth; stated. Logarithms make it worth less,
unless a signal begins.
"""


@dataclass(frozen=True)
class SignalMove:
    """What one signal of one account added to a part, told twice."""

    network: str
    account: str
    """``network:handle``, or its id where it has no handle."""
    signal: str
    received: float
    """Signed, in the signal's unit: trusted people, followers, lists."""
    points: float
    """Signed points of score."""
    actors: tuple[Line, ...]
    """Their points sum to the signal's; acts and what was received are signed, too."""
    posts: tuple[Line, ...]
    """Their points sum to the signal's."""

    def discreet(self, named: AbstractSet[str]) -> "SignalMove":
        """Return the same with the names of some actors alone."""
        return replace(self, actors=tuple(line.discreet(named) for line in self.actors))


@dataclass(frozen=True)
class Moved:
    """What moved at one spot."""

    points: float
    received: int = 0
    """Millionths of the signal's unit."""
    most: float = 0.0
    """Points that a millionth of the unit can have moved."""
    actors: Sequence[Gave] = ()
    posts: Sequence[Gave] = ()


def between(before: State, after: State) -> dict[Spot, Moved]:
    """
    Return what a cause moved at each spot.

    What it moved is shared out over the changes, not over what there is: strength is the sum over accounts, so each
    has the move by its change of strength; the logarithm of an account's is the sum over signals, so each has the
    account's by its change there. A signal that nothing happened to moved nothing.

    References
    ----------
    Ang, "The LMDI approach to decomposition analysis", Energy Policy 33 (2005): logarithmic means leave no rest.
    """
    if after.kind == "method":
        return differences(before.made, after.made)
    slopes, found = _slopes(before, after), {}
    for spot in {**before.made, **after.made}:
        account = spot[1]
        then, now = before.made.get(spot, Made()), after.made.get(spot, Made())
        found[spot] = Moved(
            slopes.get(account, 0.0) * (now.exponent - then.exponent),
            now.received - then.received,
            _SLACK * max(_each(then), _each(now)),
            after.actors.get(spot, ()),
            after.posts.get(spot, ()),
        )
    return found


def differences(before: Mapping[Spot, Made], after: Mapping[Spot, Made]) -> dict[Spot, Moved]:
    """Return what two receipts have otherwise."""
    pairs = {spot: (before.get(spot, Made()), after.get(spot, Made())) for spot in {**before, **after}}
    return {spot: Moved(now.points - then.points, now.received - then.received) for spot, (then, now) in pairs.items()}


def together(one: Mapping[Spot, Moved], other: Mapping[Spot, Moved]) -> dict[Spot, Moved]:
    """Return the sum of what moved twice."""
    pairs = {spot: (one.get(spot, Moved(0.0)), other.get(spot, Moved(0.0))) for spot in {**one, **other}}
    return {spot: Moved(a.points + b.points, a.received + b.received) for spot, (a, b) in pairs.items()}


def actors_of(moved: Iterable[Mapping[Spot, Moved]]) -> list[tuple[str, int]]:
    """Return the (network, account) of everybody who is to be named: owners of spots, and actors."""
    spots = [(spot, what) for each in moved for spot, what in each.items()]
    own = [(network, account) for (network, account, _), _ in spots]
    return own + [(spot[0], int(gave.name)) for spot, what in spots for gave in what.actors if gave.kind == "actor"]


def signal_moves(
    moved: Mapping[Spot, Moved], called: Mapping[int, str], *, profiles: AbstractSet[str], alone: str
) -> tuple[SignalMove, ...]:
    """
    Share each spot's points out among those who gave more or less there.

    Parameters
    ----------
    moved : mapping of Spot to Moved
    called : mapping of int to str
        What accounts go by.
    profiles : set of str
        Signals that are figures of a profile, without actors.
    alone : str
        Kind of the line that takes what nobody in particular moved.
    """
    found = []
    for (network, account, signal), what in moved.items():
        if abs(what.points) < ROUNDING:
            continue
        got = what.received / _MILLION
        actors: tuple[Line, ...]
        posts: tuple[Line, ...]
        if signal in profiles:
            actors = posts = (Line("profile", "", 0, got, what.points),)
        else:
            actors = _shared(what, what.actors, _MILLION, called, alone)
            posts = _shared(what, what.posts, _BILLION, called, alone)
        found.append(SignalMove(network, called[account], signal, got, what.points, actors, posts))
    return tuple(sorted(found, key=lambda move: (-abs(move.points), move.network, move.account, move.signal)))


def _shared(what: Moved, gave: Sequence[Gave], unit: float, called: Mapping[int, str], alone: str) -> tuple[Line, ...]:
    """
    Give everybody points by what they gave more or less, at one price for all; the rest is told apart.

    The price is what leaves no rest, but neither below zero, for who gave more must not lose by it, nor more than
    a unit can have moved.
    """
    total = sum(each.received for each in gave)
    price = min(max(0.0, what.points / total), what.most * _MILLION / unit) if total else 0.0
    lines = [_line(each, price * each.received, unit, called) for each in gave] if price else []
    rest = what.points - sum(line.points for line in lines)
    return (*lines, Line(alone, "", 0, 0.0, rest)) if abs(rest) >= ROUNDING else tuple(lines)


def _line(gave: Gave, points: float, unit: float, called: Mapping[int, str]) -> Line:
    if gave.kind != "actor":
        return Line(gave.kind, gave.name, gave.acts, gave.received / unit, points)
    account = int(gave.name)
    return Line("actor", called.get(account, ""), gave.acts, gave.received / unit, points, account)


def _slopes(before: State, after: State) -> dict[int, float]:
    """Return, of each account, the points that one more of the logarithm of its strength was worth."""
    then, now = sum(before.strengths.values()), sum(after.strengths.values())
    curve = (before.score - 1) / (math.log1p(then) * (1 + then)) if then else 0.0
    total = _slope((then, before.score), (now, after.score), curve)
    logs = [_logs(state) for state in (before, after)]
    found = {}
    for account in {**logs[0], **logs[1]}:
        ends = [
            (log.get(account, 0.0), state.strengths.get(account, 0.0))
            for log, state in zip(logs, (before, after), strict=True)
        ]
        found[account] = total * _slope(ends[0], ends[1], 1 + ends[0][1])
    return found


def _slope(before: tuple[float, float], after: tuple[float, float], tangent: float) -> float:
    """Return how steep it is from one point to another; as steep as said where they are too near to tell."""
    run, rise = after[0] - before[0], after[1] - before[1]
    if not rise:
        return 0.0
    near = abs(run) < _NEAR * (1 + abs(before[0])) and tangent
    return tangent if near else rise / run


def _logs(state: State) -> dict[int, float]:
    found: dict[int, float] = {}
    for (_, account, _), made in state.made.items():
        found[account] = found.get(account, 0.0) + made.exponent
    return found


def _each(made: Made) -> float:
    return made.points / made.received if made.received else 0.0
