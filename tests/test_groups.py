"""Groups, challenges, standings and hash-chained logs, in SQLite and in PostgreSQL."""

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

from conftest import DAY, NOW, copy_home, new_home
from renown import answers, cli
from renown.answers import standings_cache
from renown.answers.groups import GroupSummary
from renown.answers.member_standings import DayScore, MemberStanding
from renown.errors import DayNotPublishedError, GroupNotFoundError, InvalidInputError, InvitationError, RenownError
from renown.runs import group_scores
from renown.store import (
    GroupLogEntry,
    GroupStore,
    LogOpening,
    LogVerification,
    PeopleStore,
    PublishedDayStore,
    ServedScoreStore,
    open_database,
    schema,
)
from renown.store.groups import log
from test_pipeline import HEADER
from test_served_scores import published_day, write

ROOT = Path(__file__).parents[1]
ACCOUNTS = {"ada": -1, "bob": -2, "cyd": -3}
BEFORE = NOW.replace(year=2024, month=1, day=1)
"""A time before all days that are scored here."""
METHOD_DAY = published_day(DAY, Path(), 0)


@pytest.fixture
def parts(store, tmp_path):
    """Return the stores of groups, people, published days and served scores, with three people and no group."""
    database = open_database(store)
    people = PeopleStore(database)
    for name in ACCOUNTS:
        people.add(name, [("x", name)], at=BEFORE)
    yield (
        GroupStore(database),
        people,
        PublishedDayStore(database, tmp_path / "published"),
        ServedScoreStore(database, tmp_path / "published"),
    )
    database.dispose()


@pytest.fixture
def groups(parts):
    """Return the store of groups with one group of all three people, goal 70."""
    group_store, people, _, _ = parts
    group_store.create("klout70", goal=70, at=BEFORE, title="Seventy by summer")
    for name in ACCOUNTS:
        group_store.join("klout70", people.by_name(name), at=BEFORE)
    return group_store


@pytest.fixture
def log_day(parts):
    """Return a function that publishes scores of a day, and appends them to the logs of groups."""
    groups, _, days, _ = parts
    minutes = itertools.count()

    def publish(day, method="2", **scores):
        with days.staging_folder(day, method) as folder:
            write(folder, {ACCOUNTS[name]: score for name, score in scores.items()})
            at = NOW + timedelta(minutes=next(minutes))
            new_day = published_day(day, folder, len(scores), method, at)
            days.publish(dataclasses.replace(new_day, method_digest=method))
        return group_scores.publish_group_scores(days, groups, day, now=NOW)

    return publish


@pytest.fixture
def standings(parts):
    """Return a function that computes standings, and their rows by name."""
    groups, _, days, served = parts

    def compute(challenge=0):
        result = answers.compute_standings(groups, served, days, name="klout70", challenge=challenge)
        return result, {row.name: row for row in result.standings}

    return compute


def after(days):
    """Return the day this many days after the first."""
    return DAY + timedelta(days=days)


def start(parts, *, days=5, goal=None):
    """Start a challenge on the next days."""
    groups, _, published, _ = parts
    at = NOW.replace(year=DAY.year, month=DAY.month, day=DAY.day)
    return groups.challenges.start(
        "klout70", first=after(1), last=after(days), method_day=published.find(), at=at, goal=goal
    )


@pytest.mark.usefixtures("groups")
def test_standings_rank_members(log_day, standings):
    """Ranks, start, rise, handicap, who reached the goal first and when, and the streak at the goal."""
    log_day(DAY, ada=60.0, bob=30.0, cyd=68.0)
    log_day(after(1), ada=70.0, bob=44.0, cyd=69.0)
    log_day(after(2), ada=69.0, bob=44.0, cyd=71.0)
    log_day(after(3), ada=69.5, bob=44.0, cyd=72.0)

    result, rows = standings()

    assert (("cyd",), ("ada",)) == (result.leaders, result.reached_first)
    assert (("bob",), ("ada",)) == (result.biggest_rise, result.best_handicap)
    assert [("cyd", 1), ("ada", 2), ("bob", 3)] == [(row.name, row.rank) for row in result.standings]
    assert ("2024-02-02", 0, 1.0) == (rows["ada"].reached_on, rows["ada"].streak, rows["ada"].odds)
    assert ("2024-02-03", 2, 4.0) == (rows["cyd"].reached_on, rows["cyd"].streak, rows["cyd"].rise)
    assert (30.0, 14.0, None, 0.2) == (
        rows["bob"].start,
        rows["bob"].rise,
        rows["bob"].reached_on,
        rows["bob"].handicap,
    )
    assert [("2024-02-01", 30.0), ("2024-02-02", 44.0)] == [(score.day, score.score) for score in rows["bob"].scores][
        :2
    ]


