"""Receipts of past days are read as they were explained when published, until the person, the day or its time goes."""

import json
import zlib
from dataclasses import replace
from datetime import datetime, time, timedelta

import msgspec
import pytest
from typer.testing import CliRunner

import community
from conftest import DAY, NOW, copy_home, publisher, taker
from renown import answers, cli, privacy, scoring
from renown.answers.explain.stored_receipt import find_stored_receipt
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.runs import profiles
from renown.runs.retention import delete_outdated_receipts
from renown.settings import ServeSettings
from renown.store import PublishedTables
from renown.web.computation import AnswerComputer
from renown.web.explanations import explain_day, load_redacted_changes
from renown.web.people import find_by_name, resolve_subject

DAYS = [DAY - timedelta(days=age) for age in (7, 1, 0)]
EARLIER = DAYS[1]


@pytest.fixture(scope="module", params=[pytest.param("2.1", marks=pytest.mark.proof), "3"])
def published_home(request, tmp_path_factory):
    """Return a home whose last two days have profiles, and so receipts."""
    home = community.create_community(tmp_path_factory.mktemp("receipts") / "home", version=request.param)
    for day in DAYS[1:]:
        build_profiles(home, day)
    return home


def build_profiles(home, day):
    """Build the profiles of a published day, as a run does."""
    published, previous = home.days.find(day), home.days.find_previous(home.days.find(day))
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, published, previous_day=previous)


@pytest.fixture
def home(published_home, tmp_path):
    """Return a copy of the home that a test may change."""
    copy_home(published_home.settings.home, tmp_path / "home")
    return replace(open_home(tmp_path / "home", {}), settings=published_home.settings)


def open_site(home):
    """Return a site that shows everybody."""
    return replace(build_app_state(home), settings=ServeSettings(visibility="everyone"))


def explain_all(home, first=DAYS[0], day=EARLIER):
    """Return the explanation of everybody's score of a day, and the causes since another, as the site gives them."""
    site = open_site(home)
    days = home.days.find(first), home.days.find(day)
    subjects = [find_by_name(site, name) for name in community.CLAIMED]
    return round_figures(
        msgspec.to_builtins(
            [(explain_day(site, subject, day), load_redacted_changes(site, subject, *days)) for subject in subjects]
        )
    )


