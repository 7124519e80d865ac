"""Odds of reaching a goal: the closed form against walks that are walked."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DAY
from renown.answers.odds import ENOUGH_DAYS, TREND_DAYS, Trend, reach, trend

TRENDS = st.builds(Trend, st.floats(-2, 2), st.floats(0.001, 3), st.integers(13, 30))


def line(days, drift=0.5, start=40.0):
    """Return a score that goes up evenly."""
    return {DAY + timedelta(days=n): start + drift * n for n in range(days)}


@pytest.mark.parametrize(
    ("drift", "scatter", "known", "ahead", "days"),
    [(0.1, 0.5, 30, 5.0, 30), (0.0, 0.3, 14, 1.0, 10), (-0.1, 0.8, 30, 2.0, 60), (0.5, 0.2, 20, 9.0, 20)],
)
def test_the_closed_form_is_what_walks_do(drift, scatter, known, ahead, days):
    """40,000 walks, each with a drift within its error, seen once a day."""
    draw = np.random.default_rng(7)
    drifts = draw.normal(drift, scatter / math.sqrt(known), (40_000, 1))
    walks = np.cumsum(draw.normal(drifts, scatter, (40_000, days)), axis=1)
    reached = float((walks.max(axis=1) >= ahead).mean())

    assert 0.01 < reached < 0.99
    assert reached == pytest.approx(reach(Trend(drift, scatter, known), ahead, days), abs=0.02)


@given(TRENDS, st.floats(0.01, 60), st.floats(0.01, 5), st.integers(1, 200))
def test_more_time_helps_and_more_way_does_not(own, ahead, more, days):
    """Odds are probabilities, in order."""
    odds = reach(own, ahead, days)

    assert 0.0 <= reach(own, ahead + more, days) <= odds * (1 + 1e-9) + 1e-12
    assert odds <= reach(own, ahead, days + 1) * (1 + 1e-9) + 1e-12 <= 1.01


def test_the_ends_are_certain():
    """Who is there is there; no time is too little; a straight line arrives when it does."""
    even = Trend(0.5, 0.0, 20)

    assert (1.0, 0.0) == (reach(even, 0.0, 0), reach(Trend(0.5, 1.0, 20), 1.0, 0))
    assert (0.0, 1.0) == (reach(even, 5.0, 9), reach(even, 5.0, 10))
    assert reach(Trend(0.5, 1e-9, 20), 5.0, 9) == pytest.approx(0.0)
    assert reach(Trend(0.5, 1e-9, 20), 5.0, 11) == pytest.approx(1.0)


def test_a_trend_is_read_from_the_latest_days():
    """What was long ago does not count; days that are missing do no harm."""
    scores = {DAY - timedelta(days=n): 90.0 - n for n in range(1, 60)} | line(TREND_DAYS + 1)
    del scores[DAY + timedelta(days=3)]
    own = trend(scores)

    assert (0.5, TREND_DAYS) == (pytest.approx(own.drift), own.days)
    assert own.scatter == pytest.approx(0.0, abs=1e-9)


def test_the_trend_of_a_walk_is_its_own():
    """Drift and scatter come back within their errors, with every third day missing, too."""
    draw = np.random.default_rng(3)
    found = []
    for _ in range(300):
        walk = np.cumsum(draw.normal(0.2, 0.7, TREND_DAYS + 1))
        scores = {DAY + timedelta(days=n): float(score) for n, score in enumerate(walk) if n % 3 or n in {0, 30}}
        found.append(trend(scores))

    assert 0.2 == pytest.approx(np.mean([own.drift for own in found]), abs=0.03)
    assert 0.49 == pytest.approx(np.mean([own.scatter**2 for own in found]), abs=0.03)


def test_a_short_history_has_no_trend():
    """Thirteen days say nothing, fourteen do."""
    assert trend(line(ENOUGH_DAYS - 1)) is None
    assert trend({}) is None
    assert trend(line(ENOUGH_DAYS)).drift == pytest.approx(0.5)
