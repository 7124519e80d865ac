"""Rows of the tables of a published day."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RankedScore:
    """A score, and the part of it that ranks: figures that people provide (archives) are easy to edit."""

    score: float
    """1 to 100."""
    verified_score: float | None
    """
    The score without accounts whose figures their owner provided; None if there is no other account.

    It decides rank, percentile, leaderboards, group standings and odds.
    """

    @property
    def ranked_score(self) -> float:
        """The verified score; the score of somebody who has none, and is in no list."""
        return self.score if self.verified_score is None else self.verified_score

    @property
    def has_self_reported(self) -> bool:
        """Whether the score contains figures that the person provided."""
        return self.verified_score != self.score


@dataclass(frozen=True, kw_only=True)
class PublishedScore(RankedScore):
    """Row of the table `scores`: a person's score on a day."""

    person: int
    """Score key: negative for a claimed person, else the account's key."""
    name: str
    strength: int
    """Billionths of a follower-equivalent."""
    accounts: int
    networks: int
    people: int
    """People reached in the window, counted once per account."""
    days: int
    """Days of the window that were observed, on the network with most of them."""


@dataclass(frozen=True, kw_only=True)
class PublishedStrength:
    """Row of the table `strengths`: the strength of one account of a person."""

    account: int
    network: str
    strength: int
    """Billionths of a follower-equivalent."""
    weights: int
    """Millionths; sum of the weights of the signals that could be observed."""
    people: int
    days: int


@dataclass(frozen=True, kw_only=True)
class PublishedPoints:
    """Row of the table `points`: what one signal of one account added to a person's score."""

    network: str
    account: int
    signal: str
    received: int
    """Millionths of the signal's unit: trusted people, followers, lists."""
    value: float
    """ln(1 + follower-equivalents)."""
    weight: int
    """Millionths, before renormalization."""
    points: float
    self_reported: int
    """The part of `received` that the account's owner provided (an archive)."""
