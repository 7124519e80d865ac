"""Figures that people provide themselves: marked, bounded, and left out of leaderboards, group standings and odds."""

import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy as sa
from deltalake import DeltaTable
from starlette.testclient import TestClient
from typer.testing import CliRunner

from community import app_of
from conftest import DAY, NOW, copy_home, new_home, publisher, taker
from proofs import DATABASES
from renown import answers, cli, ingest, scoring
from renown.engines.duckdb import DuckDB
from renown.errors import HomeError
from renown.home import open_home
from renown.lake import Lake, create_lake
from renown.records import LAKE_COLUMNS
from renown.runs import group_scores, profiles
from renown.store import PublishedTables, open_database

TALLIES = "account,at,verb,count,post,self_reported"
PROFILES = "account,at,followers,lists,self_reported"
ACTS = "id,actor,target,at,verb,post,unverified"
MILLION = 1_000_000
TALLY = ("a", None, 1, 3, 1_706_700_000)


@pytest.fixture
def score(home, publish):
    """Return a function that publishes the day and returns the score of a name."""

    def publish_and_read(name):
        with home.reader() as engine, PublishedTables(publish()) as tables:
            return tables.read_score(scoring.resolve_subject(name, engine, home.lake, home.people).key).score

    return publish_and_read


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """
    Publish ada, who has only an archive, and bea, who has an archive and real reactions elsewhere.

    Return the folder of the home, with its day logged for their group, and profiles.
    """
    folder = tmp_path_factory.mktemp("archives")
    home = open_home(new_home(folder / "home"), {})
    take = taker(home, folder)
    home.people.add("ada", [("x", "1")], at=NOW)
    home.people.add("bea", [("x", "2"), ("bluesky", "b")], at=NOW)
    home.groups.create("race", goal=70, at=NOW - timedelta(days=99))
    for name in ("ada", "bea"):
        home.groups.join("race", home.people.by_name(name), at=NOW - timedelta(days=99))
    for account in (1, 2):
        take(TALLIES, *(f"{account},{DAY},{v},{MILLION},p,true" for v in ("like", "repost")), table="tallies")
        take(PROFILES, f"{account},{DAY},{100 * MILLION},{MILLION},true", table="profiles")
    take("id,actor,target,at,verb,post", *(f"l{n},f{n},b,{DAY},like,q" for n in range(9)), network="bluesky")
    day = publisher(home)()
    group_scores.publish_group_scores(home.days, home.groups, day.day, now=NOW)
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, day)
    home.people._database.dispose()
    return folder / "home"


@pytest.fixture
def published(template, tmp_path):
    """Return a copy of that home."""
    return open_home(copy_home(template, tmp_path / "published"), {})


@pytest.fixture
def api(published):
    """Return a client of the API."""
    with TestClient(app_of(published), base_url="http://x/api") as client:
        yield lambda path: client.get(path).json()


def test_edited_archive_is_bounded(api):
    """A million likes and reposts and a hundred million followers count as a few; the receipt says whose word it is."""
    assert 20 < api("/people/ada/score")["score"] < 54
    receipt = api("/people/ada/receipt")
    coverage = receipt["receipt"]["coverage"]
    assert coverage["self_reported_points"] == pytest.approx(receipt["receipt"]["score"] - 1)
    # Counts without any name say nothing about who reacted, so they count as those of strangers.
    kinds = {line["kind"] for signal in receipt["signals"] for line in signal["actors"]}
    assert {"profile", "self_reported"} == kinds
    for signal in receipt["signals"]:
        for split in ("actors", "posts"):
            assert signal["subject"]["points"] == pytest.approx(sum(line["points"] for line in signal[split]))


def test_confidence_range_reaches_down_to_the_verified_score(api):
    """Figures that may be made up make the score uncertain."""
    ada, bea = api("/people/ada"), api("/people/bea")

    assert ada["score"]["verified_score"] is None
    assert 1 == ada["range"]["low"]
    assert bea["range"]["low"] <= bea["score"]["verified_score"] < bea["score"]["score"]


def test_nobody_is_ranked_by_figures_of_their_own(api, published):
    """Who has only an archive has no rank, on every page, picture, list and command; and a range, not a margin."""
    home_option = ["--home", str(published.settings.home)]
    outputs = [
        CliRunner().invoke(cli.app, [*home_option, *words]).output for words in (["standing", "ada"], ["show", "ada"])
    ]
    with TestClient(app_of(published), base_url="http://x") as client:
        page, badge, week = (client.get(f"/people/ada{path}").text for path in ("", "/badge.svg", "/week/2024-W05"))
        klout = client.get("/klout/1/users/show.json", params={"users": "1", "key": "k"}).text

    score, standing = api("/people/ada/score"), api("/people/ada/standing")
    assert (None, None) == (score["rank"], score["percentile"])
    assert (None, None, None) == (standing["rank"], standing["percentile"], standing["top_percent"])
    assert 1 == api("/people/bea/score")["rank"] == api("/people/bea/standing")["rank"]
    for output in outputs:
        assert "not ranked: all figures come from the person's own archive" in " ".join(output.split())
    assert "Not ranked: all figures come from the person" in page
    assert "likely 1.0 to" in page
    assert "give or take" not in page
    assert "not ranked: all figures come from their own archive" in badge
    assert "Top " not in page.split("</head>")[0]
    assert "place 1" not in klout
    assert "1st" not in week


