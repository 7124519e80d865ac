"""Odds of reaching a goal: the closed form against simulated random walks."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DAY
from renown.answers.simulate.forecast import (
    MIN_TREND_DAYS,
    TREND_DAYS,
    Trend,
    estimate_reach_probability,
    estimate_trend,
)

TRENDS = st.builds(Trend, st.floats(-2, 2), st.floats(0.001, 3), st.integers(13, 30))


def rising_scores(days, drift=0.5, start=40.0):
    """Return scores that rise by the same points every day."""
    return {DAY + timedelta(days=n): start + drift * n for n in range(days)}


@pytest.mark.parametrize(
    ("drift", "scatter", "trend_days", "points_to_goal", "days"),
    [(0.1, 0.5, 30, 5.0, 30), (0.0, 0.3, 14, 1.0, 10), (-0.1, 0.8, 30, 2.0, 60), (0.5, 0.2, 20, 9.0, 20)],
)
def test_probability_equals_the_share_of_random_walks(drift, scatter, trend_days, points_to_goal, days):
    """40,000 daily walks, each with a drift within its standard error."""
    rng = np.random.default_rng(7)
    drifts = rng.normal(drift, scatter / math.sqrt(trend_days), (40_000, 1))
    walks = np.cumsum(rng.normal(drifts, scatter, (40_000, days)), axis=1)
    reached = float((walks.max(axis=1) >= points_to_goal).mean())

    assert 0.01 < reached < 0.99
    assert reached == pytest.approx(
        estimate_reach_probability(Trend(drift, scatter, trend_days), points_to_goal, days), abs=0.02
    )


@given(TRENDS, st.floats(0.01, 60), st.floats(0.01, 5), st.integers(1, 200))
def test_probability_grows_with_time_and_falls_with_distance(trend, points_to_goal, further, days):
    """It stays between 0 and 1."""
    odds = estimate_reach_probability(trend, points_to_goal, days)

    assert 0.0 <= estimate_reach_probability(trend, points_to_goal + further, days) <= odds * (1 + 1e-9) + 1e-12
    assert odds <= estimate_reach_probability(trend, points_to_goal, days + 1) * (1 + 1e-9) + 1e-12 <= 1.01


def test_certain_outcomes():
    """A goal that is reached, no time left, and a trend without scatter."""
    steady = Trend(0.5, 0.0, 20)

    assert (1.0, 0.0) == (
        estimate_reach_probability(steady, 0.0, 0),
        estimate_reach_probability(Trend(0.5, 1.0, 20), 1.0, 0),
    )
    assert (0.0, 1.0) == (estimate_reach_probability(steady, 5.0, 9), estimate_reach_probability(steady, 5.0, 10))
    assert estimate_reach_probability(Trend(0.5, 1e-9, 20), 5.0, 9) == pytest.approx(0.0)
    assert estimate_reach_probability(Trend(0.5, 1e-9, 20), 5.0, 11) == pytest.approx(1.0)


def test_trend_uses_the_latest_days():
    """Older days do not count; missing days are allowed."""
    scores = {DAY - timedelta(days=n): 90.0 - n for n in range(1, 60)} | rising_scores(TREND_DAYS + 1)
    del scores[DAY + timedelta(days=3)]
    trend = estimate_trend(scores)

    assert (0.5, TREND_DAYS) == (pytest.approx(trend.drift), trend.days)
    assert trend.scatter == pytest.approx(0.0, abs=1e-9)


def test_trend_recovers_the_parameters_of_a_walk():
    """Drift and scatter within their standard errors, with every third day missing."""
    rng = np.random.default_rng(3)
    trends = []
    for _ in range(300):
        walk = np.cumsum(rng.normal(0.2, 0.7, TREND_DAYS + 1))
        scores = {DAY + timedelta(days=n): float(score) for n, score in enumerate(walk) if n % 3 or n in {0, 30}}
        trends.append(estimate_trend(scores))

    assert 0.2 == pytest.approx(np.mean([trend.drift for trend in trends]), abs=0.03)
    assert 0.49 == pytest.approx(np.mean([trend.scatter**2 for trend in trends]), abs=0.03)


def test_trend_needs_14_days():
    """13 days have none."""
    assert estimate_trend(rising_scores(MIN_TREND_DAYS - 1)) is None
    assert estimate_trend({}) is None
    assert estimate_trend(rising_scores(MIN_TREND_DAYS)).drift == pytest.approx(0.5)
