"""Groups, challenges and their logs, in SQLite and in PostgreSQL."""

import dataclasses
import hashlib
import itertools
import json
import random
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from conftest import DAY, NOW
from renown import answers, cli, jobs
from renown.answers import races as races_of
from renown.answers.groups import DayScore, GroupLine, Standing
from renown.errors import BadInput, NotInvited, NotPublished, RenownError, UnknownGroup
from renown.store import Days, Entry, Groups, Opening, People, Served, Verdict, chain, open_database, schema
from test_river import HEADER
from test_served import published_day, write

ROOT = Path(__file__).parents[1]
ACCOUNTS = {"ada": -1, "bob": -2, "cyd": -3}
BEFORE = NOW.replace(year=2024, month=1, day=1)
"""An instant before all days that are scored here."""
BY = published_day(DAY, Path(), 0)


@pytest.fixture
def parts(store, tmp_path):
    """Return groups, people, days and served scores of an empty store."""
    database = open_database(store)
    people = People(database)
    for name in ACCOUNTS:
        people.add(name, [("x", name)], at=BEFORE)
    yield Groups(database), people, Days(database, tmp_path / "published"), Served(database, tmp_path / "published")
    database.dispose()


@pytest.fixture
def groups(parts):
    """Return groups with one of all three, goal 70."""
    made, people, _, _ = parts
    made.create("klout70", goal=70, at=BEFORE, title="Seventy by summer")
    for name in ACCOUNTS:
        made.join("klout70", people.by_name(name), at=BEFORE)
    return made


@pytest.fixture
def log_day(parts):
    """Return a function that publishes and records given scores of a day."""
    groups, _, days, _ = parts
    minutes = itertools.count()

    def publish(day, method="2", **scores):
        with days.staging(day, method) as folder:
            write(folder, {ACCOUNTS[name]: score for name, score in scores.items()})
            at = NOW + timedelta(minutes=next(minutes))
            made = published_day(day, folder, len(scores), method, at)
            days.publish(dataclasses.replace(made, method_digest=method))
        return jobs.challenges.record(days, groups, day, now=NOW)

    return publish


@pytest.fixture
def standings(parts):
    """Return a function that asks for standings, rows by name."""
    groups, _, days, served = parts

    def ask(challenge=0):
        answer = answers.standings(groups, served, days, name="klout70", challenge=challenge)
        return answer, {row.who: row for row in answer.standings}

    return ask


def after(days):
    """Return the day so many days after the first."""
    return DAY + timedelta(days=days)


def start(parts, *, days=5, goal=None):
    """Start a challenge of the next days."""
    groups, _, published, _ = parts
    at = NOW.replace(year=DAY.year, month=DAY.month, day=DAY.day)
    return groups.start("klout70", first=after(1), last=after(days), by=published.find(), at=at, goal=goal)


@pytest.mark.usefixtures("groups")
def test_standings_say_who_leads_and_who_was_first(log_day, standings):
    """Places, starts, rises, the first at the goal and its day, days in a row there."""
    log_day(DAY, ada=60.0, bob=30.0, cyd=68.0)
    log_day(after(1), ada=70.0, bob=44.0, cyd=69.0)
    log_day(after(2), ada=69.0, bob=44.0, cyd=71.0)
    log_day(after(3), ada=69.5, bob=44.0, cyd=72.0)

    answer, rows = standings()

    assert (("cyd",), ("ada",)) == (answer.leads, answer.reached_first)
    assert (("bob",), ("ada",)) == (answer.biggest_rise, answer.best_handicap)
    assert [("cyd", 1), ("ada", 2), ("bob", 3)] == [(row.who, row.place) for row in answer.standings]
    assert ("2024-02-02", 0, 1.0) == (rows["ada"].reached, rows["ada"].streak, rows["ada"].odds)
    assert ("2024-02-03", 2, 4.0) == (rows["cyd"].reached, rows["cyd"].streak, rows["cyd"].rise)
    assert (30.0, 14.0, None, 0.2) == (rows["bob"].start, rows["bob"].rise, rows["bob"].reached, rows["bob"].handicap)
    assert [("2024-02-01", 30.0), ("2024-02-02", 44.0)] == [(one.day, one.score) for one in rows["bob"].scores][:2]


