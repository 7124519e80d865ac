"""Generate the population of the demo: who has how many followers, how many react to them, and how active they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renown.demo.given_names import GIVEN_NAMES
from renown.demo.named import NAMED_MEMBERS, NamedMember
from renown.demo.networks import NETWORKS


@dataclass(frozen=True, kw_only=True)
class DemoSize:
    """How many people and days to simulate."""

    members: int = 16_000
    """Number of people; on all networks together they have some 20,000 accounts."""
    days: int = 150
    """Number of days: the 90 days of a window, and enough days before the first of 90 days of history."""
    published_days: int = 5
    """Last days to score in full."""
    public_figures: int = 9
    """Very large accounts without a name in the demo that were claimed; 1 in 20 claimed people is very large."""
    professionals: int = 4
    """People without a name in the demo who claimed accounts, as well known as the colleagues; 1 in 20 with these."""
    everyday_claims: int = 212
    """Everyday people without a name in the demo who claimed accounts."""
    paid_accounts: int = 300
    """Accounts that are paid for reactions."""

    @property
    def claimed(self) -> int:
        """Number of people who claimed accounts."""
        return self.well_known + self.everyday_claims

    @property
    def well_known(self) -> int:
        """Number of named people, public figures and professionals."""
        return len(NAMED_MEMBERS) + self.public_figures + self.professionals


FULL_SIZE = DemoSize()
"""The size of `renown demo`."""

VERY_LARGE = 90_000
"""Followers from which on only counts of reactions are seen, not who reacted."""

Floats = NDArray[np.float64]

Integers = NDArray[np.int64]

_TYPICAL_LISTS = (
    (47, 1), (215, 3), (500, 10), (1000, 30), (2150, 100), (5000, 300),
    (18_500, 1000), (112_000, 3000), (800_000, 10_000), (4_200_000, 30_000), (20_700_000, 86_000),
)  # fmt: skip
"""Followers, and the number of lists that accounts with as many followers are typically on."""

_WELL_KNOWN_ENGAGEMENT, _CLAIMED_ENGAGEMENT, _OTHER_ENGAGEMENT = 0.004, 0.002, 0.0015
"""Reactions a day per follower: of the well known, of others who claimed accounts, and of all others, who post less."""

_HISTORY_DAYS = 90
"""Days that the path of a named member covers."""

_LURKER_SHARE = 0.3
"""Share of the members who never react."""


@dataclass(frozen=True, kw_only=True)
class Population:
    """All members; one array element per member, named ones first, then the other claimed ones, paid accounts last."""

    names: list[str]
    followers: Floats
    """Followers on the largest network, on the last day."""
    lists: Floats
    engagement: Floats
    """Reactions on the last day per follower."""
    activity: Floats
    """Share of all acts; 0 for lurkers."""
    trends: Floats
    """(members, days): reactions as a share of those on the last day."""
    growth: Floats
    """(members, days): followers as a share of those on the last day."""
    is_on: dict[str, NDArray[np.bool_]]
    """Network to whether a member has an account there."""
    claimed_count: int
    """Number of members who claimed accounts; they come first."""
    paid_count: int
    """Number of members who are paid for reactions; they come last."""

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.names)


def generate_population(size: DemoSize, seed: int) -> Population:
    """Generate the members; the same seed gives the same members."""
    rng = np.random.default_rng(seed)
    named_count = len(NAMED_MEMBERS)
    followers = _draw_followers(rng, size)
    is_claimed = np.arange(size.members) < size.claimed
    engagement = np.where(
        is_claimed,
        _CLAIMED_ENGAGEMENT * rng.lognormal(0, 0.3, size.members),
        _OTHER_ENGAGEMENT * rng.lognormal(0, 0.6, size.members),
    )
    engagement[: size.well_known] = _WELL_KNOWN_ENGAGEMENT
    lists = np.exp(np.interp(np.log1p(followers), *np.log1p(np.transpose(_TYPICAL_LISTS))))
    lists[named_count:] *= rng.lognormal(0, 0.2, size.members - named_count)
    return Population(
        names=_list_names(size),
        followers=followers,
        lists=lists - 1,
        engagement=engagement,
        activity=_draw_activity(rng, followers, is_claimed),
        trends=_draw_trends(rng, size),
        growth=_draw_growth(rng, size),
        is_on={network: _draw_presence(rng, network, size) for network in NETWORKS},
        claimed_count=size.claimed,
        paid_count=size.paid_accounts,
    )


def _list_names(size: DemoSize) -> list[str]:
    """List the names of all members: given names of those who claimed accounts, and numbers of the others."""
    names = [*(member.name for member in NAMED_MEMBERS), *GIVEN_NAMES][: size.claimed]
    return [*names, *(f"member{number}" for number in range(len(names), size.members))]


def _draw_followers(rng: np.random.Generator, size: DemoSize) -> Floats:
    """Draw the followers of each member: few public figures and professionals, many everyday people."""
    other_count = size.members - size.claimed - size.paid_accounts
    return np.concatenate(
        [
            [member.followers for member in NAMED_MEMBERS],
            np.geomspace(125_000, 1_000_000, size.public_figures) * rng.uniform(0.95, 1.05, size.public_figures),
            np.geomspace(4_500, 22_000, size.professionals) * rng.uniform(0.95, 1.05, size.professionals),
            np.minimum(rng.lognormal(np.log(150), 1.0, size.everyday_claims), 1_100),
            np.minimum(rng.lognormal(np.log(40), 1.3, other_count), 20_000),
            np.zeros(size.paid_accounts),
        ]
    )


def _draw_activity(rng: np.random.Generator, followers: Floats, is_claimed: NDArray[np.bool_]) -> Floats:
    """Draw the share of each member in all acts: larger with more followers, so that most who act receive something."""
    activity = np.minimum(1 + rng.pareto(1.5, len(followers)), 20) * np.minimum(followers, 2_000) ** 0.6
    activity *= np.where(is_claimed, 3.0, rng.random(len(followers)) > _LURKER_SHARE)
    shares: Floats = activity / activity.sum()
    return shares


def _draw_trends(rng: np.random.Generator, size: DemoSize) -> Floats:
    """Draw how much each member receives on each day: a path for named members, a slope for others, and hits."""
    days = np.arange(size.days)
    slopes = rng.normal(0, 0.4, size.members)
    trends = np.exp(slopes[:, None] * (days - size.days + 1) / size.days)
    for number, member in enumerate(NAMED_MEMBERS):
        trends[number] = _follow_path(member, size)
    weekly_rhythm = 1 + 0.15 * np.cos(2 * np.pi * days / 7)
    # The log-normal distribution makes about one day in a hundred one with a hit.
    hits = np.exp(rng.normal(-0.12, 0.5, (size.members, size.days)))
    return trends * weekly_rhythm * hits


def _follow_path(member: NamedMember, size: DemoSize) -> Floats:
    """Interpolate the path of a member linearly over the last 90 days; before, it is as at its beginning."""
    days_ago = np.arange(size.days)[::-1]
    knots = np.linspace(_HISTORY_DAYS - 1, 0, len(member.path)) if len(member.path) > 1 else [0.0]
    return np.interp(-days_ago, np.negative(knots), member.path)


def _draw_growth(rng: np.random.Generator, size: DemoSize) -> Floats:
    """Draw the followers of each member on each day, as a share of those on the last day."""
    rates = np.maximum(rng.normal(0.1, 0.1, size.members), 0)
    rates[: len(NAMED_MEMBERS)] = [member.follower_growth for member in NAMED_MEMBERS]
    elapsed = np.arange(size.days) / (size.days - 1)
    growth: Floats = (1 + rates[:, None] * elapsed) / (1 + rates[:, None])
    return growth


def _draw_presence(rng: np.random.Generator, network: str, size: DemoSize) -> NDArray[np.bool_]:
    """Draw who has an account on a network; very large and paid accounts are on the largest only."""
    is_on = rng.random(size.members) < NETWORKS[network].member_share
    is_on[: len(NAMED_MEMBERS)] = [network in member.networks for member in NAMED_MEMBERS]
    if network != next(iter(NETWORKS)):
        is_on[len(NAMED_MEMBERS) : len(NAMED_MEMBERS) + size.public_figures] = False
        is_on[size.members - size.paid_accounts :] = False
    return is_on
