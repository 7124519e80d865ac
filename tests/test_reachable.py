"""Goals of small communities: what is within reach of a home's own people, and goals by percentile."""

import math
import random
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from community import app_of
from conftest import DAY, NOW, publisher, taker
from renown import answers, cli
from renown.answers.reachable import ReachableScores
from renown.errors import InvalidInputError

COLLEAGUES = [f"c{n:02}" for n in range(12)]


def reachable_of(*scores):
    """Return the reachable scores of some people, at 12.375 points per factor of ten."""
    return ReachableScores(day=DAY, method="2.1", scores=tuple(sorted(scores)), points_per_decade=99 / 8)


@pytest.fixture
def office(home, take, publish):
    """Return a home with nothing but the acts of twelve colleagues on each other; one of them opted out."""
    draw = random.Random(1)
    acts = [
        f"{actor},{target},{DAY - timedelta(days=n % 30)},{draw.choice(['like', 'reply', 'repost'])},p{n},{n}"
        for n in range(400)
        for actor, target in [(draw.choice(COLLEAGUES), COLLEAGUES[int(12 * draw.random() ** 2)])]
        if actor != target
    ]
    take("actor,target,at,verb,post,id", *acts, network="office")
    for name in COLLEAGUES:
        home.people.add(name, [("office", name)], at=NOW)
    publish()
    home.people.set_consent(home.people.by_name("c00").key, "withdrawn", at=NOW)
    return home


@pytest.fixture
def create(office):
    """Return a function that runs `renown group create`."""
    options = ["--home", str(office.settings.home), "group", "create"]
    return lambda *arguments: CliRunner().invoke(cli.app, [*options, *arguments])


def consenting_scores(home):
    """Return the served scores of the people who consented."""
    return sorted(home.served_scores.by_name(name).score for name in COLLEAGUES[1:])


def test_only_consenting_people_are_counted(office):
    """Whoever opted out is in no figure, even with the highest score."""
    reachable = answers.load_reachable_scores(office.days, office.people)

    assert list(reachable.scores) == pytest.approx(consenting_scores(office))
    assert len(reachable.scores) == 11
    assert reachable.highest < office.served_scores.by_name("c00").score
    assert reachable.median == pytest.approx(consenting_scores(office)[5])


def test_goal_beyond_reach_is_explained(office, create):
    """Of a goal of 70 the command says how far it is from the highest and from the median score."""
    scores = consenting_scores(office)

    text = create("klout70", "--goal", "70").output

    assert "created the group klout70 with the goal 70, joined by claim" in text
    assert f"11 claimed people have a score: the highest is {scores[-1]:.1f}, the median {scores[5]:.1f}" in text
    assert f"nobody reached 70 yet: it takes {10 ** ((70 - scores[-1]) * 8 / 99):,.1f} times the strength" in text
    assert f"({70 - scores[5]:+.1f} points)" in text
    assert office.groups.find("klout70").goal_origin is None
    shown = CliRunner().invoke(cli.app, ["--home", str(office.settings.home), "group", "show", "klout70"]).output
    assert "nobody reached 70 yet" in shown
    for told in (text, shown):
        assert "people who react to each other within 30 days add hardly anything" in told
        assert "count in full only up to 10% of what others gave" in told


def test_method_without_friends_does_not_speak_of_them(home_2, tmp_path):
    """By method 2.1 reactions between friends count as all others, so the command does not say otherwise."""
    take = taker(home_2, tmp_path)
    take("actor,target,at,verb,post,id", f"ada,bob,{DAY},like,p,1", f"bob,ada,{DAY},like,p,2")
    home_2.people.add("ada", [("x", "ada")], at=NOW)
    publisher(home_2)()

    reachable = answers.load_reachable_scores(home_2.days, home_2.people)

    assert reachable.friends is None


def test_unknown_reach_is_told_before_the_first_score(home):
    """Before anybody has a score, the command says that, and which command tells what is within reach."""
    home.people.add("ada", [("x", "ada")], at=NOW)

    text = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "group", "create", "k", "--goal", "70"])

    assert "nobody can say what is within reach" in text.output
    assert "`renown group show k`" in text.output


def test_goal_by_percentile_is_stored_as_a_score(office, create, publish, take):
    """It is the score of somebody of the community, it does not move, and everywhere it is shown with its origin."""
    scores = consenting_scores(office)
    expected = math.floor(scores[9])  # ten of eleven people, 91%, are at this score or below it; nine are 82%

    text = create("office", "--goal-percentile", "90").output

    assert f"the goal {expected} (percentile 90 of the scores of 11 people on {DAY}, as a whole score)" in text
    group = office.groups.find("office")
    assert (expected, 90, 11, str(DAY)) == (
        group.goal,
        group.goal_origin.percentile,
        group.goal_origin.people,
        group.goal_origin.day,
    )
    assert office.groups.log.verify("office").faults == ()
    take("actor,target,at,verb,post,id", *(f"n{n},c05,{DAY},repost,p,x{n}" for n in range(300)), network="office")
    publish()
    assert office.groups.find("office") == group
    office.groups.join("office", office.people.by_name("c05"), at=NOW)
    shown = CliRunner().invoke(cli.app, ["--home", str(office.settings.home), "group", "show", "office"]).output
    assert f"the goal of {expected} is percentile 90 of the scores of 11 people" in " ".join(shown.split())
    with TestClient(app_of(office), base_url="http://x") as client:
        answer, page = client.get("/api/groups/office").json(), client.get("/groups/office").text
    assert {"percentile": 90, "people": 11, "day": str(DAY)} == answer["goal_origin"]
    assert "On 1 Feb 2024, at least 90% of 11 people here had about this score or a lower one." in page


