"""Plan how to reach a goal: increases that reach it, a forecast by the trend, and the decay without new reactions."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from renown.answers.simulate.forecast import MIN_TREND_DAYS, TREND_DAYS, estimate_reach_probability, estimate_trend
from renown.answers.simulate.inputs import ScoringInputs, SimulatedOutcome
from renown.answers.simulate.ledger_inputs import LedgerInputs
from renown.answers.simulate.ledger_levers import AnyLevers, open_levers
from renown.answers.simulate.levers import ALL, EVERYTHING, Lever, WhatIfChange
from renown.answers.simulate.what_if import SimulatedSignal, compare_signals, explain_missing_data
from renown.engines.base import Engine
from renown.records import day_from_number
from renown.text import plural

MAX_PEOPLE = 1_000_000
"""Largest increase of people in the window that is searched."""
MAX_PROFILE_COUNT = 100_000_000
"""Largest increase of followers or lists that is searched; as many as a score of 100 stands for."""
MAX_PERCENT = 10_000
"""Largest increase of all reactions that is searched, in percent; about a hundred times as many."""
MAX_FORECAST_DAYS = 3_660
"""Furthest date that is forecast, in days; the trend of a month does not hold for more than ten years."""
_VALUES_PER_PASS = 48
"""Number of values that are simulated per lever in the first pass."""
_FEW_VALUES, _NEAR_VALUES = 12, 12
"""The same in later passes: evenly spaced, and on either side of the estimate."""
_FURTHER = "further"
"""Key of the search for the increase of everything that reaches the further target."""
_TARGET_REACHED = "the target is reached"
_SELF_REPORTED = "no odds: the score contains figures from the person's own archive"


@dataclass(frozen=True)
class GoalStep:
    """The smallest increase of one signal that reaches the target by itself."""

    lever: Lever
    increase: int | None
    """People, followers or lists to add; 0 if the target is reached already; None if `maximum` is not enough."""
    maximum: int
    """Largest increase that was searched."""
    score: float
    """Score after the increase, or after `maximum` if that is not enough."""
    message: str
    """The same as a sentence."""


@dataclass(frozen=True)
class UniformIncrease:
    """The smallest uniform increase, of all reactions or of everything, that reaches the target."""

    percent: int | None
    """Percent, rounded up to an integer; None if `maximum` is not enough."""
    maximum: int
    score: float
    """Score after the increase, or after `maximum`, if that is not enough."""
    message: str


@dataclass(frozen=True, kw_only=True)
class GoalForecast:
    """Forecast of reaching the target at the current trend."""

    odds_30: float | None
    """Probability, 0 to 1, that the target is reached within 30 days; None if the history is too short."""
    odds_90: float | None
    """The same within 90 days."""
    date: str | None
    """UTC day on which the drift alone reaches the target, as 2026-11-23; None if it does not."""
    drift: float | None
    """Points per day; None if the history is too short."""
    scatter: float | None
    """Standard deviation of the daily changes around the drift, in points."""
    days: int
    """Days between the first and the last score used for the trend."""
    message: str
    """Reason why there are no odds or no date; empty if there are both."""


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


@dataclass(frozen=True, kw_only=True)
class GoalPlan:
    """Everything that a person needs to know to get from a score to a target."""

    name: str
    day: str
    """UTC day, as 2026-11-23."""
    target: float
    score: float
    """1 to 100."""
    simulated_score: float
    """Score at which the simulation starts: the published one, unless `message` says why not."""
    points_to_goal: float
    """Points from the score to the target; 0 if it is reached."""
    steps: tuple[GoalStep, ...]
    """One per signal and account; the smallest increase first, those that are not enough last."""
    uniform_increase: UniformIncrease
    """Of all reactions on all networks."""
    total_increase: UniformIncrease
    """Of all reactions, followers and lists."""
    forecast: GoalForecast
    decay_forecast: tuple[DecayForecast, ...]
    """One per forecast horizon of the inputs."""
    message: str
    """Reason why the simulation does not start at the published score; empty if it does."""


def plan_goal(
    name: str,
    score: float,
    inputs: ScoringInputs | LedgerInputs,
    history: Sequence[tuple[date, float | None]] | None,
    engine: Engine,
    *,
    target: float,
) -> GoalPlan:
    """Plan how a person reaches a target score; see `plan_two_goals`."""
    return plan_two_goals(name, score, inputs, history, engine, target=target, further_target=target)[0]


def plan_two_goals(
    name: str,
    score: float,
    inputs: ScoringInputs | LedgerInputs,
    history: Sequence[tuple[date, float | None]] | None,
    engine: Engine,
    *,
    target: float,
    further_target: float,
) -> tuple[GoalPlan, UniformIncrease]:
    """
    Plan how a person reaches a target score, by simulating increases with the method's own steps.

    Parameters
    ----------
    name : str
    score : float
        The published score.
    inputs : ScoringInputs or LedgerInputs
    history : sequence of (date, float or None), optional
        Scores by day, up to the published day; None if they contain self-reported figures, so that there are no odds.
    engine : Engine
        A session that nothing else uses.
    target : float
    further_target : float
        A higher score, to which only the increase of everything is found.

    Returns
    -------
    GoalPlan
    UniformIncrease
        Of all reactions, followers and lists, to the further target.

    Raises
    ------
    InvalidMethodError
        If the inputs were published by other steps than those of this version.
    """
    levers, day = open_levers(inputs), day_from_number(int(inputs.constants[0]))
    decay_states = [levers.current_state, *levers.decayed_states.values()]
    # One pass over the steps for both: planning the SQL takes longer than running it on a few hundred rows.
    first_pairs = _list_first_pairs(levers)
    with engine.small_data():
        outcomes = levers.simulate_outcomes(
            engine, [*decay_states, *_to_states(levers, first_pairs)], with_points=len(decay_states)
        )
        first_scores = [outcome.score for outcome in outcomes[len(decay_states) :]]
        search = _IncreaseSearch(levers, engine, dict(zip(first_pairs, first_scores, strict=True)))
        increases = search.find(dict.fromkeys(search.maxima, target) | {_FURTHER: further_target})
    decay_outcomes = outcomes[: len(decay_states)]
    plan = GoalPlan(
        name=name,
        day=day.isoformat(),
        target=target,
        score=score,
        simulated_score=decay_outcomes[0].score,
        points_to_goal=max(0.0, target - score),
        steps=_to_goal_steps(levers, increases, search.maxima),
        uniform_increase=_to_uniform_increase(*increases[EVERYTHING], "of all reactions"),
        total_increase=_to_uniform_increase(*increases[ALL], "of everything"),
        forecast=_no_forecast(_SELF_REPORTED) if history is None else forecast_goal(dict(history), day, score, target),
        decay_forecast=_build_decay_forecast(levers, day, decay_outcomes),
        message=explain_missing_data(score, decay_outcomes[0].score),
    )
    return plan, _to_uniform_increase(*increases[_FURTHER], "of everything")


def forecast_goal(history: Mapping[date, float | None], day: date, score: float, target: float) -> GoalForecast:
    """Forecast the odds and the date of reaching a target, by the trend of the person's own scores."""
    known_scores = {
        past_day: past_score for past_day, past_score in history.items() if past_score is not None and past_day <= day
    }
    current_trend = estimate_trend(known_scores)
    if score >= target:
        return GoalForecast(
            odds_30=1.0,
            odds_90=1.0,
            date=day.isoformat(),
            drift=current_trend.drift if current_trend else None,
            scatter=current_trend.scatter if current_trend else None,
            days=current_trend.days if current_trend else 0,
            message=_TARGET_REACHED,
        )
    if current_trend is None:
        recent_days = sum((day - past_day).days <= TREND_DAYS for past_day in known_scores)
        message = f"{recent_days} of the last {TREND_DAYS + 1} days have a score; a trend needs {MIN_TREND_DAYS}"
        return _no_forecast(message)
    points_to_goal = target - score
    odds = [estimate_reach_probability(current_trend, points_to_goal, days) for days in (30, 90)]
    # This prevents division by a drift of 0, and a date that overflows because the drift is tiny.
    is_reachable = current_trend.drift > 0 and points_to_goal <= current_trend.drift * MAX_FORECAST_DAYS
    target_date = day + timedelta(days=-int(-points_to_goal // current_trend.drift)) if is_reachable else None
    if is_reachable:
        message = ""
    elif current_trend.drift > 0:
        message = f"at {current_trend.drift:+.4f} points per day it takes more than {MAX_FORECAST_DAYS:,} days"
    else:
        days = plural(current_trend.days, "day")
        message = f"the score does not rise: {current_trend.drift:+.2f} points per day over {days}"
    target_day = target_date.isoformat() if target_date else None
    return GoalForecast(
        odds_30=odds[0],
        odds_90=odds[1],
        date=target_day,
        drift=current_trend.drift,
        scatter=current_trend.scatter,
        days=current_trend.days,
        message=message,
    )


def _no_forecast(message: str) -> GoalForecast:
    return GoalForecast(odds_30=None, odds_90=None, date=None, drift=None, scatter=None, days=0, message=message)


def _build_decay_forecast(
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


class _IncreaseSearch:
    """
    Search for the smallest increases of a person's levers, with the scores that were simulated so far.

    Parameters
    ----------
    levers : AnyLevers
    engine : Engine
    known_scores : dict of (str, int) to float
        Scores by lever and increase.
    """

    def __init__(self, levers: AnyLevers, engine: Engine, known_scores: dict[tuple[str, int], float]) -> None:
        self._levers, self._engine, self._known_scores = levers, engine, known_scores
        self.maxima = _find_maxima(levers)

    def find(self, targets: Mapping[str, float]) -> dict[str, tuple[int | None, float]]:
        """Find the smallest increase of each lever that reaches its target; `_FURTHER` is that of everything."""
        maxima = {lever: self.maxima[ALL if lever == _FURTHER else lever] for lever in targets}
        return find_smallest_increases(self._simulate, maxima, targets)

    def _simulate(self, pairs: Sequence[tuple[str, int]]) -> list[float]:
        pairs = [(ALL if lever == _FURTHER else lever, increase) for lever, increase in pairs]
        new_pairs = [pair for pair in dict.fromkeys(pairs) if pair not in self._known_scores]
        if new_pairs:
            scores = self._levers.simulate_scores(self._engine, _to_states(self._levers, new_pairs))
            self._known_scores.update(zip(new_pairs, scores, strict=True))
        return [self._known_scores[pair] for pair in pairs]


def _to_goal_steps(
    levers: AnyLevers, increases: Mapping[str, tuple[int | None, float]], maxima: Mapping[str, int]
) -> tuple[GoalStep, ...]:
    """Return one step per lever; the smallest increase first, those that are not enough last."""
    steps = [_to_goal_step(lever, *increases[lever.key], maxima[lever.key]) for lever in levers.levers.values()]
    return tuple(
        sorted(steps, key=lambda step: (step.increase is None, step.increase or 0, -step.score, step.lever.key))
    )


def _find_maxima(levers: AnyLevers) -> dict[str, int]:
    """Return the largest increase of each lever that is searched."""
    maxima = {
        lever.key: MAX_PEOPLE if levers.is_about_people(key) else MAX_PROFILE_COUNT
        for key, lever in levers.levers.items()
    }
    return maxima | {EVERYTHING: MAX_PERCENT, ALL: MAX_PERCENT}


def _list_first_pairs(levers: AnyLevers) -> list[tuple[str, int]]:
    """Return the (lever, increase) pairs of the first pass of the search, which do not depend on the target."""
    return [
        (lever, increase)
        for lever, maximum in _find_maxima(levers).items()
        for increase in spread_between(SearchRange(-1, maximum), 0.0)
    ]


def _to_states(levers: AnyLevers, pairs: Iterable[tuple[str, int]]) -> list[Any]:
    return [levers.apply_changes([_to_change(lever, increase)]) for lever, increase in pairs]


def find_smallest_increases(
    simulate: Callable[[Sequence[tuple[str, int]]], Sequence[float]],
    maxima: Mapping[str, int],
    targets: Mapping[str, float],
) -> dict[str, tuple[int | None, float]]:
    """
    Find the smallest increase of each lever that reaches its target, searching all levers in the same passes.

    Parameters
    ----------
    simulate : callable
        Returns the scores of (lever, increase) pairs; must be monotone in the increase.
    maxima : mapping of str to int
        Lever to its largest increase.
    targets : mapping of str to float
        Lever to its target.

    Returns
    -------
    dict of str to (int or None, float)
        The increase and its score; None and the score of the largest increase if that does not reach the target.

    Examples
    --------
    >>> maxima, targets = {"a": 100, "b": 1000}, {"a": 12, "b": 70}
    >>> find_smallest_increases(lambda pairs: [1 + number / 10 for _, number in pairs], maxima, targets)
    {'a': (None, 11.0), 'b': (690, 70.0)}
    """
    increases: dict[str, tuple[int | None, float]] = {}
    ranges = {lever: SearchRange(-1, maximum) for lever, maximum in maxima.items()}
    while ranges:
        candidates = {lever: spread_between(search_range, targets[lever]) for lever, search_range in ranges.items()}
        pairs = [(lever, number) for lever, numbers in candidates.items() for number in numbers]
        scores = dict(zip(pairs, simulate(pairs), strict=True))
        for lever, numbers in candidates.items():
            reached = next((number for number in numbers if scores[lever, number] >= targets[lever]), None)
            low, low_score = max(
                ((number, scores[lever, number]) for number in numbers if reached is not None and number < reached),
                default=(ranges[lever].low, ranges[lever].low_score),
            )
            if reached is None or reached - low == 1:
                increases[lever] = (reached, scores[lever, numbers[-1] if reached is None else reached])
                del ranges[lever]
            else:
                ranges[lever] = SearchRange(low, reached, low_score, scores[lever, reached])
    return increases


@dataclass(frozen=True)
class SearchRange:
    """A range of increases: `low` does not reach the target, and the smallest that does is at most `high`."""

    low: int
    """-1 before the first pass."""
    high: int
    low_score: float | None = None
    """None if it was not simulated."""
    high_score: float | None = None


def spread_between(search_range: SearchRange, target: float) -> list[int]:
    """
    Return the values to simulate above `low`, up to `high`, in ascending order.

    In the first pass they are geometrically spaced. Later, some are evenly spaced, and the others surround the place
    where the target is by the scores at both ends, the denser the nearer: the score is nearly linear in the logarithm
    of an increase, so this estimate is mostly off by little.

    Examples
    --------
    >>> spread_between(SearchRange(7, 10), 70)
    [8, 9, 10]
    >>> len(spread_between(SearchRange(-1, 1_000_000), 70)), spread_between(SearchRange(-1, 1_000_000), 70)[-1]
    (47, 1000000)
    """
    low, high = search_range.low, search_range.high
    span, positions = high - low, range(1, _VALUES_PER_PASS + 1)
    if span <= _VALUES_PER_PASS:
        return list(range(low + 1, high + 1))
    if low < 0:
        return sorted({low + 1, *(low + round(span ** (position / _VALUES_PER_PASS)) for position in positions)})
    values = {low - (-span * position // _FEW_VALUES) for position in range(1, _FEW_VALUES + 1)}
    estimate = _interpolate(search_range, target)
    distances = {0, *(round((span / 2) ** (position / _NEAR_VALUES)) for position in range(_NEAR_VALUES + 1))}
    values |= {estimate + sign * distance for distance in distances for sign in (-1, 1)}
    return sorted(value for value in values if low < value <= high)


def _interpolate(search_range: SearchRange, target: float) -> int:
    """Estimate where the target is reached, as if the score rose with the logarithm of the increase."""
    low, high = search_range.low, search_range.high
    if search_range.low_score is None or search_range.high_score is None:
        return (low + high) // 2
    rise = search_range.high_score - search_range.low_score
    share = (target - search_range.low_score) / rise if rise > 0 else 0.5
    factor = math.exp(min(max(share, 0.0), 1.0) * math.log((high + 1) / (low + 1)))
    return round((low + 1) * factor) - 1


def _to_change(subject: str, increase: int) -> WhatIfChange:
    return (
        WhatIfChange(subject, 0, Fraction(100 + increase, 100))
        if subject in (EVERYTHING, ALL)
        else WhatIfChange(subject, increase, Fraction(1))
    )


def _to_goal_step(lever: Lever, increase: int | None, score: float, maximum: int) -> GoalStep:
    if increase is None:
        message = f"{maximum:,} more {lever.unit} alone are not enough: the score would be {score:.1f}"
    elif increase:
        message = f"{increase:,} more {lever.unit}, in addition to {lever.now:,}"
    else:
        message = _TARGET_REACHED
    return GoalStep(lever, increase, maximum, score, message)


def _to_uniform_increase(percent: int | None, score: float, amount: str) -> UniformIncrease:
    if percent is None:
        message = f"{MAX_PERCENT:,}% more {amount} are not enough: the score would be {score:.1f}"
    else:
        message = f"{percent:,}% more {amount}" if percent else _TARGET_REACHED
    return UniformIncrease(percent, MAX_PERCENT, score, message)
