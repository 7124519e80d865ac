"""
A generated population of one network: people, acts, profiles, verified claims.

Popularity and activity follow laws with heavy tails. Followers go with the reactions that are expected. A part of all
acts goes to friends, who act back; the rest goes to a circle or to anybody, drawn by popularity. A few volume bots
answer at random and hardly get an answer. The same seed gives the same population.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from renown.records import VERBS

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

LAST_DAY_NO = 20_000
"""Last generated day: 2024-10-04."""
VERB_NAMES = ("like", "repost", "reply", "mention")
VERB_SHARES = (0.62, 0.14, 0.16, 0.08)
ACTS_PER_ACCOUNT = 1.6
"""Mean acts of an account on a day."""
TOP_RANKS, POPULARITY = 60, 1.5
"""The account of rank k receives (k + 60) ** -1.5 of the acts, so that some dozen are about as popular as the first."""
ACTIVITY_SPREAD, ACTIVITY_OF_POPULAR = 1.5, 0.4
"""Standard deviation of the logarithm of activity, and its correlation with popularity."""
CIRCLE, CIRCLE_SHARE = 8, 0.5
"""Accounts of a circle, and the share of acts on them."""
FRIENDS, FRIEND_SHARE = 2, 0.2
"""Friends above and below in popularity, and the share of acts on friends: a fifth of ties are mutual on Twitter."""
FOLLOWERS_PER_REPOST, FOLLOWER_SPREAD = 4300, 0.8
"""
Followers for one repost a day, and the standard deviation of their logarithm.

With so many, followers and reactions are worth about the same to most people, as among PeerIndex's people of 2013.
"""
FEW_FOLLOWERS = 20
"""Median followers of somebody to whom nobody reacts."""
FOLLOWERS_PER_LIST, LIST_SPREAD = 100, 0.7
MEDIAN_AGE_DAYS, AGE_SPREAD = 900, 1.2
MEDIAN_POSTS, POSTS_SPREAD = 300, 1.5
"""Median age and posts of an account, and the standard deviations of their logarithms."""
ARCHIVE_RANKS = 10
"""One account of so many is known only by the archive that its owner provided."""
SEEDS = 50
"""Verified people, drawn among the active."""
BOTS, BOT_ACTS, BOT_ANSWERS = 4, 300, 0.01
"""Volume bots: number, posts of each on a day, and the share of them that is answered."""


@dataclass(frozen=True, kw_only=True)
class Acts:
    """Acts as columns: one act per place."""

    actor: Integers
    """Numbers of accounts."""
    target: Integers
    verb: Integers
    """Numbers of verbs."""
    at: Integers
    """Epoch seconds."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Public figures of an account."""

    account: int
    followers: int
    lists: int | None
    self_reported: bool = False
    """Whether they are from the owner's archive."""
    posts: int | None = None
    created_day_no: int | None = None
    """Day on which the account was created."""


@dataclass(frozen=True, kw_only=True)
class Population:
    """An honest population; accounts are numbered by popularity, bots are the last ones."""

    accounts: int
    """Number of accounts, without the bots."""
    days: int
    """Days with acts; the last one is `LAST_DAY_NO`."""
    bots: tuple[int, ...]
    acts: Acts
    profiles: tuple[Profile, ...]
    seeds: tuple[int, ...]
    """Accounts whose owners verified them."""


def generate_population(accounts: int, *, days: int, has_lists: bool, seed: int = 1) -> Population:
    """Generate a population; the two shapes, with and without lists, have the same acts."""
    random = np.random.Generator(np.random.PCG64(seed))
    weights = (np.arange(accounts) + TOP_RANKS) ** -POPULARITY
    popularity: Floats = weights / weights.sum()
    activity = _draw_activity(random, accounts)
    bots = tuple(range(accounts, accounts + BOTS))
    acts = join_acts(
        [
            _draw_honest_acts(random, popularity, activity, days),
            *(_draw_bot_acts(random, bot, accounts, days) for bot in bots),
        ]
    )
    seeds = random.choice(accounts, SEEDS, replace=False, p=activity)
    return Population(
        accounts=accounts,
        days=days,
        bots=bots,
        acts=acts,
        profiles=tuple(_draw_profiles(random, popularity, activity, has_lists=has_lists)),
        seeds=tuple(sorted(map(int, seeds))),
    )


