"""Runs delete what the settings keep for some days only; scores and explanations stay as they were."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from conftest import DAY, NOW, copy_home, new_home, publisher, taker
from renown import answers, runs, scoring
from renown.errors import InvalidSettingsError
from renown.home import check_home, open_home
from renown.records import day_number
from renown.runs.retention import delete_outdated_acts, minimum_days
from renown.store import PublishedTables

HEADER = "actor,target,at,verb,post"
OLD, RECENT = (400, 301), (299, 60, 5, 1)
"""Days before the last one of acts: those that are deleted, and those that are kept."""
PUBLISHED = DAY - timedelta(days=250)
"""A published day whose window began before the limit."""
LIMIT = 300
NIGHT = datetime.combine(DAY + timedelta(days=1), time(1), UTC)


@pytest.fixture
def home(tmp_path):
    """Return a home with acts of more than a year, and a day that was published long ago."""
    home = open_home(new_home(tmp_path / "home"), {"RENOWN_RETENTION_ACTS": str(LIMIT)})
    for ago in (*OLD, *RECENT):
        rows = [f"{actor},101,{DAY - timedelta(days=ago)},like,p{ago}" for actor in (103, 104, 105)]
        taker(home, tmp_path)(HEADER, *rows, network="x")
    publisher(home)(PUBLISHED)
    return home


def explain(home, day, who="x:101"):
    """Return the explanation of a score of a day."""
    with home.reader() as engine, PublishedTables(home.days.find(day)) as tables:
        subject = scoring.resolve_subject(who, engine, home.lake, home.people)
        return answers.explain(subject, tables, engine, home.lake)


def test_outdated_acts_are_deleted_and_scores_stay(home, tmp_path):
    """Nothing of them is in any file of lake and ledger; scores and receipts are as with all acts."""
    everything = open_home(copy_home(home.settings.home, tmp_path / "all"), {})
    first, second = (
        runs.run(opened.run_resources, now=lambda: NIGHT, first=DAY, last=DAY) for opened in (everything, home)
    )

    assert 0 == first.deleted
    assert 3 * len(OLD) < second.deleted
    folders = {f"day_no={day_number(DAY - timedelta(days=ago))}" for ago in OLD}
    assert [] == [path for path in home.settings.home.rglob("day_no=*") if path.name in folders]
    assert [path for path in everything.settings.home.rglob("day_no=*") if path.name in folders]
    assert everything.days.find(DAY).inputs == home.days.find(DAY).inputs
    assert explain(everything, DAY) == explain(home, DAY)
    assert [] == check_home(home.settings.home, {}, full=True)
    assert 0 == runs.run(home.run_resources, now=lambda: NIGHT).deleted


@pytest.mark.proof
def test_old_receipts_still_add_up(home):
    """The points of deleted acts stay in the receipt of a claimed person, without who gave them."""
    home.people.add("ann", [("x", "101")], at=NOW)
    publisher(home)(PUBLISHED)
    before = explain(home, PUBLISHED, "ann")
    assert delete_outdated_acts(home.run_resources, now=NIGHT)
    after = explain(home, PUBLISHED, "ann")

    assert before.receipt.points == after.receipt.points
    assert before != after
    for explanation in (before, after):
        for signal in explanation.signals:
            assert sum(line.points for line in signal.actors) == pytest.approx(signal.subject.points)


def test_method_needs_its_days(tmp_path):
    """Fewer days than the method reads are refused before anything is read or deleted."""
    home = open_home(new_home(tmp_path / "home"), {})
    assert LIMIT == minimum_days(home.method)
    resources = replace(home.run_resources, retention=replace(home.settings.retention, acts=LIMIT - 1))
    with pytest.raises(InvalidSettingsError, match=r"retention.acts is 299; .* write 300 or more"):
        runs.run(resources, now=lambda: NOW)


@pytest.mark.parametrize("days", [0, 30])
def test_deliveries_are_deleted(tmp_path, days):
    """After the days of the setting; 0 keeps them."""
    home = open_home(new_home(tmp_path / "home"), {})
    key = home.people.add("ann", [("x", "101")], at=NOW).key
    subscription = home.subscriptions.add(key, channel="webhook", address="https://a.example", at=NOW)
    home.deliveries.queue(subscription, "a", {"title": ""}, at=NOW, due_at=NOW)
    home.subscriptions.purge(at=NOW + timedelta(days=29), delivery_days=days)
    assert home.deliveries.list_all()
    home.subscriptions.purge(at=NOW + timedelta(days=31), delivery_days=days)
    assert bool(home.deliveries.list_all()) == (days == 0)
