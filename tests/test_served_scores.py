"""Published scores as they are served, from SQLite and from PostgreSQL."""

import contextlib
import dataclasses
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import psycopg
import pytest
import sqlalchemy as sa

import postgresql_server
from conftest import DAY, NOW
from renown import home, settings
from renown.checks import check_database
from renown.checks.published import check_served_scores
from renown.cli.output import settings as output_settings
from renown.errors import HomeError, InvalidSettingsError
from renown.store import PeopleStore, PublishedDay, PublishedDayStore, ServedScoreStore, open_database
from renown.store.database import connect_database
from renown.store.schema import people as people_table
from renown.store.serving import snapshot
from renown.store.serving.read import open_reader

NAMES = {-1: "ada", 7: "x:7", 2**62: "x:big", 9: "x:9"}


@pytest.fixture
def database(store):
    """Return an opened store."""
    opened = open_database(store)
    yield opened
    opened.dispose()


@pytest.fixture
def serve(database, tmp_path):
    """Return a function that publishes given scores of a day."""
    days = PublishedDayStore(database, tmp_path / "published")

    def publish(day, scores, method="1", at=NOW, followers=()):
        with days.staging_folder(day, method) as folder:
            write(folder, scores, followers)
            days.publish(published_day(day, folder, len(scores), method, at))

    return publish


def write(folder, scores, followers=()):
    """Write the scores of a day as a job does, with what accounts of (person, followers) received."""
    (folder / "scores").mkdir()
    (folder / "points").mkdir()
    points = ", ".join(f"({person}::bigint, {count * 10**6}::bigint)" for person, count in followers)
    rows = ", ".join(
        f"({key}::bigint, '{NAMES.get(key, f'x:{key}')}', {score}::double, 5::bigint)" for key, score in scores.items()
    )
    with duckdb.connect() as connection:
        connection.execute(f"""copy (select col0 as person, col1 as name, col2 as score, col3 as strength,
      1::bigint as accounts, 1::bigint as networks, 3::bigint as people, 90::bigint as days, col2 as verified_score
      from (values {rows}) r)
      to '{folder}/scores/part.parquet'""")
        if points:
            connection.execute(f"""copy (select col0 as person, signal, col1 as received from (values {points}) r,
          (values ('audience'), ('approval')) s(signal)) to '{folder}/points/part.parquet'""")


def published_day(day, folder, people, method="1", at=NOW):
    """Return the record of a day."""
    return PublishedDay(
        day=day,
        method=method,
        method_digest="d" * 64,
        method_text="",
        inputs="i" * 64,
        engine="duckdb",
        folder=folder,
        people=people,
        lake={},
        published_at=at,
    )


def test_a_score_is_found_by_key_and_by_name(database, serve, tmp_path):
    """The served row holds the day's figures; nobody else has one."""
    serve(DAY, {-1: 70.123456, 7: 50.0, 9: 50.0, 2**62: 1.0})
    served = ServedScoreStore(database, tmp_path / "published")

    found = served.find(-1)

    assert ("ada", 70.123456, 1, 100.0, DAY, 3, 90, 5) == (
        *(found.name, found.score, found.rank, found.percentile),
        *(found.day, found.people, found.days, found.strength),
    )
    assert found == served.by_name("ada")
    assert [(2, 75.0), (2, 75.0), (4, 25.0)] == [(row.rank, row.percentile) for row in map(served.find, (7, 9, 2**62))]
    assert (None, None) == (served.find(8), served.by_name("x:7"))


def test_names_that_differ_in_case_alone_are_not_mixed_up(database, serve, tmp_path, monkeypatch):
    """The exact name counts; in another case a name is found if only one person has it."""
    names = {-1: "ada", -2: "Ada", -3: "bob"}
    for key, name in names.items():
        monkeypatch.setitem(NAMES, key, name)
    serve(DAY, {-1: 70.0, -2: 50.0, -3: 30.0})
    served, people = ServedScoreStore(database, tmp_path / "published"), PeopleStore(database)
    row = {"added_at": NOW, "consent": "given", "consent_at": NOW}
    with database.begin() as connection:
        connection.execute(sa.insert(people_table), [{"name": name, **row} for name in names.values()])

    for name, expected in (("ada", "ada"), ("Ada", "Ada"), ("ADA", None), ("BOB", "bob"), ("a%", None)):
        found, person = served.by_name(name), people.by_name_in_any_case(name)
        assert (expected, expected) == (found and found.name, person and person.name)