@pytest.mark.usefixtures("groups")
def test_people_at_65_and_at_30_race_evenly(log_day, standings):
    """The same share of the way to 100 is the same handicap; at the very top a hair's breadth is none of it."""
    log_day(DAY, ada=65.0, bob=30.0, cyd=99.9)
    log_day(after(1), ada=68.5, bob=37.0, cyd=100.0)
    _, rows = standings()

    assert 0.1 == pytest.approx(rows["ada"].handicap) == pytest.approx(rows["bob"].handicap)
    assert 0.1 == pytest.approx(rows["cyd"].handicap)


@pytest.mark.usefixtures("groups")
def test_who_shares_a_score_shares_a_place(log_day, standings):
    """And who has none stands last, without a place."""
    log_day(DAY, ada=50.0, bob=50.0)
    answer, rows = standings()

    assert (("ada", "bob"), 1, 1) == (answer.leads, rows["ada"].place, rows["bob"].place)
    assert ("cyd", None, None, 0, None) == (
        *(answer.standings[-1].who, rows["cyd"].place, rows["cyd"].score),
        *(rows["cyd"].streak, rows["cyd"].odds),
    )


def test_a_group_without_scores_or_members_has_standings(parts):
    """Nobody leads."""
    groups, _, days, served = parts
    groups.create("empty", goal=1, at=NOW)

    answer = answers.standings(groups, served, days, name="empty")

    assert ((), (), None, None, ()) == (
        answer.leads,
        answer.reached_first,
        answer.day,
        answer.method,
        answer.standings,
    )


def test_who_joins_starts_with_the_served_score(parts, log_day, standings):
    """It is logged at once; days before are not."""
    groups, people, _, served = parts
    groups.create("klout70", goal=70, at=BEFORE)
    log_day(DAY, ada=60.0)
    groups.join("klout70", people.by_name("ada"), at=NOW, latest=served.find(-1))
    log_day(DAY, ada=61.0)
    answer, rows = standings()

    assert (60.0, DAY.isoformat()) == (rows["ada"].start, answer.day)
    assert ["created", "joined"] == kinds(groups)


def kinds(groups):
    """Return the kinds of a log's entries."""
    return [json.loads(entry.said)["kind"] for entry in groups.log("klout70")]


def test_recording_again_changes_nothing_and_a_correction_is_an_entry(groups, log_day, standings):
    """A day published again with other scores is logged again; what was said stays."""
    log_day(DAY, ada=60.0, bob=50.0)
    before = groups.log("klout70")
    assert 0 == log_day(DAY, ada=60.0, bob=50.0).entries
    assert before == groups.log("klout70")
    assert 1 == log_day(DAY, ada=61.0, bob=50.0).entries

    assert before == groups.log("klout70")[:-1]
    assert ["scores", "correction"] == kinds(groups)[-2:]
    assert 61.0 == standings()[1]["ada"].start
    assert 1 == log_day(DAY, ada=61.0).entries
    assert standings()[1]["bob"].score is None


def test_who_joined_later_is_not_in_earlier_days(parts, log_day, standings):
    """Scoring the past anew tells a group nothing of who was not in it."""
    groups, people, _, _ = parts
    groups.create("klout70", goal=70, at=BEFORE)
    groups.join("klout70", people.by_name("ada"), at=BEFORE)
    groups.join("klout70", people.by_name("bob"), at=NOW)
    log_day(DAY, ada=60.0, bob=50.0)

    assert (60.0, None) == tuple(standings()[1][who].score for who in ("ada", "bob"))


def test_a_day_that_is_not_published_cannot_be_recorded(parts, groups):
    """The error is that of days."""
    with pytest.raises(NotPublished, match="no day is published yet"):
        jobs.challenges.record(parts[2], groups, DAY, now=NOW)


