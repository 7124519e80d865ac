"""Copies of the rows of claimed accounts give the answers of the files of days, whatever happened since."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from conftest import DAY, copy_home, new_home, taker
from proofs import only_in_full
from renown import answers, privacy, scoring
from renown.home import open_home
from renown.home.check import check_home
from renown.records import LOOKED_UP_ACTORS, WHOLE_NETWORK, day_number
from renown.runs import profiles
from renown.scoring import claimed_rows
from renown.scoring.claimed_rows import CLAIMED_FOLDER, delete_claimed_rows, find_claimed_rows
from renown.scoring.ledger import open_ledger
from renown.store import PublishedTables
from test_ledger import HEADER, METHOD, claim_seeds, random_act, score
from test_stored_receipts import round_figures

EARLIER = DAY - timedelta(days=1)
NETWORKS = ("x", "mastodon")
LOOKED_UP = "mastodon"
"""Network whose actors are looked up."""
DAYS = 20
"""Days with acts: of two or three spans."""
FIRST = DAY - timedelta(days=DAYS)
PROFILE_AGES = (100, 400)
"""Days before the window with profiles."""


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return the folder of a home with two published days, and copies of the rows of nine people."""
    folder = tmp_path_factory.mktemp("claimed")
    home = open_home(new_home(folder / "home"), {})
    claim_seeds(home, [f"u{index}" for index in range(8)])
    home.people.add("ada", [("x", "u11"), ("mastodon", "u12")], at=datetime(2020, 1, 1, tzinfo=UTC))
    take, draw = taker(home, folder), random.Random(5)
    for network in NETWORKS:
        days = [DAY - timedelta(days=draw.randrange(DAYS)) for _ in range(200)]
        acts = [random_act(draw, day, number) for number, day in enumerate(days)]
        take(HEADER, *acts, network=network, reads=LOOKED_UP_ACTORS if network == LOOKED_UP else WHOLE_NETWORK)
        figures = [
            (f"u{number}", DAY - timedelta(days=ago)) for number in range(14) for ago in (*range(DAYS), *PROFILE_AGES)
        ]
        profile_rows = (
            f"{name},{day},{int(name[1:]) % 3 * max(25 - (DAY - day).days, 0)},{draw.randrange(20, 30)},2020-01-01"
            for name, day in figures
        )
        take("account,at,followers,posts,created_at", *profile_rows, table="profiles", network=network)
        counts = (f"{name},p{draw.randrange(3)},like,{draw.randrange(9)},{day}" for name, day in figures if day > FIRST)
        take("account,post,verb,count,at", *counts, table="tallies", network=network)
    score(home, EARLIER)
    score(home, DAY)
    build_profiles(home)
    home.people._database.dispose()
    return folder / "home"


@pytest.fixture
def home(template, tmp_path):
    """Return a copy of the home."""
    return open_home(copy_home(template, tmp_path / "home"), {})


def build_profiles(home):
    """Build the profiles of the day, and the copies with them."""
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, home.days.find(DAY))


def folder(home):
    """Return the folder of the copies."""
    return open_ledger(home.lake, METHOD).root / CLAIMED_FOLDER


def list_copies(home):
    """Return the names of the files with copies."""
    return {file.name for file in folder(home).glob("*.parquet")}


def resolve(home, name, engine):
    """Return a person."""
    return scoring.resolve_subject(name, engine, home.lake, home.people)


def explain(home, name="ada"):
    """Return why a person has the score of the earlier day, and why it changed since."""
    with (
        home.reader() as engine,
        PublishedTables(home.days.find(EARLIER)) as first,
        PublishedTables(home.days.find(DAY)) as last,
    ):
        subject = resolve(home, name, engine)
        found = answers.explain(subject, first, engine, home.lake)
        return round_figures(
            msgspec.to_builtins([found, answers.explain_changes(subject, first, last, engine, home.lake)])
        )


def find_copies(home, name="ada"):
    """Return what is copied of a person's rows."""
    with home.reader() as engine:
        accounts = {account for _, account in resolve(home, name, engine).accounts}
        return find_claimed_rows(engine, home.lake, METHOD, home.days.find(DAY), accounts)


