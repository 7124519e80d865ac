"""Published days are taken back as if they had never been published, and can be published again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import typer.testing

import postgresql_server
from community import create_community
from conftest import DAY, NOW, publisher, taker
from proofs import only_in_full
from renown import answers, cli
from renown.errors import DayNotPublishedError, InvalidMethodError
from renown.home import check_home
from renown.runs import group_scores
from renown.runs.unpublish import plan_withdrawal, unpublish_days
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger
from renown.store import IssuedStatement
from renown.store.schema import days as days_table

NEXT = DAY + timedelta(days=1)
HEADER = "actor,target,at,verb,post,id"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.proof, only_in_full])])
def home(request, tmp_path):
    """Return a home with a small community and its published days."""
    if request.param == "sqlite":
        return create_community(tmp_path / "home")
    store = postgresql_server.fresh(request.getfixturevalue("postgresql"))
    return create_community(tmp_path / "home", settings={"RENOWN_STORE": store})


def publish_next(home, tmp_path):
    """Publish the day after the community's last one, on which somebody new is seen."""
    rows = [f"10{n},201,{NEXT},like,p201,n{n}" for n in range(1, 5)]
    taker(home, tmp_path)(HEADER, *rows, network="x")
    return publish_again(home)


def publish_again(home):
    """Score the day, and log the groups' scores."""
    day = publisher(home)(NEXT)
    group_scores.publish_group_scores(home.days, home.groups, NEXT, now=NOW)
    return day


def take_back(home, *days):
    """Take days back; return what was."""
    return unpublish_days(home.run_resources, home.statements, home.deliveries, days, now=NOW)


def served(home):
    """Return all that pages read of everybody: scores, ranks and histories, but not who is at which position."""
    scores = home.served_scores.list_leaders(1_000)
    return [
        (*(getattr(score, name) for name in ("key", "name", "score", "rank", "peers", "day")), history)
        for score in scores
        for history in [home.served_scores.read_history(score.key)]
    ]


def ledger_rows(home):
    """Return the rows of the ledger, and up to which day it is fixed."""
    ledger = open_ledger(home.lake, home.method)
    with home.reader() as engine:
        rows = []
        for table, columns in LEDGER_COLUMNS.items():
            engine.scan(table, ledger.files(table), columns)
            rows.append(sorted(engine.query(f"select * from {table}")))
    return rows, [ledger.last_fixed_day(table) for table in ("standings", "flows")], ledger.load_state().last_day


def group_days(home):
    """Return the days of a group's standings."""
    standings = answers.compute_standings(home.groups, home.served_scores, home.days, name="seventy")
    return {row.day for member in standings.standings for row in member.scores}


def test_latest_day_is_as_if_it_had_never_been_published(home, tmp_path):
    """Scores, ranks, histories, ledger, standings and files; the same day has the same scores if published again."""
    before, files = served(home), sorted(home.days.all()[-1].folder.parent.parent.parent.glob("*/*"))
    ledger_before, days_before = ledger_rows(home), group_days(home)
    published = publish_next(home, tmp_path)
    first = served(home)
    assert (NEXT, f"{NEXT}") == (home.served_scores.day(), max(group_days(home)))
    assert len(first) > len(before)

    withdrawal = take_back(home, NEXT)

    assert before == served(home)
    assert files == sorted(home.days.all()[-1].folder.parent.parent.parent.glob("*/*"))
    assert ledger_before == ledger_rows(home)
    assert days_before == group_days(home)
    assert 1 == withdrawal.group_entries
    assert [] == home.profiles.all()
    assert [] == [
        finding
        for finding in check_home(home.settings.home, {"RENOWN_STORE": home.settings.store.url})
        if finding.damage
    ]
    with pytest.raises(DayNotPublishedError, match=f"{NEXT} is not published"):
        home.days.find(NEXT)
    assert (published.inputs, first) == (publish_again(home).inputs, served(home))
    assert f"{NEXT}" in group_days(home)
    assert ["scores", "withdrawn", "scores"] == [
        entry.message.split('"kind": "')[1].split('"')[0] for entry in home.groups.log.read_entries("seventy")[-3:]
    ]
    assert () == home.groups.log.verify("seventy").faults


def test_days_of_an_earlier_release_of_a_method_are_published_again(home):
    """Under the same version with other steps: the error names the two commands, and then nothing else remains."""
    published = home.days.all()
    before = served(home)
    ledger = open_ledger(home.lake, home.method)
    with home.days._database.begin() as connection:
        connection.execute(sa.update(days_table).values(method_digest="0" * 64))
    with ledger.write_batch() as batch:
        ledger.commit_entries((), replace(ledger.load_state(), method="0" * 64), batch=batch)
    first, last = published[0].day, published[-1].day
    span = f"--from {first} --to {last}"

    with pytest.raises(
        InvalidMethodError, match=rf"same version '3'.*`renown unpublish {span}`.*`renown score {span}`"
    ):
        publisher(home)(NEXT)
    take_back(home, *(day.day for day in published))
    for day in published:
        publisher(home)(day.day)

    assert before == served(home)
    assert {home.method.digest} == {day.method_digest for day in home.days.all()} | {ledger.load_state().method}