def test_people_are_compared_with_those_of_like_audience(database, serve, tmp_path):
    """Followers of a person's accounts add up; who is known to have as many, by half a power of ten, is compared."""
    followers = [(-1, 100), (-1, 60), (7, 150), (9, 170), (11, 0), (12, 0)]
    serve(DAY, {-1: 70.0, 7: 50.0, 9: 50.0, 2**62: 99.0, 11: 3.0, 12: 2.0}, followers=followers)
    served = ServedScoreStore(database, tmp_path / "published")

    assert {
        -1: (160, 100.0),
        7: (150, 200 / 3),
        9: (170, 200 / 3),
        11: (0, 100.0),
        12: (0, 50.0),
        2**62: (None, None),
    } == {key: (row.audience, row.peers) for key in (-1, 7, 9, 11, 12, 2**62) if (row := served.find(key))}


def test_whoever_is_absent_has_no_peers(database, serve, tmp_path):
    """Who had a score before, and has none on the served day, counts for nobody's percentile."""
    serve(DAY, {-1: 70.0, 7: 50.0}, followers=[(-1, 100), (7, 120)])
    serve(DAY + timedelta(days=1), {7: 60.0, 9: 40.0}, followers=[(7, 120), (9, 110)])
    served = ServedScoreStore(database, tmp_path / "published")

    assert [(1, 100.0, 100.0), (2, 50.0, 50.0)] == [(r.rank, r.percentile, r.peers) for r in map(served.find, (7, 9))]
    assert served.find(-1) is None


def test_everybody_arrives_in_chunks(database, serve, tmp_path, monkeypatch):
    """What several streams copy, a chunk at a time, is everybody with names of any length."""
    monkeypatch.setattr(snapshot, "CHUNK", 64)
    monkeypatch.setitem(NAMES, -5, "žofie ☃")
    scores = {key: 1 + key % 900 / 10 for key in (*range(-9, 0), *range(7, 800, 3), 2**62 + 1)}
    serve(DAY, scores, followers=[(key, 10) for key in scores if key % 2])
    served = ServedScoreStore(database, tmp_path / "published")

    assert {(key, NAMES.get(key, f"x:{key}"), score, 10 if key % 2 else None) for key, score in scores.items()} == {
        (row.key, row.name, row.score, row.audience) for row in served.list_leaders(1000)
    }


def test_of_two_publishers_at_once_the_second_is_refused(database, serve, tmp_path, monkeypatch):
    """A job that began before another job served the day is refused, and that day stays."""
    write_slots = snapshot.SnapshotRows.write_slots

    def meanwhile(self, file):
        monkeypatch.setattr(snapshot.SnapshotRows, "write_slots", write_slots)
        serve(DAY + timedelta(days=1), {-1: 80.0})
        write_slots(self, file)

    monkeypatch.setattr(snapshot.SnapshotRows, "write_slots", meanwhile)
    with pytest.raises(HomeError, match="another process published"):
        serve(DAY, {-1: 70.0})

    served = ServedScoreStore(database, tmp_path / "published")
    assert (80.0, [(DAY + timedelta(days=1), 80.0)]) == (served.find(-1).score, served.read_history(-1))


def test_a_store_file_that_is_away_is_said(tmp_path):
    """A read while the disk is unavailable fails; once it is back, the next read is right."""
    (tmp_path / "home").mkdir()
    opened = open_database(tmp_path / "home" / "store.sqlite")
    served = ServedScoreStore(opened, tmp_path / "published")
    (tmp_path / "home").rename(tmp_path / "away")

    with pytest.raises(HomeError, match="cannot read the store"):
        served.by_name("ada")

    (tmp_path / "away").rename(tmp_path / "home")
    assert served.by_name("ada") is None
    opened.dispose()


