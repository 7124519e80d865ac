"""The people of the demo who have names: landmarks, eight colleagues, and a few others with a story."""

from dataclasses import dataclass

from renown.demo.networks import NETWORKS

STEADY = (1.0,)
"""Path of somebody who receives the same every day."""


@dataclass(frozen=True, kw_only=True)
class NamedMember:
    """A member with a name, who claimed accounts and verified them."""

    name: str
    followers: int
    """Followers on the largest network, on the last day."""
    path: tuple[float, ...] = STEADY
    """Reactions on evenly spaced days of the last 90, as shares of those on the last day; 0 before somebody joined."""
    follower_growth: float = 0.1
    """Share by which the followers grew in the simulated days."""
    networks: tuple[str, ...] = tuple(NETWORKS)
    display_name: str = ""
    """Name beside that of the page; empty for those who have initials in place of a picture."""
    topics: tuple[str, ...] = ()
    """Tags of the posts; every third post has the first one, too."""


LANDMARKS = (
    NamedMember(name="president", followers=20_700_000, networks=("bluesky",)),
    NamedMember(name="filmstar", followers=3_200_000, networks=("bluesky",)),
    NamedMember(name="astronaut", followers=1_270_000, networks=("bluesky",)),
)
"""Very large accounts at about 99, 89 and 84: their profiles and counts are seen, but not who reacted to them."""

COLLEAGUES = (
    NamedMember(
        name="ada",
        display_name="Ada Byron",
        topics=("programming", "mathematics", "music"),
        followers=55_000,
        path=(0.25, 0.3, 0.6, 0.45, 0.6, 0.8, 1.0),
        follower_growth=0.6,
    ),
    NamedMember(
        name="grace",
        topics=("compilers", "navy"),
        followers=32_000,
        path=(4.0, 4.5, 5.0, 4.0, 2.0, 1.2, 1.0),
        follower_growth=0.05,
    ),
    NamedMember(
        name="alan",
        display_name="Alan T.",
        topics=("computability", "running", "chess"),
        followers=24_000,
        path=(0.9, 0.8, 1.0, 1.5, 0.9, 1.3, 1.0),
        networks=("bluesky",),
    ),
    NamedMember(
        name="radia",
        topics=("networks", "poetry"),
        followers=15_000,
        path=(0.05, 0.05, 0.1, 0.3, 0.5, 0.7, 1.0),
        follower_growth=1.5,
    ),
    NamedMember(
        name="katherine",
        display_name="Katherine J.",
        topics=("space", "mathematics"),
        followers=11_000,
        path=(0.3, 1.2, 0.5, 0.3, 0.9, 0.6, 1.0),
        follower_growth=0.3,
        networks=("bluesky", "mastodon"),
    ),
    NamedMember(name="linus", topics=("kernels", "diving"), followers=7_000, path=(2.5, 2.0, 2.2, 1.4, 1.5, 1.1, 1.0)),
    NamedMember(
        name="hedy",
        display_name="Hedy, inventor",
        topics=("radio", "film", "inventions"),
        followers=5_000,
        path=(0.01, 0.02, 0.05, 0.2, 0.4, 0.8, 1.0),
        follower_growth=3.0,
        networks=("bluesky",),
    ),
    NamedMember(
        name="tim",
        topics=("web", "open data"),
        followers=3_300,
        path=(6.0, 5.0, 4.5, 3.0, 2.0, 1.3, 1.0),
        networks=("bluesky", "mastodon"),
    ),
)
"""Eight people who race to 70."""

OTHERS = (
    NamedMember(name="barbara", topics=("algorithms",), followers=400),
    NamedMember(name="edsger", followers=250, networks=("mastodon",)),
    NamedMember(name="newcomer", followers=40, path=(0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0), networks=("bluesky",)),
)
"""Everyday people."""

REACTION_BUYER = NamedMember(name="bix", followers=120, networks=("bluesky",))
"""Pays accounts for a like and a repost a day each, to show how little bought reactions raise a score."""

PAID_DAYS = 30
"""Last days on which the paid accounts act."""

NAMED_MEMBERS = (*LANDMARKS, *COLLEAGUES, *OTHERS, REACTION_BUYER)
"""All members with a story; other people who claimed accounts have a given name, and everybody else a number."""
