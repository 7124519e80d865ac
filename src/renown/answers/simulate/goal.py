"""Plan how to reach a goal: increases that reach it, a forecast by the trend, and the decay without new reactions."""

from collections.abc import Mapping
from dataclasses import dataclass

from renown.answers.simulate.decay_forecast import DecayForecast, build_decay_forecast
from renown.answers.simulate.goal_forecast import TARGET_REACHED, GoalForecast, forecast_goal, no_forecast
from renown.answers.simulate.inputs import ScoringInputs
from renown.answers.simulate.ledger_inputs import LedgerInputs
from renown.answers.simulate.ledger_levers import AnyLevers, open_levers
from renown.answers.simulate.lever_search import FURTHER, MAX_PERCENT, IncreaseSearch, list_first_pairs, to_states
from renown.answers.simulate.levers import ALL, EVERYTHING, Lever
from renown.answers.simulate.trend_history import TrendHistory
from renown.answers.simulate.what_if import explain_missing_data
from renown.engines.base import Engine
from renown.records import day_from_number

FROM_OTHERS = "from people who have not reacted yet"
"""From whom further reactions come in a simulation."""
_SELF_REPORTED = "the score contains figures from the person's own archive, which are easy to edit"


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
    trend_history: TrendHistory | None,
    engine: Engine,
    *,
    target: float,
) -> GoalPlan:
    """Plan how a person reaches a target score; see `plan_two_goals`."""
    return plan_two_goals(name, score, inputs, trend_history, engine, target=target, further_target=target)[0]


def plan_two_goals(
    name: str,
    score: float,
    inputs: ScoringInputs | LedgerInputs,
    trend_history: TrendHistory | None,
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
    trend_history : TrendHistory, optional
        None if the score contains self-reported figures, so that there are no odds.
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
    first_pairs = list_first_pairs(levers)
    with engine.small_data():
        outcomes = levers.simulate_outcomes(
            engine, [*decay_states, *to_states(levers, first_pairs)], with_points=len(decay_states)
        )
        first_scores = [outcome.score for outcome in outcomes[len(decay_states) :]]
        search = IncreaseSearch(levers, engine, dict(zip(first_pairs, first_scores, strict=True)))
        increases = search.find(dict.fromkeys(search.maxima, target) | {FURTHER: further_target})
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
        forecast=no_forecast(_SELF_REPORTED)
        if trend_history is None
        else forecast_goal(trend_history.scores, day, score, target, recomputed_days=len(trend_history.recomputed)),
        decay_forecast=build_decay_forecast(levers, day, decay_outcomes),
        message=explain_missing_data(score, decay_outcomes[0].score),
    )
    return plan, _to_uniform_increase(*increases[FURTHER], "of everything")


def _to_goal_steps(
    levers: AnyLevers, increases: Mapping[str, tuple[int | None, float]], maxima: Mapping[str, int]
) -> tuple[GoalStep, ...]:
    """Return one step per lever; the smallest increase first, those that are not enough last."""
    steps = [_to_goal_step(lever, *increases[lever.key], maxima[lever.key]) for lever in levers.levers.values()]
    return tuple(
        sorted(steps, key=lambda step: (step.increase is None, step.increase or 0, -step.score, step.lever.key))
    )


def _to_goal_step(lever: Lever, increase: int | None, score: float, maximum: int) -> GoalStep:
    if increase is None:
        message = f"{maximum:,} more {lever.unit} alone are not enough: the score would be {score:.1f}"
    elif increase:
        others = f" {FROM_OTHERS}" if lever.unit == "acts" else ""
        message = f"{increase:,} more {lever.unit}{others}, in addition to {lever.now:,}"
    else:
        message = TARGET_REACHED
    return GoalStep(lever, increase, maximum, score, message)


def _to_uniform_increase(percent: int | None, score: float, amount: str) -> UniformIncrease:
    if percent is None:
        message = f"{MAX_PERCENT:,}% more {amount} are not enough: the score would be {score:.1f}"
    else:
        message = f"{percent:,}% more {amount}" if percent else TARGET_REACHED
    return UniformIncrease(percent, MAX_PERCENT, score, message)
