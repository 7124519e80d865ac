"""Simulate a small community on three networks: members, posts, reactions, profiles and counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from renown.records import VERBS

SIMULATED_DAYS = 120
"""Number of simulated days."""

MEMBER_COUNT = 400
"""Number of accounts on the largest network."""

Floats = NDArray[np.float64]

Integers = NDArray[np.int64]

Row = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class DemoNetwork:
    """A simulated network: how its members behave and how its ids look."""

    verb_shares: dict[str, float]
    """Verb to its share of all reactions; they sum to 1."""
    member_share: float
    """Share of the members who have an account there."""
    follower_ratio: float
    """Followers per follower on the largest network."""
    has_lists: bool
    """Whether the network has lists."""
    account_id_format: str
    """Format of the permanent id of an account."""
    handle_format: str
    """Format of the handle of an account."""


NETWORKS = {
    "bluesky": DemoNetwork(
        verb_shares={"like": 0.62, "repost": 0.18, "reply": 0.14, "quote": 0.06},
        member_share=1.0,
        follower_ratio=1.0,
        has_lists=True,
        account_id_format="did:plc:{name}",
        handle_format="{name}.sky.example",
    ),
    "mastodon": DemoNetwork(
        verb_shares={"like": 0.55, "repost": 0.25, "reply": 0.2},
        member_share=0.6,
        follower_ratio=0.4,
        has_lists=False,
        account_id_format="https://fedi.example/users/{name}",
        handle_format="{name}@fedi.example",
    ),
    "github": DemoNetwork(
        verb_shares={"star": 0.8, "fork": 0.12, "comment": 0.08},
        member_share=0.3,
        follower_ratio=0.1,
        has_lists=False,
        account_id_format="{number}",
        handle_format="{name}",
    ),
}


@dataclass(frozen=True)
class DemoMember:
    """A member with a name, for whom the demo claims accounts."""

    name: str
    popularity: float
    """Expected number of reactions to a post."""
    trend: str
    """`steady`, `rising`, `resting` (no posts in the last 30 days) or `new` (joined 30 days ago)."""
    networks: tuple[str, ...] = tuple(NETWORKS)


NAMED_MEMBERS = (
    DemoMember("ada", 60, "steady"),
    DemoMember("grace", 90, "resting"),
    DemoMember("linus", 70, "steady", ("github", "mastodon")),
    DemoMember("tim", 45, "steady", ("mastodon",)),
    DemoMember("radia", 40, "rising"),
    DemoMember("alan", 30, "steady", ("bluesky",)),
    DemoMember("katherine", 25, "rising", ("bluesky", "mastodon")),
    DemoMember("edsger", 12, "steady", ("mastodon",)),
    DemoMember("hedy", 14, "new", ("bluesky",)),
    DemoMember("barbara", 8, "steady"),
    DemoMember("newcomer", 3, "new", ("bluesky",)),
)
"""Members with names; all others are numbered."""

REACTION_BUYER = DemoMember("bix", 2, "steady", ("bluesky",))
"""Pays 12 accounts for 20 likes and reposts a day each, to show how little bought reactions raise a score."""

_PAID_ACCOUNTS, _PAID_ACTS_PER_DAY = 12, 20

_UNDO_RATE = 0.01

GROUP_NAME, GROUP_GOAL = "club45", 45
"""Name of the demo group, and the score its members want to reach; no simulated person is near 70."""


def list_claims() -> dict[str, list[tuple[str, str]]]:
    """Return the claimed accounts, as (network, account_id), of each named member."""
    numbers = {member.name: number for number, member in enumerate((*NAMED_MEMBERS, REACTION_BUYER))}
    return {
        member.name: [(network, _account_id(network, member.name, numbers[member.name])) for network in member.networks]
        for member in (*NAMED_MEMBERS, REACTION_BUYER)
    }


def simulate_network(network: str, *, last: date, seed: int) -> dict[str, list[Row]]:
    """
    Simulate the activity on one network.

    Parameters
    ----------
    network : str
        One of `NETWORKS`.
    last : date
        Last of the `SIMULATED_DAYS` days.
    seed : int
        The same seed gives the same community.

    Returns
    -------
    dict of str to list of tuple
        Rows of `interactions`, `profiles`, `tallies` and `undone`, in the columns of ``records.BATCH_COLUMNS``.
    """
    rng = np.random.default_rng([seed, list(NETWORKS).index(network)])
    population = _Population(network, seed)
    start = int(datetime.combine(last - timedelta(days=SIMULATED_DAYS - 1), time(), UTC).timestamp())
    authors, days = _simulate_posts(rng, population)
    acts = _simulate_reactions(rng, population, network, authors, days)
    if network in REACTION_BUYER.networks:
        acts = _add_paid_acts(rng, population, acts, authors, days)
    return {
        "interactions": _interaction_rows(rng, population, network, acts, start),
        "profiles": _profile_rows(population, NETWORKS[network], start),
        "tallies": _tally_rows(rng, population, network, acts, start),
        "undone": _undone_rows(rng, network, acts, start),
    }


class _Population:
    """The members of one network, with their expected reactions per post on each day."""

    def __init__(self, network: str, seed: int) -> None:
        rng = np.random.default_rng(seed)
        named_members = (*NAMED_MEMBERS, REACTION_BUYER)
        numbered_count = MEMBER_COUNT - len(named_members)
        popularity = np.concatenate(
            [
                [member.popularity for member in named_members],
                np.minimum(25, 0.7 * (1 + rng.pareto(1.3, numbered_count))),
            ]
        )
        trends = [member.trend for member in named_members] + list(
            rng.choice(["steady", "rising", "resting"], numbered_count, p=[0.8, 0.1, 0.1])
        )
        is_present = np.concatenate(
            [
                [network in member.networks for member in named_members],
                rng.random(numbered_count) < NETWORKS[network].member_share,
            ]
        )
        names = [member.name for member in named_members] + [
            f"member{number}" for number in range(len(named_members), MEMBER_COUNT)
        ]
        self.popularity: Floats = popularity
        self.present_members: Integers = np.flatnonzero(is_present)
        self.ids = [_account_id(network, name, number) for number, name in enumerate(names)]
        self.handles = [NETWORKS[network].handle_format.format(name=name) for name in names]
        self.reach: Floats = popularity[:, None] * np.stack([_trend_factors(trend) for trend in trends])
        self.activity: Floats = rng.pareto(1.1, MEMBER_COUNT) + 0.2


def _trend_factors(trend: str) -> Floats:
    """Return a member's reactions per post on each day, as a share of their popularity; 0 on days without posts."""
    days = np.arange(SIMULATED_DAYS)
    return {
        "steady": np.ones(SIMULATED_DAYS),
        "rising": 0.15 + 0.85 * (days / SIMULATED_DAYS) ** 2,
        "resting": np.where(days < SIMULATED_DAYS - 30, 1.0, 0.0),
        "new": np.where(days >= SIMULATED_DAYS - 30, 1.0, 0.0),
    }[trend]


