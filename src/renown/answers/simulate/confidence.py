"""Estimate confidence intervals of scores by bootstrap resampling of the people who reacted."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renown.answers.simulate.inputs import HypotheticalState, ScoringInputs, SignalRow, simulate_scores_batch
from renown.answers.simulate.range import ConfidenceRange
from renown.engines.base import Engine

REPLICATES = 200
"""Bootstrap replicates; with 200, the ends of a 90% interval are uncertain by a fifth of its width."""
TAIL_REPLICATES = 10
"""Replicates cut off at either end, which leaves a 90% interval."""
MAX_BLOCKS = 1000
"""Maximum number of blocks in which acts of unknown actors are resampled, as their number of people is unknown."""

ACTORS_PER_BATCH = 8192
"""Actors resampled at a time: 2 MB of weights."""
PEOPLE_PER_BATCH = 50
"""People whose replicates are scored in one pass: about 150,000 rows."""
_MASK, _GOLDEN_GAMMA = 2**64 - 1, 0x9E3779B97F4A7C15
_WEIGHTS_PER_NUMBER = 4
"""Weights taken from one 64-bit number, 16 bits each."""

Integers = NDArray[np.uint64]


@dataclass(frozen=True)
class Resamples:
    """What each signal of each account received in every replicate."""

    received: Mapping[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    """(account, signal) to one number per replicate, in millionths of a fully trusted person."""
    people: Mapping[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    unknown: Mapping[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    sample_size: int = 0


def derive_seed(name: str, day: str) -> int:
    """Derive the random seed of a person's resampling on a day: the first 8 bytes of SHA-256 of ``NAME DAY``."""
    return int.from_bytes(hashlib.sha256(f"{name} {day}".encode()).digest()[:8])