def find_days(home, name="ada"):
    """Return the days of which there are copies of a person's rows, by table."""
    return find_copies(home, name).days


def assert_same_without_copies(home):
    """Assert that the answers are those that are read from the files of each day."""
    with_copies = explain(home)
    delete_claimed_rows(open_ledger(home.lake, METHOD))
    assert explain(home) == with_copies


def test_copies_give_the_same_answers(home):
    """Of all days of the window, of both accounts; of profiles also of the days before."""
    assert {"interactions": DAYS, "entries": DAYS, "tallies": DAYS, "profiles": DAYS + len(PROFILE_AGES)} == {
        table: len(days) for table, days in find_days(home).items()
    }
    assert_same_without_copies(home)


def test_profiles_of_actors_who_are_looked_up_are_copied(home):
    """They tell who is established; of other networks, only the profiles of claimed accounts are copied."""
    assert {LOOKED_UP} == find_copies(home).networks
    standings = read_standings(home)
    assert {True, False} == {trust < 0 for _, trust in standings}, "some actors are established, some are not"

    delete_claimed_rows(open_ledger(home.lake, METHOD))

    assert frozenset() == find_copies(home).networks
    assert standings == read_standings(home)


def read_standings(home):
    """Return the actors of a receipt with their trust, those of the network that is looked up."""
    with home.reader() as engine, PublishedTables(home.days.find(EARLIER)) as published:
        answers.explain(resolve(home, "ada", engine), published, engine, home.lake)
        return engine.query(
            "select s.account, s.trust from standings_that_day s join accounts a on a.account = s.account "
            f"where a.network = '{LOOKED_UP}' order by all"
        )


def test_a_day_with_other_files_is_not_read_from_its_copy(home, tmp_path):
    """An act that arrives late is explained at once; the next profiles copy its span again, and no other."""
    late = DAY - timedelta(days=17)
    taker(home, tmp_path)(HEADER, f"u3,u11,{late},repost,p9,late")
    score(home, DAY)
    days, copies = find_days(home), list_copies(home)
    assert day_number(late) not in days["interactions"]
    assert day_number(late) not in days["entries"]
    assert day_number(DAY - timedelta(days=18)) in days["interactions"]

    build_profiles(home)

    assert DAYS == len(find_days(home)["interactions"])
    assert copies & list_copies(home) > set()
    assert_same_without_copies(home)


def test_a_new_claim_is_copied_with_the_next_profiles(home):
    """Until then their rows are read from the files of each day."""
    home.people.add("bo", [("x", "u13")], at=datetime(2020, 1, 1, tzinfo=UTC))
    assert {} == find_days(home, "bo")
    build_profiles(home)
    assert DAYS == len(find_days(home, "bo")["entries"]) == len(find_days(home)["entries"])


def test_a_few_new_claims_do_not_copy_the_whole_window_again(home, tmp_path, monkeypatch):
    """The span of the latest day has their rows; those of the days before are read from their files."""
    monkeypatch.setattr(claimed_rows, "_MAX_NEW_SHARE", 0.2)
    copies = list_copies(home)
    home.people.add("bo", [("x", "u13")], at=datetime(2020, 1, 1, tzinfo=UTC))
    taker(home, tmp_path)(HEADER, f"u3,u11,{DAY},repost,p9,late")
    score(home, DAY)
    build_profiles(home)

    days = find_days(home, "bo")["entries"]
    assert 0 < len(days) < DAYS == len(find_days(home)["entries"])
    assert day_number(DAY) in days
    assert copies & list_copies(home)
    receipts = []
    for _ in range(2):
        with home.reader() as engine, PublishedTables(home.days.find(DAY)) as published:
            explanation = answers.explain(resolve(home, "bo", engine), published, engine, home.lake)
            receipts.append(round_figures(msgspec.to_builtins(explanation)))
        delete_claimed_rows(open_ledger(home.lake, METHOD))
    assert receipts[0] == receipts[1]