def draw_ages(profiles: Sequence[Profile], *, seed: int = 3) -> tuple[Profile, ...]:
    """Return profiles with the posts and the day of creation that a look at the accounts tells."""
    random = np.random.Generator(np.random.PCG64(seed))
    ages = random.lognormal(np.log(MEDIAN_AGE_DAYS), AGE_SPREAD, len(profiles)).astype(np.int64)
    posts = random.lognormal(np.log(MEDIAN_POSTS), POSTS_SPREAD, len(profiles)).astype(np.int64)
    return tuple(
        replace(profile, posts=int(post_count), created_day_no=LAST_DAY_NO - int(age))
        for profile, post_count, age in zip(profiles, posts, ages, strict=True)
    )


def draw_seconds(random: np.random.Generator, days: int, count: int) -> Integers:
    """Draw epoch seconds in the last `days` days."""
    return (LAST_DAY_NO - days + 1) * 86_400 + random.integers(0, days * 86_400, count)


def join_acts(parts: Sequence[Acts]) -> Acts:
    """Join acts to one table."""
    columns = ("actor", "target", "verb", "at")
    return Acts(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns})


def _draw_activity(random: np.random.Generator, accounts: int) -> Floats:
    """Draw each account's share of all acts; popular accounts are a little more active."""
    popular = np.linspace(1.7, -1.7, accounts)
    mixed = ACTIVITY_OF_POPULAR * popular + np.sqrt(1 - ACTIVITY_OF_POPULAR**2) * random.standard_normal(accounts)
    weights = np.exp(ACTIVITY_SPREAD * mixed)
    activity: Floats = weights / weights.sum()
    return activity


def _draw_honest_acts(random: np.random.Generator, popularity: Floats, activity: Floats, days: int) -> Acts:
    accounts = len(popularity)
    count = int(days * ACTS_PER_ACCOUNT * accounts)
    actor = random.choice(accounts, count, p=activity)
    limits = np.cumsum(popularity)
    slot = np.floor(CIRCLE * random.random(count) ** 2).astype(np.int64)
    circles = np.searchsorted(limits, random.random((accounts, CIRCLE)))
    steps = random.choice(_friend_steps(), count)
    kind = random.random(count)
    target = np.where(
        kind < FRIEND_SHARE,
        (actor + steps) % accounts,
        np.where(
            kind < FRIEND_SHARE + CIRCLE_SHARE, circles[actor, slot], np.searchsorted(limits, random.random(count))
        ),
    )
    return Acts(
        actor=actor,
        target=np.minimum(target, accounts - 1),
        verb=_verb_numbers()[random.choice(len(VERB_NAMES), count, p=VERB_SHARES)],
        at=draw_seconds(random, days, count),
    )


def _draw_bot_acts(random: np.random.Generator, bot: int, accounts: int, days: int) -> Acts:
    """Draw a bot's answers to random accounts; a few of these answer it within an hour."""
    posts = BOT_ACTS * days
    others, seconds = random.integers(0, accounts, posts), draw_seconds(random, days, posts)
    answered = random.random(posts) < BOT_ANSWERS
    bots = np.full(posts, bot)
    last_second = (LAST_DAY_NO + 1) * 86_400 - 1
    return Acts(
        actor=np.concatenate([bots, others[answered]]),
        target=np.concatenate([others, bots[answered]]),
        verb=np.full(posts + answered.sum(), VERBS["reply"]),
        at=np.concatenate([seconds, np.minimum(seconds[answered] + 3_600, last_second)]),
    )


def _draw_profiles(
    random: np.random.Generator, popularity: Floats, activity: Floats, *, has_lists: bool
) -> Iterable[Profile]:
    accounts = len(popularity)
    friends = np.mean([np.roll(activity, step) for step in _friend_steps()], axis=0)
    shares = (1 - FRIEND_SHARE) * popularity + FRIEND_SHARE * friends
    reposts = shares * ACTS_PER_ACCOUNT * accounts * VERB_SHARES[VERB_NAMES.index("repost")]
    spread = random.lognormal(0, FOLLOWER_SPREAD, accounts)
    followers = ((FOLLOWERS_PER_REPOST * reposts + FEW_FOLLOWERS) * spread).astype(np.int64)
    lists = (followers / FOLLOWERS_PER_LIST * random.lognormal(0, LIST_SPREAD, accounts)).astype(np.int64)
    for account in range(accounts):
        yield Profile(
            account=account,
            followers=int(followers[account]),
            lists=int(lists[account]) if has_lists else None,
            self_reported=account % ARCHIVE_RANKS == ARCHIVE_RANKS - 1,
        )
    for bot in range(BOTS):
        yield Profile(account=accounts + bot, followers=0, lists=0 if has_lists else None)


def _friend_steps() -> list[int]:
    """Return the ranks of an account's friends, from its own rank on."""
    return [step for step in range(-FRIENDS, FRIENDS + 1) if step]


def _verb_numbers() -> Integers:
    return np.array([VERBS[name] for name in VERB_NAMES])