def poisson_weights(seed: int, keys: Integers) -> NDArray[np.uint8]:
    """
    Compute how often each actor occurs in each replicate: Poisson with mean 1, a hash of seed, actor and replicate.

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
    OOPSLA 2014, for the hash (splitmix64). No library's generator is used: another release might change its numbers.

    Examples
    --------
    >>> poisson_weights(1, np.array([7, 7, 8], dtype=np.uint64))[:, :12].tolist()
    [[2, 1, 1, 2, 2, 0, 1, 1, 0, 1, 1, 0], [2, 1, 1, 2, 2, 0, 1, 1, 0, 1, 1, 0], [1, 2, 0, 1, 2, 1, 1, 2, 1, 0, 0, 0]]
    """
    steps = np.array(
        [n * _GOLDEN_GAMMA & _MASK for n in range(1, REPLICATES // _WEIGHTS_PER_NUMBER + 1)], dtype=np.uint64
    )
    mixed = _splitmix64((keys ^ np.uint64(seed))[:, None] + steps)
    weights: NDArray[np.uint8] = _POISSON_TABLE[mixed.astype("<u8").view("<u2")]
    return weights


def resample(engine: Engine, person: int, seed: int) -> Resamples:
    """Resample everybody who reacted to a person, from an engine in which a day's steps were run for them."""
    contributions = engine.query(f"""
        select k.actor, k.account, k.signal, k.received
        from contributions k join owners o on o.account = k.account
        where o.person = {person} order by k.actor""")
    unknown_rows = engine.query(f"""
        select u.account, u.signal, u.received, u.people
        from unknown_actors u join owners o on o.account = u.account
        where o.person = {person} and u.people > 0 order by u.account, u.signal""")
    received, people, actor_count = _resample_actors(contributions, seed)
    unknown: dict[tuple[int, int], Sequence[int]] = {}
    for account, signal, received_total, acts in unknown_rows:
        signal_key, blocks = (account, signal), min(acts, MAX_BLOCKS)
        block_counts = resample_blocks(seed, signal_key, blocks)
        unknown[signal_key] = [acts * count // blocks for count in block_counts]
        known_received = received.get(signal_key, [0] * REPLICATES)
        received[signal_key] = [
            value + received_total * count // blocks for value, count in zip(known_received, block_counts, strict=True)
        ]
    return Resamples(received, people, unknown, actor_count + sum(acts for *_, acts in unknown_rows))


def confidence_ranges(
    engine: Engine, requests: Sequence[tuple[ScoringInputs, Resamples, float]]
) -> list[ConfidenceRange]:
    """
    Score every replicate of several people in batches, and return each person's confidence interval.

    Parameters
    ----------
    engine : Engine
        Its tables are overwritten.
    requests : sequence of (ScoringInputs, Resamples, float)
        One for each person, with the published score.
    """
    resampled = [(inputs, resamples) for inputs, resamples, _ in requests if resamples.sample_size]
    replicate_scores: list[list[float]] = []
    for start in range(0, len(resampled), PEOPLE_PER_BATCH):
        batch = resampled[start : start + PEOPLE_PER_BATCH]
        replicate_scores += simulate_scores_batch(
            engine, [(inputs, _to_states(inputs, draws)) for inputs, draws in batch]
        )
    scores = iter(replicate_scores)
    return [
        to_range(next(scores) if resamples.sample_size else [], score, resamples.sample_size)
        for _, resamples, score in requests
    ]


def to_range(replicate_scores: list[float], score: float, sample_size: int) -> ConfidenceRange:
    """Cut off the tails of the replicates' scores."""
    if not replicate_scores:
        return ConfidenceRange(score, score, 0.0, 0)
    ordered = sorted(replicate_scores)
    low, high = min(ordered[TAIL_REPLICATES], score), max(ordered[-1 - TAIL_REPLICATES], score)
    return ConfidenceRange(low, high, (high - low) / 2, sample_size)


def _to_states(inputs: ScoringInputs, resamples: Resamples) -> list[HypotheticalState]:
    """Build one state per replicate; signals without reactions, such as followers, are the same in all."""
    columns: list[Sequence[SignalRow]] = []
    for row in inputs.signals[0]:
        signal_key, zeros = (row[0], row[1]), [0] * REPLICATES
        if signal_key in resamples.received:
            values = (
                resamples.received[signal_key],
                resamples.people.get(signal_key, zeros),
                resamples.unknown.get(signal_key, zeros),
            )
            columns.append([(*signal_key, *replicate, 0) for replicate in zip(*values, strict=True)])
        else:
            columns.append([row] * REPLICATES)
    return [HypotheticalState(rows, inputs.profiles) for rows in zip(*columns, strict=True)]


def _resample_actors(
    contributions: Sequence[tuple[int, int, int, int]], seed: int
) -> tuple[dict[tuple[int, int], Sequence[int]], dict[tuple[int, int], Sequence[int]], int]:
    """Resample named actors: return received and people by (account, signal) and replicate, and the actors' number."""
    if not contributions:
        return {}, {}, 0
    signal_keys = sorted({(account, signal) for _, account, signal, _ in contributions})
    numbers = {signal_key: number for number, signal_key in enumerate(signal_keys)}
    actor_keys, signal_index, amounts = np.array(
        [(actor, numbers[account, signal], amount) for actor, account, signal, amount in contributions], dtype=np.int64
    ).T
    actors, actor_index = np.unique(actor_keys, return_inverse=True)
    received, people = (np.zeros((len(signal_keys), REPLICATES)) for _ in range(2))
    for start in range(0, len(actors), ACTORS_PER_BATCH):
        batch_weights = poisson_weights(seed, actors[start : start + ACTORS_PER_BATCH].astype(np.uint64)).astype(float)
        in_batch = (actor_index >= start) & (actor_index < start + ACTORS_PER_BATCH)
        shape = (len(signal_keys), len(batch_weights))
        batch_received, batch_acted = np.zeros(shape), np.zeros(shape)
        batch_received[signal_index[in_batch], actor_index[in_batch] - start] = amounts[in_batch]
        batch_acted[signal_index[in_batch], actor_index[in_batch] - start] = 1
        # Integers below 2^53: their sums are exact in any order.
        received += batch_received @ batch_weights
        people += batch_acted @ batch_weights
    return _by_signal_key(signal_keys, received), _by_signal_key(signal_keys, people), len(actors)


def _by_signal_key(signal_keys: list[tuple[int, int]], sums: Any) -> dict[tuple[int, int], Sequence[int]]:
    return {signal_key: row.astype(np.int64).tolist() for signal_key, row in zip(signal_keys, sums, strict=True)}


def resample_blocks(seed: int, signal_key: tuple[int, int], blocks: int) -> list[int]:
    """Return the number of blocks of a signal that occur in each replicate."""
    account, signal = signal_key
    first_key = _splitmix64(np.array([(account * 64 + signal) & _MASK], dtype=np.uint64))
    keys: Integers = np.add(first_key, np.arange(blocks, dtype=np.uint64), dtype=np.uint64)
    return [int(block_weights) for block_weights in poisson_weights(seed, keys).sum(axis=0, dtype=np.int64)]


def _splitmix64(z: Integers) -> Integers:
    """Apply splitmix64's finalizer to each number."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _tabulate_poisson() -> NDArray[np.uint8]:
    """Tabulate the inverse Poisson distribution: the weight for each 16-bit number."""
    boundaries = np.cumsum([math.exp(-1) / math.factorial(weight) for weight in range(9)])
    return np.searchsorted(np.floor(boundaries * 2**16), np.arange(2**16), side="right").astype(np.uint8)


_POISSON_TABLE = _tabulate_poisson()
