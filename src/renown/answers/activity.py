"""A person's activity in the window, and its style by Klout's matrix."""

from collections.abc import Mapping
from dataclasses import dataclass

from renown.engines.base import Engine
from renown.records import VERBS

ACTIVITY_VERBS = {
    "sharing": ("repost", "quote", "share", "fork"),
    "creating": (),
    "participating": ("reply", "mention", "comment", "answer"),
    "listening": ("like", "upvote", "star", "follow", "list"),
}
"""Activities and their verbs; `creating` is counted by the person's own posts."""

TYPICAL_SHARES = {"sharing": 0.10, "creating": 0.08, "participating": 0.06, "listening": 0.76}
"""Typical share of each activity; stated, based on a sample of 143 acts of the whole network Bluesky in 2024."""

BROAD_PEOPLE = 15
"""Acting on more people than this is broad; stated: the size of a circle of close contacts (Dunbar 1993)."""

STEADY_SHARE = 1 / 3
"""Minimum share of active days, of those observed, to be steady; stated."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """One of the 16 styles."""

    number: int
    """1 to 16."""
    name: str
    activity: str
    """One of `ACTIVITY_VERBS`."""
    is_broad: bool
    is_steady: bool
    description: str
    """Description of the style in one sentence."""


STYLES = tuple(
    Style(number=number, name=name, activity=activity, is_broad=is_broad, is_steady=is_steady, description=description)
    for number, name, activity, is_broad, is_steady, description in (
        (8, "Curator", "sharing", True, False, "Shares good posts of many people, now and then."),
        (12, "Broadcaster", "sharing", True, True, "Shares good posts of many people, day after day."),
        (7, "Syndicator", "sharing", False, False, "Shares posts of a few people, now and then."),
        (2, "Feeder", "sharing", False, True, "Shares posts of a few people, day after day."),
        (14, "Tastemaker", "creating", True, False, "Posts now and then, and interacts with many people."),
        (16, "Celebrity", "creating", True, True, "Posts all the time, and interacts with many people."),
        (15, "Thought Leader", "creating", False, False, "Posts now and then, and interacts with a few people."),
        (13, "Pundit", "creating", False, True, "Posts all the time, and interacts with a few people."),
        (3, "Dabbler", "listening", True, False, "Follows and likes many people, now and then."),
        (5, "Conversationalist", "listening", True, True, "Follows and likes many people, day after day."),
        (1, "Observer", "listening", False, False, "Reads more than is visible from outside."),
        (4, "Explorer", "listening", False, True, "Follows and likes a few people, day after day."),
        (10, "Socializer", "participating", True, False, "Talks with many people, now and then."),
        (9, "Networker", "participating", True, True, "Talks with many people, day after day."),
        (6, "Activist", "participating", False, False, "Talks with a few people, now and then."),
        (11, "Specialist", "participating", False, True, "Talks with the same few people, day after day."),
    )
)
"""Klout's style matrix: four activities, each broad or focused, steady or occasional."""


@dataclass(frozen=True)
class ActivityPattern:
    """A person's activity in the window, from which the style is classified."""

    acts: Mapping[str, int]
    """Number of acts by activity."""
    people: int
    """Distinct people that the person acted on."""
    active_days: int
    """Days with at least one act on others."""
    observed_days: int
    """Observed days in the window."""

    def classify(self) -> Style:
        """
        Classify the style by the activity furthest above its typical share, the number of people, and the active days.

        Examples
        --------
        >>> acts = {"sharing": 9, "creating": 3, "participating": 0, "listening": 20}
        >>> ActivityPattern(acts, 4, 5, 90).classify().name
        'Syndicator'
        >>> ActivityPattern(dict.fromkeys(ACTIVITY_VERBS, 0), 0, 0, 90).classify().name
        'Observer'
        """
        activity = max(
            reversed(ACTIVITY_VERBS), key=lambda activity: self.acts.get(activity, 0) / TYPICAL_SHARES[activity]
        )
        is_broad, is_steady = self.people > BROAD_PEOPLE, 0 < self.observed_days * STEADY_SHARE <= self.active_days
        return next(
            style
            for style in STYLES
            if (style.activity, style.is_broad, style.is_steady) == (activity, is_broad, is_steady)
        )


def load_activities(
    engine: Engine, posts: Mapping[int, int], observed_days: Mapping[int, int]
) -> dict[int, ActivityPattern]:
    """
    Count the acts by activity of people, the people acted on, and the active days, from the table `given_acts`.

    Parameters
    ----------
    engine : Engine
    posts, observed_days : mapping of int to int
        Number of posts, and of observed days, of each person.
    """
    acts = engine.query_by_key("select person, verb, sum(acts) from given_acts group by person, verb", width=1)
    counts = engine.query_by_key(
        "select person, count(distinct other), count(distinct day_no) from given_acts group by person", width=1
    )
    patterns = {}
    for person, own_posts in posts.items():
        acts_by_activity = _sum_by_activity(dict(acts.get((person,), ()))) | {"creating": own_posts}
        people, days = counts.get((person,), [(0, 0)])[0]
        patterns[person] = ActivityPattern(acts_by_activity, people, days, observed_days[person])
    return patterns


def _sum_by_activity(acts_by_verb: Mapping[int, int]) -> dict[str, int]:
    return {
        activity: sum(acts_by_verb.get(VERBS[verb], 0) for verb in verbs) for activity, verbs in ACTIVITY_VERBS.items()
    }