def test_a_challenge_keeps_its_method(parts, groups, log_day, standings):
    """When the home's method changes, the challenge waits for days by its own; the group goes on by the new one."""
    log_day(DAY, ada=60.0, bob=50.0)
    start(parts, goal=65)
    assert set() == jobs.challenges.methods_needed(groups, DAY)
    assert {"2"} == jobs.challenges.methods_needed(groups, after(1))
    told = log_day(after(1), method="3", ada=90.0, bob=20.0)
    assert [("klout70", 1, after(1), "2")] == [dataclasses.astuple(one) for one in told.missing]
    told = log_day(after(1), method="2", ada=61.0, bob=66.0)

    assert (1, ()) == (told.entries, told.missing)
    assert ("3", ("ada",), 90.0) == (standings()[0].method, standings()[0].leads, standings()[1]["ada"].score)
    answer, rows = standings(1)
    assert ("2", ("bob",), ("bob",), 65) == (answer.method, answer.leads, answer.reached_first, answer.goal)
    assert (61.0, 61.0, after(5).isoformat()) == (rows["ada"].start, rows["ada"].score, answer.last_day)


@pytest.mark.usefixtures("groups")
def test_a_challenge_ends(parts, log_day, standings):
    """Days after the last are not of it, and odds are what came of it."""
    log_day(DAY, ada=60.0, bob=50.0)
    start(parts, days=2)
    for n, score in enumerate((69.0, 71.0, 80.0), 1):
        log_day(after(n), ada=score, bob=50.0)
    answer, rows = standings(1)

    assert (after(2).isoformat(), 71.0, 1.0, 0.0) == (answer.day, rows["ada"].score, rows["ada"].odds, rows["bob"].odds)


def test_a_challenge_cannot_begin_in_the_past(parts, groups, log_day):
    """What is known is no race; nor is one that ends before it begins, or a goal that nobody can reach."""
    log_day(DAY, ada=60.0)
    day = parts[2].find()
    for first, last in ((DAY, after(99)), (NOW.date(), NOW.date() - timedelta(days=1))):
        with pytest.raises(BadInput, match="begins on 2024-03-01 or later, and ends no earlier"):
            groups.start("klout70", first=first, last=last, by=day, at=NOW)
    with pytest.raises(BadInput, match="the goal is 101; write a score of 1 to 100"):
        groups.start("klout70", first=NOW.date(), last=NOW.date(), by=day, at=NOW, goal=101)
    with pytest.raises(UnknownGroup, match="'klout70' has no challenge 1; none is started"):
        groups.challenge("klout70", 1)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"name": "Klout 70"}, "'Klout 70' cannot be a group's name"),
        ({"name": "klout70"}, "there is a group 'klout70' already"),
        ({"goal": 0}, "the goal is 0; write a score of 1 to 100"),
        ({"title": "a\x1b[2Jb"}, "cannot be a group's title"),
        ({"join_by": "luck"}, "joined by claim or invitation, not by 'luck'"),
    ],
)
def test_a_group_has_sane_terms(groups, said, match):
    """The error says what would be right."""
    with pytest.raises(BadInput, match=match):
        groups.create(**{"name": "other", "goal": 70, "at": NOW} | said)
    assert ["klout70"] == [group.name for group in groups.all()]


def test_an_invitation_is_for_one_person_and_a_time(parts):
    """Missing, wrong, used and expired ones are refused; none of them is repeated by the error."""
    groups, people, _, _ = parts
    groups.create("few", goal=70, at=NOW, join_by="invitation")
    groups.create("other", goal=70, at=NOW, join_by="invitation")
    ada, bob = people.by_name("ada"), people.by_name("bob")
    word, foreign = groups.invite("few", at=NOW, days=2), groups.invite("other", at=NOW)

    with pytest.raises(NotInvited, match="'few' is joined by invitation"):
        groups.join("few", ada, at=NOW)
    for wrong in ("nonsense", foreign, word[:-1]):
        with pytest.raises(NotInvited, match="no invitation to 'few'") as caught:
            groups.join("few", ada, at=NOW, invitation=wrong)
        assert wrong not in str(caught.value)
    with pytest.raises(NotInvited, match="expired on 2024-03-03"):
        groups.join("few", ada, at=NOW + timedelta(days=2), invitation=word)
    groups.join("few", ada, at=NOW, invitation=word)
    with pytest.raises(NotInvited, match="was used on 2024-03-01; each is for one person"):
        groups.join("few", bob, at=NOW, invitation=word)
    assert ["ada"] == [member.name for member in groups.members("few")]
    assert [["few"], []] == [[group.name for group in groups.of(key)] for key in (-1, -2)]


