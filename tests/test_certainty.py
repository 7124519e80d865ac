"""Confidence range and "not enough data" wherever a score stands: lists, races and badge, on pages and in the API."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
import demo_site
from conftest import NOW
from renown import answers
from renown.cli import app
from renown.home import open_demo
from renown.home.app_state import build_app_state
from renown.store import PublishedTables
from renown.web.pages.people import search
from renown.web.people import find_by_names, list_visible_scores

MIN_PEOPLE = 5
"""People who are enough, by the method."""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory):
    """Return a small demo, in which some have enough data and a newcomer has not."""
    home = open_demo(tmp_path_factory.mktemp("certainty") / "home", {})
    size = replace(demo_site.SMALL_SIZE, days=40)  # at least 30 observed days are enough
    demo_site.create_demo(home, size, last=NOW.date() - timedelta(days=1), now=NOW)
    return home


@pytest.fixture(scope="module")
def client(demo_home):
    """Return a client of the demo."""
    with TestClient(community.app_of(demo_home), base_url="http://x") as test_client:
        yield test_client


@pytest.fixture(scope="module")
def profiles(demo_home):
    """Return the profile of every visible person, by name."""
    state = build_app_state(demo_home)
    scores = list_visible_scores(state)
    return {score.name: answers.load_profile(demo_home.profiles, score.key) for score in scores}


def list_all(client, path, field):
    """Return all rows of a list of the API."""
    return client.get(f"{path}{'&' if '?' in path else '?'}limit=100").json()[field]


@pytest.mark.parametrize(("path", "field"), [("/api/people", "people"), ("/api/leaders", "leaders")])
def test_lists_have_the_range_and_doubts_of_the_receipt(client, profiles, path, field):
    """Every row agrees with the person's profile, as the score alone does."""
    rows = list_all(client, path, field)

    assert {True, False} == {row["has_enough_data"] for row in rows}
    for row in rows:
        profile = profiles[row["name"]]
        known = profile.known_range if profile.known_range.sample_size else None
        assert row["has_enough_data"] == (not profile.explanation.receipt.coverage.warnings), row["name"]
        assert (row["range_low"], row["range_high"]) == ((known.low, known.high) if known else (None, None))
    name = rows[0]["name"]
    assert rows[0]["range_low"] == client.get(f"/api/people/{name}/score").json()["range_low"]


def test_standings_have_them(client, profiles):
    """A race tells how sure its scores are."""
    members = client.get(f"/api/groups/{demo_site.GROUP}").json()["standings"]

    assert len(members) > 3
    assert [row["range_low"] for row in members] == [profiles[row["name"]].known_range.low for row in members]
    assert "±&nbsp;" in client.get(f"/groups/{demo_site.GROUP}").text


@pytest.mark.parametrize("club_score", [70, 1])
def test_start_page_agrees_with_the_leaderboard(client, profiles, monkeypatch, club_score):
    """Whoever has not enough data is marked, or a sentence says so of all."""
    monkeypatch.setattr(search, "CLUB_SCORE", club_score)
    page = client.get("/").text
    doubted = {name for name, profile in profiles.items() if profile.explanation.receipt.coverage.warnings}
    club = page.split('id="club"')[1].split("</ul>")[0].split("<li>")[1:]
    marked = {re.search(r"<bdi>(.*?)</bdi>", item).group(1) for item in club if "few&nbsp;" in item}
    shown = {re.search(r"<bdi>(.*?)</bdi>", item).group(1) for item in club}
    is_said_of_all = "Few of the people who reacted to them are known by name" in page

    assert doubted & shown == (shown if is_said_of_all else marked)
    assert is_said_of_all == (not marked) == (club_score == 70)


def test_command_agrees_with_the_leaderboard(demo_home, profiles):
    """Whoever has not enough data on the leaderboard has not in `renown top`, either."""
    doubted = {name for name, profile in profiles.items() if profile.explanation.receipt.coverage.warnings}
    with PublishedTables(demo_home.days.find()) as published, demo_home.reader() as engine:
        top = answers.load_leaderboard(published, engine, demo_home.lake, n=1000).leaders
    printed = CliRunner().invoke(app, ["--home", str(demo_home.settings.home), "top", "-n", "20"]).output

    assert doubted == {row.name for row in top if not row.has_enough_data} & profiles.keys()
    for row in top[:20]:
        [line] = [line for line in printed.splitlines() if f" {row.rank} " in line and row.name in line]
        assert (f"{row.score:.2f}?" in line) == (not row.has_enough_data)
    assert "?: not enough data" in printed


def test_leaderboard_shows_them(client, profiles):
    """A row has half of the range, or what there is not enough of: days, or people who are known by name."""
    page = client.get("/people").text
    rows = re.findall(r'<a href="/people/([^"]+)"><bdi>.*?<td class="n points">(.*?)</td>', page, re.DOTALL)

    assert len(rows) > 5
    for name, cell in rows:
        has_doubts = bool(profiles[name].explanation.receipt.coverage.warnings)
        coverage = profiles[name].explanation.receipt.coverage
        few = "few&nbsp;reactions by&nbsp;name" if coverage.people < MIN_PEOPLE else "few&nbsp;days"
        assert has_doubts == (few in cell), name
        assert has_doubts or f"±&nbsp;{profiles[name].known_range.margin:.1f}" in cell, name


def test_badge_says_how_sure_it_is(client, profiles):
    """By a question mark and in its description."""
    doubted = next(name for name, row in profiles.items() if row.explanation.receipt.coverage.warnings)
    known = next(name for name, row in profiles.items() if not row.explanation.receipt.coverage.warnings)
    badges = {name: ET.fromstring(client.get(f"/people/{name}/badge.svg").text) for name in (doubted, known)}

    assert [True, False] == [badge.findall(f"{SVG}text")[1].text.endswith("?") for badge in badges.values()]
    assert "not enough data" in badges[doubted].findtext(f"{SVG}desc")
    assert "likely between" in badges[known].findtext(f"{SVG}desc")


def test_range_of_a_day_that_was_scored_again_is_not_shown(demo_home):
    """It is of another score."""
    state = build_app_state(demo_home)
    [score] = find_by_names(state, ["ada"])
    ranges = state.scores.ranges.read_of_day([score.key], score.day)
    shown = [
        answers.judge_certainties([score], ranges, (5, 30))["ada"],
        answers.judge_certainties([score], {score.key: replace(ranges[score.key], score=1.5)}, (5, 30))["ada"],
    ]

    assert [False, True] == [certainty.margin is None for certainty in shown]
