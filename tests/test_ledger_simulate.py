"""Simulations of days with a ledger: what-if, goal, decay, confidence range, other weights, and the profile."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import DAY, copy_home, new_home, taker
from proofs import only_in_full
from renown import answers, scoring
from renown.answers.simulate import confidence, custom_weights, ledger_confidence
from renown.answers.simulate.ledger_inputs import LedgerInputs
from renown.answers.simulate.ledger_levers import LedgerLevers
from renown.errors import InvalidInputError
from renown.home import open_home
from renown.runs import profiles as run_profiles
from renown.scoring.points import load_points
from renown.store import PublishedTables
from test_confidence import TARGETS, random_reactions
from test_ledger import HEADER, METHOD, claim_seeds, random_act, score

EVERYBODY = ["ada", "x:u0", "x:u9", "x:u30", "mastodon:m1", "counted"]
"""A person with three accounts; accounts with many and few reactions, a profile alone, none, and counts alone."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home whose last day was published by method 3."""
    folder = tmp_path_factory.mktemp("ledger")
    ledger_home = open_home(new_home(folder / "home"), {})
    take = taker(ledger_home, folder)
    draw = random.Random(11)
    take(HEADER, *(random_act(draw, DAY - timedelta(days=draw.randrange(88)), n) for n in range(1500)))
    take(HEADER, *(random_act(draw, DAY - timedelta(days=draw.randrange(9)), n) for n in range(60)), network="mastodon")
    take(HEADER, *(f"n{n},m1,{DAY},repost,p,m{n}" for n in range(4)), network="mastodon")
    rows = [f"u{n},{DAY},{n * 50},{n % 4 if n % 3 else ''}" for n in (*range(2, 12), 30)]
    take("account,at,followers,lists", *rows, table="profiles")
    take("account,at,followers", f"u4,{DAY},700", table="profiles", network="mastodon")
    take("account,at,verb,post,count", f"u2,{DAY},like,p1,4000", f"u9,{DAY},repost,p2,70", table="tallies")
    # Of this network nobody's acts are read, so what is counted could not be observed by name.
    take("account,at,followers,lists", f"u31,{DAY},1550,3", table="profiles", network="bluesky")
    take("account,at,verb,post,count", f"u31,{DAY},like,p,900", table="tallies", network="bluesky")
    claim_seeds(ledger_home, [f"u{n}" for n in range(12, 22)])
    accounts = [("x", "u2"), ("x", "u5"), ("mastodon", "u4"), ("x", "never seen")]
    ledger_home.people.add("ada", accounts, at=datetime(2020, 1, 1, tzinfo=UTC))
    ledger_home.people.add("counted", [("bluesky", "u31")], at=datetime(2020, 1, 1, tzinfo=UTC))
    score(ledger_home, DAY)
    return ledger_home


def build_profiles(home, *names):
    """Build the profiles of people in one batch."""
    with home.reader() as engine, PublishedTables(home.days.find(method="3")) as published:
        subjects = [scoring.resolve_subject(name, engine, home.lake, home.people) for name in names]
        return answers.compute_profiles(subjects, home.people.all(), published, engine, home.lake)


@pytest.fixture(scope="module")
def profiles(home):
    """Return profiles by name."""
    return dict(zip(EVERYBODY, build_profiles(home, *EVERYBODY), strict=True))


@pytest.fixture(scope="module")
def engine(home):
    """Return an engine session shared by all simulations; each replaces the tables of the one before."""
    with home.reader() as session:
        yield session


def simulate(profile, engine, *changes):
    """Simulate changes to a person's inputs."""
    parsed = [answers.parse_change(text) for text in changes]
    receipt = profile.explanation.receipt
    return answers.simulate_changes(receipt.name, receipt.score, profile.known_inputs, parsed, engine)