def test_an_invitation_is_not_used_up_by_who_cannot_join(parts):
    """All of joining happens, or none of it."""
    groups, people, _, _ = parts
    groups.create("few", goal=70, at=NOW, join_by="invitation")
    words = [groups.invite("few", at=NOW) for _ in range(2)]
    groups.join("few", people.by_name("ada"), at=NOW, invitation=words[0])
    with pytest.raises(BadInput, match="'ada' is in 'few' already"):
        groups.join("few", people.by_name("ada"), at=NOW, invitation=words[1])
    groups.join("few", people.by_name("bob"), at=NOW, invitation=words[1])

    assert 3 == groups.verify("few").entries


def test_two_at_once_use_one_invitation(parts):
    """One of them is in, and the log is whole, however many write to it."""
    groups, people, _, _ = parts
    groups.create("few", goal=70, at=NOW, join_by="invitation")
    word, together = groups.invite("few", at=NOW), threading.Barrier(len(ACCOUNTS))

    def join(name):
        person = people.by_name(name)
        together.wait()
        try:
            groups.join("few", person, at=NOW, invitation=word)
        except NotInvited as error:
            return str(error)

    with ThreadPoolExecutor(len(ACCOUNTS)) as pool:
        said = list(pool.map(join, ACCOUNTS))
    assert [None, "that invitation"] == sorted({one and one[:15] for one in said}, key=str)
    assert 1 == len(groups.members("few"))
    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(lambda _: groups.start("few", first=DAY, last=DAY, by=BY, at=BEFORE), range(8)))

    assert set(range(1, 9)) == {made.number for made in started}
    verdict = groups.verify("few")
    assert ((), 10) == (verdict.faults, verdict.entries)


def test_groups_are_of_people_with_claims(parts, groups):
    """Who claimed nothing cannot join; an unknown group cannot be joined."""
    _, people, _, _ = parts
    people.add("eve", [], at=NOW)
    with pytest.raises(BadInput, match="'eve' has claimed no account"):
        groups.join("klout70", people.by_name("eve"), at=NOW)
    with pytest.raises(UnknownGroup, match="no group 'klout99'; see `renown group list`"):
        groups.join("klout99", people.by_name("bob"), at=NOW)


def test_who_leaves_has_no_place_and_starts_anew(parts, groups, log_day, standings):
    """What was logged stays; coming back, only what is logged from then on counts."""
    _, people, _, _ = parts
    log_day(DAY, ada=60.0, bob=50.0)
    groups.leave("klout70", people.by_name("ada"), at=NOW)
    with pytest.raises(BadInput, match="'ada' is not in 'klout70'"):
        groups.leave("klout70", people.by_name("ada"), at=NOW)
    assert "ada" not in standings()[1]
    groups.join("klout70", people.by_name("ada"), at=BEFORE)
    log_day(after(1), ada=65.0, bob=50.0)

    assert (65.0, 0.0) == (standings()[1]["ada"].start, standings()[1]["ada"].rise)
    assert () == groups.verify("klout70").faults


def test_standings_that_are_held_are_those_that_would_be_made(parts, groups, log_day, monkeypatch):
    """Whatever changes: a day, a challenge, who joins, leaves or is forgotten; and no more are made than changes."""
    _, people, days, served = parts
    races, made = answers.Races(groups, served, days), []
    monkeypatch.setattr(races_of, "standings", lambda *a, **b: made.append(1) or answers.standings(*a, **b))
    log_day(DAY, ada=60.0, bob=50.0, cyd=40.0)
    changes = [
        lambda: None,
        lambda: log_day(after(1), ada=65.0, bob=50.0),
        lambda: start(parts),
        lambda: log_day(after(2), ada=71.0, bob=55.0),
        lambda: groups.leave("klout70", people.by_name("bob"), at=NOW),
        lambda: groups.join("klout70", people.by_name("bob"), at=NOW),
        lambda: groups.forget(-1),
    ]

    for change in changes:
        change()
        fresh = answers.standings(groups, served, days, name="klout70")
        assert [fresh] * 3 == [races.standings("klout70") for _ in range(3)]
    assert races.standings("klout70", 1) == answers.standings(groups, served, days, name="klout70", challenge=1)
    assert len(changes) + 1 == len(made)
    with pytest.raises(UnknownGroup, match="no group 'klout99'"):
        races.standings("klout99")


