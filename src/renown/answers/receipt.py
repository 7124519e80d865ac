"""The receipt: what a published score is made of, down to signals, actors and posts."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from renown.answers.evidence import SIDED, constants_of, gather, method_of, suppose
from renown.answers.who import Who, names
from renown.engines import Engine
from renown.errors import UnknownWho
from renown.lake import Lake
from renown.method import read_steps
from renown.store import Points, Published, Score

TOP = 10
"""Actors and posts named of each signal, where nobody asks for another number."""


@dataclass(frozen=True)
class Coverage:
    """How much was seen of somebody: a score stands on no more than this."""

    days: int
    """Days of the window on which the network seen most was observed."""
    window: int
    """Days of the window."""
    networks: int
    accounts: int
    people: int
    """People reached, distinct on each account."""
    doubts: tuple[str, ...]
    """Why that is not enough to rely on; empty where it is."""


@dataclass(frozen=True)
class SignalPoints:
    """What one signal of one account added to a score."""

    network: str
    account: str
    """``network:handle``, or its id where it has no handle."""
    signal: str
    received: float
    """In the signal's unit: trusted people, followers, lists."""
    value: float
    """ln(1 + follower-equivalents): reactions without what may be chance, lists with those presumed."""
    weight: float
    """Share of the network's strength, before renormalising."""
    points: float


@dataclass(frozen=True)
class Receipt:
    """A score with the points that add up to it."""

    who: str
    day: str
    """UTC day, as 2026-11-23."""
    method: str
    """Version of the method."""
    inputs: str
    """Digest of all that counted that day."""
    score: float
    """1 to 100."""
    strength: float
    """Follower-equivalents."""
    coverage: Coverage
    everybody: float
    """The point that everybody has."""
    points: tuple[SignalPoints, ...]
    """Most first; with `everybody` they sum to the score."""


@dataclass(frozen=True)
class Line:
    """One line of a signal's receipt: somebody, a post, or a whole sort of them."""

    kind: str
    """`actor` or `post`, or what is summed up: `account` (acts on the account itself), `others`
    (beyond those named), `unknown` (actors known only as a number), `profile` (a public figure),
    `forgotten` (counted that day, no longer in the lake)."""
    name: str
    """``network:handle`` of an actor, its network where nobody else is to know it; a post's id; empty for a sum."""
    count: int
    """Acts, or what `others` sums up: actors or posts."""
    received: float
    """In the signal's unit: trusted people, followers, lists."""
    points: float
    account: int = 0
    """Key of the actor; 0 for what is none."""

    def without(self, keys: AbstractSet[int]) -> "Line":
        """Return the same line, without a name where it is one of these accounts'."""
        return replace(self, kind="forgotten", name="", account=0) if self.account in keys else self

    def discreet(self, named: AbstractSet[str]) -> "Line":
        """Return the same line, an actor outside of `named` by its network alone."""
        if self.kind != "actor" or self.name in named:
            return self
        return replace(self, name=self.name.partition(":")[0], account=0)


@dataclass(frozen=True)
class SignalReceipt:
    """What made the points of one signal of one account, told twice."""

    of: SignalPoints
    actors: tuple[Line, ...]
    """Their points sum to the signal's."""
    posts: tuple[Line, ...]
    """Their points sum to the signal's."""

    def without(self, keys: AbstractSet[int]) -> "SignalReceipt":
        """Return the same receipt, without the names of some accounts."""
        return replace(self, actors=tuple(line.without(keys) for line in self.actors))

    def discreet(self, named: AbstractSet[str]) -> "SignalReceipt":
        """Return the same receipt with the names of some actors alone."""
        return replace(self, actors=tuple(line.discreet(named) for line in self.actors))


@dataclass(frozen=True)
class Explanation:
    """A receipt with the actors and posts behind it."""

    receipt: Receipt
    signals: tuple[SignalReceipt, ...]
    """In the order of the receipt's points."""

    def actors(self) -> list[Line]:
        """Return the lines of all actors."""
        return [line for signal in self.signals for line in signal.actors]

    def without(self, keys: AbstractSet[int]) -> "Explanation":
        """Return the same explanation, without the names of some accounts; every sum stays."""
        return replace(self, signals=tuple(signal.without(keys) for signal in self.signals))

    def discreet(self, named: AbstractSet[str]) -> "Explanation":
        """Return the same explanation with the names of some actors alone."""
        return replace(self, signals=tuple(signal.discreet(named) for signal in self.signals))


def receipt(asked: Who, published: Published, engine: Engine, lake: Lake) -> Receipt:
    """
    Return the receipt of somebody's published score.

    Raises
    ------
    UnknownWho
        If they were not scored that day.
    """
    day, score = published.of, published.score(asked.key)
    if score is None:
        msg = (
            f"{asked.name} has no score on {day.day}: nobody was seen reacting to them in the window "
            "and no profile is known, or they claimed their accounts later; import more of their network, "
            f"or score the day again (`renown score --day {day.day}`)"
        )
        raise UnknownWho(msg)
    rows = published.points(asked.key)
    called = names(engine, lake, [(row.network, row.account) for row in rows])
    points = tuple(
        SignalPoints(
            row.network,
            called[row.account],
            row.signal,
            row.received / 1e6,
            row.value,
            row.weight / 1e6,
            row.points,
        )
        for row in rows
    )
    coverage = _coverage(score, constants_of(published))
    strength = score.strength / 1e9
    return Receipt(
        asked.name, day.day.isoformat(), day.method, day.inputs, score.score, strength, coverage, 1.0, points
    )


