"""The way to a goal in steps: the next one, recipes for it, its odds in words, what the whole way takes, and expiry."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from renown.answers.signal_words import signal_word
from renown.answers.simulate.goal import FROM_OTHERS, GoalPlan, GoalStep, UniformIncrease, plan_two_goals
from renown.answers.simulate.goal_forecast import forecast_goal
from renown.answers.simulate.inputs import ScoringInputs
from renown.answers.simulate.ledger_inputs import LedgerInputs
from renown.answers.simulate.trend_history import MIN_HISTORY_DAYS, TrendHistory
from renown.answers.simulate.way_text import MAX_MULTIPLE, describe_chances, describe_odds, describe_whole_way
from renown.engines.base import Engine
from renown.records import day_number
from renown.store import ServedScore

STEP_POINTS = 5
"""Distance of the steps, in points."""
_WEEK_DAYS = 7
_RECIPE_SIGNALS = ("conversation", "amplification")
PERSON_UNITS = ("acts", "people")
"""Units of levers that stand for what people do."""


@dataclass(frozen=True)
class LadderStep:
    """A score on the way."""

    score: float
    points_away: float
    """Points from the score now; 0 if it is reached."""
    is_next: bool


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One way to the next step by itself, per week, for as long as the window."""

    signal: str
    """The signal; `everything` for reactions, followers and lists together."""
    network: str
    """Network of the account; empty for everything."""
    more_per_week: int | None
    """Further reactions each week; None if no number is enough, and for everything."""
    now_per_week: float | None
    """Reactions each week now; None for everything."""
    percent: int | None
    """Percent more of everything; None for a signal, and if `MAX_PERCENT` are not enough."""
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ExpiryWeek:
    """A week in which reactions leave the window."""

    first_day: str
    """UTC day, as 2026-11-23."""
    last_day: str
    acts: int
    """Reactions of named people that leave, if they are not undone before."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """The way from a score to a target."""

    name: str
    day: str
    score: float
    target: float
    ladder: tuple[LadderStep, ...]
    """Multiples of `STEP_POINTS` above the score, and the target, lowest first; empty if the target is reached."""
    next_step: float
    """The first of them; the target if it is reached."""
    odds: str
    """How likely the next step is, in words with the numbers, or why it is too early to say."""
    recipes: tuple[Recipe, ...]
    """The signal that has to grow least first, relative to what comes now; everything together last."""
    whole_way: str
    """What the whole way takes, in one sentence."""
    target_odds: str
    """How likely the target is, in words with the numbers; empty if it is the next step, or too early to say."""
    multiple: float | None
    """Factor of reactions, followers and lists that reaches the target; None if 101 times are not enough."""
    highest: float | None
    """Highest score here; None if nobody is shown."""
    expiry: tuple[ExpiryWeek, ...]
    """Weeks in which reactions of today's window leave it, the next one first."""


def choose_next_step(score: float, target: float) -> float:
    """
    Return the next multiple of `STEP_POINTS` above a score, at most the target.

    Examples
    --------
    >>> choose_next_step(48.6, 70), choose_next_step(50.0, 70), choose_next_step(68.0, 69), choose_next_step(71.0, 70)
    (50.0, 55.0, 69, 70)
    """
    return min(target, float(STEP_POINTS * (math.floor(score / STEP_POINTS) + 1)))


def plan_way(
    subject: ServedScore,
    inputs: ScoringInputs | LedgerInputs,
    trend_history: TrendHistory | None,
    engine: Engine,
    *,
    target: float,
) -> tuple[GoalPlan, UniformIncrease]:
    """
    Plan the next step to a target, and find the increase of everything that reaches the target itself.

    Parameters
    ----------
    subject : ServedScore
    inputs : ScoringInputs or LedgerInputs
    trend_history : TrendHistory, optional
        None if the score contains self-reported figures, so that there are no odds.
    engine : Engine
        A session that nothing else uses.
    target : float
    """
    next_step = choose_next_step(subject.score, target)
    return plan_two_goals(
        subject.name,
        subject.score,
        inputs,
        trend_history,
        engine,
        target=next_step,
        further_target=max(next_step, target),
    )


