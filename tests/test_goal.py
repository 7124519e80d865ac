"""Simulations of days without a ledger: plan for a goal, what-if, forecast; `test_ledger_simulate` has the others."""

import dataclasses
import json
import re
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
import demo_site
from community import HEADER, app_of
from conftest import DAY, NOW, SETTINGS_2, publisher, taker
from renown import answers, demo
from renown.answers.simulate import levers
from renown.answers.simulate.goal_forecast import forecast_goal
from renown.answers.simulate.increase_search import find_smallest_increases
from renown.cli import app
from renown.errors import InvalidInputError, InvalidMethodError
from renown.home import open_demo
from renown.home.app_state import build_app_state
from renown.progress import NullProgress
from renown.runs import profiles
from renown.store import PublishedTables
from renown.web.people import find_by_name
from renown.web.profiles import load_scoring_inputs

EVERYBODY = ["ann", "bob", "cat"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("way") / "home", version="2.1")


@pytest.fixture(scope="module")
def site(home):
    """Return the state of a web application."""
    return build_app_state(home)


@pytest.fixture(scope="module")
def client(home):
    """Return a client of the API."""
    with TestClient(app_of(home), raise_server_exceptions=False, base_url="http://x/api") as test_client:
        yield test_client


@pytest.fixture(scope="module")
def engine(home):
    """Return an engine session shared by all simulations; each replaces the tables of the one before."""
    with home.reader() as session:
        yield session


@pytest.fixture(scope="module")
def demo_state(tmp_path_factory):
    """Return the state of a web application with the simulated community of the demo, on one published day."""
    demo_home = open_demo(tmp_path_factory.mktemp("demo") / "home", SETTINGS_2)
    demo.import_demo(
        demo_home.run_resources,
        demo_home.claims,
        last=DAY,
        seed=1,
        now=NOW,
        progress=NullProgress(),
        size=demo_site.SMALL_SIZE,
    )
    published_day = publisher(demo_home)()
    profiles.build_profiles(demo_home.reader, demo_home.lake, demo_home.people, demo_home.profiles, published_day)
    return build_app_state(demo_home)


def simulate(site, engine, name, *changes):
    """Simulate changes to a person's inputs."""
    subject = find_by_name(site, name)
    parsed = [answers.parse_change(text) for text in changes]
    return answers.simulate_changes(subject.name, subject.score, load_scoring_inputs(site, subject), parsed, engine)


@pytest.mark.parametrize("name", EVERYBODY)
def test_without_changes_the_simulation_is_the_published_score(home, site, engine, name):
    """To the last bit, as are the points of every signal."""
    result = simulate(site, engine, name)
    with PublishedTables(home.days.find()) as published:
        key = find_by_name(site, name).key
        points = {(row.network, row.signal): row.points for row in published.read_points(key) if row.points}
        score = published.read_score(key).score

    assert points
    assert score == result.score == result.score_after
    assert points == {(row.network, row.signal): row.points for row in result.signals if row.points}
    assert points == {(row.network, row.signal): row.points_after for row in result.signals if row.points_after}
    assert "" == result.message


@pytest.mark.home
@pytest.mark.parametrize("name", ["ada", "linus", "newcomer", "bix"])
def test_simulation_reproduces_scores_of_the_demo(demo_state, name):
    """Simulated people on three networks, with tallies and lists."""
    with demo_state.open_engine() as engine:
        result = simulate(demo_state, engine, name)

    assert find_by_name(demo_state, name).score == result.score == result.score_after
    assert result.score == pytest.approx(1 + sum(row.points for row in result.signals))
    assert len(result.signals) > 2


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_increases_never_lower_a_score(site, engine, data):
    """After any sequence of changes an increase raises the score or leaves it; points sum to the score."""
    name = data.draw(st.sampled_from(EVERYBODY))
    keys = [lever.key for lever in levers.Levers(load_scoring_inputs(site, find_by_name(site, name))).levers.values()]
    more = st.tuples(st.sampled_from(keys), st.integers(0, 10**6)).map(lambda pair: f"{pair[0]}={pair[1]}")
    times = st.tuples(st.sampled_from([*keys, "everything"]), st.integers(100, 999)).map(
        lambda pair: f"{pair[0]}=x{pair[1] / 100}"
    )
    changes = data.draw(st.lists(more | times, max_size=4))
    further = data.draw(more | times)
    result, raised = simulate(site, engine, name, *changes), simulate(site, engine, name, *changes, further)

    assert raised.score <= result.score_after <= raised.score_after
    assert raised.score_after == pytest.approx(1 + sum(row.points_after for row in raised.signals))