def test_day_in_the_middle_leaves_later_days(home, tmp_path):
    """The latest day stays served; only histories lose the day."""
    publish_next(home, tmp_path)
    before, snapshot, ledger = served(home), home.served_scores.snapshot_id(), ledger_rows(home)

    take_back(home, DAY)

    expected = [(*row, [day for day in history if day[0] != DAY]) for *row, history in before]
    assert expected == served(home)
    assert [row for row in before if any(day == DAY for day, _ in row[-1])]
    assert snapshot != home.served_scores.snapshot_id()
    assert ledger == ledger_rows(home)
    assert [] == [
        finding
        for finding in check_home(home.settings.home, {"RENOWN_STORE": home.settings.store.url})
        if finding.damage
    ]


@pytest.mark.proof
def test_nothing_is_served_without_a_published_day(home):
    """A process that has read scores before reads none now; the first day can be published again."""
    days = sorted({day.day for day in home.days.all()})
    before = served(home)
    take_back(home, *days)

    assert ([], None) == (served(home), home.served_scores.day())
    assert home.served_scores.find(-1) is None
    assert open_ledger(home.lake, home.method).load_state() is None
    for day in days:
        publisher(home)(day)
    # Who had followers from the first day on is known to have them later; everything else is as before.
    assert [row[:3] for row in before] == [row[:3] for row in served(home)]


def test_statements_are_revoked_and_waiting_messages_dropped(tmp_path):
    """Those about the day, and no others."""
    home = create_community(tmp_path / "home")
    ann = home.people.by_name("ann")
    for day in (DAY, DAY - timedelta(days=1)):
        claims = {"score": {"day": day.isoformat()}}
        token = home.statement_keys.sign(claims)
        issued = {"issued_at": NOW, "expires_at": NOW + timedelta(days=30), "revoked_at": None}
        home.statements.add(IssuedStatement(statement_id=f"s{day}", key=ann.key, token=token, **issued))
    subscription = home.subscriptions.add(ann.key, channel="webhook", address="https://hook.example", at=NOW)
    for day in (DAY, DAY - timedelta(days=1)):
        content = {"day": day.isoformat(), "title": "news"}
        home.deliveries.queue(subscription, f"move/{day}", content, at=NOW, due_at=NOW)

    withdrawal = take_back(home, DAY)

    assert (1, 1) == (withdrawal.statements, withdrawal.messages)
    assert [DAY] == [
        datetime.fromisoformat(row.statement_id[1:]).date()
        for row in home.statements.list_of(ann.key)
        if row.revoked_at and not row.token
    ]
    assert [f"{DAY - timedelta(days=1)}"] == [row.content["day"] for row in home.deliveries.list_all()]


def test_command_asks_and_says_what_follows(tmp_path):
    """Without a yes nothing changes; the profiles of the day that is served then are built."""
    home = create_community(tmp_path / "home")

    def invoke(*arguments, answer=""):
        command = ["--home", str(home.settings.home), "unpublish", *arguments]
        return typer.testing.CliRunner().invoke(cli.app, command, input=answer)

    refused = invoke("--day", f"{DAY}", answer="n\n")
    assert f"Take back {DAY}?" in refused.output
    assert f"pages then show {DAY - timedelta(days=1)}" in refused.output
    assert DAY == home.served_scores.day()
    for wrong, message in {
        ("--day", "2020-01-01"): "2020-01-01 is not published",
        (): "write --day DAY for one day",
        ("--from", "2024-02-02", "--to", "2024-02-01"): "the first day, 2024-02-02, is after the last one, 2024-02-01",
    }.items():
        assert message in str(invoke(*wrong).exception)

    accepted = invoke("--from", f"{DAY - timedelta(days=1)}", "--yes")
    assert 0 == accepted.exit_code, accepted.output
    assert f"took back 2 days, {DAY - timedelta(days=1)} to {DAY}" in accepted.output
    assert DAY - timedelta(days=7) == home.served_scores.day() == home.profiles.day()
    assert f"renown score --from {DAY - timedelta(days=1)} --to {DAY}" in accepted.output


def test_plan_names_the_days_that_stay(tmp_path):
    """Days that were scored after the first one taken back keep its trust."""
    home = create_community(tmp_path / "home")
    plan = plan_withdrawal(home.days.all(), first=DAY - timedelta(days=7), last=DAY - timedelta(days=7))
    assert ([DAY - timedelta(days=7)], DAY) == (plan.days, plan.served)
    assert [DAY - timedelta(days=1), DAY] == plan.later