def test_an_empty_store_serves_nobody(database, tmp_path):
    """No day yet is no error."""
    served = ServedScoreStore(database, tmp_path / "published")

    assert (None, [], [], {1: None}) == (
        served.find(1),
        served.list_leaders(3),
        served.read_history(1),
        served.read_changes_by_key(1, (1,)),
    )


def test_leaders_go_on_where_the_last_page_ended(database, serve, tmp_path):
    """Pages of two make the whole list, equal scores by key."""
    scores = {key: float(key % 5 + 1) for key in range(1, 12)}
    serve(DAY, scores)
    served, found = ServedScoreStore(database, tmp_path / "published"), []
    while page := served.list_leaders(2, after=(found[-1].rank, found[-1].key) if found else (0, 0)):
        found += page

    assert sorted(scores, key=lambda key: (-scores[key], key)) == [row.key for row in found]


def test_days_land_in_their_place_in_any_order(database, serve, tmp_path):
    """History is that of the days, in whatever order and however often they were scored; the latest stays served."""
    draw = random.Random(5)
    said = {DAY + timedelta(days=n): {k: round(draw.uniform(1, 100), 2) for k in (-1, 7, 9)} for n in range(6)}
    said[DAY][2**62] = 33.0  # seen on the first day alone
    del said[DAY + timedelta(days=5)][9]
    order = [2, 5, 0, 4, 1, 3, 0]
    for n in order:
        serve(DAY + timedelta(days=n), said[DAY + timedelta(days=n)])
    served = ServedScoreStore(database, tmp_path / "published")

    assert {key: [(day, scores.get(key)) for day, scores in said.items()] for key in (-1, 7, 9, 2**62)} == {
        key: served.read_history(key) for key in (-1, 7, 9, 2**62)
    }
    assert DAY + timedelta(days=5) == served.day() == served.find(-1).day
    assert (None, None) == (served.find(9), served.find(2**62))
    last, before = said[DAY + timedelta(days=5)][7], said[DAY + timedelta(days=4)][7]
    assert {1: pytest.approx(last - before), 7: None, 30: None} == served.read_changes_by_key(7)


def test_newcomers_keep_their_own_history(database, serve, tmp_path):
    """Newcomers get places of their own behind those that were given."""
    first = {key: 1 + key / 100 for key in range(1, 600)}
    second = {key: 5 + key / 100 for key in range(-300, 900) if key}
    serve(DAY, first)
    serve(DAY + timedelta(days=1), second)
    served = ServedScoreStore(database, tmp_path / "published")

    for key in (1, 256, 257, 599):
        expected = [pytest.approx(said[key]) if key in said else None for said in (first, second)]
        assert expected == [score for _, score in served.read_history(key)]
    for key in (-300, -1, 600, 899):
        assert [(DAY + timedelta(days=1), pytest.approx(second[key]))] == served.read_history(key)


def test_another_methods_day_does_not_touch_what_is_served(database, serve, tmp_path):
    """A day stays its own, served and in history."""
    serve(DAY, {-1: 70.0})
    serve(DAY, {-1: 20.0}, method="2", at=NOW + timedelta(days=1))
    served = ServedScoreStore(database, tmp_path / "published")

    assert 70.0 == served.find(-1).score
    assert [(DAY, 70.0)] == served.read_history(-1)


def test_forgetting_takes_scores_and_history_away(database, serve, tmp_path):
    """Neither the served row nor a past score of theirs is left; others keep theirs."""
    for n in range(3):
        serve(DAY + timedelta(days=n), {-1: 70.0 + n, 7: 50.0})
    days, served = (
        PublishedDayStore(database, tmp_path / "published"),
        ServedScoreStore(database, tmp_path / "published"),
    )

    assert 0 < days.erase([-1], [])

    assert (None, None, []) == (served.find(-1), served.by_name("ada"), served.read_history(-1))
    assert [50.0] * 3 == [score for _, score in served.read_history(7)]
    files = list((tmp_path / "published").rglob("history.bin"))
    assert [1] * 3 == [np.count_nonzero(np.fromfile(file, "<u2")) for file in files]
    serve(DAY + timedelta(days=3), {-1: 80.0, 7: 50.0})
    assert [80.0] == [score for _, score in served.read_history(-1) if score]