def round_figures(value):
    """Round all numbers to what floating point keeps."""
    if isinstance(value, dict):
        return {name: round_figures(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [round_figures(part) for part in value]
    return round(value, 8) + 0.0 if isinstance(value, float) else value


def refuse_to_compute(monkeypatch):
    """Let the method's steps fail."""
    monkeypatch.setattr(answers, "explain", None)
    monkeypatch.setattr(answers, "explain_changes", None)


def list_texts(home):
    """Return the text of each stored receipt."""
    return [
        zlib.decompress(body).decode()
        for day in home.profiles.receipts.list_days()
        for _, body in home.profiles.receipts.list_of_day(day)
    ]


def test_stored_receipts_equal_computed_ones(home, monkeypatch):
    """Without running the method's steps again; of any other pair of days they are computed."""
    with monkeypatch.context() as context:
        refuse_to_compute(context)
        stored = explain_all(home)
    home.profiles.receipts.delete_before(DAY)
    computed = explain_all(home)

    assert stored == computed
    assert explain_all(home, DAYS[0], DAY) != computed


@pytest.mark.parametrize("command", ["show", "explain", "changes"])
def test_commands_print_what_is_stored(home, monkeypatch, command):
    """Of the day that is served, without computing it; they print the same when they compute it."""
    runner, arguments = CliRunner(), ["--home", str(home.settings.home), command, "ann", "--json"]
    with monkeypatch.context() as context:
        refuse_to_compute(context)
        context.setattr(answers, "compute_receipt", None)
        stored = runner.invoke(cli.app, arguments).stdout
    for key, *_ in list(home.profiles.all()):
        home.profiles.erase(key)
    computed = runner.invoke(cli.app, arguments).stdout

    assert round_figures(json.loads(stored)) == round_figures(json.loads(computed))


@pytest.mark.parametrize("top", [0, 1, 3, 7])
def test_shortened_explanations_equal_computed_ones(home, top):
    """Listing fewer actors and posts sums the others into one line, as computing does."""
    site, published = open_site(home), home.days.find(DAY)
    for name in community.CLAIMED:
        subject = find_by_name(site, name)
        with home.reader() as engine, PublishedTables(published, engine.connection) as tables:
            who = resolve_subject(site, subject, engine)
            computed = answers.explain(who, tables, engine, home.lake, top=top)
        stored = answers.load_current_profile(home.profiles, subject).explanation.shorten(top)
        assert round_figures(msgspec.to_builtins(stored)) == round_figures(msgspec.to_builtins(computed))


def test_names_are_those_of_today(home, tmp_path, monkeypatch):
    """Somebody may have taken the handle of another, or hide: as in receipts that are computed."""
    rows = [f"{account},{handle},{DAY}T20:00:00,5" for account, handle in (("103", "danny"), ("101", "Anna"))]
    taker(home, tmp_path)("account,handle,at,followers", *rows, table="profiles")
    with monkeypatch.context() as context:
        refuse_to_compute(context)
        stored = explain_all(home)
    home.profiles.receipts.delete_before(DAY)

    assert stored == explain_all(home)
    assert "x:danny" in str(stored)
    assert "x:Anna" in str(stored)
    assert "x:dan'" not in str(stored)


def test_receipts_of_other_data_are_not_used(home, tmp_path):
    """A day that was scored again is explained anew."""
    assert find_stored_receipt(home.profiles, -1, home.days.find(EARLIER))
    taker(home, tmp_path)(community.HEADER, f"104,101,{EARLIER},like,new,n999")
    publisher(home)(EARLIER)

    assert find_stored_receipt(home.profiles, -1, home.days.find(EARLIER)) is None
    explained = {row["receipt"]["inputs"] for row, _ in explain_all(home)}
    assert {home.days.find(EARLIER).inputs} == explained


def test_the_erased_have_no_name_in_receipts(home):
    """Neither their handle nor their key is left; sums stay."""
    with home.reader() as engine:
        subject = scoring.resolve_subject("x:dan", engine, home.lake, home.people)
    assert all("x:dan" in text for text in list_texts(home) if '"name":"ann"' in text)
    with home.reader() as engine:
        privacy.erase_people(engine, home.personal_data, [subject])

    texts = list_texts(home)
    assert 2 * len(community.CLAIMED) == len(texts)
    assert not [text for text in texts if "x:dan" in text or str(subject.key) in text]
    for explanation, changes in explain_all(home):
        for signal in explanation["signals"]:
            assert sum(line["points"] for line in signal["actors"]) == pytest.approx(signal["subject"]["points"])
        assert sum(cause["points"] for cause in changes["causes"]) == pytest.approx(changes["move"])


@pytest.mark.parametrize("leave", ["hide", "opt_out_people"])
def test_receipts_go_with_the_person(home, leave):
    """An export of personal data has them; whoever opts out has none."""
    person = home.people.by_name("ann")
    with home.reader() as engine:
        subject = scoring.load_subject(person, engine, home.lake)
        accounts = scoring.load_account_ids(subject, engine, home.lake, home.people)
        data = privacy.collect_personal_data(subject, accounts, home.personal_data, engine)
        assert ("store/receipts", 2) in [(table.name, table.rows) for table in data.tables]
        leaving = person if leave == "hide" else [subject]
        getattr(privacy, leave)(engine, home.personal_data, leaving, now=NOW)

    assert [] == list(home.profiles.receipts.list_of_person(person.key))
    assert 2 == len(list(home.profiles.receipts.list_of_person(home.people.by_name("bob").key)))


def test_receipts_go_with_the_day(home):
    """A day that is taken back has none; the others stay."""
    home.days.withdraw([EARLIER], in_transaction=lambda _: None)

    assert [DAY] == home.profiles.receipts.list_days()


@pytest.mark.parametrize(
    ("receipts", "acts", "kept"),
    [(30, 0, DAYS[1:]), (1, 0, DAYS[2:]), (0, 0, DAYS[1:]), (30, 90, DAYS[2:]), (0, 91, DAYS[1:])],
)
def test_receipts_are_kept_for_some_days(home, receipts, acts, kept):
    """Also no longer than the acts that they name: those of a window of 90 days."""
    resources = home.run_resources
    retention = replace(resources.retention, receipts=receipts, acts=acts)
    night = datetime.combine(DAY + timedelta(days=1), time(1), NOW.tzinfo)

    deleted = delete_outdated_receipts(replace(resources, retention=retention), now=night)

    assert kept == home.profiles.receipts.list_days()
    assert deleted == (2 - len(kept)) * len(community.CLAIMED)


def test_computed_answers_are_kept_for_the_next_reader(home, monkeypatch):
    """Until anybody leaves or returns, or a day changes."""
    home.profiles.receipts.delete_before(DAY)
    site, computed = build_app_state(home), []
    subject, days = find_by_name(site, "ann"), (home.days.find(DAYS[0]), home.days.find(EARLIER))
    compute = AnswerComputer.compute
    monkeypatch.setattr(AnswerComputer, "compute", lambda *args: computed.append(args[1][0]) or compute(*args))

    def read():
        return explain_day(site, subject, EARLIER), load_redacted_changes(site, subject, *days)

    assert read() == read()
    assert ["explanation", "changes"] == computed
    home.people.opt_outs.add("x", "104", None)
    read()
    assert 4 == len(computed)
