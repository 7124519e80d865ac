"""Odds: how likely a score reaches a goal in time, if it goes on as it did."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

TREND_DAYS = 30
"""Days that a trend is read from: recent enough to be of now, and as many as most goals are ahead."""
ENOUGH_DAYS = 14
"""Days with a score below which nothing is said: with fewer, the error of the drift alone decides."""
_OVERSHOOT = 0.5825971579390106
"""-zeta(1/2) / sqrt(2 pi): a walk that is seen once a step is past a barrier, when seen there, by so many scatters."""
_FAR = 30.0
"""Standard deviations beyond which a normal tail is computed from its asymptote."""


@dataclass(frozen=True)
class Trend:
    """A random walk with drift."""

    drift: float
    """Points a day."""
    scatter: float
    """Standard deviation of a day's move around the drift, in points."""
    days: int
    """Days between the first and the last score that it was read from."""


def trend(scores: Mapping[date, float]) -> Trend | None:
    """
    Read the trend of somebody's own latest scores; None where there are fewer than `ENOUGH_DAYS`.

    Parameters
    ----------
    scores : mapping of date to float
        Points by day; days may be missing. The last `TREND_DAYS` days before the latest are read.

    Notes
    -----
    n moves d_i over k_i days, normal with mean m k_i and variance s^2 k_i, are likeliest with
    m = sum(d_i) / sum(k_i); s^2 is sum((d_i - m k_i)^2 / k_i) / (n - 1), without bias: least squares
    with weights 1 / k_i.
    """
    recent = [(day, scores[day]) for day in sorted(scores) if (max(scores) - day).days <= TREND_DAYS]
    if len(recent) < ENOUGH_DAYS:
        return None
    moves = [((then - day).days, after - before) for (day, before), (then, after) in pairwise(recent)]
    days = sum(span for span, _ in moves)
    drift = sum(move for _, move in moves) / days
    variance = sum((move - drift * span) ** 2 / span for span, move in moves) / (len(moves) - 1)
    return Trend(drift, math.sqrt(variance), days)


def reach(trend: Trend, ahead: float, days: int) -> float:
    """
    Return the probability that a score reaches a goal on one of the next days.

    Parameters
    ----------
    trend : Trend
    ahead : float
        Points from the score to the goal.
    days : int
        Days that are left.

    Returns
    -------
    float
        0 to 1.

    Notes
    -----
    With drift m known, a Wiener process with scatter s passes a > 0 before t with probability
    F((m t - a) / (s sqrt(t))) + exp(2 m a / s^2) F((-a - m t) / (s sqrt(t))), F the normal distribution.
    The drift is known only as well as its n days tell, with standard error e = s / sqrt(n); the mean of
    that probability over a normal drift is closed, too: with v = s^2 t + e^2 t^2,

        F((m t - a) / sqrt(v))
        + exp(2 m a / s^2 + 2 e^2 a^2 / s^4) F(-(s^2 (a + m t) + 2 e^2 a t) / (s^2 sqrt(v)))

    Scores come once a day, so the goal is moved up by 0.5826 s: what a daily walk overshoots a barrier by
    (so it is within 0.02 of walks that were walked).
    That the error of s itself is left out, and that moves of neighbouring days are alike (both read mostly
    the same window), make the truth a little less certain than the figure.

    References
    ----------
    Chhikara and Folks, The Inverse Gaussian Distribution, 1989, section 2.
    Whitmore, Normal-gamma mixtures of inverse Gaussian distributions, Scand. J. Statist. 13, 1986, page 211.
    Broadie, Glasserman and Kou, A continuity correction for discrete barrier options, Math. Finance 7, 1997, page 325.
    """
    if ahead <= 0:
        return 1.0
    if days <= 0:
        return 0.0
    if not trend.scatter:
        return float(trend.drift * days >= ahead)
    far, per, error = ahead + _OVERSHOOT * trend.scatter, trend.scatter**2, trend.scatter**2 / trend.days
    spread = math.sqrt(per * days + error * days**2)
    direct = _log_tail((far - trend.drift * days) / spread)
    tilt = 2 * far * (trend.drift + error * far / per) / per
    mirrored = tilt + _log_tail((far + trend.drift * days + 2 * error * far * days / per) / spread)
    return min(1.0, math.exp(direct) + math.exp(mirrored))


def _log_tail(z: float) -> float:
    """Return the logarithm of the probability that a standard normal variable is above z."""
    if z < _FAR:
        return math.log(0.5 * math.erfc(z / math.sqrt(2)))
    return -z * z / 2 - math.log(z * math.sqrt(2 * math.pi))
