"""
Attacks on a score, as rows that a population of fakes, friends or accomplices adds to the lake.

Every attack has a buyer, whose score is to rise, and numbers of its own for its fakes, so that attacks on separate
buyers can run in one home.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from population import LAST_DAY_NO, Acts, Integers, Profile, draw_seconds, join_acts

from renown.records import VERBS

BOUGHT_FOLLOWERS, FALSE_REACTIONS = 1_000_000, 1_000_000
FAKE_DAYS = 30
FAKE_POSTS, NEW_ACCOUNT_DAYS = 50, 7
"""Posts of a fake, which cost nothing, and its age, where the attack does not say another one."""
RING_ACTS, RING_FOLLOWERS, RING_SEEDS = 10, 1_000, 3
_REACTIONS = ("like", "repost", "reply")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Who buys, and who can be made up for it."""

    random: np.random.Generator
    buyer: int
    first_fake: int
    """Number of the first account that nobody else has."""
    fakes: int
    """New accounts of a crowd."""
    ring: int
    """Accounts of a ring."""
    vouched_fakes: int
    """Fakes for which the buyer vouches through an account in between."""
    days: int
    """Days on which rings, friends and accomplices act."""
    friends: tuple[int, ...]
    """Accounts that act together: the buyer, and honest accounts with about the same score."""
    profile: Profile
    """The buyer's figures."""


@dataclass(frozen=True, kw_only=True)
class AttackRows:
    """What an attack adds to the lake."""

    acts: tuple[Acts, ...] = ()
    profiles: tuple[Profile, ...] = ()
    archive_counts: Mapping[str, int] = field(default_factory=dict)
    """Counts by verb in the buyer's own archive."""
    seeds: tuple[int, ...] = ()
    """Fakes whose owners verified them."""


Attack = Callable[[Setting], AttackRows]


def act_once(setting: Setting) -> AttackRows:
    """Let new accounts like, repost and reply once, on the last day."""
    return AttackRows(acts=(_react(setting, _list_fakes(setting, setting.fakes), days=1),))


def act_once_with_profiles(setting: Setting, followers: int, age_days: int) -> AttackRows:
    """Let accounts of an age, with so many bought followers, like, repost and reply once, on the last day."""
    fakes = _list_fakes(setting, setting.fakes)
    profiles = _fake_profiles(setting, fakes, followers, age_days=age_days)
    return AttackRows(acts=act_once(setting).acts, profiles=profiles)


def act_daily(setting: Setting) -> AttackRows:
    """Let new accounts like, repost and reply every day for a month."""
    return AttackRows(acts=(_react(setting, _list_fakes(setting, setting.fakes), days=FAKE_DAYS),))


def react_in_ring(setting: Setting) -> AttackRows:
    """Let a ring like, repost and reply to the buyer every day, and act seven times on each other."""
    ring = _list_fakes(setting, setting.ring)
    actors = np.repeat(ring, (RING_ACTS - len(_REACTIONS)) * setting.days)
    count = len(actors)
    inner_acts = Acts(
        actor=actors,
        target=ring[setting.random.integers(0, len(ring), count)],
        verb=_verb_numbers()[setting.random.integers(0, len(_REACTIONS), count)],
        at=draw_seconds(setting.random, setting.days, count),
    )
    return AttackRows(acts=(_react(setting, ring, days=setting.days), inner_acts))


def react_in_ring_with_followers(setting: Setting) -> AttackRows:
    """Give each account of a ring a thousand bought followers."""
    ring = _list_fakes(setting, setting.ring)
    return AttackRows(acts=react_in_ring(setting).acts, profiles=_fake_profiles(setting, ring, RING_FOLLOWERS))


def react_in_ring_with_seeds(setting: Setting) -> AttackRows:
    """Let three of a ring be verified people."""
    rows = react_in_ring(setting)
    return AttackRows(acts=rows.acts, seeds=tuple(range(setting.first_fake, setting.first_fake + RING_SEEDS)))


def buy_followers(setting: Setting) -> AttackRows:
    """Buy a million followers."""
    followers = setting.profile.followers + BOUGHT_FOLLOWERS
    return AttackRows(profiles=(_profile(setting, followers),))