@pytest.mark.usefixtures("groups")
def test_handicap_is_the_share_of_the_points_to_100(log_day, standings):
    """People at 65 and at 30 compete evenly; close to 100 the remaining points count as at least one."""
    log_day(DAY, ada=65.0, bob=30.0, cyd=99.9)
    log_day(after(1), ada=68.5, bob=37.0, cyd=100.0)
    _, rows = standings()

    assert 0.1 == pytest.approx(rows["ada"].handicap) == pytest.approx(rows["bob"].handicap)
    assert 0.1 == pytest.approx(rows["cyd"].handicap)


@pytest.mark.usefixtures("groups")
def test_equal_scores_share_a_rank(log_day, standings):
    """A member without a score comes last and has no rank."""
    log_day(DAY, ada=50.0, bob=50.0)
    result, rows = standings()

    assert (("ada", "bob"), 1, 1) == (result.leaders, rows["ada"].rank, rows["bob"].rank)
    assert ("cyd", None, None, 0, None) == (
        *(result.standings[-1].name, rows["cyd"].rank, rows["cyd"].score),
        *(rows["cyd"].streak, rows["cyd"].odds),
    )


def test_empty_group_has_empty_standings(parts):
    """Without members or scores nobody leads."""
    groups, _, days, served = parts
    groups.create("empty", goal=1, at=NOW)

    result = answers.compute_standings(groups, served, days, name="empty")

    assert ((), (), None, None, ()) == (
        result.leaders,
        result.reached_first,
        result.day,
        result.method,
        result.standings,
    )


def test_new_member_starts_with_the_served_score(parts, log_day, standings):
    """It is logged when they join; earlier days are not."""
    groups, people, _, served = parts
    groups.create("klout70", goal=70, at=BEFORE)
    log_day(DAY, ada=60.0)
    groups.join("klout70", people.by_name("ada"), at=NOW, latest_score=served.find(-1))
    log_day(DAY, ada=61.0)
    result, rows = standings()

    assert (60.0, DAY.isoformat()) == (rows["ada"].start, result.day)
    assert ["created", "joined"] == kinds(groups)


def kinds(groups):
    """Return the kinds of a log's entries."""
    return [json.loads(entry.message)["kind"] for entry in groups.log.read_entries("klout70")]


def test_logging_a_day_is_idempotent_and_other_scores_are_a_correction(groups, log_day, standings):
    """A day published again with other scores appends an entry; no entry ever changes."""
    log_day(DAY, ada=60.0, bob=50.0)
    before = groups.log.read_entries("klout70")
    assert 0 == log_day(DAY, ada=60.0, bob=50.0).entries
    assert before == groups.log.read_entries("klout70")
    assert 1 == log_day(DAY, ada=61.0, bob=50.0).entries

    assert before == groups.log.read_entries("klout70")[:-1]
    assert ["scores", "correction"] == kinds(groups)[-2:]
    assert 61.0 == standings()[1]["ada"].start
    assert 1 == log_day(DAY, ada=61.0).entries
    assert standings()[1]["bob"].score is None


def test_member_has_no_scores_of_days_before_joining(parts, log_day, standings):
    """Not even if an earlier day is scored again after they joined."""
    groups, people, _, _ = parts
    groups.create("klout70", goal=70, at=BEFORE)
    groups.join("klout70", people.by_name("ada"), at=BEFORE)
    groups.join("klout70", people.by_name("bob"), at=NOW)
    log_day(DAY, ada=60.0, bob=50.0)

    assert (60.0, None) == tuple(standings()[1][name].score for name in ("ada", "bob"))


def test_day_that_is_not_published_cannot_be_logged(parts, groups):
    """The error is the one of the store of days."""
    with pytest.raises(DayNotPublishedError, match="no day is published yet"):
        group_scores.publish_group_scores(parts[2], groups, DAY, now=NOW)


