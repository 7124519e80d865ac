"""The demo: a small community that is simulated, so that everything can be tried before there is any data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from renown.records import VERBS

DAYS = 120
"""Days that are simulated."""

MEMBERS = 400
"""Accounts on the largest network."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = tuple[object, ...]


@dataclass(frozen=True)
class Habits:
    """How people are on one network."""

    verbs: dict[str, float]
    """Verb to its share of all reactions."""
    share: float
    """Share of the members who are there."""
    followers: float
    """Followers there for one follower on the largest network."""
    lists: bool
    """Whether the network has lists."""
    account_id: str
    """Form of the permanent id of an account."""
    handle: str


NETWORKS = {
    "bluesky": Habits(
        verbs={"like": 0.62, "repost": 0.18, "reply": 0.14, "quote": 0.06},
        share=1.0,
        followers=1.0,
        lists=True,
        account_id="did:plc:{name}",
        handle="{name}.sky.example",
    ),
    "mastodon": Habits(
        verbs={"like": 0.55, "repost": 0.25, "reply": 0.2},
        share=0.6,
        followers=0.4,
        lists=False,
        account_id="https://fedi.example/users/{name}",
        handle="{name}@fedi.example",
    ),
    "github": Habits(
        verbs={"star": 0.8, "fork": 0.12, "comment": 0.08},
        share=0.3,
        followers=0.1,
        lists=False,
        account_id="{number}",
        handle="{name}",
    ),
}


@dataclass(frozen=True)
class Member:
    """Somebody with a story, whom the demo claims by name."""

    name: str
    fame: float
    """Reactions to be expected to one post."""
    course: str
    """`steady`, `rising`, `resting` (posts nothing in the last month) or `new` (came a month ago)."""
    networks: tuple[str, ...] = tuple(NETWORKS)


CAST = (
    Member("ada", 60, "steady"),
    Member("grace", 90, "resting"),
    Member("linus", 70, "steady", ("github", "mastodon")),
    Member("tim", 45, "steady", ("mastodon",)),
    Member("radia", 40, "rising"),
    Member("alan", 30, "steady", ("bluesky",)),
    Member("katherine", 25, "rising", ("bluesky", "mastodon")),
    Member("edsger", 12, "steady", ("mastodon",)),
    Member("hedy", 14, "new", ("bluesky",)),
    Member("barbara", 8, "steady"),
    Member("newcomer", 3, "new", ("bluesky",)),
)
"""Everybody else has a number for a name."""

BOUGHT = Member("bix", 2, "steady", ("bluesky",))
"""Pays a dozen accounts to like and repost everything twenty times a day: see how little it moves."""
_PAID, _PAID_ACTS = 12, 20
_TAKEN_BACK = 0.01


def claims() -> dict[str, list[tuple[str, str]]]:
    """Return who claims which (network, account_id)."""
    numbers = {member.name: number for number, member in enumerate((*CAST, BOUGHT))}
    return {
        member.name: [(network, _account_id(network, member.name, numbers[member.name])) for network in member.networks]
        for member in (*CAST, BOUGHT)
    }


def community(network: str, *, last: date, seed: int) -> dict[str, list[Row]]:
    """
    Simulate what happened on one network.

    Parameters
    ----------
    network : str
        One of `NETWORKS`.
    last : date
        Last of the `DAYS` days.
    seed : int
        The same seed gives the same community.

    Returns
    -------
    dict of str to list of tuple
        Rows of `interactions`, `profiles`, `tallies` and `undone`, in the columns of ``records.SAID``.
    """
    draw = np.random.default_rng([seed, list(NETWORKS).index(network)])
    people = _People(network, seed)
    start = int(datetime.combine(last - timedelta(days=DAYS - 1), time(), UTC).timestamp())
    authors, days = _posts(draw, people)
    acts = _reactions(draw, people, network, authors, days)
    if network in BOUGHT.networks:
        acts = _with_paid(draw, people, acts, authors, days)
    return {
        "interactions": _interactions(draw, people, network, acts, start),
        "profiles": _profiles(people, NETWORKS[network], start),
        "tallies": _tallies(draw, people, network, acts, start),
        "undone": _undone(draw, network, acts, start),
    }


class _People:
    """The members of one network: who they are and how far they reach on each day."""

    def __init__(self, network: str, seed: int) -> None:
        draw = np.random.default_rng(seed)
        told = (*CAST, BOUGHT)
        many = MEMBERS - len(told)
        fame = np.concatenate([[member.fame for member in told], np.minimum(25, 0.7 * (1 + draw.pareto(1.3, many)))])
        courses = [member.course for member in told] + list(
            draw.choice(["steady", "rising", "resting"], many, p=[0.8, 0.1, 0.1])
        )
        there = np.concatenate(
            [[network in member.networks for member in told], draw.random(many) < NETWORKS[network].share]
        )
        names = [member.name for member in told] + [f"member{number}" for number in range(len(told), MEMBERS)]
        self.fame: Floats = fame
        self.present: Integers = np.flatnonzero(there)
        self.ids = [_account_id(network, name, number) for number, name in enumerate(names)]
        self.handles = [NETWORKS[network].handle.format(name=name) for name in names]
        self.reach: Floats = fame[:, None] * np.stack([_course(course) for course in courses])
        self.activity: Floats = draw.pareto(1.1, MEMBERS) + 0.2


