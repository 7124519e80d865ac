"""Runs delete what the settings keep for some days only; scores and explanations stay as they were."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from typer.testing import CliRunner

from conftest import DAY, NOW, copy_home, new_home, publisher, taker
from renown import answers, cli, ingest, runs, scoring
from renown.connectors.record_rows import group_rows
from renown.errors import InvalidSettingsError
from renown.home import check_home, open_home
from renown.records import Interaction, day_number
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


YEARS = timedelta(days=5 * 365)


def run_at(home, now, **options):
    """Run by a clock, without publishing; return what became of outdated acts."""
    result = runs.run(home.run_resources, now=lambda: now, first=DAY, last=DAY - timedelta(days=1), **options)
    return result.deleted, result.not_deleted


def save_act(home, at):
    """Save a like that was collected."""
    like = Interaction(
        network="x", interaction_id=None, verb="like", actor_id="103", target_id="101", post_id="p", at=at
    )
    with home.reader() as engine:
        ingest.import_batch(engine, home.lake, group_rows([like])["interactions"], table="interactions", network="x")


def list_acts(home):
    """Return the days of acts in the lake."""
    return home.lake.days("interactions")["x"]


@pytest.mark.parametrize("ran_before", [True, False])
def test_wrong_clock_deletes_nothing(home, ran_before):
    """Neither in the first run nor in later ones, until it is set, or the operator says that it is right."""
    if ran_before:
        run_at(home, NIGHT)
    acts, known_day = list_acts(home), DAY + timedelta(days=1 if ran_before else -1)
    for night in range(3):
        wrong_time = NIGHT + YEARS + timedelta(days=night)
        deleted, reason = run_at(home, wrong_time)
        assert 0 == deleted
        assert (
            f"{(wrong_time.date() - known_day).days:,} days after the last run or act before, of {known_day}; "
            in reason
        )
        assert "`renown run --trust-clock` once" in reason
        # What networks tell without a time gets that of the clock.
        save_act(home, wrong_time)
    assert acts < list_acts(home)

    assert "" == run_at(home, NIGHT + timedelta(days=27))[1]
    assert list_acts(home)
    assert "" == run_at(home, NIGHT + YEARS, trust_clock=True)[1]
    assert acts.isdisjoint(list_acts(home))


def test_home_goes_on_after_a_pause_once_the_clock_is_trusted(home):
    """And at once after a short one, or if the clock was behind in between."""
    pause = NIGHT + timedelta(days=100)
    assert "" == run_at(home, NIGHT - timedelta(days=900))[1]
    assert "" == run_at(home, NIGHT)[1]
    assert run_at(home, pause)[1]

    assert "" == run_at(home, pause, trust_clock=True)[1]
    assert "" == run_at(home, pause + timedelta(days=30))[1]
    assert run_at(home, pause + timedelta(days=61))[1]
    (home.settings.home / "retention.json").write_text("{", encoding="utf-8")
    assert f"of {DAY - timedelta(days=1)}; " in run_at(home, pause)[1]
    unlimited = open_home(home.settings.home, {"RENOWN_RETENTION_ACTS": "0"})
    assert (0, "") == run_at(unlimited, NIGHT + YEARS)


def test_cli_says_how_to_go_on(home, monkeypatch):
    """The acts of the home are years older than the clock of this machine."""
    monkeypatch.setenv("RENOWN_RETENTION_ACTS", str(LIMIT))

    def run(*options):
        return CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "run", *options])

    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert "or if it is right, run `renown run --trust-clock` once" in run("--from", today).output
    assert list_acts(home)
    assert "rows of outdated acts deleted" in run("--from", today, "--trust-clock").output
    assert {} == home.lake.days("interactions")
    assert "--every is 'day' with --trust-clock; " in str(run("--every", "day", "--trust-clock").exception)


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
