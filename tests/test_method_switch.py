"""What a switch of the method did to each person: on their page, in the API and in `renown show`, for 30 days."""

import json
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from community import app_of
from conftest import DAY, NOW, SETTINGS_2, copy_home, publisher
from proofs import only_in_full
from renown import answers, cli, scoring
from renown.answers.method_switch import SWITCH_DAYS
from renown.home import open_home
from renown.store import PublishedTables
from test_ledger import METHOD

SWITCH = DAY + timedelta(days=1)


def score(home, day):
    """Publish a day by method 3."""
    with home.engine(None) as session:
        now = NOW + timedelta(hours=1 + day.day)
        return scoring.score(session, home.lake, home.days, home.people, METHOD, day=day, now=now)


@pytest.fixture(scope="module")
def switched_home(tmp_path_factory):
    """Return a home whose days up to `DAY` are by method 2.1, `DAY` by both, and the next one by method 3."""
    home = community.create_community(tmp_path_factory.mktemp("switch") / "home", version="2.1")
    score(home, DAY)
    score(home, SWITCH)
    return home


@pytest.fixture
def home(switched_home, tmp_path):
    """Return a copy of that home."""
    return open_home(copy_home(switched_home.settings.home, tmp_path / "home"), {})


def points_by_signal(day, key):
    """Return the points of each signal of a person on a published day."""
    points = {}
    with PublishedTables(day) as published:
        for row in published.read_points(key):
            points[row.signal] = points.get(row.signal, 0.0) + row.points
    return points


def test_both_methods_of_one_day_are_compared(home):
    """Old and new are the published scores of the nearest day by both; the signals explain all of the difference."""
    key = home.people.by_name("ann").key
    switch = answers.find_switch_days(home.days, SWITCH)

    explained = answers.explain_method_switch(switch, key)

    old, new = home.days.find(DAY, "2.1"), home.days.find(DAY, "3")
    assert (str(SWITCH), "2.1", "3") == (explained.day, explained.before_method, explained.method)
    assert (str(DAY), str(DAY)) == (explained.before_day, explained.after_day)
    with PublishedTables(old) as before, PublishedTables(new) as after:
        scores = before.read_score(key).score, after.read_score(key).score
    assert scores == (explained.move.before, explained.move.after)
    assert abs(explained.move.difference) > 1
    assert sum(change.after - change.before for change in explained.move.signals) == pytest.approx(
        explained.move.difference, abs=1e-9
    )
    assert {change.signal: change.before for change in explained.move.signals if change.before} == pytest.approx(
        {signal: points for signal, points in points_by_signal(old, key).items() if points}
    )


def test_without_a_shared_day_the_days_around_the_switch_are_compared(tmp_path):
    """The last day by the old method and the first by the new one; the page says that new data is in between."""
    home = community.create_community(tmp_path / "home", version="2.1")
    score(home, SWITCH)

    switch = answers.find_switch_days(home.days, SWITCH)

    assert (DAY, "2.1", True) == (switch.before.day, switch.before.method, switch.before.is_default)
    assert (SWITCH, "3", True) == (switch.after.day, switch.after.method, switch.after.is_default)
    with TestClient(app_of(home), base_url="http://x") as client:
        text = " ".join(client.get("/people/ann").text.split())
    assert "The old number is of 1 Feb 2024, the new one of 2 Feb 2024" in text


def test_it_is_shown_for_thirty_days(home):
    """Before the switch, and from 30 days after it on, there is nothing to explain; another switch replaces it."""
    last = SWITCH + timedelta(days=SWITCH_DAYS - 1)

    assert answers.find_switch_days(home.days, DAY) is None
    assert answers.find_switch_days(home.days, last).day == SWITCH
    assert answers.find_switch_days(home.days, last + timedelta(days=1)) is None
    publisher(open_home(home.settings.home, SETTINGS_2))(last)
    again = answers.find_switch_days(home.days, last)
    assert (last, "3", "2.1") == (again.day, again.before.method, again.after.method)


def test_person_without_one_of_the_scores_has_nothing_to_read(home):
    """Whoever is not in both days gets no explanation, and their page is the same as without a switch."""
    assert answers.explain_method_switch(answers.find_switch_days(home.days, SWITCH), -999) is None


def test_page_and_api_and_command_say_the_same(home):
    """All numbers are those of the API; the footer names the method of the score and links to its card."""
    with TestClient(app_of(home), base_url="http://x") as client:
        answer = client.get("/api/people/ann").json()["method_switch"]
        text = " ".join(client.get("/people/ann").text.split())
    runner = ["--home", str(home.settings.home), "show", "ann"]
    shown = " ".join(CliRunner().invoke(cli.app, runner).output.split())
    receipt = json.loads(CliRunner().invoke(cli.app, [*runner, "--json"]).output)
    old_receipt = json.loads(CliRunner().invoke(cli.app, [*runner, "--json", "--day", str(DAY)]).output)
    other_receipt = json.loads(
        CliRunner().invoke(cli.app, [*runner, "--json", "--method", "3", "--day", str(DAY)]).output
    )

    before, after = answer["move"]["before"], answer["move"]["after"]
    assert f"On 2 Feb 2024 the method changed from 2.1 to 3: {before:.1f} became {after:.1f}" in text
    assert "Both numbers are of 1 Feb 2024, from the same data" in text
    assert 'Scored by method 3: <a href="/method">how it works</a>, <a href="/method#card">model card</a>' in text
    assert f"on 2024-02-02 the method changed from 2.1 to 3: {before:.1f} became {after:.1f}" in shown
    assert len(answer["move"]["signals"]) > 2
    for change in answer["move"]["signals"]:
        assert f"{change['after'] - change['before']:+.1f}" in shown
        assert f'<td class="n">{change["before"]:.1f}</td><td class="n">{change["after"]:.1f}</td>' in text
    assert answer == receipt["method_switch"]
    assert old_receipt["method_switch"] is None
    assert other_receipt["method_switch"] is None


@pytest.mark.proof
@only_in_full
def test_explanation_is_computed_once_per_person(home, monkeypatch):
    """Further views do not read the published days again, until one of them is published anew."""
    computed = []
    explain = answers.explain_method_switch
    monkeypatch.setattr(answers, "explain_method_switch", lambda *args: computed.append(args) or explain(*args))
    with TestClient(app_of(home), base_url="http://x") as client:
        pages = {client.get("/api/people/ann").json()["method_switch"]["move"]["after"] for _ in range(3)}
        client.get("/api/people/bob")
        assert [args[1] for args in computed] == [home.people.by_name(name).key for name in ("ann", "bob")]
        score(home, DAY)
        client.get("/api/people/ann")

    assert len(pages) == 1
    assert len(computed) == 3


def test_pages_without_a_switch_say_nothing(tmp_path):
    """Days of one method have no such section."""
    home = community.create_community(tmp_path / "home", version="2.1")

    with TestClient(app_of(home), base_url="http://x") as client:
        page, answer = client.get("/people/ann").text, client.get("/api/people/ann").json()

    assert "The method changed" not in page
    assert answer["method_switch"] is None


def test_erased_person_is_in_no_comparison(home):
    """Once somebody is erased from the published days, the comparison has nothing to show."""
    key = home.people.by_name("ann").key
    switch = answers.find_switch_days(home.days, SWITCH)
    assert answers.explain_method_switch(switch, key)

    home.days.erase([key], [])

    assert answers.explain_method_switch(switch, key) is None