def test_challenge_has_a_fixed_method_version(parts, groups, log_day, standings):
    """
    When the home's method changes, a challenge waits for days by its own version; the group uses the new one.

    Its goal has decimals: a hundredth below is not enough.
    """
    log_day(DAY, ada=60.0, bob=50.0)
    start(parts, goal=64.25)
    assert set() == group_scores.list_required_methods(groups, DAY)
    assert {"2"} == group_scores.list_required_methods(groups, after(1))
    new_version = log_day(after(1), method="3", ada=90.0, bob=20.0)
    assert [("klout70", 1, after(1), "2")] == [dataclasses.astuple(unscored) for unscored in new_version.missing]
    own_version = log_day(after(1), method="2", ada=61.0, bob=64.24)

    assert (1, ()) == (own_version.entries, own_version.missing)
    assert ("3", ("ada",), 90.0) == (standings()[0].method, standings()[0].leaders, standings()[1]["ada"].score)
    log_day(after(2), method="2", ada=61.0, bob=64.25)
    result, rows = standings(1)
    assert ("2", ("bob",), ("bob",), 64.25) == (result.method, result.leaders, result.reached_first, result.goal)
    assert (61.0, 61.0, after(5).isoformat()) == (rows["ada"].start, rows["ada"].score, result.last_day)


@pytest.mark.usefixtures("groups")
def test_challenge_ends_on_its_last_day(parts, log_day, standings):
    """Later days do not count, and the odds become 1 or 0."""
    log_day(DAY, ada=60.0, bob=50.0)
    start(parts, days=2)
    for n, score in enumerate((69.0, 71.0, 80.0), 1):
        log_day(after(n), ada=score, bob=50.0)
    result, rows = standings(1)

    assert (after(2).isoformat(), 71.0, 1.0, 0.0) == (result.day, rows["ada"].score, rows["ada"].odds, rows["bob"].odds)


def test_invalid_challenges_are_refused(parts, groups, log_day):
    """A challenge in the past, one that ends before it begins, or one whose goal nobody can reach."""
    log_day(DAY, ada=60.0)
    day = parts[2].find()
    for first, last in ((DAY, after(99)), (NOW.date(), NOW.date() - timedelta(days=1))):
        with pytest.raises(InvalidInputError, match="begin on 2024-03-01 or later, and end no earlier"):
            groups.challenges.start("klout70", first=first, last=last, method_day=day, at=NOW)
    with pytest.raises(InvalidInputError, match="the goal is 101; write a score of 1 to 100"):
        groups.challenges.start("klout70", first=NOW.date(), last=NOW.date(), method_day=day, at=NOW, goal=101)
    with pytest.raises(GroupNotFoundError, match="'klout70' has no challenge 1; none is started"):
        groups.challenges.find("klout70", 1)


@pytest.mark.parametrize(
    ("terms", "match"),
    [
        ({"name": "Klout 70"}, "'Klout 70' cannot be a group's name"),
        ({"name": "klout70"}, "there is a group 'klout70' already"),
        ({"goal": 0}, "the goal is 0; write a score of 1 to 100"),
        ({"goal": 72.505}, "the goal is 72.505; write a score of 1 to 100, with at most two decimals"),
        ({"title": "a\x1b[2Jb"}, "cannot be a group's title"),
        ({"join_by": "luck"}, "joined by claim or invitation, not by 'luck'"),
    ],
)
def test_invalid_groups_are_refused(groups, terms, match):
    """The error says what is allowed."""
    with pytest.raises(InvalidInputError, match=match):
        groups.create(**{"name": "other", "goal": 70, "at": NOW} | terms)
    assert ["klout70"] == [group.name for group in groups.all()]


def test_invitation_is_single_use_and_expires(parts):
    """Missing, wrong, used and expired invitations are refused; no error repeats an invitation."""
    groups, people, _, _ = parts
    groups.create("few", goal=70, at=NOW, join_by="invitation")
    groups.create("other", goal=70, at=NOW, join_by="invitation")
    ada, bob = people.by_name("ada"), people.by_name("bob")
    invitation, foreign = groups.invite("few", at=NOW, days=2), groups.invite("other", at=NOW)

    with pytest.raises(InvitationError, match="'few' is joined by invitation"):
        groups.join("few", ada, at=NOW)
    for wrong in ("nonsense", foreign, invitation[:-1]):
        with pytest.raises(InvitationError, match="not an invitation to 'few'") as caught:
            groups.join("few", ada, at=NOW, invitation=wrong)
        assert wrong not in str(caught.value)
    with pytest.raises(InvitationError, match="expired on 2024-03-03"):
        groups.join("few", ada, at=NOW + timedelta(days=2), invitation=invitation)
    groups.join("few", ada, at=NOW, invitation=invitation)
    with pytest.raises(InvitationError, match="was used up on 2024-03-01"):
        groups.join("few", bob, at=NOW, invitation=invitation)
    assert ["ada"] == [member.name for member in groups.members("few")]
    assert [["few"], []] == [[group.name for group in groups.by_member(key)] for key in (-1, -2)]