def edit_archive(_: Setting) -> AttackRows:
    """Write a million likes and reposts into one's own archive."""
    return AttackRows(archive_counts={"like": FALSE_REACTIONS, "repost": FALSE_REACTIONS})


def create_account(setting: Setting) -> AttackRows:
    """Create an account to which new accounts react every day for a month."""
    return AttackRows(acts=act_daily(setting).acts, profiles=(_profile(setting, 0),))


def create_account_with_followers(setting: Setting) -> AttackRows:
    """Create such an account, and buy a million followers for it."""
    return AttackRows(acts=act_daily(setting).acts, profiles=(_profile(setting, BOUGHT_FOLLOWERS),))


def act_both_ways(setting: Setting) -> AttackRows:
    """Let friends like, repost and reply to each other every day."""
    pairs = [(actor, target) for actor in setting.friends for target in setting.friends if actor != target]
    return AttackRows(acts=(_react_in_pairs(setting, pairs, setting.days),))


def act_one_way(setting: Setting) -> AttackRows:
    """Let friends agree who reacts to whom, so that no two react to each other."""
    size = len(setting.friends)
    pairs = [
        (setting.friends[place], setting.friends[(place + step) % size])
        for place in range(size)
        for step in range(1, (size + 1) // 2)
    ]
    return AttackRows(acts=(_react_in_pairs(setting, pairs, setting.days),))


def launder(setting: Setting, middle_accounts: int = 1) -> AttackRows:
    """Vouch for one's own fakes through others: the buyer reacts to them, they to the fakes, these to the buyer."""
    accounts = _list_fakes(setting, setting.vouched_fakes + middle_accounts)
    middles, fakes = accounts[:middle_accounts], accounts[middle_accounts:]
    pairs = [(setting.buyer, middle) for middle in middles]
    pairs += [(middle, fake) for middle in middles for fake in fakes]
    vouching = _react_in_pairs(setting, pairs, setting.days)
    return AttackRows(acts=(vouching, _react(setting, fakes, days=setting.days)))


def launder_for_each_other(setting: Setting) -> AttackRows:
    """Let two people vouch, through an account in between, for fakes that react to the other one."""
    accounts = _list_fakes(setting, setting.vouched_fakes + 2)
    pairs = []
    for person, other, half in zip(setting.friends, setting.friends[::-1], np.array_split(accounts, 2), strict=True):
        middle, *fakes = half
        pairs += [(person, middle), *((middle, fake) for fake in fakes), *((fake, other) for fake in fakes)]
    return AttackRows(acts=(_react_in_pairs(setting, pairs, setting.days),))


def _list_fakes(setting: Setting, count: int) -> Integers:
    return np.arange(setting.first_fake, setting.first_fake + count)


def _react(setting: Setting, actors: Integers, *, days: int) -> Acts:
    """Let each actor like, repost and reply to the buyer on each of the last days."""
    return _react_in_pairs(setting, [(actor, setting.buyer) for actor in actors], days)


def _react_in_pairs(setting: Setting, pairs: list[tuple[int, int]], days: int) -> Acts:
    """Let the first of each pair like, repost and reply to the second on each of the last days."""
    table = np.repeat(np.array(pairs, dtype=np.int64), len(_REACTIONS), axis=0)
    verbs = np.tile(_verb_numbers(), len(pairs))
    return join_acts(
        [
            Acts(
                actor=table[:, 0],
                target=table[:, 1],
                verb=verbs,
                at=draw_seconds(setting.random, 1, len(table)) - 86_400 * age,
            )
            for age in range(days)
        ]
    )


def _fake_profiles(
    setting: Setting, fakes: Integers, followers: int, *, age_days: int = NEW_ACCOUNT_DAYS
) -> tuple[Profile, ...]:
    lists = 0 if setting.profile.lists is not None else None
    return tuple(
        Profile(
            account=int(fake),
            followers=followers,
            lists=lists,
            posts=FAKE_POSTS,
            created_day_no=LAST_DAY_NO - age_days,
        )
        for fake in fakes
    )


def _profile(setting: Setting, followers: int) -> Profile:
    return Profile(account=setting.buyer, followers=followers, lists=setting.profile.lists)


def _verb_numbers() -> Integers:
    return np.array([VERBS[name] for name in _REACTIONS])