def test_whoever_stays_is_found_when_those_beside_them_are_forgotten(database, serve, tmp_path):
    """Whatever lies together in the database, forgetting takes out whom it was asked to, and nobody else."""
    keys = [*range(-30, 0), *range(3, 900, 3)]
    serve(DAY, {key: 1 + abs(key) % 900 / 10 for key in keys})
    days, served = (
        PublishedDayStore(database, tmp_path / "published"),
        ServedScoreStore(database, tmp_path / "published"),
    )
    gone = {-30, -29, -7, *keys[25:75], *keys[100:325:25], keys[-1]}
    before = {key: served.find(key) for key in keys}

    for key in sorted(gone)[:5]:
        days.erase([key], [])
    assert len(gone) - 5 < days.erase([-1_000], sorted(gone)[5:])

    assert {key: None if key in gone else before[key] for key in keys} == {key: served.find(key) for key in keys}
    assert {before[key] for key in keys if key not in gone} == set(served.list_leaders(1_000))
    assert sorted(key for key in keys if key < 0 and key not in gone) == sorted(r.key for r in served.list_claimed(99))
    assert not any(served.read_history(key) for key in gone)


def test_no_table_names_whoever_left(postgresql, tmp_path):
    """No row of PostgreSQL holds a key of theirs, were they the first of those beside whom they lay or all of them."""
    database = open_database(postgresql_server.fresh(postgresql))
    days, keys = PublishedDayStore(database, tmp_path), range(10**17, 10**17 + 100)
    with days.staging_folder(DAY, "1") as folder:
        write(folder, dict.fromkeys(keys, 5.0))
        days.publish(published_day(DAY, folder, len(keys)))

    def held(key):
        with database.connect() as connection:
            found = [
                f"select '{table}' from {table} as held where held::text like '%{key}%'"
                for table in sa.inspect(connection).get_table_names()
            ]
            return connection.execute(sa.text(" union ".join(found))).all()

    assert all(len(held(key)) == 2 for key in (keys[0], keys[-1]))

    days.erase([-1], [*keys[:3], *keys[25:50], keys[60], keys[99]])

    assert not any(held(key) for key in (*keys[:3], *keys[25:50], keys[60], keys[99]))
    assert 2 == len(held(keys[3]))
    database.dispose()


def test_no_page_of_a_copy_names_whoever_left(tmp_path):
    """The first rows lay in a page that was split when more came; nothing of them stays behind in it."""
    database = open_database(tmp_path / "store.sqlite")
    days, gone = PublishedDayStore(database, tmp_path / "published"), range(10**17, 10**17 + 50)
    with days.staging_folder(DAY, "1") as folder:
        write(folder, dict.fromkeys(range(10**17, 10**17 + 400), 5.0))
        days.publish(published_day(DAY, folder, 400))
    [copy] = (tmp_path / "served").glob("*.sqlite")
    assert all(f"x:{key}".encode() in copy.read_bytes() for key in gone)

    days.erase([-1], list(gone))

    assert [] == [key for key in gone if f"x:{key}".encode() in copy.read_bytes()]
    assert f"x:{10**17 + 399}".encode() in copy.read_bytes()
    database.dispose()


def test_no_key_in_between_is_anybodys(database, serve, tmp_path):
    """Keys before the first, between two, and after the last find nobody; a rank's share is that of its ties."""
    scores = {key: float(1 + key % 7) for key in range(-101, 1_000, 2)}
    serve(DAY, scores)
    served = ServedScoreStore(database, tmp_path / "published")

    assert not any(served.find(key) or served.read_history(key) for key in (-(2**63), *range(-102, 1_001, 2), 2**62))
    higher = sum(score >= scores[1] for score in scores.values())
    assert pytest.approx(100 * higher / len(scores)) == served.top_percent(served.find(1).rank)