def _course(course: str) -> Floats:
    """Return how far somebody reaches on each day, as a share of their fame; 0 where they post nothing."""
    days = np.arange(DAYS)
    return {
        "steady": np.ones(DAYS),
        "rising": 0.15 + 0.85 * (days / DAYS) ** 2,
        "resting": np.where(days < DAYS - 30, 1.0, 0.0),
        "new": np.where(days >= DAYS - 30, 1.0, 0.0),
    }[course]


def _posts(draw: np.random.Generator, people: _People) -> tuple[Integers, Integers]:
    """Return the author and the day of every post; about two a week for everybody who is there."""
    rate = 0.3 * (people.reach[people.present] > 0)
    members, days = np.nonzero(counts := draw.poisson(rate))
    times = counts[members, days]
    return np.repeat(people.present[members], times), np.repeat(days, times)


@dataclass(frozen=True)
class _Acts:
    """Acts, one an element."""

    actor: Integers
    target: Integers
    post: Integers
    verb: Integers
    day: Integers

    def __len__(self) -> int:
        return len(self.actor)


def _reactions(draw: np.random.Generator, people: _People, network: str, authors: Integers, days: Integers) -> _Acts:
    """Let members react to posts: the busy ones more, most on the same day or the next."""
    # The logarithmic spread makes one post in a hundred a hit.
    counts = draw.poisson(people.reach[authors, days] * draw.lognormal(-0.5, 1.0, len(authors)))
    post = np.repeat(np.arange(len(authors)), counts)
    chance = people.activity[people.present]
    actor = draw.choice(people.present, len(post), p=chance / chance.sum())
    habits = NETWORKS[network].verbs
    verb = draw.choice([VERBS[verb] for verb in habits], len(post), p=list(habits.values()))
    day = days[post] + np.minimum(draw.geometric(0.6, len(post)) - 1, 20)
    kept = day < DAYS
    return _Acts(actor[kept], authors[post][kept], post[kept], verb[kept], day[kept])


def _with_paid(draw: np.random.Generator, people: _People, acts: _Acts, authors: Integers, days: Integers) -> _Acts:
    """Add what the dozen do for the one who pays them."""
    paid, patron = people.present[-_PAID:], len(CAST)
    posts = np.flatnonzero(authors == patron)
    day = np.repeat(np.arange(DAYS), _PAID * _PAID_ACTS)
    actor = np.tile(np.repeat(paid, _PAID_ACTS), DAYS)
    place = np.searchsorted(days[posts], day, side="right") - 1
    actor, day, latest = actor[place >= 0], day[place >= 0], posts[place[place >= 0]]
    return _Acts(
        np.concatenate([acts.actor, actor]),
        np.concatenate([acts.target, np.full(len(day), patron)]),
        np.concatenate([acts.post, latest]),
        np.concatenate([acts.verb, draw.choice([VERBS["like"], VERBS["repost"]], len(day))]),
        np.concatenate([acts.day, day]),
    )


def _interactions(draw: np.random.Generator, people: _People, network: str, acts: _Acts, start: int) -> list[Row]:
    at = start + acts.day * 86400 + draw.integers(0, 86400, len(acts))
    return list(
        zip(
            (f"{network}-{number}" for number in range(len(acts))),
            acts.verb.tolist(),
            (people.ids[actor] for actor in acts.actor),
            (people.ids[target] for target in acts.target),
            _post_ids(people, acts.target, acts.post),
            at.tolist(),
            strict=True,
        )
    )


def _profiles(people: _People, habits: Habits, start: int) -> list[Row]:
    """Return everybody's figures once a week: followers come with the reach of all posts so far."""
    rows: list[Row] = []
    grown = np.cumsum(people.reach, axis=1)
    for day in range(6, DAYS, 7):
        at = start + day * 86400
        followers = (habits.followers * (20 * people.fame + 3 * grown[:, day])).astype(int).tolist()
        for who in people.present:
            lists = followers[who] // 40 if habits.lists else None
            rows.append((people.ids[who], people.handles[who], followers[who], 100, 10 + day, lists, False, start, at))
    return rows


def _tallies(draw: np.random.Generator, people: _People, network: str, acts: _Acts, start: int) -> list[Row]:
    """Return counts of the posts of a tenth of the members, which hold more likes than have names."""
    verb = VERBS["star" if network == "github" else "like"]
    liked = acts.verb == verb
    post, known = np.unique(acts.post[liked], return_counts=True)
    first = np.unique(acts.post, return_index=True)
    author, day = (dict(zip(first[0], column[first[1]], strict=True)) for column in (acts.target, acts.day))
    counts = known + draw.poisson(known * 0.3)
    rows = zip(post, counts, strict=True)
    return [
        (
            people.ids[author[post]],
            _post_id(people, author[post], post),
            verb,
            int(count),
            start + int(day[post]) * 86400 + 86399,
        )
        for post, count in rows
        if author[post] % 10 == 0
    ]


def _undone(draw: np.random.Generator, network: str, acts: _Acts, start: int) -> list[Row]:
    """Take one act of a hundred back, three days later."""
    back = np.flatnonzero((draw.random(len(acts)) < _TAKEN_BACK) & (acts.day < DAYS - 3))
    return [(f"{network}-{number}", start + (int(acts.day[number]) + 3) * 86400) for number in back]


def _post_ids(people: _People, authors: Integers, posts: Integers) -> Iterable[str]:
    return map(_post_id, repeat(people), authors, posts)


def _post_id(people: _People, author: int, post: int) -> str:
    return f"{people.handles[author]}/{post}"


def _account_id(network: str, name: str, number: int) -> str:
    return NETWORKS[network].account_id.format(name=name, number=number + 1000)