def _simulate_posts(rng: np.random.Generator, population: _Population) -> tuple[Integers, Integers]:
    """Return the author and the day of every post; about two a week per active member."""
    rate = 0.3 * (population.reach[population.present_members] > 0)
    members, days = np.nonzero(counts := rng.poisson(rate))
    post_counts = counts[members, days]
    return np.repeat(population.present_members[members], post_counts), np.repeat(days, post_counts)


@dataclass(frozen=True)
class _Acts:
    """Acts on posts; one array element per act."""

    actor: Integers
    target: Integers
    post: Integers
    verb: Integers
    day: Integers

    def __len__(self) -> int:
        return len(self.actor)


def _simulate_reactions(
    rng: np.random.Generator, population: _Population, network: str, authors: Integers, days: Integers
) -> _Acts:
    """Simulate reactions to posts: mostly by active members, mostly on the same day or the next."""
    # The log-normal distribution makes about one post in a hundred a hit.
    counts = rng.poisson(population.reach[authors, days] * rng.lognormal(-0.5, 1.0, len(authors)))
    post = np.repeat(np.arange(len(authors)), counts)
    chance = population.activity[population.present_members]
    actor = rng.choice(population.present_members, len(post), p=chance / chance.sum())
    verb_shares = NETWORKS[network].verb_shares
    verb = rng.choice([VERBS[verb] for verb in verb_shares], len(post), p=list(verb_shares.values()))
    day = days[post] + np.minimum(rng.geometric(0.6, len(post)) - 1, 20)
    is_within_days = day < SIMULATED_DAYS
    return _Acts(
        actor[is_within_days],
        authors[post][is_within_days],
        post[is_within_days],
        verb[is_within_days],
        day[is_within_days],
    )


