"""The confidence range of each published day: in histories, exports and charts, until the person or the day goes."""

import csv
import dataclasses
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from conftest import DAY, NOW, copy_home, new_home, publisher, taker
from renown import answers, privacy, scoring
from renown.cli import app
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.runs import profiles
from renown.web.pages.charts.figure import build_figure

DAYS = [DAY - timedelta(days=age) for age in (2, 1, 0)]
HEADER = "actor,target,at,verb,post,id"


@pytest.fixture(scope="module")
def published_home(tmp_path_factory):
    """Return a home that published three days, of which the first had no profiles, with the ranges of the others."""
    home = open_home(new_home(tmp_path_factory.mktemp("ranges") / "home"), {})
    home.people.add("ada", [("x", "1")], at=NOW)
    rows = [f"{actor},1,{DAY - timedelta(days=actor % 5)},repost,p{actor % 3},{actor}" for actor in range(10, 40)]
    taker(home, home.settings.home.parent)(HEADER, *rows)
    publish, ranges = publisher(home), {}
    for day in DAYS:
        published_day = publish(day)
        if day != DAYS[0]:
            build_profiles(home, published_day)
            ranges[day.isoformat()] = answers.load_profile(home.profiles, -1).range
    return home, ranges


def build_profiles(home, day):
    """Build the profiles of a published day, as a run does."""
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, day)


@pytest.fixture
def home(published_home, tmp_path):
    """Return a copy of the home that a test may change."""
    return open_home(copy_home(published_home[0].settings.home, tmp_path / "home"), {})


def list_ranges(home):
    """Return the ranges of a history by day."""
    return {row.day: row.range for row in answers.load_history(home.served_scores, -1).days}


def test_histories_have_the_range_of_each_day(published_home):
    """It is that of the day's own profile; the day without a profile has none."""
    home, ranges = published_home

    listed = list_ranges(home)

    assert listed.pop(DAYS[0].isoformat()) is None
    assert {day: (round(range_.low, 2), round(range_.high, 2)) for day, range_ in ranges.items()} == {
        day: (bounds.low, bounds.high) for day, bounds in listed.items()
    }
    assert len(set(listed.values())) == 2


def test_ranges_are_exported(published_home, tmp_path):
    """The history as CSV, the scores of an earlier day and the printed history have them."""
    home, ranges = published_home
    option, tables = ["--home", str(home.settings.home)], {}
    for table, days in (("history", []), ("scores", ["--day", DAYS[1].isoformat()])):
        path = tmp_path / f"{table}.csv"
        result = CliRunner().invoke(app, [*option, "export", table, str(path), *days])
        assert 0 == result.exit_code, result.output
        with path.open(encoding="utf-8") as file:
            tables[table] = [row["range_low"] for row in csv.DictReader(file) if row["name"] == "ada"]
    low, last = ranges[DAYS[1].isoformat()].low, ranges[DAY.isoformat()]

    assert ["", f"{low:.2f}"] == [text and f"{float(text):.2f}" for text in tables["history"][:2]]
    assert [low] == [float(text) for text in tables["scores"]]
    assert f"{last.low:.2f} to {last.high:.2f}" in CliRunner().invoke(app, [*option, "history", "ada"]).output


def test_band_covers_the_days_with_a_range(published_home):
    """One polygon for a run of days; a chart of two people has none."""
    home, _ = published_home
    days = answers.load_history(home.served_scores, -1).days

    chart = build_figure([("ada", days)]).chart
    [band] = chart.bands

    assert 4 == len(band.split())
    assert () == build_figure([("ada", days), ("bob", days)]).chart.bands
    ys = [float(point.partition(",")[2]) for point in band.split()]
    assert all(chart.top_edge <= y <= chart.bottom_edge for y in ys)


def test_chart_says_how_many_days_have_no_range(published_home):
    """A band that begins late looks like an error; without a band, and for several people, there is nothing to say."""
    home, _ = published_home
    days = answers.load_history(home.served_scores, -1).days
    page = TestClient(community.app_of(home)).get("/people/ada").text

    assert 1 == build_figure([("ada", days)]).days_without_range
    assert "1 day has none, because none was computed when it was published" in page
    without = [dataclasses.replace(day, range=None) for day in days]
    figures = [build_figure([("ada", without)]), build_figure([("ada", days), ("bob", days)])]
    assert [0, 0] == [figure.days_without_range for figure in figures]


def test_day_that_is_scored_again_has_no_outdated_range(home):
    """Until its profile is built again, with the range of the new score."""
    taker(home, home.settings.home.parent)(HEADER, *(f"{actor},1,{DAY},repost,p1,n{actor}" for actor in range(50, 90)))
    day = publisher(home)(DAY)

    assert list_ranges(home)[DAY.isoformat()] is None
    build_profiles(home, day)
    assert list_ranges(home)[DAY.isoformat()] is not None


def test_ranges_go_with_the_person(home):
    """An export of personal data has them; an opt-out and an erasure delete them."""
    state = build_app_state(home)
    person = home.people.by_name("ada")
    with home.reader() as engine:
        subject = scoring.load_subject(person, engine, home.lake)
        accounts = scoring.load_account_ids(subject, engine, home.lake, home.people)
        data = privacy.collect_personal_data(subject, accounts, home.personal_data, engine)
        assert ("store/score_ranges", 2) in [(table.name, table.rows) for table in data.tables]
    state.actions.opt_out(person)

    assert [] == home.profiles.ranges.list_of_day(DAY)
    assert [] == home.profiles.ranges.list_of_day(DAYS[1])


def test_ranges_go_with_the_day(home):
    """A day that is taken back has none; the others stay."""
    home.days.withdraw([DAY], in_transaction=lambda _: None)

    assert [] == home.profiles.ranges.list_of_day(DAY)
    assert 1 == len(home.profiles.ranges.list_of_day(DAYS[1]))