def test_invitation_for_several_people_lets_as_many_join(parts):
    """A link for a team: the third person comes too late."""
    groups, people, _, _ = parts
    groups.create("few", goal=70, at=NOW, join_by="invitation")
    link = groups.invite("few", at=NOW, people=2)
    for name in ("ada", "bob"):
        groups.join("few", people.by_name(name), at=NOW, invitation=link)
    with pytest.raises(InvitationError, match="used up"):
        groups.join("few", people.by_name("cyd"), at=NOW, invitation=link)
    with pytest.raises(InvalidInputError, match="1 to 1000"):
        groups.invite("few", at=NOW, people=0)


def test_changed_terms_are_in_the_log(parts, groups):
    """A group can get another title and goal; changing them in the database alone is detected."""
    changed = groups.change_terms("klout70", title="Eighty", goal=80.5, at=NOW)
    groups.change_terms("klout70", title="Eighty", goal=80.5, at=NOW)

    assert ("Eighty", 80.5) == (changed.title, changed.goal)
    assert 1 == kinds(groups).count("changed")
    groups.change_terms("klout70", goal=80.0, at=NOW)
    assert "80.0" not in groups.log.read_entries("klout70")[-1].message
    assert () == groups.log.verify("klout70").faults
    with parts[1]._database.begin() as connection:
        connection.execute(sa.update(schema.groups).values(goal=70))
    assert "differ from the log" in groups.log.verify("klout70").faults[0]
    with pytest.raises(InvalidInputError, match="1 to 100"):
        groups.change_terms("klout70", goal=0, at=NOW)


def test_owner_hands_the_group_over_before_leaving(parts):
    """Ownership goes to a member; the last one may leave, and an erased owner leaves a group without one."""
    groups, people, _, _ = parts
    ada, bob = people.by_name("ada"), people.by_name("bob")
    groups.create("ours", goal=70, at=NOW, owner=ada)
    groups.join("ours", ada, at=NOW)
    with pytest.raises(InvalidInputError, match="'bob' is not in 'ours'"):
        groups.hand_over("ours", bob)
    groups.join("ours", bob, at=NOW)
    with pytest.raises(InvalidInputError, match="hand the group over"):
        groups.leave("ours", ada, at=NOW)

    groups.hand_over("ours", bob)
    groups.leave("ours", ada, at=NOW)

    assert (bob.key, 0, 1) == (groups.find_owner("ours"), groups.count_owned(ada), groups.count_owned(bob))
    groups.leave("ours", bob, at=NOW)
    assert groups.find_owner("ours") is None
    assert () == groups.log.verify("ours").faults


@pytest.mark.usefixtures("groups")
def test_standings_tell_how_the_race_goes(log_day, standings):
    """Who started above the goal is told apart from who reached it; overtakes have their day."""
    log_day(DAY, ada=72.0, bob=60.0, cyd=61.0)
    for n in range(1, 8):
        log_day(after(n), ada=72.0, bob=60.0 + n * 1.5, cyd=61.0)
    result, rows = standings()

    assert (True, None, 0.0) == (rows["ada"].started_above, rows["ada"].reached_on, rows["ada"].to_go)
    assert (False, after(7).isoformat(), 1.5) == (
        rows["bob"].started_above,
        rows["bob"].reached_on,
        rows["bob"].day_change,
    )
    assert (("bob",), 9.0) == (result.reached_first, rows["cyd"].to_go)
    assert (0, 1, -1) == tuple(rows[name].places_gained for name in ("ada", "bob", "cyd"))
    assert [(after(1).isoformat(), "bob", "cyd")] == [dataclasses.astuple(overtake) for overtake in result.overtakes]


def test_failed_join_does_not_use_up_the_invitation(parts):
    """Joining is one transaction."""
    groups, people, _, _ = parts
    groups.create("few", goal=70, at=NOW, join_by="invitation")
    invitations = [groups.invite("few", at=NOW) for _ in range(2)]
    groups.join("few", people.by_name("ada"), at=NOW, invitation=invitations[0])
    with pytest.raises(InvalidInputError, match="'ada' is in 'few' already"):
        groups.join("few", people.by_name("ada"), at=NOW, invitation=invitations[1])
    groups.join("few", people.by_name("bob"), at=NOW, invitation=invitations[1])

    assert 3 == groups.log.verify("few").entries