def test_rows_of_everybody_go_on_where_lists_end(database, serve, tmp_path):
    """Lists and next ranks beyond the indexed ones, from the rows of everybody, are those of the lists."""
    scores = {key: float(1 + key % 7) for key in range(-101, 1_000, 2)}
    serve(DAY, dict.fromkeys(range(5_000, 5_010), 3.0))
    serve(DAY + timedelta(days=1), scores)
    served, reader = ServedScoreStore(database, tmp_path / "published"), open_reader(database)
    expected = [(row.rank, row.key, row.name, row.percentile) for row in served.list_leaders(1_000)]
    ranks = sorted({rank for rank, *_ in expected})

    assert len(expected) == len(scores)
    for start, n in ((0, 1_000), (70, 3), (len(scores) - 2, 9)):
        after = expected[start - 1][:2] if start else (0, 0)
        page = reader.list_everybody(("rank", "key", "name", "percentile"), n, after=after)
        assert expected[start : start + n] == page
    assert dict(zip(ranks, [*ranks[1:], None], strict=True)) == {rank: reader.find_next_rank(rank) for rank in ranks}
    assert {*scores, *range(5_000, 5_010)} == {key for key, _ in reader.read_slots()}
    assert list(range(len(scores) + 10)) == sorted(slot for _, slot in reader.read_slots())


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("update people_blocks set numbers = substr(numbers, 1, 99)", "damaged or missing.*not the numbers of a block"),
        ("update people_blocks set names = cast(x'ff' || substr(names, 2) as blob)", "damaged or missing.*decode"),
        ("drop view blocks", "older version.*renown score"),
    ],
)
def test_blocks_that_cannot_be_read_are_said(statement, message, tmp_path):
    """Damaged ones, and a file of before there were blocks; the next publication repairs both."""
    database = open_database(tmp_path / "store.sqlite")
    days = PublishedDayStore(database, tmp_path / "published")
    with days.staging_folder(DAY, "1") as folder:
        write(folder, {-1: 70.0, 7: 50.0})
        days.publish(published_day(DAY, folder, 2))
    served = ServedScoreStore(database, tmp_path / "published")
    [file] = (tmp_path / "served").glob("*.sqlite")
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)

    with pytest.raises(HomeError, match=message):
        served.find(-1)
    with pytest.raises(HomeError, match=message):
        served.read_history(7)

    [finding] = check_served_scores(database, days.all())
    assert finding.damage
    with days.staging_folder(DAY, "1") as folder:
        write(folder, {-1: 70.0, 7: 50.0})
        days.publish(published_day(DAY, folder, 2))
    assert 70.0 == served.find(-1).score
    database.dispose()


def test_a_reader_sees_whole_days_only(database, serve, tmp_path):
    """Whoever reads while days are published finds everybody of one day or of the next."""
    keys, seen, stop, faults = range(1, 300), set(), threading.Event(), []
    serve(DAY, dict.fromkeys(keys, 1.0))

    def read():
        served = ServedScoreStore(database, tmp_path / "published")
        try:
            while not stop.is_set():
                scores = {(row.score, row.day) for row in served.list_leaders(300)}
                assert 1 == len(scores), scores
                seen.update(scores)
        except Exception as error:  # noqa: BLE001 - reported below
            faults.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(1, 6):
        serve(DAY + timedelta(days=n), dict.fromkeys(keys, 1.0 + n))
    stop.set()
    reader.join(30)

    assert not faults
    assert len(seen) > 1
    assert {n - 1 for n, _ in seen} == {(day - DAY).days for _, day in seen}


KILLED = """
import os, sys, time
from pathlib import Path
from datetime import date, datetime, UTC
sys.path[:0] = [{tests!r}]
import test_served_scores as t
from renown.store import PublishedDayStore, open_database
store = Path({store!r}) if {file} else {store!r}
days = PublishedDayStore(open_database(store), Path({root!r}))
print("ready", flush=True)
n = int(sys.argv[1])
while True:
    n += 1
    day = t.DAY + t.timedelta(days=n)
    with days.staging_folder(day, "1") as folder:
        t.write(folder, dict.fromkeys(range(1, 400), 1.0 + n % 90))
        days.publish(t.published_day(day, folder, 399))
    print(n, flush=True)
"""