def test_leaderboards_leave_self_reported_accounts_out(api, published):
    """Who has only an archive is in no list; who has other accounts is listed with their score alone."""
    bluesky_score = api("/leaders?network=bluesky")["leaders"][0]["score"]

    assert [] == api("/leaders?network=x")["leaders"]
    for rows in (api("/leaders")["leaders"], api("/people")["people"]):
        assert ["bea"] == [row["name"] for row in rows]
    assert bluesky_score == pytest.approx(api("/leaders")["leaders"][0]["score"])
    with published.reader() as engine, PublishedTables(published.days.find(DAY)) as tables:
        [leader] = answers.load_leaderboard(tables, engine, published.lake, n=9).leaders
    assert ("bea", pytest.approx(bluesky_score)) == (leader.name, leader.score)


def test_group_standings_and_odds_leave_self_reported_accounts_out(api):
    """The race and its odds are of verified scores, with the reason beside the number."""
    standings = {row["name"]: row for row in api("/groups/race")["standings"]}

    assert standings["ada"]["score"] is None
    assert "own archive" in standings["ada"]["note"]
    assert standings["bea"]["score"] == pytest.approx(api("/people/bea/score")["verified_score"], abs=0.01)
    forecast = api("/people/ada/goal?target=60")["forecast"]
    assert (None, None) == (forecast["odds_30"], forecast["odds_90"])
    assert "own archive" in forecast["message"]


def test_figures_of_the_network_replace_those_of_the_archive(take, score):
    """Once the network tells of an account, its archive changes nothing, in whatever order both come."""
    take(TALLIES, f"8,{DAY},like,5,p,", table="tallies")
    take(PROFILES, f"7,{DAY - timedelta(days=9)},50,1,", table="profiles")
    before = score("x:7")

    take(PROFILES, f"7,{DAY},{MILLION},9,true", table="profiles")
    take(TALLIES, f"7,{DAY},like,{MILLION},p,true", table="tallies")

    assert before == score("x:7")


def test_acts_that_only_one_server_tells_of_count_as_strangers(home, take, score):
    """A server that claims reactions of well-known people gives strangers' reactions, until another source has them."""
    fans = [f"f{n}@elsewhere.example" for n in range(20)]
    take("account,at,followers", *(f"{fan},{DAY},{MILLION}" for fan in fans), table="profiles", network="mastodon")

    def import_and_score(mark):
        take(ACTS, *(f"s{n},{fan},a@own.example,{DAY},like,p,{mark}" for n, fan in enumerate(fans)), network="mastodon")
        return score("mastodon:a@own.example")

    claimed, confirmed = import_and_score("true"), import_and_score("")

    assert claimed < confirmed
    # Told again by the server alone, a confirmed act stays confirmed.
    assert confirmed == import_and_score("true")
    with home.reader() as engine:
        engine.scan("acts", home.lake.files("interactions"), LAKE_COLUMNS["interactions"])
        assert [(20, 0)] == engine.query("select count(*), count(*) filter (where unverified) from acts")


def test_lake_of_an_older_version_gets_the_columns(tmp_path, monkeypatch):
    """The next commit adds the columns; the table's rows are not self-reported."""
    columns = dict(LAKE_COLUMNS["tallies"])
    del columns["self_reported"]
    with monkeypatch.context() as patch:
        patch.setitem(LAKE_COLUMNS, "tallies", columns)
        create_lake(tmp_path / "lake")
        lake = Lake(tmp_path / "lake")
        with DuckDB() as engine:
            ingest.import_batch(engine, lake, [(*TALLY, None)], table="tallies", network="x")

    with DuckDB() as engine:
        ingest.import_batch(engine, lake, [(*TALLY[:3], 9, TALLY[4], True)], table="tallies", network="x")
        engine.scan("tallies", lake.files("tallies"), LAKE_COLUMNS["tallies"])
        assert [(3, None), (9, True)] == engine.query("select count, self_reported from tallies order by count")
    names = [field.name for field in DeltaTable(tmp_path / "lake" / "tallies").schema().fields]
    assert [*columns, "self_reported"] == names


@pytest.mark.parametrize("store", DATABASES, indirect=True)
def test_snapshot_of_an_older_version_is_refused_with_a_remedy(store, tmp_path):
    """It lacks a column; the error says how to write it again."""
    settings = {} if store == tmp_path / "store.sqlite" else {"RENOWN_STORE": str(store)}
    home = open_home(new_home(tmp_path / "home"), settings)
    taker(home, tmp_path)("actor,target,at,verb,post", f"f,a,{DAY},like,p")
    publisher(home)()
    drop_column(home)

    with pytest.raises(HomeError, match=r"older version.*renown score"):
        open_home(home.settings.home, settings).served_scores.list_claimed(1)


def drop_column(home):
    """Make the served snapshot one that lacks a column."""
    snapshot_id = home.served_scores.snapshot_id()
    if home.settings.store.url:
        with open_database(home.settings.store.url).begin() as connection:
            for table in (snapshot_id, f"{snapshot_id}_listed"):
                connection.execute(sa.text(f"alter table {table} drop column verified_score cascade"))
            connection.execute(sa.text(f"create or replace view listed as select * from {snapshot_id}_listed"))
        return
    with sqlite3.connect(home.settings.home / "served" / f"{snapshot_id}.sqlite") as connection:
        connection.execute("drop view listed")
        connection.execute("alter table listed_people rename column verified_score to former")
        connection.execute(
            "create view listed as select *, 1 as percentile, 1 as day_no, '' as copy from listed_people"
        )