def test_copies_stay_while_their_files_do(home):
    """The same files and accounts are not copied again."""
    copies = list_copies(home)
    build_profiles(home)
    assert list_copies(home) == copies


@pytest.mark.parametrize(
    "leave", ["erase_people", pytest.param("opt_out_people", marks=[pytest.mark.proof, only_in_full])]
)
def test_whoever_leaves_is_in_no_copy(home, leave):
    """All copies are deleted, as everybody's may name them; the next profiles copy what remains."""
    options = {"now": datetime(2026, 11, 24, tzinfo=UTC)} if leave == "opt_out_people" else {}
    with home.reader() as engine:
        getattr(privacy, leave)(engine, home.personal_data, [resolve(home, "x:u3", engine)], **options)
    assert not folder(home).exists()
    assert {} == find_days(home)
    build_profiles(home)
    assert find_days(home)
    assert_same_without_copies(home)


def test_copies_of_deleted_days_are_deleted(home):
    """Those of the spans that have such a day; the others stay."""
    before = day_number(DAY) - 17
    delete_claimed_rows(open_ledger(home.lake, METHOD), before=before)
    remaining = find_days(home)
    assert remaining["interactions"]
    assert before <= min(remaining["interactions"] | remaining["tallies"])
    assert DAYS + len(PROFILE_AGES) == len(remaining["profiles"]), "retention does not delete profiles"
    assert_same_without_copies(home)


def test_an_account_that_is_new_on_the_later_day_is_explained(home, tmp_path):
    """The earlier day has no row of it to share, and of the person no score."""
    taker(home, tmp_path)(HEADER, *(f"u{number},fresh,{DAY},repost,p1,fresh{number}" for number in range(9)))
    home.people.add("cy", [("x", "u13"), ("x", "fresh")], at=datetime(2020, 1, 1, tzinfo=UTC))
    days = [home.days.find(EARLIER), score(home, DAY)]
    with home.reader() as engine, PublishedTables(days[0]) as first, PublishedTables(days[1]) as last:
        changes = answers.explain_changes(resolve(home, "cy", engine), first, last, engine, home.lake)

    assert {"identities": pytest.approx(changes.move)} == {
        cause.kind: cause.points for cause in changes.causes if abs(cause.points) > 1e-9
    }
    assert changes.move > 1


@pytest.mark.proof
@pytest.mark.parametrize("fails_at", ["_SpanCopier._write", "write_durably", "sync_tree"])
def test_a_killed_copy_leaves_nothing_wrong(home, tmp_path, monkeypatch, fails_at):
    """What is found afterwards is what was found before; the next profiles delete the rest."""

    def fail(*_, **__):
        raise KeyboardInterrupt

    taker(home, tmp_path)(HEADER, f"u3,u11,{DAY},repost,p9,late")
    score(home, DAY)
    days = find_days(home)
    with monkeypatch.context() as patch:
        patch.setattr(f"{claimed_rows.__name__}.{fails_at}", fail)
        with pytest.raises(KeyboardInterrupt):
            build_profiles(home)
    assert find_days(home) == days
    for _ in range(2):
        build_profiles(home)
    state = claimed_rows._load_state(folder(home))
    assert {copy.file for copy in state.copies} == list_copies(home)
    assert_same_without_copies(home)


@pytest.mark.proof
def test_damaged_copies_are_not_read(home):
    """A cut or missing file, and a state that cannot be read: the files of the days are read."""
    expected = explain(home)
    cut, missing = sorted(folder(home).glob("*.parquet"))[:2]
    (folder(home) / "killed.parquet").write_bytes(cut.read_bytes()[:-9])
    assert [] == [finding.path for finding in check_home(home.settings.home, {})], "no state names it"
    cut.write_bytes(cut.read_bytes()[:-9])
    missing.unlink()
    assert explain(home) == expected
    assert [str(cut)] == [finding.path for finding in check_home(home.settings.home, {})]
    (folder(home) / "state.json").write_text("{")
    assert {} == find_days(home)
    assert explain(home) == expected
