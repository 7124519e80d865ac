"""Portraits: what pages tell of a person beside the score: receipt, who moves whom, reach, style."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import msgspec

from renown.answers.evidence import SIDED, gather, method_of, stored, suppose
from renown.answers.ground import Ground, grounds
from renown.answers.posts import Post, best_posts
from renown.answers.range import Range, draw, ranges, seed_of
from renown.answers.receipt import Explanation, explained, receipt
from renown.answers.style import WAYS, Manner
from renown.answers.who import Who, names
from renown.engines import Engine
from renown.lake import Lake
from renown.method import INPUTS, Method, read_steps
from renown.records import VERBS
from renown.steps import Step
from renown.store import Person, Portraits, Published, ServedScore

NAMED = 100
"""Most influencers, and most influencees, that a portrait names: the highest scores."""
TOP = 25
"""Actors and posts that a portrait names of each signal."""
UNPASSED = 2
"""Posts nobody passed on, supposed beside those made: one post that was passed on proves little (Laplace's rule)."""

_BEFORE = ("claimed", "deeds")
"""Steps that read everybody's rows; the others read those of who is portrayed."""
_OWNERS = {"account": "bigint", "person": "bigint"}
_PASSING = {"signal": "smallint"}


@dataclass(frozen=True)
class Mover:
    """Somebody with a score who moves, or is moved."""

    key: int
    """Below zero a claimed person, else an account."""
    name: str
    """The person's name; ``network:id`` of an account that nobody claimed."""
    score: float
    """1 to 100."""


@dataclass(frozen=True)
class Movers:
    """Who moves somebody, or is moved by them."""

    people: tuple[Mover, ...]
    """Highest scores first, `NAMED` of them; those without a score are counted alone."""
    count: int
    """Distinct people, with or without a score."""

    def without(self, keys: AbstractSet[int]) -> "Movers":
        """Return the same without some people, whose number stays."""
        return replace(self, people=tuple(mover for mover in self.people if mover.key not in keys))

    def discreet(self) -> "Movers":
        """Return claimed people alone."""
        return replace(self, people=tuple(mover for mover in self.people if mover.key < 0))


@dataclass(frozen=True)
class Portrait:
    """A person on a day."""

    key: int
    explanation: Explanation
    influencers: Movers
    """Whom the person reacted to in the window."""
    influencees: Movers
    """Who reacted to the person in the window."""
    reach: int
    """Distinct people who reacted and of whose standing something is known: who weigh more than the floor."""
    amplification: float
    """0 to 100: how likely a post is passed on; posts passed on, of those made and `UNPASSED` more."""
    network: float
    """0 to 100: standing of those in `reach`, their mean trust in hundredths."""
    manner: Manner
    ground: Ground | None = None
    """What its way to another score is told from; None in what an older renown portrayed."""

    posts: tuple[Post, ...] | None = None
    """Those with most points; None in what an older renown portrayed."""

    range: Range | None = None
    """How sure the score is; None in what an older renown portrayed."""

    @property
    def known_range(self) -> Range:
        """The range of a portrait that this renown made."""
        assert self.range is not None  # noqa: S101 - `portraits` gives each one
        return self.range

    @property
    def known_posts(self) -> tuple[Post, ...]:
        """The posts of a portrait that this renown made."""
        assert self.posts is not None  # noqa: S101 - `portraits` gives each one
        return self.posts

    @property
    def known_ground(self) -> Ground:
        """The ground of a portrait that this renown made."""
        assert self.ground is not None  # noqa: S101 - `portraits` gives each one
        return self.ground

    def is_of(self, served: ServedScore) -> bool:
        """Return whether the portrait explains the score that is served, and has all that this renown tells."""
        told = self.explanation.receipt
        whole = None not in (self.posts, self.range)
        return whole and (told.day, told.score) == (served.day.isoformat(), served.score)

    def without(self, keys: AbstractSet[int]) -> "Portrait":
        """Return the same portrait with some people and accounts no longer named in it."""
        return replace(
            self,
            explanation=self.explanation.without(keys),
            influencers=self.influencers.without(keys),
            influencees=self.influencees.without(keys),
        )

    def discreet(self, named: AbstractSet[str]) -> "Portrait":
        """Return the same portrait in which nobody but claimed people and the accounts `named` has a name."""
        return replace(
            self,
            explanation=self.explanation.discreet(named),
            influencers=self.influencers.discreet(),
            influencees=self.influencees.discreet(),
        )


def portraits(
    whom: Sequence[Who], people: Iterable[Person], published: Published, engine: Engine, lake: Lake
) -> list[Portrait]:
    """
    Portray people who were scored on a published day, all from one reading of the lake.

    Parameters
    ----------
    whom : sequence of Who
        Those who have no score that day are left out.
    people : iterable of Person
        Everybody who claimed an account.
    published : Published
    engine : Engine
        A session of its own.
    lake : Lake

    Raises
    ------
    BadMethod
        If the day was published by other steps than this renown's.
    """
    found = {asked.key: (asked, score) for asked in whom if (score := published.score(asked.key))}
    whom, scores = [asked for asked, _ in found.values()], [score for _, score in found.values()]
    receipts = [receipt(asked, published, engine, lake) for asked in whom]
    method = method_of(published)
    owned = {asked.key: [strength.account for strength in published.strengths(asked.key)] for asked in whom}
    owners = [(account, key) for key, accounts in owned.items() for account in accounts]
    gather(
        engine, lake, published, method, {asked.key: asked.name for asked in whom}, [a for a, _ in owners], "that_day"
    )
    _ask(engine, method, owners, people)
    steps = read_steps("portraits")
    _run(engine, [step for step in steps if step.name in _BEFORE])
    suppose(engine, stored(method), {table: f"select * from {table}_that_day" for table in SIDED})
    _run(engine, [*read_steps("explanations"), *(step for step in steps if step.name not in _BEFORE)])
    known = {mover.key: mover for mover in _scored(engine, published)}
    drawn = [
        _portrait(engine, asked.key, explained(engine, lake, asked.key, told, published, top=TOP), method, known)
        for asked, told in zip(whom, receipts, strict=True)
    ]
    posts = [best_posts(engine, one.key, one.explanation, published.points(one.key), method) for one in drawn]
    # Whom they were moved by is read before the ground moves on to later days.
    draws = [
        draw(engine, asked.key, seed_of(score.name, told.day))
        for asked, score, told in zip(whom, scores, receipts, strict=True)
    ]
    called = names(engine, lake, [account for asked in whom for account in asked.accounts])
    below = grounds(engine, method, published, owned, called)
    sure = ranges(engine, list(zip(below, draws, [told.score for told in receipts], strict=True)))
    return [
        replace(portrait, ground=ground, posts=posts, range=range_)
        for portrait, ground, posts, range_ in zip(drawn, below, posts, sure, strict=True)
    ]


def _ask(engine: Engine, method: Method, owners: Sequence[tuple[int, int]], people: Iterable[Person]) -> None:
    """Hand over who is portrayed, who claimed what, and which signals pass posts on."""
    claims = [(network, account_id, who.key, who.name) for who in people for network, account_id in who.accounts]
    passing = [(signal.number,) for signal in method.signals if set(signal.verbs) & set(WAYS["sharing"])]
    engine.table("owners", owners, _OWNERS)
    engine.table("claims", claims, INPUTS["claims"])
    engine.table("passing", passing, _PASSING)


def _run(engine: Engine, steps: Iterable[Step]) -> None:
    for step in steps:
        engine.run(step)


def _scored(engine: Engine, published: Published) -> list[Mover]:
    """Return everybody with a score who reacted to somebody portrayed, or whom they reacted to."""
    others = engine.rows("select other from deeds union select other from reactors")
    return [Mover(score.person, score.name, score.score) for score in published.scored([key for (key,) in others])]


def _portrait(
    engine: Engine, key: int, explanation: Explanation, method: Method, known: Mapping[int, Mover]
) -> Portrait:
    moved = engine.rows(f"select other, trust from reactors where person = {key}")
    movers = engine.rows(f"select distinct other from deeds where person = {key}")
    floor = max(method["trust_floor"], method["trust_unknown"])
    trusted = [trust / 1e6 for _, trust in moved if trust / 1e6 > floor]
    made = engine.rows(f"select posts, passed_on from posts_made where person = {key}")
    posts, passed_on = made[0] if made else (0, 0)
    return Portrait(
        key,
        explanation,
        _movers([other for (other,) in movers], known),
        _movers([other for other, _ in moved], known),
        len(trusted),
        100 * passed_on / (posts + UNPASSED),
        100 * sum(trusted) / len(trusted) if trusted else 0.0,
        _manner(engine, key, posts, explanation.receipt.coverage.days),
    )


def _movers(keys: Sequence[int], known: Mapping[int, Mover]) -> Movers:
    scored = sorted((known[key] for key in keys if key in known), key=lambda mover: (-mover.score, mover.key))
    return Movers(tuple(scored[:NAMED]), len(keys))


def _manner(engine: Engine, key: int, posts: int, observed: int) -> Manner:
    did: dict[int, int] = dict(engine.rows(f"select verb, sum(acts) from deeds where person = {key} group by verb"))
    acts = {way: sum(did.get(VERBS[verb], 0) for verb in verbs) for way, verbs in WAYS.items()}
    ((others, days),) = engine.rows(
        f"select count(distinct other), count(distinct day_no) from deeds where person = {key}"
    )
    return Manner(acts | {"creating": posts}, others, days, observed)


def kept(ready: Portraits, key: int) -> Portrait | None:
    """Return the portrait of somebody that is kept ready, None where there is none."""
    row = ready.find(key)
    return unpacked(row[1]) if row else None


def kept_portrait(ready: Portraits, of: ServedScore) -> Portrait | None:
    """Return the portrait of a served score that is kept ready, None where there is none of that very score."""
    portrait = kept(ready, of.key)
    return portrait if portrait and portrait.is_of(of) else None


def kept_ground(ready: Portraits, of: ServedScore) -> Ground | None:
    """Return the ground of a served score that is kept ready, as `kept_portrait` does its portrait."""
    portrait = kept_portrait(ready, of)
    return portrait.ground if portrait else None


def packed(portrait: Portrait) -> bytes:
    """Return a portrait as the store keeps it."""
    return msgspec.json.encode(portrait)


def unpacked(body: bytes) -> Portrait:
    """Return the portrait that the store kept."""
    return msgspec.json.decode(body, type=Portrait)
