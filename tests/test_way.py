"""The way to a goal in steps, and when reactions come."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from conftest import DAY
from renown import answers
from renown.answers.best_times import MIN_REACTIONS, compute_best_times
from renown.answers.simulate.goal import GoalPlan, GoalStep, UniformIncrease
from renown.answers.simulate.goal_forecast import GoalForecast
from renown.answers.simulate.levers import Lever
from renown.answers.simulate.way import build_way
from renown.answers.simulate.way_text import describe_odds
from renown.cli import app
from renown.cli.output import goals
from renown.errors import InvalidInputError
from renown.records import day_number

TUESDAY = datetime(2026, 10, 6, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("steps") / "home")


@pytest.fixture(scope="module")
def client(home):
    """Return a client of pages and API."""
    with TestClient(community.app_of(home), base_url="http://x") as test_client:
        yield test_client


def to_hour(moment):
    """Return the number of an hour since 1970."""
    return int(moment.timestamp()) // 3600


def count_weekly(weeks, reactions):
    """Return counts: some reactions each Tuesday at 15:00 UTC, and a few in all other hours."""
    start = to_hour(TUESDAY - timedelta(days=1, hours=15))
    background = {start + hour: 1 for hour in range(168 * weeks)}
    return sorted((background | {to_hour(TUESDAY) + 168 * week: reactions for week in range(weeks)}).items())


@pytest.mark.parametrize(
    ("zone", "slot"), [("UTC", ("Tuesday", 15)), ("Europe/Berlin", ("Tuesday", 17)), ("Asia/Tokyo", ("Wednesday", 0))]
)
def test_best_hour_is_in_the_requested_time_zone(zone, slot):
    """The best hour is that of the wall clock there, and surely better than the average hour."""
    times = compute_best_times("ada", DAY, count_weekly(2, 90) + count_weekly(2, 0)[:0], zone)
    weekly = compute_best_times("ada", DAY, count_weekly(4, 90), zone)

    assert slot == (weekly.best[0].weekday, weekly.best[0].hour)
    assert weekly.best[0].is_sure
    assert weekly.best[0].low <= weekly.best[0].percent <= weekly.best[0].high
    assert weekly.reactions == sum(map(sum, weekly.hours))
    assert times.weeks < weekly.weeks


def test_daylight_saving_time_moves_the_hour_within_the_window():
    """The same UTC hour is another hour of the wall clock after the change on 25 October."""
    hours = [(to_hour(TUESDAY + timedelta(weeks=week)), 100) for week in range(6)]

    rows = compute_best_times("ada", DAY, hours, "Europe/Berlin").hours[1]

    assert (300, 300) == (rows[16], rows[17])


def test_a_burst_in_one_week_is_not_sure():
    """An hour that was good once has a wide interval."""
    burst = [*count_weekly(8, 1), (to_hour(TUESDAY + timedelta(hours=2)), 400)]

    times = compute_best_times("ada", DAY, sorted(burst), "UTC")

    assert ("Tuesday", 17) == (times.best[0].weekday, times.best[0].hour)
    assert not times.best[0].is_sure
    assert "chance" in times.message


@pytest.mark.parametrize("weeks", [4, 13])
def test_best_of_equal_hours_is_not_sure(weeks):
    """Of 168 hours that are alike, the best three are above the average by chance alone."""
    monday, generator = to_hour(TUESDAY - timedelta(days=1, hours=15)), np.random.default_rng(weeks)
    counts = [(monday + hour, int(count)) for hour, count in enumerate(generator.poisson(5, 168 * weeks))]

    times = compute_best_times("ada", DAY, counts, "UTC")

    assert [slot.is_sure for slot in times.best] == [False] * 3
    assert "may be chance" in times.message


def test_too_few_reactions_have_no_best_hour():
    """Below the minimum the answer says how many are missing."""
    times = compute_best_times("ada", DAY, [(to_hour(TUESDAY), MIN_REACTIONS - 1)])

    assert () == times.best
    assert f"{MIN_REACTIONS - 1} in 1 week; at least {MIN_REACTIONS} in 4 weeks" in times.message


def test_unknown_time_zones_are_rejected():
    """An invalid name is an error that says what is right."""
    for name in ("Mars/Base", "../../etc/passwd", "", "\0", "x" * 500):
        with pytest.raises(InvalidInputError, match="is not a time zone"):
            compute_best_times("ada", DAY, [], name)


def build_forecast(odds):
    """Return a forecast with the same odds in 30 and 90 days."""
    return GoalForecast(
        odds_30=odds, odds_90=odds, date=None, drift=0.1, scatter=0.1, days=30, recomputed_days=0, message=""
    )


@pytest.mark.parametrize(
    ("days", "multiple", "text"),
    [
        (
            59,
            1.2,
            "Too early to say how likely the whole way is: that needs a history of 60 days with a score, as most",
        ),
        (60, 3.1, "Too early to say: it takes 3.1 times"),
        (60, None, "Too early to say: it takes more than 100 times"),
        (60, 3.0, "Likely within 30 days (70%), likely within 90 days (70%)"),
    ],
)
def test_odds_are_words_with_numbers_or_too_early(days, multiple, text):
    """Without 60 days of history, or beyond three times of everything, there are no odds."""
    assert describe_odds(build_forecast(0.7), days, multiple).startswith(text)


def test_way_leads_over_steps_to_the_target(client):
    """The ladder ends at the target; the recipe of everything reaches the next step, by the method itself."""
    way = client.get("/api/people/ann/way?target=70").json()
    score, percent = way["score"], way["recipes"][-1]["percent"]

    result = client.get(f"/api/people/ann/if?change=all=x{1 + percent / 100:.2f}").json()
    too_little = client.get(f"/api/people/ann/if?change=all=x{1 + (percent - 1) / 100:.2f}").json()

    steps = [step["score"] for step in way["ladder"]]
    assert [way["next_step"], 70.0] == [steps[0], steps[-1]]
    assert all(step["points_away"] == pytest.approx(step["score"] - score) for step in way["ladder"])
    assert [True] + [False] * (len(steps) - 1) == [step["is_next"] for step in way["ladder"]]
    assert too_little["score_after"] < way["next_step"] <= result["score_after"] + 1e-9
    assert way["whole_way"].startswith("70 takes")
    assert way["odds"].startswith("Too early to say")


def build_step(signal, network, now, increase):
    """Return the increase of a signal of an account that reaches a target."""
    lever = Lever(
        network=network,
        account=f"{network}:ada",
        key=f"{network}:1/{signal}",
        signal=signal,
        unit="acts",
        verbs=(),
        now=now,
        rate=1.0,
        rate_source="own",
    )
    return GoalStep(lever, increase, 1_000_000, 50.0, "")


@pytest.mark.parametrize(
    ("steps", "order"),
    [
        (
            [
                ("amplification", "mastodon", 13, 1_300),
                ("amplification", "bluesky", 1_300, 1_600),
                ("conversation", "bluesky", 700, 4_000),
            ],
            [("amplification", "bluesky"), ("conversation", "bluesky")],
        ),
        (
            [("conversation", "x", 100, 90), ("conversation", "github", 0, 10), ("amplification", "x", 5, 80)],
            [("conversation", "x"), ("amplification", "x")],
        ),
        (
            [("conversation", "github", 0, 10), ("conversation", "x", 0, 20), ("amplification", "x", 9, None)],
            [("conversation", "github"), ("amplification", "x")],
        ),
    ],
    ids=["growth-not-number", "network-with-reactions", "no-reactions-yet"],
)
def test_recipe_that_has_to_grow_least_comes_first(steps, order):
    """Relative to what comes now: 1,300 more reposts are easier where 1,300 come than where 13 do."""
    increase = UniformIncrease(50, 10_000, 50.0, "50% more of all reactions")
    plan = GoalPlan(
        name="ada",
        day="2026-11-23",
        target=50.0,
        score=48.0,
        simulated_score=48.0,
        points_to_goal=2.0,
        steps=tuple(build_step(*step) for step in steps),
        uniform_increase=increase,
        total_increase=increase,
        forecast=build_forecast(0.7),
        decay_forecast=(),
        message="",
    )
    way = build_way(plan, increase, None, target=70.0, highest=None, reaction_days=[], window=90)

    assert [*order, ("everything", "")] == [(recipe.signal, recipe.network) for recipe in way.recipes]


def test_expiry_counts_every_reaction_once(home, client):
    """All reactions of the window leave it within 90 days, each in its week."""
    expiry = client.get("/api/people/ann/way").json()["expiry"]
    profile = answers.load_profile(home.profiles, home.people.by_name("ann").key)
    oldest = min(day_no for day_no, _ in profile.reaction_days)
    first_week = next(week for week in expiry if week["acts"])

    assert sum(acts for _, acts in profile.reaction_days) == sum(week["acts"] for week in expiry) > 10
    leaves = oldest + 90
    assert day_number(date.fromisoformat(first_week["first_day"])) <= leaves
    assert leaves <= day_number(date.fromisoformat(first_week["last_day"]))


def test_page_and_command_show_the_answers(home, client):
    """The page has the sentences of the API; the command prints the same message."""
    way, times = client.get("/api/people/ann/way").json(), client.get("/api/people/ann/when").json()

    page = client.get("/people/ann/goal?tz=Europe/Berlin").text
    result = CliRunner().invoke(app, ["--home", str(home.settings.home), "when", "ann"])

    assert way["whole_way"] in page
    assert way["odds"] in page
    assert way["recipes"][-1]["sentence"].endswith("% more of all reactions")
    assert "Hours in Europe/Berlin." in page
    assert 0 == result.exit_code, result.output
    assert times["message"].split(";")[0] in " ".join(result.output.split())
    goal = " ".join(CliRunner().invoke(app, ["--home", str(home.settings.home), "goal", "ann"]).output.split())
    assert way["whole_way"].split(";")[0] in goal
    assert "from people who have not reacted yet" in goal
    assert "more of all reactions" in goal
    assert "more of everything" in goal
    assert 400 == client.get("/people/ann/goal?tz=Mars").status_code


@pytest.mark.parametrize("target", ["1", "50", "100"])
def test_the_command_prints_the_way_of_the_api(home, client, monkeypatch, target):
    """The same JSON; the table has each step, what is enough for the next one, and when reactions leave."""
    monkeypatch.setattr(goals.console, "width", 500)
    body = client.get("/api/people/ann/way", params={"target": target}).json()
    options = ["--home", str(home.settings.home), "way", "x:Ann", "--target", target]

    as_json, table = (CliRunner().invoke(app, [*options, *more]) for more in (["--json"], []))

    assert body == json.loads(as_json.output)
    lines, words = table.output.splitlines(), " ".join(table.output.split())
    assert body["odds"] in words
    assert body["whole_way"] in words
    for step in body["ladder"]:
        assert f"{step['score']:g} ({step['points_away']:.2f} points away)" in words
    for recipe in body["recipes"]:
        assert any(recipe["sentence"] in line for line in lines)
    weeks = [week for week in body["expiry"] if week["acts"]]
    assert weeks
    for week in weeks:
        assert [week["first_day"], week["last_day"], str(week["acts"])] in [line.split() for line in lines]
    assert (target == "1") == (not body["ladder"])


def test_fading_is_named_where_nothing_leaves_the_window(home, capsys):
    """Without acts by name, nothing leaves the window, so the command does not say that 0 reactions do."""
    served = home.served_scores.by_name("ann")
    inputs = answers.load_profile(home.profiles, served.key).known_inputs
    with home.reader() as engine:
        plan = answers.plan_goal("ann", served.score, inputs, None, engine, target=70)
    forecast = [replace(decay, acts=0) for decay in plan.decay_forecast]
    one = [replace(decay, acts=1) for decay in plan.decay_forecast]

    goals.print_goal_plan(replace(plan, decay_forecast=tuple(forecast)))
    text = " ".join(capsys.readouterr().out.split())
    goals.print_goal_plan(replace(plan, decay_forecast=tuple(one)))

    assert "0 reactions" not in text
    assert "as older reactions count less every day" in text
    assert "as 1 reaction leaves the window" in " ".join(capsys.readouterr().out.split())


def test_hours_are_in_the_persons_own_time_zone(home, client):
    """On the page, in the API and of the command, unless another zone is requested; at first it is UTC."""
    runner, home_option = CliRunner(), ["--home", str(home.settings.home)]
    path, modified = "/api/people/ann/when", client.get("/api/people/ann/when").headers.get("Last-Modified")
    assert "UTC" == client.get(path).json()["time_zone"]
    assert "unless ann chooses another" in client.get("/people/ann/goal").text
    try:
        result = runner.invoke(app, [*home_option, "time-zone", "ann", "Asia/Tokyo"])
        assert "the time zone of ann is Asia/Tokyo" in result.output
        hours = client.get(path, headers={"If-Modified-Since": modified} if modified else {})

        assert (200, "Asia/Tokyo") == (hours.status_code, hours.json()["time_zone"])
        assert hours.json()["hours"] == client.get(f"{path}?tz=Asia/Tokyo").json()["hours"]
        assert "Hours in Asia/Tokyo, the time zone of ann." in client.get("/people/ann/goal").text
        for options, zone in (([], "Asia/Tokyo"), (["--tz", "UTC"], "UTC")):
            printed = runner.invoke(app, [*home_option, "when", "ann", "--json", *options]).output
            assert zone == json.loads(printed)["time_zone"]
        assert 1 == runner.invoke(app, [*home_option, "time-zone", "ann", "Mars"]).exit_code
    finally:
        home.people.set_time_zone(home.people.by_name("ann").key, "UTC")