def test_no_more_standings_are_held_than_were_asked_for_last(parts, groups, log_day, monkeypatch):
    """However many challenges there are."""
    _, _, days, served = parts
    monkeypatch.setattr(races_of, "HELD", 2)
    log_day(DAY, ada=60.0)
    for _ in range(4):
        start(parts)
    races = answers.Races(groups, served, days)
    for number in (1, 2, 3, 4, 3):
        races.standings("klout70", number)

    assert [("klout70", 4), ("klout70", 3)] == list(races._held)


def test_who_is_forgotten_is_nowhere_and_the_log_holds(parts, groups, log_day, standings):
    """No row of any table has their name, key or a salt of theirs; others' scores and the chain stay."""
    log_day(DAY, ada=60.0, bob=50.0)
    log_day(after(1), ada=61.0, bob=51.0)
    head = groups.verify("klout70").head
    salts = [one.salt for entry in groups.log("klout70") for one in entry.openings if one.member == "ada"]

    assert 4 == groups.forget(-1)
    assert 2 == parts[1].forget(-1)

    verdict = groups.verify("klout70", head=head)
    assert ((), 3, head) == (verdict.faults, verdict.erased, verdict.head)
    assert {"bob", "cyd"} == set(standings()[1])
    with groups._database.connect() as connection:
        for table in ("members", "openings", "group_log", "people"):
            rows = str(connection.execute(sa.text(f"select * from {table}")).all())
            assert not [word for word in ("'ada'", '"ada"', *salts) if word in rows]
    assert 0 == log_day(after(1), bob=51.0).entries


def test_forgetting_leaves_nothing_in_the_files(groups, log_day, tmp_path):
    """Nor in SQLite's log or free pages."""
    log_day(DAY, ada=60.0, bob=50.0)
    [salt] = [one.salt for one in groups.log("klout70")[-1].openings if one.member == "ada"]
    files = [file for file in (tmp_path / "store.sqlite", tmp_path / "store.sqlite-wal") if file.exists()]
    if not files:
        pytest.skip("PostgreSQL's files are the server's")
    assert any(salt.encode() in file.read_bytes() for file in files)
    groups.forget(-1)

    assert not [file for file in files if salt.encode() in file.read_bytes()]


TAMPERED = {
    "an opening's score": "update openings set score = score + 1 where number = 5 and member = 'ada'",
    "an opening's name": "update openings set member = 'bob' where number = 2",
    "a missing score": "update openings set score = 5000 where number = 5 and member = 'cyd'",
    "an opening from elsewhere": """insert into openings
        select group_id, 3, member, score, salt from openings where number = 5 and member = 'ada'""",
    "an entry in the middle": "delete from group_log where number = 5",
    "the first entry": "delete from group_log where number = 1",
    "the text": "update group_log set said = replace(said, 'scores', 'points') where number = 5",
    "the order": """update group_log set (said, digest) =
        (select b.said, b.digest from group_log b where b.number = 3 - group_log.number) where number in (1, 2)""",
    "the day it is filed under": "update group_log set day_no = day_no + 1 where number = 5",
    "the challenge it is filed under": "update group_log set challenge = 1 where number = 5",
    "a challenge's goal": "update challenges set goal = 50",
    "a challenge": "delete from challenges",
    "a challenge that never was": "insert into challenges select group_id, 2, first_no, 1, 1, '2', '' from challenges",
    "the goal": "update groups set goal = 50",
}


