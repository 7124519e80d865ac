"""The confidence range of a score: its coverage, and that it can be recomputed independently."""

import hashlib
import math
import random
from datetime import timedelta

import numpy as np
import pytest

from conftest import DAY, NOW
from renown import answers, scoring
from renown.answers.simulate import confidence
from renown.store import PublishedTables
from test_pipeline import HEADER, acts

TARGETS = 80
"""Accounts that differ by chance alone: some of the same people react to each."""


@pytest.fixture
def home(home_2):
    """Return an empty home with the method before the default one; `test_ledger_simulate` has the other's ranges."""
    return home_2


@pytest.fixture
def build_profiles(home):
    """Return a function that builds the profiles of people in one batch."""

    def compute_profiles(*names, day=None):
        with home.reader() as engine, PublishedTables(home.days.find(day)) as published:
            subjects = [scoring.resolve_subject(name, engine, home.lake, home.people) for name in names]
            return answers.compute_profiles(subjects, home.people.all(), published, engine, home.lake)

    return compute_profiles


def random_reactions(seed, activity):
    """Return reactions of 2,000 people, each as likely to any account, and their profiles."""
    draw = random.Random(seed)
    rates = [min(0.5, activity * draw.paretovariate(1.2) / 100) for _ in range(2000)]
    rows = [
        f"a{actor},t{target},{DAY - timedelta(days=draw.randrange(20))},{draw.choice(['like', 'like', 'repost'])},p"
        for target in range(TARGETS)
        for actor, share in enumerate(rates)
        if draw.random() < share
    ]
    profiles = [f"a{actor},{DAY},{int(30 * draw.paretovariate(0.8))}" for actor in range(0, 2000, 2)]
    return [f"{row},{n}" for n, row in enumerate(rows)], profiles


@pytest.mark.proof
@pytest.mark.parametrize("activity", [0.4, 3.0])
def test_confidence_ranges_cover_the_median(take, publish, build_profiles, activity):
    """Of accounts that differ by chance alone, about 90% have the median score of all in their range."""
    rows, profiles = random_reactions(1, activity)
    take(HEADER, *rows)
    take("account,at,followers", *profiles, table="profiles")
    publish()

    results = [
        (profile.explanation.receipt.score, profile.range)
        for profile in build_profiles(*(f"x:t{n}" for n in range(TARGETS)))
    ]
    median = float(np.median([score for score, _ in results]))
    coverage = sum(score_range.low <= median <= score_range.high for _, score_range in results) / len(results)
    spread = np.percentile([score for score, _ in results], [5, 95])

    assert TARGETS == len(results)
    assert 0.8 <= coverage <= 0.98
    assert np.mean([score_range.margin for _, score_range in results]) == pytest.approx(
        (spread[1] - spread[0]) / 2, rel=0.35
    )


def test_weights_of_one_give_the_published_score(home, take, publish, build_profiles, monkeypatch):
    """Replicates run through the method's own steps: with every bootstrap weight 1 they are the published score."""
    take(HEADER, *acts(400))
    take(HEADER, *acts(200, seed=2), network="mastodon")
    take("account,at,followers,lists", f"u1,{DAY},500,3", f"u3,{DAY},70,", table="profiles")
    take("account,at,post,verb,count", f"u3,{DAY},p1,like,5000", f"u5,{DAY},,repost,7", table="tallies")
    home.people.add("ada", [("x", "u3"), ("mastodon", "u4"), ("x", "never seen")], at=NOW)
    publish()
    names = ["ada", *(f"x:u{n}" for n in (1, 5, 6, 7)), "mastodon:u3"]
    ranges = [profile.range for profile in build_profiles(*names)]
    monkeypatch.setattr(confidence, "_POISSON_TABLE", np.ones(2**16, dtype=np.uint8))

    for profile, score_range in zip(build_profiles(*names), ranges, strict=True):
        score = profile.explanation.receipt.score
        assert (score, score, 0.0) == (profile.range.low, profile.range.high, profile.range.margin)
        assert score_range.low < score < score_range.high
        assert score_range.margin == pytest.approx((score_range.high - score_range.low) / 2)


def test_resampling_is_reproducible(take, publish, build_profiles):
    """The weights depend on the person, the day and the actor's key only, by plain arithmetic."""
    take(HEADER, *acts(300))
    publish()
    publish(DAY + timedelta(days=1))
    seed = int.from_bytes(hashlib.sha256(b"x:u1 2024-02-01").digest()[:8])

    assert seed == confidence.derive_seed("x:u1", "2024-02-01")
    for key in (0, 5, 2**62 + 3):
        assert (
            reference_weights(seed, key)
            == confidence.poisson_weights(seed, np.array([key], dtype=np.uint64))[0].tolist()
        )
    # Independent of who else is in the batch.
    [profile] = build_profiles("x:u1", day=DAY)
    assert profile.range == build_profiles("x:u2", "x:u1", "x:u7", day=DAY)[1].range
    assert profile.range != build_profiles("x:u1")[0].range


def reference_weights(seed, key):
    """Compute an actor's weights as docs/explanation/confidence.md describes."""
    weights = []
    for n in range(1, 51):
        z = ((key ^ seed) + n * 0x9E3779B97F4A7C15) % 2**64
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        z ^= z >> 31
        for index in range(4):
            u, weight, threshold = z >> 16 * index & 0xFFFF, 0, math.exp(-1)
            while weight < 9 and u >= math.floor(threshold * 2**16):
                weight += 1
                threshold += math.exp(-1) / math.factorial(weight)
            weights.append(weight)
    return weights


def test_weights_are_independent_poisson():
    """Mean and variance 1 in every replicate, without correlation between replicates."""
    weights = confidence.poisson_weights(7, np.arange(20_000, dtype=np.uint64)).astype(float)

    assert weights.mean() == pytest.approx(1, abs=0.002)
    assert weights.var() == pytest.approx(1, abs=0.005)
    assert weights.mean(axis=0) == pytest.approx(np.ones(200), abs=0.04)
    assert np.abs(np.corrcoef(weights.T) - np.eye(200)).max() < 0.05


def test_range_without_reactions_is_the_score(take, publish, build_profiles):
    """A profile alone is not resampled; with few actors the range begins at the base score."""
    take(HEADER, *(f"{actor},few,{DAY},repost,p,{actor}" for actor in "abc"))
    take("account,at,followers,lists", f"read,{DAY},500,3", table="profiles")
    publish()

    followed, few = (profile.range for profile in build_profiles("x:read", "x:few"))

    assert (0.0, 0, followed.low) == (followed.margin, followed.sample_size, followed.high)
    assert (3, 1.0) == (few.sample_size, few.low)


def test_unknown_actors_are_resampled_in_blocks(take, publish, build_profiles):
    """A count without names is not more certain than a thousand people."""
    take("account,at,post,verb,count", *(f"a{n},{DAY},p,like,{10**n}" for n in (1, 3, 9)), table="tallies")
    publish()

    few, many, most = (profile.range for profile in build_profiles("x:a1", "x:a3", "x:a9"))

    assert [10, 1000, 10**9] == [few.sample_size, many.sample_size, most.sample_size]
    assert few.margin > many.margin
    assert 0 < most.margin
