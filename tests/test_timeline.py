"""The timeline: a history with the days on which the method changed, and those of which nothing was seen."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from conftest import DAY, NOW
from renown import answers, jobs
from renown.cli import app
from renown.method import parse
from test_river import HEADER

DAYS = [DAY + timedelta(days=after) for after in range(8)]


@pytest.fixture
def watched(home, take):
    """
    Return a home with ada on two networks over eight days, the sixth of which nobody was scored on.

    From the fourth day on it is another method; of x nothing is known of the second, third and seventh day.
    """
    home.people.add("ada", [("x", "b"), ("mastodon", "c")], at=NOW)
    for n, day in enumerate(DAYS):
        if n not in {1, 2, 6}:
            take(HEADER, *(f"{who},b,{day},repost,p,{who}{n}" for who in "klm"))
        take(HEADER, f"k,c,{day},like,q,{n}", network="mastodon")
    own = parse(home.method.text.replace('version = "2"', 'version = "3-own"').replace("= 50.0", "= 5.0"), "own")
    for n, day in enumerate(DAYS):
        if n == 5:
            continue
        with home.engine() as engine:
            used = home.method if n < 3 else own
            jobs.score(engine, home.lake, home.days, home.people, used, day=day, now=NOW)
    return home


def timeline(home, networks=("x", "mastodon"), **said):
    """Return the timeline of the first person."""
    return answers.timeline(home.served, home.days, home.lake, -1, networks=networks, **said)


def test_a_timeline_marks_methods_and_gaps(watched):
    """Where another method begins, and spans of days without anything of a network."""
    found = timeline(watched)

    assert [("2024-02-04", "2", "3-own")] == [(mark.day, mark.before, mark.method) for mark in found.switches]
    assert [("x", "2024-02-02", "2024-02-03", 2), ("x", "2024-02-07", "2024-02-07", 1)] == [
        (gap.network, gap.first_day, gap.last_day, gap.days) for gap in found.unseen
    ]
    assert answers.history(watched.served, -1).days == found.days
    assert 8 == len(found.days)


def test_marks_lie_within_the_days_that_are_shown(watched):
    """Neither before nor after; a network that was never seen is one gap."""
    assert ([], ["2024-02-07"]) == (
        list(timeline(watched, days=4).switches),
        [gap.first_day for gap in timeline(watched, days=4).unseen],
    )
    assert [("bluesky", 8)] == [(gap.network, gap.days) for gap in timeline(watched, ["bluesky"]).unseen]


def test_what_comes_in_later_fills_the_gap(watched, take):
    """Figures of a profile are something seen; an act that was taken back is not."""
    take("id,at", f"k0,{DAYS[6]}", table="undone")
    assert 2 == len(timeline(watched).unseen)
    take("account,at,followers", f"zoe,{DAYS[6]},5", table="profiles")

    assert ["2024-02-02"] == [gap.first_day for gap in timeline(watched).unseen]


def test_the_command_line_prints_the_marks(watched):
    """Beside the day, and below the table."""
    found = CliRunner().invoke(app, ["--home", str(watched.settings.home), "history", "ada"])

    assert 0 == found.exit_code, found.output
    assert "from here on by method 3-own" in found.output
    assert "nothing was seen of x on 2024-02-02 to 2024-02-03, 2 days" in found.output