def test_concurrent_joins_and_challenges(parts):
    """One invitation lets one person join, and the log stays valid however many write to it at once."""
    groups, people, _, _ = parts
    groups.create("few", goal=70, at=NOW, join_by="invitation")
    invitation, together = groups.invite("few", at=NOW), threading.Barrier(len(ACCOUNTS))

    def join(name):
        person = people.by_name(name)
        together.wait()
        try:
            groups.join("few", person, at=NOW, invitation=invitation)
        except InvitationError as error:
            return str(error)

    with ThreadPoolExecutor(len(ACCOUNTS)) as pool:
        errors = list(pool.map(join, ACCOUNTS))
    assert [None, "this invitation"] == sorted({error and error[:15] for error in errors}, key=str)
    assert 1 == len(groups.members("few"))
    with ThreadPoolExecutor(8) as pool:
        started = list(
            pool.map(
                lambda _: groups.challenges.start("few", first=DAY, last=DAY, method_day=METHOD_DAY, at=BEFORE),
                range(8),
            )
        )

    assert set(range(1, 9)) == {challenge.number for challenge in started}
    verification = groups.log.verify("few")
    assert ((), 10) == (verification.faults, verification.entries)


def test_only_people_with_claims_can_join(parts, groups):
    """Nobody can join an unknown group."""
    _, people, _, _ = parts
    people.add("eve", [], at=NOW)
    with pytest.raises(InvalidInputError, match="'eve' has claimed no account"):
        groups.join("klout70", people.by_name("eve"), at=NOW)
    with pytest.raises(GroupNotFoundError, match=r"no group 'klout99'; .*`renown group list`"):
        groups.join("klout99", people.by_name("bob"), at=NOW)


def test_member_who_leaves_and_joins_again_starts_anew(parts, groups, log_day, standings):
    """The log stays; after joining again only later entries count."""
    _, people, _, _ = parts
    log_day(DAY, ada=60.0, bob=50.0)
    groups.leave("klout70", people.by_name("ada"), at=NOW)
    with pytest.raises(InvalidInputError, match="'ada' is not in 'klout70'"):
        groups.leave("klout70", people.by_name("ada"), at=NOW)
    assert "ada" not in standings()[1]
    groups.join("klout70", people.by_name("ada"), at=BEFORE)
    log_day(after(1), ada=65.0, bob=50.0)

    assert (65.0, 0.0) == (standings()[1]["ada"].start, standings()[1]["ada"].rise)
    assert () == groups.log.verify("klout70").faults


def test_cached_standings_equal_computed_ones(parts, groups, log_day, monkeypatch):
    """After a new day, a challenge, and a member who joins, leaves or is erased; each change computes them once."""
    _, people, days, served = parts
    cache, computed = answers.StandingsCache(groups, served, days), []
    monkeypatch.setattr(
        standings_cache, "compute_standings", lambda *a, **b: computed.append(1) or answers.compute_standings(*a, **b)
    )
    log_day(DAY, ada=60.0, bob=50.0, cyd=40.0)
    changes = [
        lambda: None,
        lambda: log_day(after(1), ada=65.0, bob=50.0),
        lambda: start(parts),
        lambda: log_day(after(2), ada=71.0, bob=55.0),
        lambda: groups.leave("klout70", people.by_name("bob"), at=NOW),
        lambda: groups.join("klout70", people.by_name("bob"), at=NOW),
        lambda: groups.erase(-1),
    ]

    for change in changes:
        change()
        fresh = answers.compute_standings(groups, served, days, name="klout70")
        assert [fresh] * 3 == [cache.get_standings("klout70") for _ in range(3)]
    assert cache.get_standings("klout70", 1) == answers.compute_standings(
        groups, served, days, name="klout70", challenge=1
    )
    assert len(changes) + 1 == len(computed)
    with pytest.raises(GroupNotFoundError, match="no group 'klout99'"):
        cache.get_standings("klout99")


def test_standings_cache_evicts_the_least_recently_used(parts, groups, log_day, monkeypatch):
    """It stays small, however many challenges there are."""
    _, _, days, served = parts
    monkeypatch.setattr(standings_cache, "CACHE_SIZE", 2)
    log_day(DAY, ada=60.0)
    for _ in range(4):
        start(parts)
    cache = answers.StandingsCache(groups, served, days)
    for number in (1, 2, 3, 4, 3):
        cache.get_standings("klout70", number)

    assert [("klout70", 4), ("klout70", 3)] == list(cache._cache)


