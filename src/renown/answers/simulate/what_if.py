"""Simulate a person's score after what-if changes of signals, by the method's own steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from renown.answers.simulate.inputs import ScoringInputs, SimulatedOutcome
from renown.answers.simulate.ledger_inputs import LedgerInputs
from renown.answers.simulate.ledger_levers import AnyLevers, open_levers
from renown.answers.simulate.levers import WhatIfChange
from renown.engines.base import Engine
from renown.method.parameters import BASE_SCORE
from renown.records import day_from_number

_TOLERANCE = 1e-9
"""Tolerance in points, because engines differ in the last bits of logarithms."""
_INCOMPLETE_DATA = "some data of that day is no longer in the lake: the simulation starts from the remaining data"


@dataclass(frozen=True, kw_only=True)
class SimulatedSignal:
    """One signal of one account, now and after the simulated change."""

    network: str
    account: str
    """``network:handle``, or its id if it has no handle."""
    key: str
    """Subject of a change: ``network:id/signal``."""
    signal: str
    unit: str
    """Unit of `now`: `people` or `acts` in the window, `followers` or `lists`."""
    now: int
    """People or acts in the window, both named and counted; followers; lists."""
    after: int
    points: float
    """Points now; with `base_score` they sum to `score`."""
    points_after: float
    """Points after the change; with `base_score` they sum to `score_after`."""


@dataclass(frozen=True, kw_only=True)
class WhatIfResult:
    """A score now and after simulated changes."""

    name: str
    day: str
    """UTC day, as 2026-11-23."""
    score: float
    """1 to 100."""
    score_after: float
    move: float
    """Signed points from `score` to `score_after`."""
    base_score: float
    """The 1 point that every score starts with."""
    signals: tuple[SimulatedSignal, ...]
    """Largest change first; signals that are 0 both now and after are omitted."""
    message: str
    """Reason why `score` is not the published one; empty if it is."""


def simulate_changes(
    name: str, score: float, inputs: ScoringInputs | LedgerInputs, changes: Sequence[WhatIfChange], engine: Engine
) -> WhatIfResult:
    """
    Simulate a score after changes; without changes it is the published score.

    Parameters
    ----------
    name : str
    score : float
        The published score.
    inputs : ScoringInputs or LedgerInputs
    changes : sequence of WhatIfChange
        Applied in order.
    engine : Engine
        A session that nothing else uses.

    Raises
    ------
    InvalidInputError
        If a change names no signal, or removes more than there is.
    InvalidMethodError
        If the inputs were published by other steps than those of this version.
    """
    levers = open_levers(inputs)
    states = (levers.current_state, levers.apply_changes(changes))
    with engine.small_data():
        outcome, outcome_after = levers.simulate_outcomes(engine, states)
    return WhatIfResult(
        name=name,
        day=day_from_number(int(inputs.constants[0])).isoformat(),
        score=outcome.score,
        score_after=outcome_after.score,
        move=outcome_after.score - outcome.score,
        base_score=BASE_SCORE,
        signals=compare_signals(levers, states, (outcome, outcome_after)),
        message=explain_missing_data(score, outcome.score),
    )


def compare_signals(
    levers: AnyLevers, states: tuple[Any, Any], outcomes: tuple[SimulatedOutcome, SimulatedOutcome]
) -> tuple[SimulatedSignal, ...]:
    """Compare two simulated states signal by signal, largest change first."""
    signals = [
        SimulatedSignal(
            network=lever.network,
            account=lever.account,
            key=lever.key,
            signal=lever.signal,
            unit=lever.unit,
            now=levers.count(key, states[0]),
            after=levers.count(key, states[1]),
            points=outcomes[0].points.get(key, 0.0),
            points_after=outcomes[1].points.get(key, 0.0),
        )
        for key, lever in levers.levers.items()
    ]
    visible_signals = [signal for signal in signals if signal.now or signal.after]
    return tuple(sorted(visible_signals, key=lambda signal: -abs(signal.points_after - signal.points)))


def explain_missing_data(published: float, simulated: float) -> str:
    """Return the reason why the inputs do not reproduce the published score; empty if they do."""
    return "" if abs(published - simulated) < _TOLERANCE else _INCOMPLETE_DATA