def test_tampering_is_found(parts, groups, log_day):
    """Whatever is changed behind the log's back."""
    log_day(DAY, ada=60.0, bob=50.0)
    start(parts)
    log_day(after(1), ada=62.0, bob=52.0)
    tables = [schema.challenges, schema.group_log, schema.openings]
    with groups._database.connect() as connection:
        kept = [[row._asdict() for row in connection.execute(sa.select(table))] for table in tables]
    for what, change in TAMPERED.items():
        assert () == groups.verify("klout70").faults, what
        with groups._database.begin() as connection:
            assert connection.execute(sa.text(change)).rowcount
        assert groups.verify("klout70").faults, what
        with groups._database.begin() as connection:
            for table in reversed(tables):
                connection.execute(sa.delete(table))
            for table, rows in zip(tables, kept, strict=True):
                connection.execute(sa.insert(table), rows)


@given(st.integers(2, 8), st.data())
def test_no_entry_can_be_put_in_anothers_place(n, data):
    """Leaving out or moving any entry but the last is found, even where digests are made to fit their texts."""
    entries, before = [], ""
    for number in range(1, n + 1):
        entries.append(chain.seal("g", number, before, at=NOW, kind="scores", openings=[chain.opening("ada", number)]))
        before = entries[-1].digest
    place = data.draw(st.integers(0, n - 2))
    moved = entries[:place] + entries[place + 1 :]
    if data.draw(st.booleans()):
        moved.insert(data.draw(st.integers(0, n - 1).filter(lambda to: to != place)), entries[place])
    edited = data.draw(st.integers(0, n - 2))
    text = entries[edited].said.replace("scores", "points")
    changed = dataclasses.replace(entries[edited], said=text, digest=hashlib.sha256(text.encode()).hexdigest())

    assert () == faults(entries)
    assert faults(moved)
    assert faults([*entries[:edited], changed, *entries[edited + 1 :]])
    assert () != faults(entries[:-1], head=before)


def faults(entries, head=None):
    """Return what is wrong with a log."""
    filed = [(0, None)] * len(entries)
    return chain.verify("g", entries, head=head, filed=filed, terms=[]).faults


def test_a_kept_head_tells_what_was_cut_off(groups, log_day):
    """Without the head nothing can: a shorter log is a log."""
    log_day(DAY, ada=60.0, bob=50.0)
    head = groups.state("klout70")[0]
    log_day(after(1), ada=61.0, bob=50.0)
    assert () == groups.verify("klout70", head=head).faults
    kept = groups.state("klout70")[0]
    with groups._database.begin() as connection:
        connection.execute(sa.text("delete from group_log where number = 6"))

    assert () == groups.verify("klout70").faults
    assert [f"no entry has the digest {kept}: what it stood for was changed or cut off"] == [
        *groups.verify("klout70", head=kept).faults
    ]


@pytest.mark.usefixtures("groups")
def test_odds_are_of_ones_own_trend(log_day, standings):
    """None where the history is short; then who rises fast is likelier than who does not, who is there is certain."""
    walk = itertools.accumulate(random.Random(3).gauss(0.0, 0.4) for _ in range(20))
    for n, noise in enumerate(walk):
        log_day(after(n), ada=40.0 + n + noise, bob=60.0 + noise, **({"cyd": 71.0} if n > 15 else {}))
        if n == 10:
            assert [None] * 3 == [standings()[1][who].odds for who in ACCOUNTS]
    _, rows = standings()

    assert 0.0 <= rows["bob"].odds < 0.2
    assert rows["ada"].odds > 0.9
    assert 1.0 == rows["cyd"].odds


@pytest.mark.usefixtures("groups")
def test_another_methods_days_are_no_trend(log_day, standings):
    """The jump from one method to the next says nothing of a person."""
    for n in range(16):
        log_day(after(n), ada=40.0 + n % 3)
    assert standings()[1]["ada"].odds is not None
    log_day(after(16), method="3", ada=60.0)

    assert standings()[1]["ada"].odds is None