@pytest.mark.home
def test_simulated_score_equals_the_published_score(tmp_path):
    """More followers, and more people like those who reacted: importing them publishes the simulated score."""
    home = community.create_community(tmp_path / "home", version="2.1")
    take, publish = taker(home, tmp_path), publisher(home)
    with home.reader() as engine:
        more_followers = simulate(build_app_state(home), engine, "bob", "x:102/audience=+900")
        more_reposts = simulate(build_app_state(home), engine, "cat", "mastodon:cat@m.example/amplification=+3")
    profile = f"102,bob_b,{DAY},{more_followers.signals[0].after}"
    take("account,handle,at,followers", profile, table="profiles", network="x")
    fans = [f"https://m.example/users/g{n},https://m.example/users/cat,{DAY},repost,t1,g{n}" for n in range(3)]
    take(HEADER, *fans, network="mastodon")
    publish()

    assert more_followers.score < more_followers.score_after == home.served_scores.by_name("bob").score
    assert more_reposts.score < more_reposts.score_after == home.served_scores.by_name("cat").score


def test_removing_and_adding_people_is_reversible(site, engine):
    """Down to nobody, when the signal has no points; removing more is an error."""
    removed = simulate(site, engine, "ann", "x:ann/approval=-4")
    points = {row.key: row.points_after for row in removed.signals}

    assert removed.score_after < removed.score
    assert 0 == points["x:101/approval"] == next(row.after for row in removed.signals if row.key == "x:101/approval")
    restored_score = simulate(site, engine, "ann", "x:ann/approval=-1", "x:ann/approval=1").score_after
    # Millionths of a person are rounded down in between.
    assert removed.score == pytest.approx(restored_score, abs=1e-5)
    with pytest.raises(InvalidInputError, match="at most 4 can be removed"):
        simulate(site, engine, "ann", "x:ann/approval=-5")


def test_signal_without_reactions_uses_the_typical_rate(site, engine):
    """Nobody reposted ann on Bluesky: a repost counts as the day's typical one, which `rate_source` states."""
    lever = next(
        candidate
        for candidate in levers.Levers(load_scoring_inputs(site, find_by_name(site, "ann"))).levers.values()
        if candidate.key == "bluesky:did:plc:ann/amplification"
    )

    assert (0, "typical") == (lever.now, lever.rate_source)
    assert 0 < lever.rate < 1
    assert ("repost", "quote", "share", "fork") == lever.verbs
    result = simulate(site, engine, "ann", f"{lever.key}=100")
    assert result.score < result.score_after


INVALID_CHANGES = [
    *("", "=", "x:101/approval", "x:101/approval=", "x:101/approval=ten", "x:101/approval=1.5", "everything=5"),
    *("x:101/approval=x", "x:101/approval=-5", "x:101/views=1", "x:102/approval=1", "bluesky:did:plc:ann/curation=1"),
    *("x:101/approval=9999999999", "everything=x1e9", "\0=1", "everything=x-1", "x:101/approval=\u0661"),
]


@pytest.mark.parametrize(
    "changes", [*([change] for change in INVALID_CHANGES), ["everything=x9999"] * 9, ["everything=x1"] * 101]
)
def test_invalid_changes_are_rejected(client, changes):
    """As an error response."""
    response = client.get("/people/ann/if", params={"change": changes})

    assert (400, "invalid_input") == (response.status_code, response.json()["error"]["code"])


@pytest.mark.parametrize("change", ["x:101/approval=+12", "x:ANN/approval= 12", "x:101/approval=12"])
def test_plus_in_a_query_is_parsed_as_plus(client, change):
    """A query string decodes `+` to a space; with or without it, 12 people are added to 4."""
    body = client.get(f"/people/ann/if?change={change}").json()

    assert [(4, 16)] == [(row["now"], row["after"]) for row in body["signals"] if row["key"] == "x:101/approval"]


