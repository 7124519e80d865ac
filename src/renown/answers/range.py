"""Range: how sure a score is, given by whom it was moved: drawn again as if others of their kind had come."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renown.answers.ground import Ground, SignalRow, Supposed, scored_together
from renown.engines import Engine

REPLICATES = 200
"""Draws of everybody who reacted; 200 leave the ends of nine tenths of them uncertain by a fifth of their distance."""
TAIL = 10
"""Draws left out at either end: the rest are nine tenths."""
PARCELS = 1000
"""Most parcels in which acts of unknown actors are drawn: how many people they are nobody knows."""

_AT_ONCE = 8192
"""Actors drawn at a time, two megabytes of weights."""
_PEOPLE_AT_ONCE = 50
"""People whose draws run in one pass: some 150,000 rows."""
_MASK, _GOLDEN = 2**64 - 1, 0x9E3779B97F4A7C15
_PIECES = 4
"""Weights from one number of 64 bits."""

Integers = NDArray[np.uint64]


@dataclass(frozen=True)
class Range:
    """Where a score would be, nine times of ten, if people like those who reacted had come by the same chance."""

    low: float
    """Score; not above the published one."""
    high: float
    """Score; not below the published one."""
    give_or_take: float
    """Half of what lies between the two."""
    drawn: int
    """Actors, and acts of unknown actors, that were drawn from; 0: nobody reacted, so this says nothing."""


@dataclass(frozen=True)
class Draws:
    """What each signal of each account received in every draw."""

    received: Mapping[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    """(account, signal) to millionths of a fully trusted person."""
    people: Mapping[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    unknown: Mapping[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    drawn: int = 0


def seed_of(name: str, day: str) -> int:
    """Return the number from which somebody's draws of a day come: the first 8 bytes of SHA-256 of ``NAME DAY``."""
    return int.from_bytes(hashlib.sha256(f"{name} {day}".encode()).digest()[:8])