def test_erasure_leaves_a_valid_log(parts, groups, log_day, standings):
    """No row of any table contains the person's name or salts; others' scores and the hash chain stay."""
    log_day(DAY, ada=60.0, bob=50.0)
    log_day(after(1), ada=61.0, bob=51.0)
    head = groups.log.verify("klout70").head
    salts = [
        opening.salt
        for entry in groups.log.read_entries("klout70")
        for opening in entry.openings
        if opening.member == "ada"
    ]

    assert 4 == groups.erase(-1)
    assert 2 == parts[1].erase(-1)

    verification = groups.log.verify("klout70", head=head)
    assert ((), 3, head) == (verification.faults, verification.erased_scores, verification.head)
    assert {"bob", "cyd"} == set(standings()[1])
    with groups._database.connect() as connection:
        for table in ("members", "openings", "group_log", "people"):
            rows = str(connection.execute(sa.text(f"select * from {table}")).all())
            assert not [text for text in ("'ada'", '"ada"', *salts) if text in rows]
    assert 0 == log_day(after(1), bob=51.0).entries


def test_erasure_leaves_no_salt_in_sqlite_files(groups, log_day, tmp_path):
    """Neither in the write-ahead log nor in free pages."""
    log_day(DAY, ada=60.0, bob=50.0)
    [salt] = [opening.salt for opening in groups.log.read_entries("klout70")[-1].openings if opening.member == "ada"]
    files = [file for file in (tmp_path / "store.sqlite", tmp_path / "store.sqlite-wal") if file.exists()]
    if not files:
        pytest.skip("PostgreSQL's files belong to its server")
    assert any(salt.encode() in file.read_bytes() for file in files)
    groups.erase(-1)

    assert not [file for file in files if salt.encode() in file.read_bytes()]


TAMPERED = {
    "an opening's score": "update openings set score = score + 1 where number = 5 and member = 'ada'",
    "an opening's name": "update openings set member = 'bob' where number = 2",
    "a missing score": "update openings set score = 5000 where number = 5 and member = 'cyd'",
    "an opening from elsewhere": """insert into openings
        select group_id, 3, member, score, salt from openings where number = 5 and member = 'ada'""",
    "an entry in the middle": "delete from group_log where number = 5",
    "the first entry": "delete from group_log where number = 1",
    "the text": "update group_log set message = replace(message, 'scores', 'points') where number = 5",
    "the order": """update group_log set (message, digest) =
        (select b.message, b.digest from group_log b where b.number = 3 - group_log.number) where number in (1, 2)""",
    "the day it is filed under": "update group_log set day_no = day_no + 1 where number = 5",
    "the challenge it is filed under": "update group_log set challenge = 1 where number = 5",
    "a challenge's goal": "update challenges set goal = 50",
    "a challenge": "delete from challenges",
    "a challenge that never was": "insert into challenges select group_id, 2, first_no, 1, 1, '2', '' from challenges",
    "the goal": "update groups set goal = 50",
}


def test_tampering_is_detected(parts, groups, log_day):
    """Every change of the tables that bypasses the log gives a fault."""
    log_day(DAY, ada=60.0, bob=50.0)
    start(parts)
    log_day(after(1), ada=62.0, bob=52.0)
    tables = [schema.challenges, schema.group_log, schema.openings]
    with groups._database.connect() as connection:
        snapshot = [[row._asdict() for row in connection.execute(sa.select(table))] for table in tables]
    for case, change in TAMPERED.items():
        assert () == groups.log.verify("klout70").faults, case
        with groups._database.begin() as connection:
            assert connection.execute(sa.text(change)).rowcount
        assert groups.log.verify("klout70").faults, case
        with groups._database.begin() as connection:
            for table in reversed(tables):
                connection.execute(sa.delete(table))
            for table, rows in zip(tables, snapshot, strict=True):
                connection.execute(sa.insert(table), rows)


@given(st.integers(2, 8), st.data())
def test_missing_and_moved_entries_are_detected(n, data):
    """For every entry but the last; and so are edited texts, even if their digests are recomputed."""
    entries, before = [], ""
    for number in range(1, n + 1):
        entries.append(
            log.build_entry("g", number, before, at=NOW, kind="scores", openings=[log.create_opening("ada", number)])
        )
        before = entries[-1].digest
    index = data.draw(st.integers(0, n - 2))
    moved = entries[:index] + entries[index + 1 :]
    if data.draw(st.booleans()):
        moved.insert(data.draw(st.integers(0, n - 1).filter(lambda target: target != index)), entries[index])
    edited = data.draw(st.integers(0, n - 2))
    text = entries[edited].message.replace("scores", "points")
    changed = dataclasses.replace(entries[edited], message=text, digest=hashlib.sha256(text.encode()).hexdigest())

    assert () == faults(entries)
    assert faults(moved)
    assert faults([*entries[:edited], changed, *entries[edited + 1 :]])
    assert () != faults(entries[:-1], head=before)