@pytest.mark.parametrize("name", EVERYBODY)
def test_without_changes_the_simulation_is_the_published_score(home, profiles, engine, name):
    """And its points are the published ones."""
    profile = profiles[name]
    result = simulate(profile, engine)
    with PublishedTables(home.days.find(method="3")) as published, home.reader() as reader:
        rows = load_points(reader, home.lake, published, [profile.key])[profile.key]
        published_score = published.read_score(profile.key).score

    assert isinstance(profile.known_inputs, LedgerInputs)
    assert result.message == ""
    assert result.score == pytest.approx(published_score, abs=1e-9)
    assert result.score_after == pytest.approx(published_score, abs=1e-9)
    assert sum(row.points for row in result.signals) == pytest.approx(published_score - 1, abs=1e-9)
    assert sorted(row.points for row in result.signals if row.points) == pytest.approx(
        sorted(row.points for row in rows if row.points), abs=1e-9
    )


@pytest.mark.proof
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_more_never_lowers_a_score(profiles, engine, data):
    """After any increases one more act, person, follower or list, or more of everything, never lowers the score."""
    profile = profiles[data.draw(st.sampled_from(EVERYBODY))]
    keys = [lever.key for lever in LedgerLevers(profile.known_inputs).levers.values()]
    more = st.tuples(st.sampled_from(keys), st.sampled_from([1, 2, 10, 10**4, 10**6])).map(
        lambda pair: f"{pair[0]}={pair[1]}"
    )
    times = st.tuples(st.sampled_from([*keys, "everything"]), st.integers(100, 999)).map(
        lambda pair: f"{pair[0]}=x{pair[1] / 100}"
    )
    changes = data.draw(st.lists(more | times, max_size=4))
    further = data.draw(more | times)
    result, raised = simulate(profile, engine, *changes), simulate(profile, engine, *changes, further)

    assert raised.score <= result.score_after + 1e-9
    assert result.score_after <= raised.score_after + 1e-9
    assert raised.score_after == pytest.approx(1 + sum(row.points_after for row in raised.signals), abs=1e-9)


def test_one_more_act_is_one_more_person(profiles, engine):
    """The number of acts grows by one; removing more than there are is an error, removing all leaves no points."""
    result = simulate(profiles["ada"], engine, "x:u2/amplification=+1")
    [row] = [row for row in result.signals if row.key == "x:u2/amplification"]

    assert (row.unit, row.after) == ("acts", row.now + 1)
    assert result.move > 0
    removed = simulate(profiles["ada"], engine, f"x:u2/amplification=-{row.now}")
    assert [signal.after for signal in removed.signals if signal.key == row.key] == [0]
    assert removed.move < 0
    with pytest.raises(InvalidInputError, match=f"at most {row.now:,} can be removed"):
        simulate(profiles["ada"], engine, f"x:u2/amplification=-{row.now + 1}")


@pytest.mark.parametrize("name", EVERYBODY)
def test_goal_steps_reach_the_goal(profiles, engine, name):
    """Every step reaches it when it is simulated, and one less does not."""
    profile = profiles[name]
    receipt = profile.explanation.receipt
    target = receipt.score + 2
    plan = answers.plan_goal(receipt.name, receipt.score, profile.known_inputs, None, engine, target=target)
    reaching = [step for step in plan.steps if step.increase is not None]

    assert reaching
    assert plan.message == ""
    for step in reaching:
        after = [
            simulate(profile, engine, f"{step.lever.key}={number}").score_after
            for number in (step.increase - 1, step.increase)
        ]
        assert after[0] < target <= after[1] == pytest.approx(step.score, abs=1e-9)
    if plan.uniform_increase.percent:
        factor = round(1 + plan.uniform_increase.percent / 100, 2)
        assert simulate(profile, engine, f"everything=x{factor}").score_after >= target