@pytest.fixture
def renown(tmp_path):
    """Return a function that runs a command on a home where ada and bob have a score of today."""

    def run(*words, code=0, catch=True):
        done = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words], catch_exceptions=catch)
        assert code == done.exit_code, (done.output, done.exception)
        return done.output

    run("init")
    today = datetime.now(UTC).date()
    rows = [f"{who},{whom},{today},repost,p,{who}{whom}" for who in "klmno" for whom in ("own", "b")]
    (tmp_path / "acts.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    run("import", "interactions", str(tmp_path / "acts.csv"), "--network", "x")
    run("add", "ada", "--account", "x:own")
    run("add", "bob", "--account", "x:b")
    run("score")
    return run


@pytest.fixture
def story(renown):
    """Return the function on a home with a group and a challenge whose day was logged."""
    assert "klout5 is a group with the goal 5" in renown("group", "create", "klout5", "--goal", "5")
    assert "ada is in klout5 and starts with" in renown("group", "join", "klout5", "x:own")
    renown("group", "create", "few", "--goal", "70", "--join-by", "invitation", "--title", "A few")
    word = renown("group", "invite", "few").strip()
    assert "bob is in few" in renown("group", "join", "few", "bob", "--invitation", word)
    assert "challenge 1 of klout5: 9 from" in renown(
        "group", "challenge", "klout5", "--last", "2999-12-31", "--goal", "9"
    )
    renown("score")
    return renown


def test_the_command_line_tells_the_story(story):
    """Groups, standings of the group and of its challenge, the log and its head, leaving."""
    assert "A few" in story("group", "list")
    assert {"few": 1, "klout5": 1} == {
        row["name"]: row["members"] for row in json.loads(story("group", "list", "--json"))["groups"]
    }
    assert "leads: ada" in story("group", "show", "klout5")
    assert "challenge 1" in story("group", "show", "klout5", "--challenge", "1")
    race = json.loads(story("group", "show", "klout5", "--challenge", "1", "--json"))
    assert (["ada"], 9, 1) == (race["leads"], race["goal"], len(race["standings"][0]["scores"]))
    assert "joined" in story("group", "log", "klout5")
    assert "none of 4 entries was changed" in story("group", "verify", "klout5")
    assert "ada left klout5" in story("group", "leave", "klout5", "ada")


def test_the_command_line_says_what_is_wrong(story):
    """Nobody's accounts, no invitation, a head that is none of the log's."""
    for words, said in (
        (("join", "few", "ada"), "'few' is joined by invitation"),
        (("join", "klout5", "x:k"), "nobody claimed 'x:k'"),
        (("show", "nothing"), "no group 'nothing'"),
    ):
        with pytest.raises(RenownError, match=said):
            story("group", *words, catch=False)
    assert "was changed or cut off" in story("group", "verify", "klout5", "--head", "0" * 64, code=1)


def test_a_stranger_verifies_an_exported_log(story):
    """With the lines of the documentation: before and after somebody was forgotten, and not where it was changed."""
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "groups.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(program.splitlines()) <= 14

    def stranger(text):
        return subprocess.run([sys.executable, "-c", program], input=text, capture_output=True, text=True, check=False)

    log = story("group", "log", "klout5", "--json")
    head = json.loads(log)["head"]
    assert (0, f"4 entries, head {head}\n") == (stranger(log).returncode, stranger(log).stdout)
    assert '"member": "ada"' in log
    score = re.search(r'"score": (\d+)', log)[1]
    parts = json.loads(log)
    for changed in (
        log.replace(f'"score": {score}', '"score": 9999'),
        log.replace("joined", "parted"),
        json.dumps(parts | {"entries": parts["entries"][1:]}),
        json.dumps(parts | {"entries": parts["entries"][:-1]}),
    ):
        assert changed != log
        assert 1 == stranger(changed).returncode
    story("forget", "ada", "--yes")
    erased = story("group", "log", "klout5", "--json")
    assert '"ada"' not in erased
    assert f"4 entries, head {head}\n" == stranger(erased).stdout


def test_every_field_is_documented():
    """JSON is a contract: no field without a word."""
    text = (ROOT / "docs" / "groups.md").read_text(encoding="utf-8")
    records = (answers.Standings, Standing, DayScore, answers.GroupLog, Entry, Opening, GroupLine, Verdict)
    names = {field.name for record in records for field in dataclasses.fields(record)}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]