def build_way(
    plan: GoalPlan,
    whole: UniformIncrease,
    trend_history: TrendHistory | None,
    *,
    target: float,
    highest: float | None,
    reaction_days: Sequence[tuple[int, int]],
    window: int,
) -> Way:
    """
    Build the way from what `plan_way` found.

    Parameters
    ----------
    plan : GoalPlan
        For the next step.
    whole : UniformIncrease
        The increase of everything that reaches the target.
    trend_history : TrendHistory, optional
        As for `plan_way`.
    target : float
    highest : float, optional
        Highest score here.
    reaction_days : sequence of (int, int)
        Days, counted from 1970, and the reactions of each.
    window : int
        Length of the window, in days.
    """
    multiple = None if whole.percent is None else 1 + whole.percent / 100
    next_multiple = None if plan.total_increase.percent is None else 1 + plan.total_increase.percent / 100
    return Way(
        name=plan.name,
        day=plan.day,
        score=plan.score,
        target=target,
        ladder=tuple(_list_ladder(plan.score, target)),
        next_step=plan.target,
        odds=describe_odds(plan.forecast, trend_history.history_days if trend_history else None, next_multiple),
        recipes=() if plan.score >= target else tuple(_build_recipes(plan, window)),
        whole_way=describe_whole_way(plan.score, target, multiple, highest),
        target_odds=_describe_target_odds(plan, trend_history, target, multiple),
        multiple=multiple,
        highest=highest,
        expiry=tuple(_list_expiry(date.fromisoformat(plan.day), reaction_days, window)),
    )


def _describe_target_odds(
    plan: GoalPlan, trend_history: TrendHistory | None, target: float, multiple: float | None
) -> str:
    """Describe how likely the target is, if it is further than the next step and it is not too early to say."""
    is_near = multiple is not None and multiple <= MAX_MULTIPLE
    if trend_history is None or trend_history.history_days < MIN_HISTORY_DAYS or target <= plan.target or not is_near:
        return ""
    forecast = forecast_goal(trend_history.scores, date.fromisoformat(plan.day), plan.score, target)
    if forecast.odds_30 is None or forecast.odds_90 is None:
        return ""
    return f"{target:g} is {describe_chances(forecast.odds_30, forecast.odds_90)}, at the same trend."


def _list_ladder(score: float, target: float) -> Iterable[LadderStep]:
    step, is_next = choose_next_step(score, target), True
    while score < step:
        yield LadderStep(step, step - score, is_next)
        if step >= target:
            return
        step, is_next = choose_next_step(step, target), False


def _build_recipes(plan: GoalPlan, window: int) -> Iterable[Recipe]:
    """Yield two signals, each on the network where it has to grow least, that one first; then everything."""
    steps = [step for step in plan.steps if step.lever.unit in PERSON_UNITS]
    smallest = [
        min(steps_of_signal, key=_growth)
        for signal in _RECIPE_SIGNALS
        if (steps_of_signal := [step for step in steps if step.lever.signal == signal])
    ]
    for step in sorted(smallest, key=_growth):
        yield _build_signal_recipe(step, plan.target, window / _WEEK_DAYS)
    percent, reactions = plan.total_increase.percent, plan.uniform_increase.message
    yield Recipe(
        signal="everything",
        network="",
        more_per_week=None,
        now_per_week=None,
        percent=percent,
        sentence=f"{percent:,}% more of everything: reactions, followers and lists; or {reactions}"
        if percent is not None
        else f"{plan.total_increase.maximum:,}% more of everything are not enough",
    )


def _growth(step: GoalStep) -> float:
    """Return how much a signal has to grow as a share of what comes now: ten more are easy where a hundred come."""
    return step.increase / step.lever.now if step.increase is not None and step.lever.now else math.inf


def _describe_rate(per_week: float) -> str:
    """
    Describe how many reactions come in a week.

    Examples
    --------
    >>> [_describe_rate(rate) for rate in (0, 0.2, 4.6)]
    ['none', 'less than 1 a week', 'about 5 a week']
    """
    if not per_week:
        return "none"
    return f"about {per_week:,.0f} a week" if per_week >= 1 else "less than 1 a week"


def _build_signal_recipe(step: GoalStep, target: float, weeks: float) -> Recipe:
    now = step.lever.now / weeks
    more = None if step.increase is None else math.ceil(step.increase / weeks)
    if more is None:
        sentence = f"{signal_word(step.lever.signal)} alone do not reach {target:g}"
    else:
        word = signal_word(step.lever.signal, more)
        sentence = f"{more:,} more {word} a week, {FROM_OTHERS}; now {_describe_rate(now)}"
    return Recipe(
        signal=step.lever.signal,
        network=step.lever.network,
        more_per_week=more,
        now_per_week=now,
        percent=None,
        sentence=sentence,
    )


def _list_expiry(day: date, reaction_days: Sequence[tuple[int, int]], window: int) -> Iterable[ExpiryWeek]:
    """Yield the weeks until the last reaction of the window has left it."""
    for first in range(1, window + 1, _WEEK_DAYS):
        week = range(first, min(first + _WEEK_DAYS, window + 1))
        left_days = {day_number(day) + days - window for days in week}
        yield ExpiryWeek(
            first_day=(day + timedelta(days=week[0])).isoformat(),
            last_day=(day + timedelta(days=week[-1])).isoformat(),
            acts=sum(acts for day_no, acts in reaction_days if day_no in left_days),
        )