def faults(entries, head=None):
    """Return the faults of a log."""
    index_keys = [(0, None)] * len(entries)
    return log.verify_log("g", entries, head=head, index_keys=index_keys, terms=[]).faults


def test_known_head_reveals_a_truncated_log(groups, log_day):
    """Without it nothing can: a log without its last entries is valid."""
    log_day(DAY, ada=60.0, bob=50.0)
    head = groups.head_and_member_count("klout70")[0]
    log_day(after(1), ada=61.0, bob=50.0)
    assert () == groups.log.verify("klout70", head=head).faults
    last_head = groups.head_and_member_count("klout70")[0]
    with groups._database.begin() as connection:
        connection.execute(sa.text("delete from group_log where number = 6"))

    assert () == groups.log.verify("klout70").faults
    assert [f"no entry has the digest {last_head}: entries up to it were changed or removed"] == [
        *groups.log.verify("klout70", head=last_head).faults
    ]


@pytest.mark.usefixtures("groups")
def test_odds_follow_the_members_trend(log_day, standings):
    """None for a short history; then higher for a member who rises, and 1 at the goal."""
    walk = itertools.accumulate(random.Random(3).gauss(0.0, 0.4) for _ in range(20))
    for n, noise in enumerate(walk):
        log_day(after(n), ada=40.0 + n + noise, bob=60.0 + noise, **({"cyd": 71.0} if n > 15 else {}))
        if n == 10:
            assert [None] * 3 == [standings()[1][name].odds for name in ACCOUNTS]
    _, rows = standings()

    assert 0.0 <= rows["bob"].odds < 0.2
    assert rows["ada"].odds > 0.9
    assert 1.0 == rows["cyd"].odds


@pytest.mark.usefixtures("groups")
def test_nobody_has_the_best_odds_below_a_percent(log_day, standings):
    """To say of anybody that they have the best chance, less than 1%, would be a joke."""
    for n in range(16):
        log_day(after(n), ada=60.0 + n % 3 / 4, bob=50.0 - n % 2 / 100)
    result, rows = standings()

    assert 0 < rows["ada"].odds < 0.01
    assert result.best_odds == ()


@pytest.mark.usefixtures("groups")
def test_odds_of_a_group_are_for_its_running_challenge(parts, log_day, standings):
    """The next to the same goal, from its first day to the one before the last; else within thirty days."""
    log_day(DAY, ada=40.0)
    for days, goal in ((18, 60), (19, None), (90, None)):
        start(parts, days=days, goal=goal)
    odds_days, odds = [standings()[0].odds_day], {}
    for n in range(1, 20):
        log_day(after(n), ada=40.0 + n / 2 + n % 3 / 4)
        result, rows = standings()
        odds_days.append(result.odds_day)
        odds[n] = rows["ada"].odds

    assert odds_days == [None, *[after(19).isoformat()] * 18, after(90).isoformat()]
    assert odds[18] == standings(2)[1]["ada"].odds == 0
    assert odds[19] == standings(3)[1]["ada"].odds > 0.5


@pytest.mark.usefixtures("groups")
def test_odds_ignore_days_of_another_method(log_day, standings):
    """The jump from one method to the next is no trend of a person."""
    for n in range(16):
        log_day(after(n), ada=40.0 + n % 3)
    assert standings()[1]["ada"].odds is not None
    log_day(after(16), method="3", ada=60.0)

    assert standings()[1]["ada"].odds is None


def cli_runner(path):
    """Return a function that runs a command on a home."""

    def run(*arguments, code=0, catch=True):
        result = CliRunner().invoke(cli.app, ["--home", str(path), *arguments], catch_exceptions=catch)
        assert code == result.exit_code, (result.output, result.exception)
        return result.output

    return run


