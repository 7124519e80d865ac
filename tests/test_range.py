"""The range of a score: that it means what it says, and that a stranger recomputes it."""

import hashlib
import math
import random
from datetime import timedelta

import numpy as np
import pytest

from conftest import DAY, NOW
from renown import answers
from renown.answers import range as ranges
from renown.store import Published
from test_river import HEADER, acts

DRAWN_AGAIN = 80
"""Accounts that differ by chance alone: to each of them come some of the same crowd."""


@pytest.fixture
def portray(home):
    """Return a function that portrays people, all in one go."""

    def portray_some(*asked, day=None):
        with home.reader() as engine, Published(home.days.find(day)) as published:
            who = [answers.who(one, engine, home.lake, home.people) for one in asked]
            return answers.portraits(who, home.people.all(), published, engine, home.lake)

    return portray_some


def crowd(seed, busy):
    """Return acts of 2,000 people, each as likely to come to one account as to another, and their profiles."""
    draw = random.Random(seed)
    likely = [min(0.5, busy * draw.paretovariate(1.2) / 100) for _ in range(2000)]
    rows = [
        f"a{actor},t{target},{DAY - timedelta(days=draw.randrange(20))},{draw.choice(['like', 'like', 'repost'])},p"
        for target in range(DRAWN_AGAIN)
        for actor, share in enumerate(likely)
        if draw.random() < share
    ]
    profiles = [f"a{actor},{DAY},{int(30 * draw.paretovariate(0.8))}" for actor in range(0, 2000, 2)]
    return [f"{row},{n}" for n, row in enumerate(rows)], profiles


@pytest.mark.parametrize("busy", [0.4, 3.0])
def test_nine_of_ten_ranges_hold_what_is_usual(take, publish, portray, busy):
    """Of accounts that differ by chance alone, nine in ten have the middle score of all in their range."""
    rows, profiles = crowd(1, busy)
    take(HEADER, *rows)
    take("account,at,followers", *profiles, table="profiles")
    publish()

    found = [(one.explanation.receipt.score, one.range) for one in portray(*(f"x:t{n}" for n in range(DRAWN_AGAIN)))]
    usual = float(np.median([score for score, _ in found]))
    held = sum(one.low <= usual <= one.high for _, one in found) / len(found)
    spread = np.percentile([score for score, _ in found], [5, 95])

    assert DRAWN_AGAIN == len(found)
    assert 0.8 <= held <= 0.98
    assert np.mean([one.give_or_take for _, one in found]) == pytest.approx((spread[1] - spread[0]) / 2, rel=0.35)


def test_everybody_coming_once_is_the_score_itself(home, take, publish, portray, monkeypatch):
    """The draws run through the method's own steps: with every weight 1 they give what was published."""
    take(HEADER, *acts(400))
    take(HEADER, *acts(200, seed=2), network="mastodon")
    take("account,at,followers,lists", f"u1,{DAY},500,3", f"u3,{DAY},70,", table="profiles")
    take("account,at,post,verb,count", f"u3,{DAY},p1,like,5000", f"u5,{DAY},,repost,7", table="tallies")
    home.people.add("ada", [("x", "u3"), ("mastodon", "u4"), ("x", "never seen")], at=NOW)
    publish()
    everybody = ["ada", *(f"x:u{n}" for n in (1, 5, 6, 7)), "mastodon:u3"]
    drawn = [one.range for one in portray(*everybody)]
    monkeypatch.setattr(ranges, "_TIMES", np.ones(2**16, dtype=np.uint8))

    for one, before in zip(portray(*everybody), drawn, strict=True):
        score = one.explanation.receipt.score
        assert (score, score, 0.0) == (one.range.low, one.range.high, one.range.give_or_take)
        assert before.low < score < before.high
        assert before.give_or_take == pytest.approx((before.high - before.low) / 2)


def test_a_stranger_draws_the_same(take, publish, portray):
    """By arithmetic alone, from the person, the day and an actor's key; another day draws otherwise."""
    take(HEADER, *acts(300))
    publish()
    publish(DAY + timedelta(days=1))
    seed = int.from_bytes(hashlib.sha256(b"x:u1 2024-02-01").digest()[:8])

    assert seed == ranges.seed_of("x:u1", "2024-02-01")
    for key in (0, 5, 2**62 + 3):
        assert slow_weights(seed, key) == ranges.weights(seed, np.array([key], dtype=np.uint64))[0].tolist()
    # Whoever else is portrayed together with them.
    [alone] = portray("x:u1", day=DAY)
    assert alone.range == portray("x:u2", "x:u1", "x:u7", day=DAY)[1].range
    assert alone.range != portray("x:u1")[0].range


def slow_weights(seed, key):
    """Return an actor's weights as docs/range.md tells to make them."""
    found = []
    for n in range(1, 51):
        z = ((key ^ seed) + n * 0x9E3779B97F4A7C15) % 2**64
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        z ^= z >> 31
        for piece in range(4):
            u, times, end = z >> 16 * piece & 0xFFFF, 0, math.exp(-1)
            while times < 9 and u >= math.floor(end * 2**16):
                times += 1
                end += math.exp(-1) / math.factorial(times)
            found.append(times)
    return found


def test_weights_are_poisson_and_tell_nothing_of_each_other():
    """Mean and variance 1, draw by draw, and no two draws alike."""
    drawn = ranges.weights(7, np.arange(20_000, dtype=np.uint64)).astype(float)

    assert drawn.mean() == pytest.approx(1, abs=0.002)
    assert drawn.var() == pytest.approx(1, abs=0.005)
    assert drawn.mean(axis=0) == pytest.approx(np.ones(200), abs=0.04)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(200)).max() < 0.05


def test_who_nobody_reacted_to_has_no_range(take, publish, portray):
    """A profile alone is not drawn from; few people leave it open whether there is a score at all."""
    take(HEADER, *(f"{who},few,{DAY},repost,p,{who}" for who in "abc"))
    take("account,at,followers,lists", f"read,{DAY},500,3", table="profiles")
    publish()

    read, few = (one.range for one in portray("x:read", "x:few"))

    assert (0.0, 0, read.low) == (read.give_or_take, read.drawn, read.high)
    assert (3, 1.0) == (few.drawn, few.low)


def test_acts_of_unknown_actors_are_drawn_in_parcels(take, publish, portray):
    """A count without names is not surer than a thousand people."""
    take("account,at,post,verb,count", *(f"a{n},{DAY},p,like,{10**n}" for n in (1, 3, 9)), table="tallies")
    publish()

    few, many, most = (one.range for one in portray("x:a1", "x:a3", "x:a9"))

    assert [10, 1000, 10**9] == [few.drawn, many.drawn, most.drawn]
    assert few.give_or_take > many.give_or_take
    assert 0 < most.give_or_take