def test_decay_forecast_is_what_later_days_publish(home, profiles, engine, tmp_path):
    """Without new reactions, the forecasts for 7 and 30 days are the scores that those days publish."""
    names = ["ada", "x:u9"]
    plans = []
    for name in names:
        receipt = profiles[name].explanation.receipt
        inputs = profiles[name].known_inputs
        plans.append(answers.plan_goal(receipt.name, receipt.score, inputs, None, engine, target=99))
    copy_home(home.settings.home, tmp_path / "home")
    later_home = open_home(tmp_path / "home", {})
    for index, days in enumerate((7, 30)):
        with PublishedTables(score(later_home, DAY + timedelta(days=days))) as published:
            scores = [published.read_score(profiles[name].key).score for name in names]
        assert [plan.decay_forecast[index].score for plan in plans] == pytest.approx(scores, abs=1e-9)
        assert [plan.decay_forecast[index].days for plan in plans] == [days, days]
    assert sum(plans[0].decay_forecast[1].acts_by_signal.values()) == plans[0].decay_forecast[1].acts > 0
    # Of `x:u9` there are counts that nobody's name is read for: followers tell as much as they do.
    assert plans[0].decay_forecast[1].move < 0 == plans[1].decay_forecast[1].move


@pytest.mark.parametrize("name", EVERYBODY)
def test_confidence_range_contains_the_score(profiles, name):
    """Whoever reacted is resampled; of `x:u30` only the profile is known, of `mastodon:m1` nothing but reactions."""
    score_range, receipt = profiles[name].known_range, profiles[name].explanation.receipt

    assert score_range.low <= receipt.score <= score_range.high
    assert score_range.margin == pytest.approx((score_range.high - score_range.low) / 2)
    assert (score_range.sample_size == 0) == (name == "x:u30")


def test_weights_of_one_give_the_published_score(home, monkeypatch):
    """Replicates run through the method's own steps: with every bootstrap weight 1 they are the published score."""
    monkeypatch.setattr(confidence, "_POISSON_TABLE", np.ones(2**16, dtype=np.uint8))
    monkeypatch.setattr(ledger_confidence, "UNOBSERVED_FACTORS", {})
    monkeypatch.setattr(ledger_confidence, "find_unobserved", lambda _: [])
    monkeypatch.setattr(ledger_confidence._Sums, "add", lambda sums, *_: sums)

    for profile in build_profiles(home, *EVERYBODY):
        score_range, published_score = profile.known_range, profile.explanation.receipt.score
        assert (score_range.low, score_range.high) == pytest.approx((published_score, published_score), abs=1e-9)
        assert score_range.missing == ()


def test_what_could_not_be_observed_widens_the_range(profiles):
    """The range names followers, lists and reactions that are not known, and is wider for them."""
    assert profiles["mastodon:m1"].known_range.missing == ("followers of mastodon:m1", "lists of mastodon:m1")
    assert profiles["mastodon:m1"].known_range.margin > 2
    assert profiles["x:u30"].known_range.missing == ("lists of x:u30",)
    assert profiles["x:u30"].known_range.high > profiles["x:u30"].explanation.receipt.score
    assert profiles["counted"].known_range.missing == ("reactions of bluesky:u31",)
    assert "lists of mastodon:u4" in profiles["ada"].known_range.missing


def test_network_without_reactions_widens_the_range(tmp_path):
    """Where only profiles are known, reactions may be worth less or more."""
    home = open_home(new_home(tmp_path / "home"), {})
    taker(home, tmp_path)("account,at,followers,lists", f"a,{DAY},5000,20", f"b,{DAY},70000,300", table="profiles")
    score(home, DAY)

    for profile in build_profiles(home, "x:a", "x:b"):
        score_range, published_score = profile.known_range, profile.explanation.receipt.score
        assert score_range.missing == (f"reactions of {profile.explanation.receipt.name}",)
        assert score_range.sample_size == 0
        assert 2 < published_score - score_range.low < 11
        assert 2 < score_range.high - published_score < 6


def test_profile_of_a_ledger_day_is_built_and_stored(profiles):
    """Reach, influencees and network read the ledger's standings; the stored profile can be simulated."""
    profile = profiles["ada"]

    assert answers.deserialize_profile(answers.serialize_profile(profile)) == profile
    assert profile.influencees.count >= profile.reach > 0
    assert 0 < profile.network <= 100
    assert profile.known_posts
    stranger = profiles["mastodon:m1"]
    assert (stranger.influencees.count, stranger.reach, stranger.network) == (4, 0, 0.0)


