"""The attacks that the faking benchmark measures, with what each may gain, in a full and a quick size."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import attacks
from attacks import Attack

LEVELS, POD_LEVELS = (30, 50, 70), (26, 47)
"""Honest scores of the buyers."""
POD_MEMBERS = 20
FAKE_FOLLOWERS, FAKE_AGES = (0, 20, 1_000), {"a week": 7, "a year": 365}
"""Bought followers of each fake, and its age in days, where only the acts on claimed people are read."""
FEW_BUYERS = 10
"""Buyers at each level of attacks that are cheap to measure and depend on what a buyer has already."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is generated and scored."""

    accounts: int
    fakes: int
    ring: int
    vouched_fakes: int
    days: int
    """Days with acts."""
    attack_days: int
    """Days on which rings, friends and accomplices act."""
    nights: int
    """Days that are scored one after the other; trust comes from the day before."""
    levels: tuple[int, ...] = LEVELS


FULL = Size(accounts=20_000, fakes=10_000, ring=1_000, vouched_fakes=200, days=90, attack_days=60, nights=7)
QUICK = Size(accounts=2_500, fakes=500, ring=100, vouched_fakes=100, days=30, attack_days=30, nights=2, levels=(30, 50))


@dataclass(frozen=True, kw_only=True)
class Case:
    """An attack with what it may gain."""

    name: str
    attack: Attack
    bounds: tuple[float, ...] | None
    """Points at each level, or a score of a new account; None if nothing is stated."""
    levels: tuple[int, ...]
    """Honest scores of the buyers; empty for new accounts."""
    buyers: int = 1
    """Buyers at each level, each with an attack of their own; the gain is their mean."""
    friends: int = 1
    """Accounts that act together in one attack; the gain is their mean."""
    has_accomplices: bool = False
    """Whether people who act on others, too, take part: then the attack runs in another home than those of fakes."""
    needs_archive: bool = False
    """Whether the network itself must not tell of the buyer."""
    needs_vouchers: bool = False
    """Whether most of the buyer's credit must have come through two other accounts."""


def list_cases(size: Size) -> list[Case]:
    """List the attacks; what they may gain is stated for the full size."""
    cases = [*_list_crowds(size), *_list_rings(size), *_list_false_figures(), *_list_accomplices(size)]
    if size == FULL:
        return cases
    return [replace(case, levels=size.levels if case.levels == LEVELS else case.levels, bounds=None) for case in cases]


def list_claimed_cases(size: Size) -> list[Case]:
    """List the attacks in a home of claimed people only; nothing is stated of what they may gain."""
    crowds = [
        Case(
            name=f"{size.fakes:,} accounts, {age} old, with {followers:,} followers like, repost and reply once",
            attack=partial(attacks.act_once_with_profiles, followers=followers, age_days=age_days),
            levels=LEVELS,
            bounds=None,
        )
        for age, age_days in FAKE_AGES.items()
        for followers in FAKE_FOLLOWERS
    ]
    daily, *new_accounts = list(_list_crowds(size))[1:]
    ring, _, ring_of_claimed = _list_rings(size)
    friends = next(_list_accomplices(size))
    cases = [*crowds, daily, *new_accounts, ring, ring_of_claimed, *_list_false_figures(), friends]
    return [replace(case, bounds=None, levels=size.levels if case.levels == LEVELS else case.levels) for case in cases]


def _list_crowds(size: Size) -> Iterator[Case]:
    crowd = f"{size.fakes:,} new accounts like, repost and reply"
    yield Case(name=f"{crowd} once", attack=attacks.act_once, levels=LEVELS, bounds=(5, 1, 1.2))
    yield Case(name=f"{crowd} every day for 30 days", attack=attacks.act_daily, levels=LEVELS, bounds=(5, 1, 1.2))
    name = f"A new account to which {size.fakes:,} new accounts react every day for 30 days"
    yield Case(name=name, attack=attacks.create_account, levels=(), bounds=(25,))
    name += ", with a million bought followers"
    yield Case(name=name, attack=attacks.create_account_with_followers, levels=(), bounds=(36,))


def _list_rings(size: Size) -> Iterator[Case]:
    ring = f"A ring of {size.ring:,} accounts that react to each other and the buyer for {size.attack_days} days"
    yield Case(name=ring, attack=attacks.react_in_ring, levels=LEVELS, bounds=(4, 0.5, 0.3))
    name = f"{ring}, each with 1,000 bought followers"
    yield Case(name=name, attack=attacks.react_in_ring_with_followers, levels=LEVELS, bounds=(4, 0.5, 0.3))
    name = f"{ring}, three of them verified people"
    yield Case(name=name, attack=attacks.react_in_ring_with_seeds, levels=LEVELS, bounds=(15, 4, 1.2))


def _list_false_figures() -> Iterator[Case]:
    name = "A million bought followers"
    yield Case(name=name, attack=attacks.buy_followers, levels=LEVELS, bounds=(1, 0.6, 0.2), buyers=FEW_BUYERS)
    name = "A million false likes and reposts in the buyer's own archive"
    yield Case(
        name=name, attack=attacks.edit_archive, levels=LEVELS, bounds=(3, 0.5, 0.2), buyers=2, needs_archive=True
    )


def _list_accomplices(size: Size) -> Iterator[Case]:
    name = "Twenty friends like, repost and reply to each other every day"
    yield Case(
        name=name,
        attack=attacks.act_both_ways,
        bounds=(5, 0.2),
        levels=POD_LEVELS,
        friends=POD_MEMBERS,
        has_accomplices=True,
    )
    name = "Twenty people react to others every day, but no two of them to each other"
    yield Case(
        name=name, attack=attacks.act_one_way, bounds=None, levels=POD_LEVELS, friends=POD_MEMBERS, has_accomplices=True
    )
    yield from _list_vouching(size)


def _list_vouching(size: Size) -> Iterator[Case]:
    fakes, bounds = f"{size.vouched_fakes:,} fakes", (5, 1, 1.2)
    name = f"A buyer vouches for {fakes} through an account in between"
    case = Case(name=name, attack=attacks.launder, levels=LEVELS, bounds=bounds, has_accomplices=True, buyers=3)
    yield case
    name = f"A buyer vouches for {fakes} through four accounts in between"
    yield replace(case, name=name, attack=partial(attacks.launder, middle_accounts=4), buyers=1)
    name = f"Two people vouch for {size.vouched_fakes // 2:,} fakes each, which react to the other one"
    yield replace(case, name=name, attack=attacks.launder_for_each_other, bounds=None, friends=2, buyers=1)
    name = f"A buyer whose credit came through two others vouches for {fakes} through an account in between"
    yield replace(case, name=name, needs_vouchers=True)