def explain(asked: Who, published: Published, engine: Engine, lake: Lake, *, top: int = TOP) -> Explanation:
    """
    Return a receipt down to actors and posts, from the day's own rows of the lake.

    Parameters
    ----------
    asked : Who
    published : Published
    engine : Engine
        A session of its own.
    lake : Lake
    top : int
        How many actors and posts are named of each signal; the rest is one line.

    Raises
    ------
    UnknownWho
        If they were not scored that day.
    BadMethod
        If the day was published by other steps than this renown's.
    """
    told = receipt(asked, published, engine, lake)
    method = method_of(published)
    accounts = {strength.account for strength in published.strengths(asked.key)}
    gather(engine, lake, published, method, {asked.key: asked.name}, accounts, "that_day")
    suppose(engine, method, {table: f"select * from {table}_that_day" for table in SIDED})
    for step in read_steps("explanations"):
        engine.run(step)
    return explained(engine, lake, asked.key, told, published, top=top)


def explained(engine: Engine, lake: Lake, key: int, told: Receipt, published: Published, *, top: int) -> Explanation:
    """Return a receipt down to actors and posts, from an engine in which the day's steps were run for its accounts."""
    reads = {signal.name: (signal.number, signal.reads) for signal in method_of(published).signals}
    found = [_found(engine, row, *reads[row.signal]) for row in published.points(key)]
    acted = [(rows.network, line[0]) for rows in found for line in rows.actors[:top]]
    called = names(engine, lake, acted)
    signals = (_signal(row, rows, called, top) for row, rows in zip(told.points, found, strict=True))
    return Explanation(told, tuple(signals))


@dataclass(frozen=True)
class _Found:
    """Rows behind one signal of one account, most first: of whom or what, how many acts, how much was received."""

    network: str
    received: int
    """Millionths of the signal's unit, as published; the rows below sum to it."""
    by_profile: bool
    """Whether it is a figure of the profile, without actors."""
    actors: list[tuple[int, int, int]] = field(default_factory=list)
    unknown: list[tuple[int, int]] = field(default_factory=list)
    posts: list[tuple[str, int, int]] = field(default_factory=list)


def _found(engine: Engine, row: Points, number: int, reads: str) -> _Found:
    if reads != "interactions":
        return _Found(row.network, row.received, by_profile=True)
    where = f"account = {row.account} and signal = {number}"
    return _Found(
        row.network,
        row.received,
        False,  # noqa: FBT003 - the field above
        engine.rows(f"select actor, acts, received from contributions where {where} order by received desc, actor"),
        engine.rows(f"select people, received from unknown_actors where {where} and people > 0"),
        engine.rows(f"select post, acts, received from post_shares where {where} order by received desc, post"),
    )


def _signal(row: SignalPoints, found: _Found, called: Mapping[int, str], top: int) -> SignalReceipt:
    """Share out one signal's points by what each actor, and each post, gave of what was received."""
    if found.by_profile:
        whole = Line("profile", "", round(row.received), row.received, row.points)
        return SignalReceipt(row, (whole,), (whole,))
    each = row.points / found.received if found.received else 0.0
    present = sum(line[2] for line in found.actors) + sum(line[1] for line in found.unknown)
    # Shares of posts are rounded down, each by less than a billionth: scaled, they sum to what they are shares of.
    scale = present / (sum(line[2] for line in found.posts) or 1)
    actors = [
        Line("actor", called.get(actor, ""), acts, got / 1e6, got * each, actor) for actor, acts, got in found.actors
    ]
    posts = [
        Line("post" if post else "account", post, acts, got * scale / 1e6, got * scale * each)
        for post, acts, got in found.posts
    ]
    unknown = [Line("unknown", "", acts, got / 1e6, got * each) for acts, got in found.unknown]
    lost = found.received - present
    gone = [Line("forgotten", "", 0, lost / 1e6, lost * each)] if lost else []
    return SignalReceipt(row, (*_shortened(actors, top), *unknown, *gone), (*_shortened(posts, top), *gone))


def _shortened(lines: list[Line], top: int) -> list[Line]:
    rest = lines[top:]
    if not rest:
        return lines
    received, points = sum(line.received for line in rest), sum(line.points for line in rest)
    return [*lines[:top], Line("others", "", len(rest), received, points)]


def _coverage(score: Score, constants: Mapping[str, float]) -> Coverage:
    window, days, people = int(constants["window_days"]), constants["enough_days"], constants["enough_people"]
    doubts = []
    if score.days < days:
        doubts.append(f"only {score.days} of {window} days were observed, {days:g} are enough")
    if score.people < people:
        reached = "person was" if score.people == 1 else "people were"
        doubts.append(f"only {score.people} {reached} seen reacting in one way, {people:g} are enough")
    chance = constants.get("chance_people", 0)
    if 0 < score.people <= chance:
        doubts.append(f"what {chance:g} people do may be chance: reactions count from the next one on")
    return Coverage(score.days, window, score.networks, score.accounts, score.people, tuple(doubts))