@pytest.mark.parametrize("change", ["x:101/likes=+12", "x:ANN/likes=12", "x:ann/LIKE=+12"])
def test_signals_are_named_by_words(site, engine, change):
    """As by their names."""
    result = simulate(site, engine, "ann", change)

    assert simulate(site, engine, "ann", "x:101/approval=+12") == result
    assert result.score < result.score_after


def test_word_of_several_accounts_needs_an_account_or_a_factor(site, engine):
    """The error lists the accounts."""
    with pytest.raises(InvalidInputError, match=r"accounts; name one: x:Ann/likes, bluesky:\S+/likes$"):
        simulate(site, engine, "ann", "likes=+1")
    doubled = simulate(site, engine, "ann", "likes=x2")

    assert {"approval"} == {row.signal for row in doubled.signals if row.after != row.now}
    assert {"bluesky", "x"} == {row.network for row in doubled.signals if row.after != row.now}
    assert doubled.score < doubled.score_after


@pytest.mark.home
def test_profiles_without_inputs_are_rebuilt_for_simulations(tmp_path):
    """Profiles of an older version have no scoring inputs: pages show them, simulations build new ones."""
    home = community.create_community(tmp_path / "home", version="2.1")
    with TestClient(app_of(home), base_url="http://x/api") as client:
        goal_before, path = client.get("/people/ann/goal").json(), "/people/ann/if?change=everything=x2"
        what_if_before = client.get(path).json()
        for key, _, body in home.profiles.all():
            profile = msgspec.json.decode(body)
            assert profile.pop("inputs")
            home.profiles.update(key, msgspec.json.encode(profile))

        assert 200 == client.get("/people/ann/receipt").status_code
        assert (goal_before, what_if_before) == (client.get("/people/ann/goal").json(), client.get(path).json())


def test_scoring_inputs_are_small(home):
    """A few dozen rows, unlike the hundreds of a receipt."""
    for _, _, body in home.profiles.all():
        inputs = msgspec.json.encode(answers.deserialize_profile(body).inputs)
        assert 500 < len(inputs) < 2500


def test_scoring_inputs_of_another_method_are_rejected(site, engine):
    """A day published with other SQL steps cannot be simulated."""
    subject = find_by_name(site, "ann")
    other_inputs = dataclasses.replace(load_scoring_inputs(site, subject), steps_digest="0" * 16)
    with pytest.raises(InvalidMethodError, match="other steps"):
        answers.simulate_changes("ann", subject.score, other_inputs, [], engine)


def test_missing_data_is_reported(site, engine):
    """Inputs that do not reproduce the published score lead to a message."""
    subject = find_by_name(site, "ann")
    assert (
        "no longer in the lake"
        in answers.simulate_changes("ann", subject.score + 1, load_scoring_inputs(site, subject), [], engine).message
    )


def plan_goal(site, engine, name, target):
    """Plan how a person reaches a target."""
    subject = find_by_name(site, name)
    return answers.plan_goal(
        subject.name,
        subject.score,
        load_scoring_inputs(site, subject),
        answers.read_trend_history(site.scores, site.days, subject),
        engine,
        target=target,
    )


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("points_to_goal", [0.5, 4])
def test_goal_steps_are_the_smallest_that_reach_the_target(site, engine, name, points_to_goal):
    """One less does not reach it; a step without a number does not even at its maximum."""
    target = find_by_name(site, name).score + points_to_goal
    plan = plan_goal(site, engine, name, target)
    reaching = [step for step in plan.steps if step.increase is not None]

    assert reaching
    for step in plan.steps:
        amount = step.maximum if step.increase is None else step.increase
        score = simulate(site, engine, name, f"{step.lever.key}={amount}").score_after
        assert (step.score, step.increase is not None) == (score, score >= target)
        assert (
            step.increase is None or target > simulate(site, engine, name, f"{step.lever.key}={amount - 1}").score_after
        )
    assert sorted(step.increase for step in reaching) == [step.increase for step in plan.steps[: len(reaching)]]
    assert (
        plan.uniform_increase.score
        == simulate(site, engine, name, f"everything=x{1 + plan.uniform_increase.percent / 100}").score_after
    )
    assert (
        target
        > simulate(site, engine, name, f"everything=x{1 + (plan.uniform_increase.percent - 1) / 100}").score_after
    )


