"""Simulate what happens on a network: reactions, counts of the very large, profiles, and acts that are undone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from renown.demo.named import NAMED_MEMBERS, PAID_DAYS, REACTION_BUYER
from renown.demo.networks import NETWORKS
from renown.demo.population import VERY_LARGE, Floats, Integers, Population
from renown.records import DAY_SECONDS, VERBS

Columns = dict[str, NDArray[np.int64]]
"""Column name to array; members are numbers."""

_FAN_SHARE = 0.7
"""Share of the reactions that come from a circle of fans; the others come from anybody."""
_MIN_CIRCLE, _FANS_PER_FOLLOWER = 0.02, 1 / 20_000
"""Smallest circle, as a share of the whole population's activity; growth of the circle with the followers."""
_LATEST_REACTION = 20
"""Days after a post on which the last reaction may come."""
_UNDO_DELAY = 3
"""Days after which acts are undone."""


@dataclass(frozen=True, kw_only=True)
class _Acts:
    """Acts on posts, one array element per act; a post is numbered by the day on which its author wrote it."""

    actor: Integers
    target: Integers
    post: Integers
    verb: Integers
    day: Integers

    def __len__(self) -> int:
        return len(self.actor)


def simulate_network(population: Population, network: str, *, last: date, seed: int) -> dict[str, Columns]:
    """
    Simulate the activity on one network.

    Parameters
    ----------
    population : Population
    network : str
        One of `NETWORKS`.
    last : date
        Last of the simulated days.
    seed : int
        The same seed gives the same activity.

    Returns
    -------
    dict of str to Columns
        Columns of `interactions`, `profiles`, `tallies` and `undone`.
    """
    rng = np.random.default_rng([seed, list(NETWORKS).index(network)])
    day_count = population.trends.shape[1]
    start = int(datetime.combine(last - timedelta(days=day_count - 1), time(), UTC).timestamp())
    followers = population.followers * NETWORKS[network].follower_ratio * population.is_on[network]
    counts = rng.poisson((population.engagement * followers)[:, None] * population.trends)
    is_counted = followers >= VERY_LARGE
    acts = _draw_acts(rng, population, network, np.where(is_counted[:, None], 0, counts))
    if network in REACTION_BUYER.networks:
        acts = _add_paid_acts(acts, population)
    at = start + acts.day * DAY_SECONDS + rng.integers(0, DAY_SECONDS, len(acts))
    return {
        "interactions": {
            "verb": acts.verb,
            "actor": acts.actor,
            "target": acts.target,
            "post": acts.post,
            "at": at,
        },
        "profiles": _profile_columns(population, network, followers, start),
        "tallies": _tally_columns(rng, network, np.where(is_counted[:, None], counts, 0), start),
        "undone": _undone_columns(rng, network, acts, start, day_count=day_count),
    }


def _draw_acts(rng: np.random.Generator, population: Population, network: str, counts: Integers) -> _Acts:
    """Draw who reacts to whom: each member has a circle of fans, and posts once a day."""
    members, days = np.nonzero(counts)
    act_counts = counts[members, days]
    target, post = np.repeat(members, act_counts), np.repeat(days, act_counts)
    actor = _draw_actors(rng, population, network, target)
    verb_shares = NETWORKS[network].verb_shares
    verb = rng.choice([VERBS[verb] for verb in verb_shares], len(target), p=list(verb_shares.values()))
    day = post + np.minimum(rng.geometric(0.6, len(post)) - 1, _LATEST_REACTION)
    is_act = (day < population.trends.shape[1]) & (actor != target)
    return _Acts(actor=actor[is_act], target=target[is_act], post=post[is_act], verb=verb[is_act], day=day[is_act])


def _draw_actors(rng: np.random.Generator, population: Population, network: str, target: Integers) -> Integers:
    """Draw the actor of each act: members lie on a circle, active ones on a longer arc, and fans lie side by side."""
    activity = population.activity * population.is_on[network]
    order = rng.permutation(len(population))
    ends = np.cumsum(activity[order]) / activity.sum()
    width = np.minimum(_MIN_CIRCLE + population.followers * _FANS_PER_FOLLOWER, 1.0)
    circle_start = rng.random(len(population))
    within = rng.random(len(target))
    is_fan = rng.random(len(target)) < _FAN_SHARE
    position = (circle_start[target] + within * np.where(is_fan, width[target], 1.0)) % 1.0
    return order[np.minimum(np.searchsorted(ends, position, side="right"), len(population) - 1)]


def _add_paid_acts(acts: _Acts, population: Population) -> _Acts:
    """Add a like and a repost a day by each paid account, on the buyer's post of the day."""
    day_count = population.trends.shape[1]
    days = np.arange(max(day_count - PAID_DAYS, 0), day_count)
    paid_members = np.arange(len(population) - population.paid_count, len(population))
    actor, day = (np.tile(column.ravel(), 2) for column in np.meshgrid(paid_members, days))
    verb = np.repeat([VERBS["like"], VERBS["repost"]], len(actor) // 2)
    return _Acts(
        actor=np.concatenate([acts.actor, actor]),
        target=np.concatenate([acts.target, np.full(len(actor), NAMED_MEMBERS.index(REACTION_BUYER))]),
        post=np.concatenate([acts.post, day]),
        verb=np.concatenate([acts.verb, verb]),
        day=np.concatenate([acts.day, day]),
    )


def _profile_columns(population: Population, network: str, followers: Floats, start: int) -> Columns:
    """Return a profile of each claimed member once a week, and of all others on the first and the last day."""
    day_count = population.trends.shape[1]
    members = np.flatnonzero(population.is_on[network])
    claimed = members[members < population.claimed_count]
    weeks = np.arange(day_count - 1, 0, -7)[::-1]
    member = np.concatenate([members, np.repeat(claimed, len(weeks)), members[len(claimed) :]])
    day = np.concatenate(
        [
            np.zeros(len(members), np.int64),
            np.tile(weeks, len(claimed)),
            np.full(len(members) - len(claimed), day_count - 1),
        ]
    )
    growth = population.growth[member, day]
    return {
        "member": member,
        "followers": (followers[member] * growth).astype(np.int64),
        "following": (100 + population.activity[member] * 1e6).astype(np.int64),
        "posts": 10 + day,
        "lists": (population.lists[member] * growth).astype(np.int64),
        "created_at": np.full(len(member), start - 400 * DAY_SECONDS),
        "at": start + day * DAY_SECONDS,
    }


def _tally_columns(rng: np.random.Generator, network: str, counts: Integers, start: int) -> Columns:
    """Return how often each post of the very large was liked, reposted and so on."""
    members, days = np.nonzero(counts)
    shares = NETWORKS[network].verb_shares
    verb_counts = np.stack([rng.poisson(counts[members, days] * share) for share in shares.values()])
    verb = np.repeat([VERBS[verb] for verb in shares], len(members))
    post = np.tile(days, len(shares))
    return {
        "member": np.tile(members, len(shares)),
        "post": post,
        "verb": verb,
        "count": verb_counts.ravel(),
        "at": start + post * DAY_SECONDS + DAY_SECONDS - 1,
    }


def _undone_columns(rng: np.random.Generator, network: str, acts: _Acts, start: int, *, day_count: int) -> Columns:
    """Undo some acts a few days later; the column `act` is the index of the interaction."""
    is_undone = (rng.random(len(acts)) < NETWORKS[network].undo_rate) & (acts.day < day_count - _UNDO_DELAY)
    act = np.flatnonzero(is_undone)
    return {"act": act, "at": start + (acts.day[act] + _UNDO_DELAY) * DAY_SECONDS}