@pytest.mark.proof
def test_a_kill_leaves_a_whole_day(database, store, serve, tmp_path):
    """Publishing is killed at random instants; the latest day that has a row is the one served, whole."""
    serve(DAY, dict.fromkeys(range(1, 400), 1.0))
    draw, days, served = (
        random.Random(3),
        PublishedDayStore(database, tmp_path / "published"),
        ServedScoreStore(database, tmp_path / "published"),
    )
    parts = {"tests": str(Path(__file__).parent), "store": str(store), "file": isinstance(store, Path)}
    program, reached = KILLED.format(root=str(tmp_path / "published"), **parts), []
    for turn in range(4):
        n = (served.day() - DAY).days
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(n)], stdout=subprocess.PIPE, env=dict(os.environ)
        )
        for _ in range(1 + turn % 2):  # ready, and then a day more
            process.stdout.readline()
        time.sleep(draw.uniform(0, 0.7))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        last = days.find().day
        reached.append((last - DAY).days)
        rows = served.list_leaders(1000)
        assert {(last, 1.0 + reached[-1] % 90)} == {(row.day, row.score) for row in rows}
        assert 399 == len(rows)
        assert reached[-1] + 1 == len(served.read_history(5, 10_000))

    assert reached[-1] > 0
    serve(DAY + timedelta(days=999), {-1: 5.0})
    assert 5.0 == served.find(-1).score


def test_people_are_kept_in_both_databases(database):
    """Claims, and forgetting them, are the same."""
    people = PeopleStore(database)
    ada = people.add("ada", [("x", "1"), ("y", "2")], at=NOW)

    assert ada == people.by_account("y", "2") == people.by_name("ada")
    assert 3 == people.erase(ada.key)
    assert [] == people.all()


def test_connections_that_the_server_ended_are_replaced(postgresql, tmp_path):
    """After PostgreSQL restarts, the next publication and the next read work, without an error of the driver."""
    url = postgresql_server.fresh(postgresql)
    database = open_database(url)
    days, served = (
        PublishedDayStore(database, tmp_path / "published"),
        ServedScoreStore(database, tmp_path / "published"),
    )
    for n in range(3):
        day = DAY + timedelta(days=n)
        with days.staging_folder(day, "1") as folder:
            write(folder, {-1: 50.0 + n})
            days.publish(published_day(day, folder, 1))
        assert 50.0 + n == served.find(-1).score
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where pid <> pg_backend_pid() and datname = current_database()"
            )
        assert 50.0 + n == served.find(-1).score
    database.dispose()


def test_server_that_is_down_is_an_error_of_the_home():
    """Also on the way around SQLAlchemy by which scores are read; a page shows it as "try again later"."""
    scores = ServedScoreStore(connect_database("postgresql://tester:secretword@127.0.0.1:1/none"), Path())

    with pytest.raises(HomeError, match=r"Connection refused.*check that the server is running") as refusal:
        scores.find(-1)
    assert "secretword" not in str(refusal.value)
    [finding] = check_database("postgresql://tester:secretword@127.0.0.1:1/none")
    assert "start the PostgreSQL server, or correct store.url" == finding.remedy


def test_no_error_shows_the_password(postgresql, tmp_path, capsys):
    """A refused and an unreachable server say what to do, without the password; so do settings."""
    secret = "s3cretword"  # noqa: S105 - of nobody
    refused = postgresql.partition("@")[2]
    for where in (f"postgresql://tester:{secret}@{refused}/nothing", f"postgresql://u:{secret}@127.0.0.1:1/n"):
        with pytest.raises(HomeError, match="RENOWN_STORE") as caught:
            open_database(where)
        assert secret not in str(caught.value)
    with pytest.raises(InvalidSettingsError, match="postgresql://USER") as wrong:
        open_database(f"mysql://u:{secret}@h/n")
    assert secret not in str(wrong.value)
    home.create_home(tmp_path / "home")
    home_settings = settings.load_settings(tmp_path / "home", {"RENOWN_STORE": f"postgresql://u:{secret}@h/n"})
    output_settings.print_settings(home_settings)
    shown = capsys.readouterr().out
    assert "postgresql://u:***@h/n" in shown
    assert secret not in shown + repr(home_settings)
    assert secret in dataclasses.asdict(home_settings)["store"]["url"]
