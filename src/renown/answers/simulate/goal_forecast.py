"""Forecast the odds and the date of reaching a goal, by the trend of the person's own scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from renown.answers.simulate.forecast import (
    MIN_TREND_DAYS,
    TREND_DAYS,
    Trend,
    estimate_reach_probability,
    estimate_trend,
)
from renown.text import plural

MAX_FORECAST_DAYS = 3_660
"""Furthest date that is forecast, in days; the trend of a month does not hold for more than ten years."""
TARGET_REACHED = "the target is reached"


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
    recomputed_days: int
    """Days of the trend whose scores were recomputed, from before the first published one."""
    message: str
    """Reason why there are no odds or no date; empty if there are both."""


def forecast_goal(
    history: Mapping[date, float], day: date, score: float, target: float, *, recomputed_days: int = 0
) -> GoalForecast:
    """Forecast the odds and the date of reaching a target, by the trend of the person's own scores."""
    known_scores = {past_day: past_score for past_day, past_score in history.items() if past_day <= day}
    current_trend = estimate_trend(known_scores)
    if score >= target:
        return GoalForecast(
            odds_30=1.0,
            odds_90=1.0,
            date=day.isoformat(),
            drift=current_trend.drift if current_trend else None,
            scatter=current_trend.scatter if current_trend else None,
            days=current_trend.days if current_trend else 0,
            recomputed_days=recomputed_days if current_trend else 0,
            message=TARGET_REACHED,
        )
    if current_trend is None:
        recent_days = sum((day - past_day).days <= TREND_DAYS for past_day in known_scores)
        verb = "has" if recent_days == 1 else "have"
        return no_forecast(
            f"a trend, the average daily change of the last {TREND_DAYS + 1} days, needs a score on {MIN_TREND_DAYS} "
            f"of them, and {recent_days} {verb} one"
        )
    points_to_goal = target - score
    odds = [estimate_reach_probability(current_trend, points_to_goal, days) for days in (30, 90)]
    # This prevents division by a drift of 0, and a date that overflows because the drift is tiny.
    is_reachable = current_trend.drift > 0 and points_to_goal <= current_trend.drift * MAX_FORECAST_DAYS
    target_date = day + timedelta(days=-int(-points_to_goal // current_trend.drift)) if is_reachable else None
    return GoalForecast(
        odds_30=odds[0],
        odds_90=odds[1],
        date=target_date.isoformat() if target_date else None,
        drift=current_trend.drift,
        scatter=current_trend.scatter,
        days=current_trend.days,
        recomputed_days=recomputed_days,
        message="" if is_reachable else _explain_missing_date(current_trend),
    )


def no_forecast(message: str) -> GoalForecast:
    """Return a forecast without odds and date, with the reason."""
    return GoalForecast(
        odds_30=None, odds_90=None, date=None, drift=None, scatter=None, days=0, recomputed_days=0, message=message
    )


def _explain_missing_date(current_trend: Trend) -> str:
    if current_trend.drift > 0:
        return f"at {current_trend.drift:+z.4f} points per day it takes more than {MAX_FORECAST_DAYS:,} days"
    days = plural(current_trend.days, "day")
    return f"the score does not rise: {current_trend.drift:+z.2f} points per day over {days}"
