"""The timeline: a history with changes of the method and gaps in the data."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from community import app_of
from conftest import DAY, NOW, copy_home, new_home, taker
from renown import answers, scoring
from renown.answers.history import CoverageGap, PastDay, Timeline
from renown.cli import app
from renown.cli.output.standing import print_history
from renown.home import open_home
from renown.method.file import parse_method
from renown.web.pages.charts.figure import build_figure
from renown.web.pages.charts.line import DayNotes
from test_pipeline import HEADER

DAYS = [DAY + timedelta(days=after) for after in range(8)]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """
    Return a home with ada on two networks over eight days, the sixth of which is not published.

    From the fourth day on the method is another one; x has no data on the second, third and seventh day.
    """
    home = open_home(new_home(tmp_path_factory.mktemp("timeline") / "home"), {})
    take = taker(home, home.settings.home.parent)
    home.people.add("ada", [("x", "b"), ("mastodon", "c")], at=NOW)
    for n, day in enumerate(DAYS):
        if n not in {1, 2, 6}:
            take(HEADER, *(f"{actor},b,{day},repost,p,{actor}{n}" for actor in "klm"))
        take(HEADER, f"k,c,{day},like,q,{n}", network="mastodon")
    other_method = parse_method(
        home.method.text.replace('version = "3"', 'version = "3-own"').replace("= 0.0005", "= 0.0004"), "own"
    )
    for n, day in enumerate(DAYS):
        if n == 5:
            continue
        with home.engine() as engine:
            used_method = home.method if n < 3 else other_method
            scoring.score(engine, home.lake, home.days, home.people, used_method, day=day, now=NOW)
    return home


def load_timeline(home, networks=("x", "mastodon"), **options):
    """Load the timeline of the first person."""
    return answers.load_timeline(home.served_scores, home.days, home.lake, -1, networks=networks, **options)


def test_timeline_has_method_changes_and_coverage_gaps(home):
    """The first day of another method, and spans of days without data of a network."""
    timeline = load_timeline(home)

    assert [("2024-02-04", "3", "3-own")] == [
        (change.day, change.before, change.method) for change in timeline.method_changes
    ]
    assert [("x", "2024-02-02", "2024-02-03", 2), ("x", "2024-02-07", "2024-02-07", 1)] == [
        (gap.network, gap.first_day, gap.last_day, gap.days) for gap in timeline.coverage_gaps
    ]
    assert answers.load_history(home.served_scores, -1).days == timeline.days
    assert 8 == len(timeline.days)


def test_timeline_is_limited_to_its_days(home):
    """Neither changes nor gaps before the first day; a network without data is one gap."""
    assert ([], ["2024-02-07"]) == (
        list(load_timeline(home, days=4).method_changes),
        [gap.first_day for gap in load_timeline(home, days=4).coverage_gaps],
    )
    assert [("bluesky", 8)] == [(gap.network, gap.days) for gap in load_timeline(home, ["bluesky"]).coverage_gaps]


def test_late_data_closes_a_gap(home, tmp_path):
    """Profiles are data; an undone act is not."""
    late_home = open_home(copy_home(home.settings.home, tmp_path / "home"), {})
    take = taker(late_home, tmp_path)
    take("id,at", f"k0,{DAYS[6]}", table="undone")
    assert 2 == len(load_timeline(late_home).coverage_gaps)
    take("account,at,followers", f"zoe,{DAYS[6]},5", table="profiles")

    assert ["2024-02-02"] == [gap.first_day for gap in load_timeline(late_home).coverage_gaps]


def test_history_command_prints_changes_and_gaps(home):
    """Changes beside the day, gaps below the table."""
    result = CliRunner().invoke(app, ["--home", str(home.settings.home), "history", "ada"])

    assert 0 == result.exit_code, result.output
    assert "by method 3-own from here on" in result.output
    assert "no data from x on 2024-02-02 to 2024-02-03, 2 days; 2024-02-07" in result.output


def test_many_gaps_are_one_sentence(capsys):
    """An archive has no data on every day on which its owner was silent: forty lines say less than one number."""
    days = [f"2024-01-{day:02}" for day in range(1, 30, 2)]
    past = tuple(PastDay(day, 5.0, is_published=True) for day in days)
    gaps = tuple(CoverageGap("x", day, day, 1) for day in days)

    print_history(Timeline(days[0], days[-1], past, (), gaps))
    figure = build_figure([("ada", past)], notes=DayNotes(gaps=[(day, day, "no data from X") for day in days]))

    [line] = [line for line in capsys.readouterr().out.splitlines() if "no data" in line]
    assert "no data from x on 15 days, the last ones 2024-01-25; 2024-01-27; 2024-01-29 (--json lists all)" == line
    assert [("no data from X", 15, 15)] == [(gap.label, gap.days, len(gap.spans)) for gap in figure.gaps]


def test_a_day_without_neighbours_is_a_dot_on_every_line():
    """A race of its first day has several people with one score each: thin lines of length 0 would be overlooked."""
    scores = {"2024-01-01": 5.0, "2024-01-02": 5.0, "2024-01-03": None, "2024-01-04": 5.0}
    several = [PastDay(day, score, is_published=True) for day, score in scores.items()]

    chart = build_figure([("ada", several[-1:]), ("bob", several[-1:]), ("cat", several)]).chart

    assert [[True], [True], [False, True]] == [[part.is_dot for part in line.segments] for line in chart.lines]


def test_page_folds_gaps_and_names_a_single_day_once(home):
    """Spans of one network are folded under their number of days; a day has no end that is the same day."""
    with TestClient(app_of(home), base_url="http://x") as client:
        page = client.get("/people/ada").text

    assert "<summary>No data from X on 3 days</summary>" in page
    assert "2 Feb 2024 to 3 Feb 2024; 7 Feb 2024<" in page