def weights(seed: int, keys: Integers) -> NDArray[np.uint8]:
    """
    Return how often each actor comes in each draw: Poisson with mean 1, by actor and draw alone.

    Parameters
    ----------
    seed : int
    keys : ndarray of uint64, shape (n,)
        Keys of actors.

    Returns
    -------
    ndarray of uint8, shape (n, REPLICATES)

    References
    ----------
    Hanley and MacGibbon, "Creating non-parametric bootstrap samples using Poisson frequencies", Computer Methods
    and Programs in Biomedicine 83 (2006). Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
    OOPSLA 2014, for the mixing: no library's generator, whose numbers another release may change.

    Examples
    --------
    >>> weights(1, np.array([7, 7, 8], dtype=np.uint64))[:, :12].tolist()
    [[2, 1, 1, 2, 2, 0, 1, 1, 0, 1, 1, 0], [2, 1, 1, 2, 2, 0, 1, 1, 0, 1, 1, 0], [1, 2, 0, 1, 2, 1, 1, 2, 1, 0, 0, 0]]
    """
    steps = np.array([n * _GOLDEN & _MASK for n in range(1, REPLICATES // _PIECES + 1)], dtype=np.uint64)
    mixed = _mix((keys ^ np.uint64(seed))[:, None] + steps)
    found: NDArray[np.uint8] = _TIMES[mixed.astype("<u8").view("<u2")]
    return found


def draw(engine: Engine, person: int, seed: int) -> Draws:
    """Draw everybody who reacted to a person again, from an engine in which a day's steps were run for them."""
    given = engine.rows(f"""
        select k.actor, k.account, k.signal, k.received
        from contributions k join owners o on o.account = k.account
        where o.person = {person} order by k.actor""")
    counted = engine.rows(f"""
        select u.account, u.signal, u.received, u.people
        from unknown_actors u join owners o on o.account = u.account
        where o.person = {person} and u.people > 0 order by u.account, u.signal""")
    received, people, actors = _known(given, seed)
    unknown: dict[tuple[int, int], Sequence[int]] = {}
    for account, signal, got, acts in counted:
        spot, parcels = (account, signal), min(acts, PARCELS)
        times = _parcels(seed, spot, parcels)
        unknown[spot] = [acts * each // parcels for each in times]
        known = received.get(spot, [0] * REPLICATES)
        received[spot] = [one + got * each // parcels for one, each in zip(known, times, strict=True)]
    return Draws(received, people, unknown, actors + sum(acts for *_, acts in counted))


def ranges(engine: Engine, asked: Sequence[tuple[Ground, Draws, float]]) -> list[Range]:
    """
    Run the method's last steps on every draw of everybody, and return where most of each one's scores lie.

    Parameters
    ----------
    engine : Engine
        Its tables are others afterwards.
    asked : sequence of (Ground, Draws, float)
        The last is the published score.
    """
    moved = [(ground, draws) for ground, draws, _ in asked if draws.drawn]
    found: list[list[float]] = []
    for start in range(0, len(moved), _PEOPLE_AT_ONCE):
        some = moved[start : start + _PEOPLE_AT_ONCE]
        found += scored_together(engine, [(ground, _supposed(ground, draws)) for ground, draws in some])
    scores = iter(found)
    return [_range(next(scores) if draws.drawn else [], score, draws.drawn) for _, draws, score in asked]


def _range(found: list[float], score: float, drawn: int) -> Range:
    if not found:
        return Range(score, score, 0.0, 0)
    ordered = sorted(found)
    low, high = min(ordered[TAIL], score), max(ordered[-1 - TAIL], score)
    return Range(low, high, (high - low) / 2, drawn)


def _supposed(ground: Ground, draws: Draws) -> list[Supposed]:
    """Return the signals of every draw; what is no reaction, such as followers, stays."""
    columns: list[Sequence[SignalRow]] = []
    for row in ground.signals[0]:
        spot, none = (row[0], row[1]), [0] * REPLICATES
        if spot in draws.received:
            drawn = draws.received[spot], draws.people.get(spot, none), draws.unknown.get(spot, none)
            columns.append([(*spot, *each, 0) for each in zip(*drawn, strict=True)])
        else:
            columns.append([row] * REPLICATES)
    return [Supposed(rows, ground.profiles) for rows in zip(*columns, strict=True)]


def _known(
    given: Sequence[tuple[int, int, int, int]], seed: int
) -> tuple[dict[tuple[int, int], Sequence[int]], dict[tuple[int, int], Sequence[int]], int]:
    """Return received and people of every draw by spot, and how many actors there are."""
    if not given:
        return {}, {}, 0
    spots = sorted({(account, signal) for _, account, signal, _ in given})
    numbers = {spot: number for number, spot in enumerate(spots)}
    keys, row, got = np.array(
        [(actor, numbers[account, signal], got) for actor, account, signal, got in given], dtype=np.int64
    ).T
    actors, which = np.unique(keys, return_inverse=True)
    received, people = (np.zeros((len(spots), REPLICATES)) for _ in range(2))
    for start in range(0, len(actors), _AT_ONCE):
        times = weights(seed, actors[start : start + _AT_ONCE].astype(np.uint64)).astype(float)
        here = (which >= start) & (which < start + _AT_ONCE)
        shape = (len(spots), len(times))
        gave, acted = np.zeros(shape), np.zeros(shape)
        gave[row[here], which[here] - start] = got[here]
        acted[row[here], which[here] - start] = 1
        # Whole numbers below 2^53: their sums are exact, in whatever order.
        received += gave @ times
        people += acted @ times
    return _by_spot(spots, received), _by_spot(spots, people), len(actors)


def _by_spot(spots: list[tuple[int, int]], sums: Any) -> dict[tuple[int, int], Sequence[int]]:
    return {spot: row.astype(np.int64).tolist() for spot, row in zip(spots, sums, strict=True)}


def _parcels(seed: int, spot: tuple[int, int], parcels: int) -> list[int]:
    """Return how many of the parcels of a spot come in each draw."""
    account, signal = spot
    first = _mix(np.array([(account * 64 + signal) & _MASK], dtype=np.uint64))
    keys: Integers = np.add(first, np.arange(parcels, dtype=np.uint64), dtype=np.uint64)
    return [int(each) for each in weights(seed, keys).sum(axis=0, dtype=np.int64)]


def _mix(z: Integers) -> Integers:
    """Return splitmix64's finalizer of each number."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _times() -> NDArray[np.uint8]:
    """Return, of each number of 16 bits, the weight that it stands for: Poisson's distribution, turned round."""
    ends = np.cumsum([math.exp(-1) / math.factorial(times) for times in range(9)])
    return np.searchsorted(np.floor(ends * 2**16), np.arange(2**16), side="right").astype(np.uint8)


_TIMES = _times()