@pytest.fixture(scope="module")
def sandbox(home):
    """Return a sandbox with everybody claimed."""
    with home.reader() as engine, PublishedTables(home.days.find(method="3")) as published:
        yield answers.open_weight_sandbox(engine, home.lake, published, [person.key for person in home.people.all()])


def rank(home, sandbox, **factors):
    """Rank everybody by custom weights."""
    people = {person.key: person.name for person in home.people.all()}
    parsed = answers.parse_factors(sandbox.method, factors)
    return answers.score_with_weights(sandbox, people, parsed)


def test_custom_weights_start_from_the_published_scores(home, sandbox):
    """Followers, lists and reactions have a weight each; with the method's own the scores are the published ones."""
    result = rank(home, sandbox)

    assert [weight.signal for weight in result.weights] == ["audience", "curation", "reactions"]
    assert sum(weight.weight for weight in result.weights) == pytest.approx(1)
    assert len(result.ranking) > 8
    assert max(abs(row.move) for row in result.ranking) < 1e-8


@pytest.mark.proof
@only_in_full
def test_custom_weights_are_those_of_a_method_with_them(home, sandbox, tmp_path):
    """A method file with these weights publishes the scores that the sandbox computes."""
    factors = {"audience": 2.0, "curation": 0.5, "reactions": 0.0}
    for factor in (0.0, 3.0):
        factors["reactions"] = factor
        result = rank(home, sandbox, **{name: str(value) for name, value in factors.items()})
        copy_home(home.settings.home, tmp_path / f"home{factor}")
        other_home = open_home(tmp_path / f"home{factor}", {})
        custom = replace(custom_weights.apply_factors(METHOD, factors), version="3-custom")
        with other_home.engine(None) as engine:
            now = datetime(2030, 1, 1, tzinfo=UTC)
            day = scoring.score(engine, other_home.lake, other_home.days, other_home.people, custom, day=DAY, now=now)
        with PublishedTables(day) as published:
            scores = {row.name: row.verified_score for row in published.read_top_scores(100)}
        assert {row.name: row.score for row in result.ranking} == pytest.approx(
            {row.name: scores[row.name] for row in result.ranking}, abs=1e-4
        )


def test_custom_weights_of_single_reactions_are_rejected(sandbox):
    """Reactions share one weight."""
    with pytest.raises(InvalidInputError, match="'amplification' is not a signal"):
        answers.parse_factors(sandbox.method, {"amplification": "2"})