@given(
    st.dictionaries(st.sampled_from("abcde"), st.tuples(st.integers(1, 10**8), st.integers(0, 2 * 10**8)), min_size=1)
)
def test_smallest_increases_of_several_levers(levers_of):
    """Several levers share the passes, each with its own threshold; beyond its maximum there is none."""
    passes = []

    def score_batch(batch):
        passes.append(batch)
        return [float(number >= levers_of[lever][1]) for lever, number in batch]

    maxima = {lever: maximum for lever, (maximum, _) in levers_of.items()}
    increases = find_smallest_increases(score_batch, maxima, dict.fromkeys(maxima, 1.0))

    assert {
        lever: threshold if threshold <= maximum else None for lever, (maximum, threshold) in levers_of.items()
    } == {lever: number for lever, (number, _) in increases.items()}
    assert len(passes) < 9


def test_further_goal_is_found_in_the_same_search(site, engine):
    """The increase of everything is the one that a search for that goal alone finds; the plan is that of the goal."""
    served_score = find_by_name(site, "ann")
    inputs = load_scoring_inputs(site, served_score)

    near, far = served_score.score + 0.5, served_score.score + 2

    plan, further = answers.plan_two_goals(
        served_score.name, served_score.score, inputs, None, engine, target=near, further_target=far
    )

    assert further == plan_goal(site, engine, "ann", far).total_increase
    assert further.percent > plan.total_increase.percent
    assert plan.steps == plan_goal(site, engine, "ann", near).steps
    assert plan.simulated_score == plan.score


def test_plans_are_computed_once(site, monkeypatch):
    """The same goal of the same day comes from the cache; another one does not, and only the latest stay."""
    monkeypatch.setattr("renown.web.computation._MAX_LATEST_ANSWERS", 2)
    served_score, computed = find_by_name(site, "ann"), []

    def compute(key):
        return site.computer.compute_once((served_score, key), lambda _: computed.append(key) or key)

    assert [30, 30, 40, 30, 50, 30] == [compute(key) for key in (30, 30, 40, 30, 50, 30)]
    assert [30, 40, 50, 30] == computed


def test_goal_already_reached(site, engine):
    """No increase is needed, and the odds are certain."""
    plan = plan_goal(site, engine, "ann", 10)

    assert {0} == {step.increase for step in plan.steps} | {plan.uniform_increase.percent}
    assert (0.0, 1.0, 1.0, plan.day) == (
        plan.points_to_goal,
        plan.forecast.odds_30,
        plan.forecast.odds_90,
        plan.forecast.date,
    )
    assert plan.score == plan.steps[0].score == plan.uniform_increase.score


@pytest.mark.proof
@pytest.mark.home
def test_decay_forecast_equals_later_published_scores(tmp_path):
    """Without new reactions, the forecast for 7 and 30 days is what those days publish."""
    home = community.create_community(tmp_path / "home", days=(0,))
    take, publish = taker(home, tmp_path), publisher(home)
    old_acts = [
        f"https://m.example/users/o{ago},https://m.example/users/cat,{DAY - timedelta(days=ago)},{verb},t1,o{ago}"
        for ago, verb in ((84, "repost"), (83, "repost"), (82, "reply"), (60, "repost"), (59, "reply"))
    ]
    take(HEADER, *old_acts, network="mastodon")
    published_day = publish()
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, published_day)
    with home.reader() as engine:
        week, month = plan_goal(build_app_state(home), engine, "cat", 70).decay_forecast
    later_days = {days: publish(DAY + timedelta(days=days)) for days in (7, 30)}

    # Of the window of 90 days, acts of 83 days and more expire within a week, those of 60 days and more in a month.
    assert (2, {"amplification": 2}) == (week.acts, week.acts_by_signal)
    assert (4, {"amplification": 3, "conversation": 1}) == (month.acts, month.acts_by_signal)
    for forecast in (week, month):
        with PublishedTables(later_days[forecast.days]) as published:
            key = home.people.by_name("cat").key
            assert forecast.score == published.read_score(key).score
            assert {row.signal: row.points for row in published.read_points(key) if row.points} == {
                row.signal: row.points_after for row in forecast.signals if row.points_after
            }
        assert forecast.day == later_days[forecast.days].day.isoformat()
    assert month.move < week.move < 0


PAST = {DAY - timedelta(days=ago): 50 - ago * 0.1 for ago in range(31)}


