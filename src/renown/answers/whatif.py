"""What if: a person's score if some of what they get were more or less, by the method's own steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from renown.answers.ground import EVERYBODY, Ground, Outcome, Supposed, outcomes
from renown.answers.levers import Change, Lever, Levers
from renown.engines import Engine
from renown.method import MILLION
from renown.records import day_of

_NEAR = 1e-9
"""Points by which engines may differ in a logarithm's last bits."""
_LESS = "some of what counted that day is no longer in the lake: this begins at what is left of it"


@dataclass(frozen=True)
class SignalThen:
    """One signal of one account, now and then."""

    network: str
    account: str
    """``network:handle``, or its id where it has no handle."""
    key: str
    """What a change is of: ``network:id/signal``."""
    signal: str
    unit: str
    """What is counted: `people` in the window, `followers` or `lists`."""
    now: int
    """People of the window, known by name or as a number; followers; lists."""
    then: int
    points: float
    """Points of score now; with the point that everybody has they sum to `score`."""
    points_then: float
    """The same then; they sum to `score_then`."""


@dataclass(frozen=True)
class WhatIf:
    """A score as it is, and as it would be."""

    who: str
    day: str
    """UTC day, as 2026-11-23."""
    score: float
    """1 to 100."""
    score_then: float
    move: float
    """Signed points from the one to the other."""
    everybody: float
    """The point that everybody has."""
    signals: tuple[SignalThen, ...]
    """Largest moves first; signals that nobody gave and nobody supposes are left out."""
    said: str
    """What keeps `score` from being the published one; empty where it is."""


def what_if(who: str, score: float, ground: Ground, changes: Sequence[Change], engine: Engine) -> WhatIf:
    """
    Run the method's last steps on what somebody supposes; without a change that is the published score.

    Parameters
    ----------
    who : str
    score : float
        As it was published.
    ground : Ground
    changes : sequence of Change
        One after another.
    engine : Engine
        A session of its own.

    Raises
    ------
    BadInput
        If a change is of nothing that there is, or of more than there is.
    BadMethod
        If the day was published by other steps than this renown's.
    """
    levers = Levers(ground)
    both = (levers.now, levers.supposed(changes))
    now, then = outcomes(engine, ground, both)
    return WhatIf(
        who,
        day_of(int(ground.constants[0])).isoformat(),
        now.score,
        then.score,
        then.score - now.score,
        EVERYBODY,
        signals_then(levers, both, (now, then)),
        missing(score, now.score),
    )


def signals_then(
    levers: Levers, supposed: tuple[Supposed, Supposed], made: tuple[Outcome, Outcome]
) -> tuple[SignalThen, ...]:
    """Put two suppositions side by side, signal by signal, the largest moves first."""
    before, after = ({row[:2]: row for row in each.signals} for each in supposed)
    told = [
        SignalThen(
            lever.network,
            lever.account,
            lever.key,
            lever.signal,
            lever.unit,
            _count(lever, before.get(key)),
            _count(lever, after.get(key)),
            made[0].points.get(key, 0.0),
            made[1].points.get(key, 0.0),
        )
        for key, lever in levers.all.items()
    ]
    given = [each for each in told if each.now or each.then]
    return tuple(sorted(given, key=lambda each: -abs(each.points_then - each.points)))


def missing(published: float, now: float) -> str:
    """Return why a ground does not bear the published score; empty where it does."""
    return "" if abs(published - now) < _NEAR else _LESS


def _count(lever: Lever, row: tuple[int, ...] | None) -> int:
    if row is None:
        return 0
    return row[3] + row[4] if lever.unit == "people" else row[2] // MILLION
