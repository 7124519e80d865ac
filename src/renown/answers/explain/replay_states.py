"""States of a replayed score change: the score after a cause, its composition, and what the cause changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SignalKey = tuple[str, int, str]
"""(network, account, signal)"""


@dataclass(frozen=True)
class Contribution:
    """Change of what an actor, a post, or a group of them contributed."""

    kind: str
    """As the lines of a receipt, e.g. `actor`, `unknown` or `post`; `others` for those beyond the listed ones."""
    name: str
    """Account key of the actor, or id of the post; empty for a sum."""
    acts: int
    """Signed number of acts; for `others`, the number of actors or posts."""
    received: int
    """Signed; millionths of the signal's unit for actors, billionths for posts."""
    size: int
    """Sum of the absolute values of `received`."""


@dataclass(frozen=True)
class SignalValue:
    """Values of one signal of one account in a score."""

    points: float = 0.0
    received: int = 0
    """Millionths of the signal's unit."""
    exponent: float = 0.0
    """The signal's term of ln(1 + strength of the account)."""
    amount: float = 0.0
    """Price times what was received, of reactions that share one term of that sum; 0 if each signal has its own."""


@dataclass(frozen=True)
class StateOutcome:
    """Scores of a state, and what they are made of."""

    scores: dict[int, float]
    """Person to score; whoever has none is missing."""
    signals: Mapping[int, dict[SignalKey, SignalValue]]
    """Person to the values of their signals."""
    strengths: Mapping[int, dict[int, float]]
    """Person to account to strength, in follower-equivalents."""


@dataclass(frozen=True, kw_only=True)
class ReplayState:
    """A score and its composition after a cause was applied."""

    kind: str
    """The cause; `first` for the state before all causes."""
    score: float
    signals: Mapping[SignalKey, SignalValue]
    strengths: Mapping[int, float]
    """Account to strength, in follower-equivalents."""
    actors: Mapping[SignalKey, Sequence[Contribution]]
    """Actors whose contributions changed by this cause, largest change first."""
    posts: Mapping[SignalKey, Sequence[Contribution]]
    """The same for posts."""
