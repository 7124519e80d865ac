"""Style: how somebody takes part, in a matrix of four ways by broad or focused by steady or now and then."""

from collections.abc import Mapping
from dataclasses import dataclass

WAYS = {
    "sharing": ("repost", "quote", "share", "fork"),
    "creating": (),
    "participating": ("reply", "mention", "comment", "answer"),
    "listening": ("like", "upvote", "star", "follow", "list"),
}
"""Ways to take part and the verbs of each; creating is counted in one's own posts."""

TYPICAL = {"sharing": 0.10, "creating": 0.08, "participating": 0.06, "listening": 0.76}
"""Share of each way in what all people do; stated, after a sample of 143 acts of a whole network (Bluesky, 2024)."""

BROAD_PEOPLE = 15
"""More people than this acted on are broad; stated: the size of a circle of close contacts (Dunbar 1993)."""

STEADY_SHARE = 1 / 3
"""Share of the observed days on which somebody steady did something; stated."""


@dataclass(frozen=True)
class Style:
    """One of the sixteen."""

    number: int
    """1 to 16."""
    name: str
    way: str
    """One of `WAYS`."""
    broad: bool
    steady: bool
    about: str
    """What it means, in a sentence."""


STYLES = tuple(
    Style(number, name, way, broad, steady, about)
    for number, name, way, broad, steady, about in (
        (8, "Curator", "sharing", True, False, "Passes on what is good from many people, when there is something."),
        (12, "Broadcaster", "sharing", True, True, "Passes on what is good from many people, day after day."),
        (7, "Syndicator", "sharing", False, False, "Passes on what a few people say, now and then."),
        (2, "Feeder", "sharing", False, True, "A steady stream of what a few people say."),
        (14, "Tastemaker", "creating", True, False, "Makes things seldom, for many people."),
        (16, "Celebrity", "creating", True, True, "Makes things all the time and is in touch with many people."),
        (15, "Thought Leader", "creating", False, False, "Makes things seldom, among a few people."),
        (13, "Pundit", "creating", False, True, "Makes things all the time, among a few people."),
        (3, "Dabbler", "listening", True, False, "Looks around among many people, now and then."),
        (5, "Conversationalist", "listening", True, True, "Follows many people closely, day after day."),
        (1, "Observer", "listening", False, False, "Reads more than anybody sees."),
        (4, "Explorer", "listening", False, True, "Follows a few people closely, day after day."),
        (10, "Socializer", "participating", True, False, "Talks with many people, now and then."),
        (9, "Networker", "participating", True, True, "Talks with many people, day after day."),
        (6, "Activist", "participating", False, False, "Talks with a few people, when it matters."),
        (11, "Specialist", "participating", False, True, "Talks with the same few people, day after day."),
    )
)
"""Klout's matrix: four ways, each broad or focused, steady or now and then."""


@dataclass(frozen=True)
class Manner:
    """What somebody did in the window, which their style is read from."""

    acts: Mapping[str, int]
    """Way to acts of it."""
    people: int
    """Distinct people acted on."""
    days: int
    """Days on which something was done to others."""
    observed: int
    """Days of the window that were observed."""

    def style(self) -> Style:
        """
        Return the style that this is: the way done most beyond what is typical, how broadly, how steadily.

        Examples
        --------
        >>> Manner({"sharing": 9, "creating": 3, "participating": 0, "listening": 20}, 4, 5, 90).style().name
        'Syndicator'
        >>> Manner(dict.fromkeys(WAYS, 0), 0, 0, 90).style().name
        'Observer'
        """
        way = max(reversed(WAYS), key=lambda way: self.acts.get(way, 0) / TYPICAL[way])
        broad, steady = self.people > BROAD_PEOPLE, 0 < self.observed * STEADY_SHARE <= self.days
        return next(style for style in STYLES if (style.way, style.broad, style.steady) == (way, broad, steady))
