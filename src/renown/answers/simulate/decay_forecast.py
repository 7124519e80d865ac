"""Forecast the score if there are no new reactions: acts grow older and leave the window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from renown.answers.simulate.inputs import SimulatedOutcome
from renown.answers.simulate.ledger_levers import AnyLevers
from renown.answers.simulate.what_if import SimulatedSignal, compare_signals


@dataclass(frozen=True, kw_only=True)
class DecayForecast:
    """The score some days later if there are no new reactions."""

    days: int
    """Number of days after the published day."""
    day: str
    """UTC day, as 2026-11-23."""
    score: float
    move: float
    """Signed points from the score now."""
    acts: int
    """Number of acts of named people that will have left the window."""
    acts_by_signal: dict[str, int]
    """The same by signal, without zeros."""
    signals: tuple[SimulatedSignal, ...]
    """Largest change first; it includes the ageing of acts that stay in the window."""


def build_decay_forecast(
    levers: AnyLevers, day: date, outcomes: Sequence[SimulatedOutcome]
) -> tuple[DecayForecast, ...]:
    """Compare the score now with that at each horizon without new reactions: the same acts, older."""
    now, (outcome_now, *later_outcomes) = levers.current_state, outcomes
    forecasts = []
    for (days, state), outcome in zip(levers.decayed_states.items(), later_outcomes, strict=True):
        expired_acts = _count_expired_acts(levers, state)
        forecasts.append(
            DecayForecast(
                days=days,
                day=(day + timedelta(days=days)).isoformat(),
                score=outcome.score,
                move=outcome.score - outcome_now.score,
                acts=sum(expired_acts.values()),
                acts_by_signal=expired_acts,
                signals=compare_signals(levers, (now, state), (outcome_now, outcome)),
            )
        )
    return tuple(forecasts)


def _count_expired_acts(levers: AnyLevers, later_state: Any) -> dict[str, int]:
    acts, later_acts = levers.count_acts(levers.current_state), levers.count_acts(later_state)
    expired_acts = {name: count - later_acts.get(name, 0) for name, count in acts.items()}
    return {name: count for name, count in expired_acts.items() if count}
