"""Estimate the probability that a score reaches a goal in time, from the trend of its own history."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

TREND_DAYS = 30
"""Days of history in a trend: recent enough to be current, and as long as the usual forecast horizon."""
MIN_TREND_DAYS = 14
"""Minimum number of days with a score; with fewer, the standard error of the drift dominates the result."""
_MIN_SHOWN_ODDS = 0.005
"""Odds below it, and as far from 1, would be rounded to 0% and 100%."""
_OVERSHOOT = 0.5825971579390106
"""-zeta(1/2) / sqrt(2 pi): mean overshoot of a barrier by a walk observed once per step, in standard deviations."""
_ASYMPTOTE_FROM = 30.0
"""Standard deviations beyond which the normal tail is computed by its asymptote, before erfc underflows to 0."""


@dataclass(frozen=True)
class Trend:
    """A random walk with drift, fitted to daily scores."""

    drift: float
    """Points per day."""
    scatter: float
    """Standard deviation of the daily changes around the drift, in points."""
    days: int
    """Days between the first and the last score used."""


def estimate_trend(scores: Mapping[date, float]) -> Trend | None:
    """
    Fit a random walk with drift to a person's latest scores; None if there are fewer than `MIN_TREND_DAYS`.

    Parameters
    ----------
    scores : mapping of date to float
        Points by day; days may be missing. Only the `TREND_DAYS` days up to the latest are used.

    Notes
    -----
    The n changes d_i over k_i days are normal with mean m k_i and variance s^2 k_i. The maximum likelihood
    estimate is m = sum(d_i) / sum(k_i); the unbiased variance is s^2 = sum((d_i - m k_i)^2 / k_i) / (n - 1),
    which is least squares with weights 1 / k_i.
    """
    recent = [(day, scores[day]) for day in sorted(scores) if (max(scores) - day).days <= TREND_DAYS]
    if len(recent) < MIN_TREND_DAYS:
        return None
    changes = [((next_day - day).days, next_score - score) for (day, score), (next_day, next_score) in pairwise(recent)]
    days = sum(span for span, _ in changes)
    drift = sum(change for _, change in changes) / days
    variance = sum((change - drift * span) ** 2 / span for span, change in changes) / (len(changes) - 1)
    return Trend(drift, math.sqrt(variance), days)


def estimate_reach_probability(trend: Trend, points_to_goal: float, days: int) -> float:
    """
    Estimate the probability that a score reaches a goal within some days.

    Parameters
    ----------
    trend : Trend
    points_to_goal : float
        Points from the score to the goal.
    days : int
        Days from now to the deadline.

    Returns
    -------
    float
        0 to 1.

    Notes
    -----
    With a known drift m, a Wiener process with standard deviation s passes a > 0 before t with probability
    F((m t - a) / (s sqrt(t))) + exp(2 m a / s^2) F((-a - m t) / (s sqrt(t))), F the normal distribution.
    The drift is estimated from n days, with standard error e = s / sqrt(n). The mean of that probability
    over a normally distributed drift has a closed form, too: with v = s^2 t + e^2 t^2,

        F((m t - a) / sqrt(v))
        + exp(2 m a / s^2 + 2 e^2 a^2 / s^4) F(-(s^2 (a + m t) + 2 e^2 a t) / (s^2 sqrt(v)))

    Scores are published once a day, so the goal is raised by 0.5826 s, the mean overshoot of a daily walk
    (with it the result is within 0.02 of simulated walks).
    The estimation error of s is ignored, and so is the correlation between changes of neighbouring days
    (their windows overlap): the true uncertainty is a little larger.

    References
    ----------
    Chhikara and Folks, The Inverse Gaussian Distribution, 1989, section 2.
    Whitmore, Normal-gamma mixtures of inverse Gaussian distributions, Scand. J. Statist. 13, 1986, page 211.
    Broadie, Glasserman and Kou, A continuity correction for discrete barrier options, Math. Finance 7, 1997, page 325.
    """
    if points_to_goal <= 0:
        return 1.0
    if days <= 0:
        return 0.0
    if not trend.scatter:
        return float(trend.drift * days >= points_to_goal)
    barrier, variance, drift_variance = (
        points_to_goal + _OVERSHOOT * trend.scatter,
        trend.scatter**2,
        trend.scatter**2 / trend.days,
    )
    deviation = math.sqrt(variance * days + drift_variance * days**2)
    log_direct = _log_normal_tail((barrier - trend.drift * days) / deviation)
    log_weight = 2 * barrier * (trend.drift + drift_variance * barrier / variance) / variance
    log_mirrored = log_weight + _log_normal_tail(
        (barrier + trend.drift * days + 2 * drift_variance * barrier * days / variance) / deviation
    )
    return min(1.0, math.exp(log_direct) + math.exp(log_mirrored))


def format_odds(odds: float) -> str:
    """
    Format odds as a percentage; whatever is possible but not certain is neither 0% nor 100%.

    Examples
    --------
    >>> [format_odds(odds) for odds in (0.0, 0.004, 0.126, 0.998, 1.0)]
    ['0%', '<1%', '13%', '>99%', '100%']
    """
    if 0 < odds < _MIN_SHOWN_ODDS:
        return "<1%"
    return ">99%" if 1 - _MIN_SHOWN_ODDS < odds < 1 else f"{odds:.0%}"


def _log_normal_tail(z: float) -> float:
    """Return the log of the probability that a standard normal variable is above z."""
    if z < _ASYMPTOTE_FROM:
        return math.log(0.5 * math.erfc(z / math.sqrt(2)))
    return -z * z / 2 - math.log(z * math.sqrt(2 * math.pi))