def test_rising_trend_has_a_date():
    """A tenth of a point per day gains five points in fifty days; scatter makes the odds uncertain."""
    forecast = forecast_goal(PAST, DAY, 50.0, 55.0)
    scattered = forecast_goal({day: score + 0.2 * (day.day % 2) for day, score in PAST.items()}, DAY, 50.0, 55.0)

    assert ((DAY + timedelta(days=50)).isoformat(), 0.0, 1.0) == (forecast.date, forecast.odds_30, forecast.odds_90)
    assert (pytest.approx(0.1), 30, "") == (forecast.drift, forecast.days, forecast.message)
    assert 0 < scattered.odds_30 < scattered.odds_90 < 1


@pytest.mark.parametrize(
    ("scores", "target", "message"),
    [
        ({}, 60.0, "the last 31 days, needs a score on 14 of them, and 0 have one"),
        ({day: score for day, score in PAST.items() if (DAY - day).days < 13}, 60.0, "and 13 have one"),
        ({day: 100 - score for day, score in PAST.items()}, 60.0, "does not rise: -0.10 points per day over 30"),
        (dict.fromkeys(PAST, 50.0), 60.0, "does not rise: +0.00"),
        ({day: 50 - (DAY - day).days / 1e4 for day in PAST}, 60.0, "more than 3,660 days"),
    ],
)
def test_forecast_without_a_date_has_a_reason(scores, target, message):
    """Too short a history, no rise, or too far away."""
    forecast = forecast_goal(scores, DAY, 50.0, target)

    assert forecast.date is None
    assert message in forecast.message
    assert (forecast.odds_30 is None) == (forecast.drift is None) == (len(scores) < 14)


def test_goal_plan_in_api_and_command_line(client, home, site, engine):
    """Both return the same; a target out of range is rejected."""
    body = client.get("/people/x:ANN/goal", params={"target": 21}).json()
    expected = json.loads(msgspec.json.encode(plan_goal(site, engine, "ann", 21)))
    command = ["--home", str(home.settings.home)]
    as_json = CliRunner().invoke(app, [*command, "goal", "ann", "--target", "21", "--json"])
    table = CliRunner().invoke(app, [*command, "goal", "x:Ann", "--target", "21"])

    assert expected == body == json.loads(as_json.output)
    assert body["steps"][0]["message"].split(",")[0].split()[0] in table.output
    assert 70.0 == client.get("/people/ann/goal").json()["target"]
    for target in ("0", "101", "nan", "x"):
        assert "invalid_input" == client.get("/people/ann/goal", params={"target": target}).json()["error"]["code"]


def test_what_if_in_api_and_command_line(client, home):
    """Both return the same; the table adds up to both scores."""
    changes = ["x:ann/reposts=+5", "everything=x2"]
    body = client.get("/people/ann/if", params={"change": changes}).json()
    command = ["--home", str(home.settings.home), "what-if", "ann", *changes]
    as_json, table = (CliRunner().invoke(app, [*command, *more]).output for more in (["--json"], []))

    assert json.loads(as_json) == body
    rows = [line.split()[-2:] for line in table.splitlines() if re.search(r"\d\.\d\d +\d+\.\d\d$", line.strip())]
    *points, scores = [[float(cell) for cell in row] for row in rows]
    assert scores == pytest.approx([sum(column) for column in zip(*points, strict=True)], abs=0.01 * len(points))
    assert f"ann would have {body['score_after']:.2f} ({body['move']:+.2f})" in table
    unchanged = CliRunner().invoke(app, command[:4])
    assert "would have" not in unchanged.output
    assert "x:Ann/reposts" in unchanged.output


def test_huge_numbers_of_people_without_points_are_rejected():
    """Where reactions have no points, only the number of people grows, and it must fit in an integer."""
    inputs = levers.ScoringInputs(
        steps_digest="",
        is_claimed=True,
        accounts=(("x", 1, "101", "x:ann"),),
        constants=(0.0,),
        profiles=(),
        scales=(("x", 1, "approval", "interactions", 0, 1.0),),
        observed=(),
        verbs=(("x", 1, 1),),
        typical_rates={1: 0},
        signals={0: ((1, 1, 0, 5, 0, 5),)},
    )
    changes = [answers.parse_change("everything=x9999")] * 20

    with pytest.raises(InvalidInputError, match="is too large to be computed"):
        levers.Levers(inputs).apply_changes(changes)