@pytest.fixture(scope="module")
def home_with_challenge(tmp_path_factory):
    """Return a home with two groups, and a challenge whose day was logged."""
    path = new_home(tmp_path_factory.mktemp("groups") / "home")
    run, today = cli_runner(path), datetime.now(UTC).date()
    rows = [f"{fan},{target},{today},repost,p,{fan}{target}" for fan in "klmno" for target in ("own", "b")]
    (path.parent / "interactions.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    run("import", "interactions", str(path.parent / "interactions.csv"), "--network", "x")
    run("add", "ada", "--account", "x:own")
    run("add", "bob", "--account", "x:b")
    run("score")
    assert "created the group klout5 with the goal 5" in run("group", "create", "klout5", "--goal", "5")
    assert "ada is in klout5 and starts with" in run("group", "join", "klout5", "x:own")
    run("group", "create", "few", "--goal", "70", "--join-by", "invitation", "--title", "A few")
    invitation = run("group", "invite", "few").strip()
    assert "bob is in few" in run("group", "join", "few", "bob", "--invitation", invitation)
    assert "challenge 1 of klout5: goal 9, " in run(
        "group", "challenge", "klout5", "--last", "2999-12-31", "--goal", "9"
    )
    run("score")
    return path


@pytest.fixture
def renown(home_with_challenge, tmp_path):
    """Return a function that runs a command on a copy of that home."""
    return cli_runner(copy_home(home_with_challenge, tmp_path / "home"))


def test_cli_life_of_a_group(renown):
    """List groups, show standings of a group and a challenge, show and verify the log, leave."""
    assert "A few" in renown("group", "list")
    assert {"few": 1, "klout5": 1} == {
        row["name"]: row["members"] for row in json.loads(renown("group", "list", "--json"))["groups"]
    }
    shown = renown("group", "show", "klout5")
    assert "leads: ada" in shown
    assert "within 30 days, at each member's trend of the last month; a trend needs a score on 14 of the last" in shown
    assert "challenge 1" in renown("group", "show", "klout5", "--challenge", "1")
    challenge = json.loads(renown("group", "show", "klout5", "--challenge", "1", "--json"))
    assert (["ada"], 9, 1) == (challenge["leaders"], challenge["goal"], len(challenge["standings"][0]["scores"]))
    assert "joined" in renown("group", "log", "klout5")
    assert "none of 4 entries was changed" in renown("group", "verify", "klout5")
    assert "ada left klout5" in renown("group", "leave", "klout5", "ada")


def test_cli_empty_group_says_how_to_join(renown):
    """Instead of a table without rows."""
    renown("group", "create", "empty", "--goal", "50")

    shown = renown("group", "show", "empty")

    assert "nobody has joined yet: `renown group join empty NAME`" in shown
    assert "odds" not in shown


def test_cli_adds_several_people_or_nobody(renown):
    """An unknown name is an error before anybody joins; whoever is named twice joins once."""
    renown("group", "create", "team", "--goal", "50")

    with pytest.raises(RenownError, match="zoe"):
        renown("group", "join", "team", "ada", "zoe", catch=False)
    assert "nobody has joined yet" in renown("group", "show", "team")
    joined = renown("group", "join", "team", "ada", "x:b", "bob")
    assert ["ada is in team", "bob is in team"] == [line.partition(" and ")[0] for line in joined.splitlines()]


def test_cli_group_errors(renown):
    """A missing invitation, an unclaimed account, an unknown group, and a head that is not in the log."""
    for arguments, message in (
        (("join", "few", "ada"), "'few' is joined by invitation"),
        (("join", "klout5", "x:k"), "nobody claimed 'x:k'"),
        (("show", "nothing"), "no group 'nothing'"),
    ):
        with pytest.raises(RenownError, match=message):
            renown("group", *arguments, catch=False)
    assert "were changed or removed" in renown("group", "verify", "klout5", "--head", "0" * 64, code=1)


def test_documented_program_verifies_a_log(renown):
    """It accepts the log before and after an erasure, and refuses every changed one."""
    page = (ROOT / "docs" / "how-to" / "groups.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(program.splitlines()) <= 14

    def verify(text):
        return subprocess.run([sys.executable, "-c", program], input=text, capture_output=True, text=True, check=False)

    log = renown("group", "log", "klout5", "--json")
    head = json.loads(log)["head"]
    assert (0, f"4 entries, head {head}\n") == (verify(log).returncode, verify(log).stdout)
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
        assert 1 == verify(changed).returncode
    renown("forget", "ada", "--yes")
    erased = renown("group", "log", "klout5", "--json")
    assert '"ada"' not in erased
    assert f"4 entries, head {head}\n" == verify(erased).stdout


def test_every_field_is_documented():
    """JSON is a contract: `docs/reference/json.md` mentions every field."""
    text = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    records = (
        answers.Standings,
        MemberStanding,
        DayScore,
        answers.GroupLog,
        GroupLogEntry,
        LogOpening,
        GroupSummary,
        LogVerification,
    )
    names = {field.name for record in records for field in dataclasses.fields(record)}

    assert not [name for name in sorted(names) if f"`{name}`" not in text]