@only_in_full
@pytest.mark.proof
@pytest.mark.parametrize(("activity", "seeds"), [(0.4, 0), (3.0, 0), (3.0, 400), (0.4, 400), (3.0, 40)])
def test_confidence_ranges_cover_the_median(tmp_path, activity, seeds):
    """Of accounts that differ by chance alone, about 90% have the median score of all in their range."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    rows, profiles = random_reactions(1, activity)
    take(HEADER, *rows)
    take("account,at,followers", *profiles, table="profiles")
    take("account,at,followers,lists", *(f"t{n},{DAY},300,5" for n in range(TARGETS)), table="profiles")
    claim_seeds(home, [f"a{n}" for n in range(seeds)])
    score(home, DAY - timedelta(days=1))
    score(home, DAY)

    results = [
        (profile.explanation.receipt.score, profile.known_range)
        for profile in build_profiles(home, *(f"x:t{n}" for n in range(TARGETS)))
    ]
    median = float(np.median([target_score for target_score, _ in results]))
    coverage = sum(score_range.low <= median <= score_range.high for _, score_range in results) / len(results)

    assert {()} == {score_range.missing for _, score_range in results}
    assert 0.8 <= coverage <= 0.98


@pytest.mark.proof
def test_profiles_do_not_depend_on_how_people_are_divided(home, monkeypatch):
    """Chunks bound the rows in memory: of many people, and of people to whom many reacted."""
    day, people = home.days.find(method="3"), home.people.all()[:6]
    only = {person.name for person in people}

    def build_all():
        run_profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, day, only=only)
        # Sums of floating-point numbers may differ in the last digit.
        return [
            (key, json.loads(body, parse_float=lambda text: round(float(text), 9)))
            for key, _, body in sorted(home.profiles.all())
        ]

    together = build_all()
    with PublishedTables(day) as tables:
        reactors = tables.read_reactor_counts([person.key for person in people])
        monkeypatch.setattr(run_profiles, "CHUNK_SIZE", 4)
        monkeypatch.setattr(run_profiles, "_MAX_CHUNK_REACTORS", max(reactors.values()) + 1)
        chunks = list(run_profiles._divide(people, tables))

    assert people == [person for chunk in chunks for person in chunk]
    for chunk in chunks:
        count = sum(reactors.get(person.key, 0) for person in chunk)
        assert len(chunk) == 1 or (len(chunk) <= 4 and count <= max(reactors.values()) + 1)
    assert len(chunks) > 1
    assert together == build_all()


def test_resampled_sums_are_those_of_each_actor(monkeypatch):
    """Sums in batches of actors are what adding one row after the other gives; so is one more actor."""
    monkeypatch.setattr(ledger_confidence, "ACTORS_PER_BATCH", 7)
    draw = np.random.default_rng(5)
    rows = sorted({tuple(map(int, draw.integers(1, (40, 4, 6, 2)))) for _ in range(200)})
    columns = dict(zip(("actor", "account", "signal", "known"), np.array(rows).T, strict=True))
    columns["balance"] = draw.integers(1, 10**9, len(rows))
    expected_balances, expected_people, seen = {}, {}, set()
    for (actor, *key), balance in zip([*rows, (0, 2, 5, 1)], [*columns["balance"].tolist(), 77], strict=True):
        [weights] = confidence.poisson_weights(3, np.array([actor], dtype=np.uint64)).astype(int)
        expected_balances[tuple(key)] = expected_balances.get(tuple(key), 0) + balance * weights
        if (actor, key[0]) not in seen:
            expected_people[key[0]] = expected_people.get(key[0], 0) + weights
        seen.add((actor, key[0]))

    [weights] = confidence.poisson_weights(3, np.array([0], dtype=np.uint64)).astype(float)
    balances, people = ledger_confidence._resample_actors(columns, 3).add((2, 5, 1), 77, weights).to_draws()

    assert {key: (row // 1000).tolist() for key, row in expected_balances.items()} == {
        key: row.tolist() for key, row in balances.items()
    }
    assert {account: row.tolist() for account, row in expected_people.items()} == {
        account: row.tolist() for account, row in people.items()
    }


def test_people_of_lists_are_ranked_by_score(home):
    """The highest scores of each list come first, ties by key; people without a score are left out."""
    with PublishedTables(home.days.find(method="3")) as published:
        keys, values = published.read_score_arrays()
        scores = dict(zip(keys.tolist(), values.tolist(), strict=True))
        people = [*scores, 12345]
        owners = [1, 2] * len(people)
        listed = [person for person in people for _ in (1, 2)]
        ranked = published.rank_by_score(np.array(owners), np.array(listed), 5)

    expected = sorted(scores, key=lambda key: (-scores[key], key))[:5]
    assert {1: expected, 2: expected} == ranked


def test_range_does_not_depend_on_the_networks_of_others(tmp_path):
    """One more actor gives a repost, whatever network was read last; here those who gave most gave likes."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    rows = [f"a{n},t,{DAY},like,p,{n}" for n in range(9)] + [
        f"b{n},t,{DAY - timedelta(days=40)},repost,q,b{n}" for n in range(3)
    ]
    take(HEADER, *rows)
    take("account,at,followers,lists", f"t,{DAY},5000,20", table="profiles")
    take(HEADER, *(f"c{n},other,{DAY},star,p,c{n}" for n in range(5)), network="github")
    take("account,at,followers", f"other,{DAY},700", table="profiles", network="github")
    score(home, DAY)

    [alone] = build_profiles(home, "x:t")
    with_other = dict(zip(("t", "other"), build_profiles(home, "x:t", "github:other"), strict=True))["t"]
    home.people.add("both", [("x", "t"), ("github", "other")], at=datetime(2020, 1, 1, tzinfo=UTC))

    assert alone.known_range == with_other.known_range
    assert alone.known_range.high > alone.explanation.receipt.score