def _add_paid_acts(
    rng: np.random.Generator, population: _Population, acts: _Acts, authors: Integers, days: Integers
) -> _Acts:
    """Add the reactions of the paid accounts to the latest post of their buyer."""
    paid_members, buyer = population.present_members[-_PAID_ACCOUNTS:], len(NAMED_MEMBERS)
    posts = np.flatnonzero(authors == buyer)
    day = np.repeat(np.arange(SIMULATED_DAYS), _PAID_ACCOUNTS * _PAID_ACTS_PER_DAY)
    actor = np.tile(np.repeat(paid_members, _PAID_ACTS_PER_DAY), SIMULATED_DAYS)
    index = np.searchsorted(days[posts], day, side="right") - 1
    actor, day, latest_post = actor[index >= 0], day[index >= 0], posts[index[index >= 0]]
    return _Acts(
        np.concatenate([acts.actor, actor]),
        np.concatenate([acts.target, np.full(len(day), buyer)]),
        np.concatenate([acts.post, latest_post]),
        np.concatenate([acts.verb, rng.choice([VERBS["like"], VERBS["repost"]], len(day))]),
        np.concatenate([acts.day, day]),
    )


def _interaction_rows(
    rng: np.random.Generator, population: _Population, network: str, acts: _Acts, start: int
) -> list[Row]:
    at = start + acts.day * 86400 + rng.integers(0, 86400, len(acts))
    return list(
        zip(
            (f"{network}-{number}" for number in range(len(acts))),
            acts.verb.tolist(),
            (population.ids[actor] for actor in acts.actor),
            (population.ids[target] for target in acts.target),
            _post_ids(population, acts.target, acts.post),
            at.tolist(),
            repeat(object=False, times=len(acts)),
            strict=True,
        )
    )


def _profile_rows(population: _Population, demo_network: DemoNetwork, start: int) -> list[Row]:
    """Return a profile of each member once a week: followers grow with the reach of all posts so far."""
    rows: list[Row] = []
    cumulative_reach = np.cumsum(population.reach, axis=1)
    for day in range(6, SIMULATED_DAYS, 7):
        at = start + day * 86400
        followers = (
            (demo_network.follower_ratio * (20 * population.popularity + 3 * cumulative_reach[:, day]))
            .astype(int)
            .tolist()
        )
        for member in population.present_members:
            lists = followers[member] // 40 if demo_network.has_lists else None
            rows.append(
                (
                    population.ids[member],
                    population.handles[member],
                    followers[member],
                    100,
                    10 + day,
                    lists,
                    False,
                    start,
                    at,
                    False,
                )
            )
    return rows


def _tally_rows(rng: np.random.Generator, population: _Population, network: str, acts: _Acts, start: int) -> list[Row]:
    """Return like counts for the posts of a tenth of the members; they include likes of unknown actors."""
    verb = VERBS["star" if network == "github" else "like"]
    is_like = acts.verb == verb
    post, named_counts = np.unique(acts.post[is_like], return_counts=True)
    first_acts = np.unique(acts.post, return_index=True)
    author, day = (dict(zip(first_acts[0], column[first_acts[1]], strict=True)) for column in (acts.target, acts.day))
    counts = named_counts + rng.poisson(named_counts * 0.3)
    rows = zip(post, counts, strict=True)
    return [
        (
            population.ids[author[post]],
            _post_id(population, author[post], post),
            verb,
            int(count),
            start + int(day[post]) * 86400 + 86399,
            False,
        )
        for post, count in rows
        if author[post] % 10 == 0
    ]


def _undone_rows(rng: np.random.Generator, network: str, acts: _Acts, start: int) -> list[Row]:
    """Undo one act in a hundred, three days later."""
    undone_acts = np.flatnonzero((rng.random(len(acts)) < _UNDO_RATE) & (acts.day < SIMULATED_DAYS - 3))
    return [(f"{network}-{number}", start + (int(acts.day[number]) + 3) * 86400) for number in undone_acts]


def _post_ids(population: _Population, authors: Integers, posts: Integers) -> Iterable[str]:
    return map(_post_id, repeat(population), authors, posts)


def _post_id(population: _Population, author: int, post: int) -> str:
    return f"{population.handles[author]}/{post}"


def _account_id(network: str, name: str, number: int) -> str:
    return NETWORKS[network].account_id_format.format(name=name, number=number + 1000)
