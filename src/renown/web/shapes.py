"""What our API says, where no answer says it already: frozen records that become JSON."""

from dataclasses import dataclass
from datetime import date

from renown.answers import History, Mover, Post, Range, Shares, Style
from renown.store import ServedScore


@dataclass(frozen=True)
class Score:
    """A person's score of the served day."""

    who: str
    """The person's name; ``network:id`` of an account that nobody claimed."""
    day: date
    score: float
    """1 to 100."""
    percentile: float
    """Percent of the people scored that day whose score is not higher."""
    rank: int
    """1 for the highest; equal scores share it."""
    audience: int | None
    """Followers over all accounts; null where they are not known."""
    peers: float | None
    """As `percentile`, among people of like audience."""
    people: int
    """People reached in the window."""
    days: int
    """Days observed of the window."""
    networks: int
    accounts: int
    strength: float
    """Follower-equivalents."""

    @classmethod
    def of(cls, found: ServedScore) -> "Score":
        """Return what is told of a served score."""
        return cls(
            found.name,
            found.day,
            found.score,
            found.percentile,
            found.rank,
            found.audience,
            found.peers,
            found.people,
            found.days,
            found.networks,
            found.accounts,
            found.strength / 1e9,
        )


@dataclass(frozen=True)
class Account:
    """An account that a person claimed."""

    network: str
    name: str
    """Its handle, or its id where it has none."""
    account_id: str
    proven: bool
    """Whether something shows that it is theirs."""
    proof: str
    """What does: `token`, `link`, `domain`; `archive`, which proves nothing; or empty."""


@dataclass(frozen=True)
class Person:
    """A person: score, accounts, how far the score moved, how they take part."""

    score: Score
    accounts: list[Account]
    moved: dict[str, float | None]
    """Points of the last `day`, `week` and `month`; null where there was no score then."""
    reach: int
    amplification: float
    network: float
    style: Style
    shares: Shares
    """The score by network and by signal."""
    range: Range
    """How sure the score is."""


@dataclass(frozen=True)
class People:
    """Claimed people by rank."""

    people: list[Score]
    next: str | None
    """Cursor of the next page: pass it as `after`; null on the last."""


@dataclass(frozen=True)
class Posts:
    """Somebody's posts of the window that brought them most."""

    who: str
    day: date
    posts: list[Post]
    """Most points first."""


@dataclass(frozen=True)
class Influence:
    """Who moves somebody, and who is moved by them."""

    who: str
    influencers: list[Mover]
    influencees: list[Mover]
    influencers_count: int
    """Everybody the person reacted to in the window, with or without a score."""
    influencees_count: int


@dataclass(frozen=True)
class PublishedOn:
    """A published day."""

    day: date
    method: str
    method_digest: str
    inputs: str
    """Digest of all that counted."""
    people: int
    own: bool
    """Whether it is the day's own: published first, shown unless another method is asked for."""


@dataclass(frozen=True)
class Compared:
    """People side by side, each with their history and points by signal."""

    people: list[Score]
    histories: list[History]
    signals: list[dict[str, float]]
    """Points by signal, over all networks."""
    ranges: list[Range]
    """How sure each score is."""