def test_percentile_can_have_a_percent_sign_and_a_score_cannot(office, create):
    """A percentage where a score is expected is explained, and creates nothing."""
    assert "(percentile 90 of the scores" in create("office", "--goal-percentile", "90%").output
    for arguments, message in {
        ("--goal", "90%"): "'90%' is a percentage; a score has no percent sign",
        ("--goal", "101"): "'101' is not a score; write a number from 1 to 100",
        ("--goal", "nan"): "'nan' is not a score",
        ("--goal-percentile", "9.5%"): "'9.5%' is not a percentage; write a whole number from 1 to 100",
        ("--goal-percentile", "0"): "'0' is not a percentage",
    }.items():
        assert message in " ".join(create("other", *arguments).output.replace("│", " ").split())
    assert ["office"] == [group.name for group in office.groups.all()]


def test_log_detects_another_origin(office, create):
    """The origin is one of the terms in the group's log."""
    create("office", "--goal-percentile", "90")
    database = office.groups._database
    with database.begin() as connection:
        connection.exec_driver_sql("update groups set goal_origin = null")

    [fault] = office.groups.log.verify("office").faults

    assert "the terms of the group" in fault


def test_challenge_with_another_goal_has_no_origin(office, create):
    """A challenge to the group's goal shares its origin; one to another goal has none."""
    create("office", "--goal-percentile", "90")
    day, goal = office.days.find(), office.groups.find("office").goal
    for challenge_goal in (None, goal + 1):
        office.groups.challenges.start(
            "office", first=NOW.date(), last=NOW.date(), method_day=day, goal=challenge_goal, at=NOW
        )

    same, other = (
        answers.compute_standings(office.groups, office.served_scores, office.days, name="office", challenge=number)
        for number in (1, 2)
    )

    assert same.goal_origin.percentile == 90
    assert other.goal_origin is None


@pytest.mark.parametrize("options", [(), ("--goal", "70", "--goal-percentile", "90")])
def test_a_group_has_one_goal(office, create, options):
    """Without a goal, or with two, nothing is created, and the error says what is within reach."""
    error = create("office", *options).exception

    assert isinstance(error, InvalidInputError)
    assert "--goal-percentile P, such as 90; on 2024-02-01, 11 claimed people have a score: the highest" in str(error)
    assert office.groups.all() == []


def test_percentile_needs_scores(home, take, publish):
    """Before a day is published, and of fewer than three people, there is no percentile; a score is fine."""
    run = lambda *arguments: CliRunner().invoke(  # noqa: E731 - one line is enough
        cli.app, ["--home", str(home.settings.home), "group", "create", *arguments]
    )
    home.people.add("ada", [("x", "ada")], at=NOW)
    home.people.add("bob", [("x", "bob")], at=NOW)

    early = run("office", "--goal-percentile", "90")
    take("actor,target,at,verb,post,id", f"ada,bob,{DAY},like,p,1", f"bob,ada,{DAY},like,p,2")
    publish()
    few = run("office", "--goal-percentile", "90")

    assert "nobody who claimed an account has a score yet" in str(early.exception)
    assert "only 2 of the claimed people had a score on 2024-02-01, and a percentile needs 3" in str(few.exception)
    assert "created the group office with the goal 20" in run("office", "--goal", "20").output


@pytest.mark.parametrize(
    ("percent", "score"), [(1, 10), (25, 10), (26, 20), (50, 20), (51, 30), (75, 30), (76, 40), (100, 40)]
)
def test_percentile_is_somebodys_score(percent, score):
    """The lowest score that at least so many percent of the people do not exceed."""
    assert reachable_of(40, 10, 30, 20).percentile(percent) == score


def test_goal_of_a_percentile_is_not_above_everybody():
    """The percentile 90 of 8 people is the highest score; its goal is rounded down, so that somebody reached it."""
    reachable = reachable_of(8.2, 10.7, 12, 14, 15, 17, 18, 26.7)

    goal, origin = answers.choose_goal(reachable, 90)

    assert (26, 8) == (goal, origin.people)
    assert answers.explain_goal(reachable, goal).reached == 1


def test_meaning_of_a_goal():
    """Ten times the strength are 12.375 points; a goal below the highest score is reached by somebody."""
    reachable = reachable_of(10, 20, 30)

    low, high = answers.explain_goal(reachable, 20), answers.explain_goal(reachable, 55)

    assert (2, 3, -10, 0) == (low.reached, low.people, low.points_from_highest, low.points_from_median)
    assert high.reached == 0
    assert high.factor_from_highest == pytest.approx(10 ** (25 / 12.375))
    assert high.factor_from_median == pytest.approx(10 ** (35 / 12.375))
