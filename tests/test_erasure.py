"""Erasure: every file and every table of a home is searched for who was forgotten."""

import contextlib
import io
import json
import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path

import duckdb
import psycopg
import pytest

from conftest import DAY, NOW
from renown import answers, assembly, jobs
from renown.cli import archives
from renown.connectors import files
from renown.connectors.base import Account, Limits
from renown.connectors.http import Budget, Client, Server
from renown.records import KEPT, VERBS
from renown.store import Published, history
from test_archives import of_mastodon, zipped
from test_gather import Toy

NAME, HANDLE, ID, POST, ACT = "Secretname", "secrethandle", "secretid", "secretpost", "secretact"
TOOT, MASTODON = "https://example.social/users/Ada/statuses/1", "ada@example.social"
WORDS = [NAME, HANDLE, ID, POST, "toy-secret", "toy-post", TOOT, MASTODON]
WAYS = {
    "interactions": (
        "actor,target,at,verb,post,id",
        [
            f"{ID},b,{{day}},repost,p,{ACT}",
            "c,b,{day},repost,p,2",
            f"b,{ID},{{day}},reply,{POST},3",
            "d,e,{day},like,r,4",
        ]
        + [f"{who},{ID},{{day}},like,{POST},5{who}" for who in "fgh"]
        + [f"{who},b,{{day}},like,q,6{who}" for who in "fgh"],
    ),
    "profiles": ("account,at,handle,followers", [f"{ID},{{day}},{HANDLE},5", "b,{day},bee,7"]),
    "tallies": ("account,at,verb,count,post", [f"{ID},{{day}},view,9,{POST}", "b,{day},view,3,p"]),
    "undone": ("id,at", [f"{ACT},{{day}}", "other,{day}"]),
    "presence": ("account,at,present", [f"{ID},{{before}},false", f"{ID},{{day}},true"]),
}


@pytest.fixture
def home(store, tmp_path):
    """Return a home on each database."""
    assembly.make_home(tmp_path / "home")
    return assembly.open_home(tmp_path / "home", {} if isinstance(store, Path) else {"RENOWN_STORE": store})


def everyway(home, tmp_path):
    """Let somebody come in by every way, be scored, served and exported, and leave what killed runs leave."""
    for table, (header, lines) in WAYS.items():
        path = tmp_path / "given" / f"{table}.csv"
        path.parent.mkdir(exist_ok=True)
        text = "\n".join([header, *lines]).format(day=DAY, before=DAY - timedelta(days=3))
        path.write_text(text + "\n", encoding="utf-8")
        found = files.sources([path], table, columns={}, verbs={}, unit=None, now=NOW)
        with home.reader() as engine:
            jobs.collect(engine, home.lake, files.batch(table, found), table=table, network="x", covers=VERBS.values())
    listen(home)
    read(home)
    archives.take(home, "mastodon-archive", [zipped(tmp_path, of_mastodon())], claim=NAME, now=NOW)
    home.people.add(NAME, [("x", ID), ("toy", "toy-secret")], at=NOW)
    home.people.add("bob", [("x", "b")], at=NOW)
    home.judgements.add(2**40, 2**41, judge=NAME, at=NOW)
    home.groups.create("club", goal=70, at=NOW)
    for name in (NAME, "bob"):
        home.groups.join("club", home.people.by_name(name), at=NOW - timedelta(days=40))
    for offset in range(3):
        with home.engine() as engine:
            day = DAY + timedelta(days=offset)
            made = jobs.score(engine, home.lake, home.days, home.people, home.method, day=day, now=NOW)
        jobs.challenges.record(home.days, home.groups, day, now=NOW)
    jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, made)
    export(home, tmp_path / "exports")
    home.sessions.ask(home.sessions.begin(at=NOW)[1], "x", ID, HANDLE, at=NOW)
    home.wishes.add("erase", account=("x", ID), at=NOW)
    leftovers(home)


def listen(home):
    """Land what a stream tells."""
    with home.reader() as engine:
        told = jobs.landing.Gathered(events=3, cursor=9)
        second = 1_706_700_000
        told.rows["interactions"] = [
            ("heard1", 1, ID, "b", "p", second),
            ("heard2", 1, "b", ID, POST, second),
            ("heard3", 1, "k", "b", "p", second),
        ]
        told.rows["presence"] = [(ID, True, second)]
        told.rows["profiles"] = [(ID, HANDLE, *[None] * 6, second)]
        jobs.Landing(engine, home.lake, network="x", source="stream", covers=[1]).take(told)


def read(home):
    """Read their account from a network."""
    toy = Toy()
    toy.account_id, toy.post = "toy-secret", "toy-post"
    jobs.gather(
        home.reader,
        home.lake,
        home.readings,
        [(toy.connector, Account("toy-secret", "ada"))],
        lambda *_: Client(Server("https://toy.example"), Budget(1, 1), clock=lambda: 0.0, sleep=print, seed=1),
        now=lambda: NOW - timedelta(days=29),
        limits=Limits(),
    )


def export(home, folder):
    """Export a day in both forms, and once to a file that is moved away."""
    folder.mkdir()
    with Published(home.days.find()) as published:
        for table, name in (("scores", "s.csv"), ("points", "p.csv"), ("points", "p.parquet"), ("scores", "moved.csv")):
            home.days.exports.note(folder / name)
            published.export(table, folder / name)
    (folder / "moved.csv").rename(folder.parent / "moved-away.csv")


def leftovers(home):
    """Leave what runs leave that are killed: spilled tables, a day that was not published, an old copy."""
    spilled = home.settings.home / "spill" / "duckdb-killed"
    spilled.mkdir(parents=True)
    (spilled / "held").touch()
    (spilled / "table.tmp").write_text(ID)
    staged = home.settings.home / "published" / f"{DAY}" / "2" / "killed"
    staged.mkdir()
    (staged / "scores").write_text(NAME)
    taken = home.lake.root / "_staging" / "killed"
    taken.mkdir()
    (taken / "batch").write_text(ID)
    if (served := home.settings.home / "served").exists():
        (served / "killed.sqlite").write_text(NAME)


def keys(home):
    """Return what stands for them in columns: their accounts' keys and their acts'."""
    with home.reader() as engine:
        asked = answers.who(NAME, engine, home.lake, home.people)
        engine.scan("kept", home.lake.files("interactions"), KEPT["interactions"])
        listed = ", ".join(str(key) for _, key in asked.accounts)
        acts = engine.rows(f"select interaction from kept where actor in ({listed}) and interaction is not null")
    assert 3 == len(asked.accounts)
    assert 2 == len(acts)
    return asked, {str(key) for _, key in asked.accounts} | {str(row[0]) for row in acts}


def held(home, words, exports):
    """Return which of these words any file, column or table of a home holds."""
    folders = [home.settings.home, exports]
    every = [file for folder in folders for file in folder.glob("**/*") if file.is_file()]
    raw = {word: word.encode() for word in words}
    raw |= {f"raw {word}": int(word).to_bytes(8, "little") for word in words if word.isdecimal()}
    texts = list(values(home, every))
    found = {word for word in words if any(word in text for text in texts)}
    return {word for word, said in raw.items() if any(said in file.read_bytes() for file in every)} | found


def values(home, every):
    """Yield all values of all tables, as text: of Parquet unpacked, of SQLite and of PostgreSQL."""
    with duckdb.connect() as connection:
        for file in every:
            if file.suffix == ".parquet" and file.stat().st_size:
                rows = connection.execute(f"select * from read_parquet('{file}', hive_partitioning=false)").fetchall()
                yield repr(rows)
    for file in every:
        if file.suffix == ".sqlite" and file.read_bytes()[:6] == b"SQLite":
            with contextlib.closing(sqlite3.connect(file)) as connection:
                names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
                yield from (repr(connection.execute(f"select * from {name}").fetchall()) for name in names)
    if home.settings.store:
        with psycopg.connect(home.settings.store, autocommit=True) as connection:
            select = "select schemaname || '.' || tablename from pg_tables where schemaname = current_schema()"
            names = [row[0] for row in connection.execute(select)]
            assert len(names) > 8
            for name in [*names, "pg_stats"]:
                yield repr(connection.execute(f"select * from {name}").fetchall())
            yield from pages(connection)


def pages(connection):
    """Yield the server's own files of our tables and their indexes."""
    connection.execute("checkpoint")
    [folder] = connection.execute("show data_directory").fetchone()
    files_of = """select pg_relation_filepath(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where relkind in ('r', 'i', 't') and n.nspname in (current_schema(), 'pg_toast') and c.oid > 16384"""
    for (path,) in connection.execute(files_of).fetchall():
        yield (Path(folder) / path).read_bytes().decode("latin-1")


def test_forgetting_leaves_nothing_anywhere(home, tmp_path):
    """Every word, id, key and act is found before, by the same search that finds none of them after."""
    everyway(home, tmp_path)
    asked, numbers = keys(home)
    if home.settings.store:
        with psycopg.connect(home.settings.store, autocommit=True) as connection:
            connection.execute("analyze")
    words = {*WORDS, *numbers}
    assert words <= held(home, words, tmp_path / "exports")
    [slot] = place(home, asked.key)
    assert {NAME, "bob"} == {opening.member for entry in home.groups.log("club") for opening in entry.openings}
    assert f"x:{HANDLE}" in named(home, "bob")

    mine = home.sessions.sign_in(home.sessions.begin(at=NOW)[1], asked.key, at=NOW)

    with home.reader() as engine:
        assert 30 < jobs.forget(engine, home, asked)

    assert home.sessions.find(mine, at=NOW) is None

    assert set() == held(home, words, tmp_path / "exports")
    assert [tmp_path / "exports" / "moved.csv"] == home.days.exports.lost()
    assert {0} == past(home, slot)
    assert home.groups.verify("club").faults == ()
    assert "forgotten" in {line.kind for line in lines(home, "bob")}
    assert not list((home.settings.home / "spill").glob("*killed"))
    assert home.served.by_name("bob")
    assert "bob" in (tmp_path / "exports" / "s.csv").read_text(encoding="utf-8")


def lines(home, name):
    """Return the actors of somebody's portrait."""
    drawn = answers.kept(home.portraits, home.people.by_name(name).key)
    return [line for signal in drawn.explanation.signals for line in signal.actors]


def named(home, name):
    """Return whom somebody's portrait names."""
    return {line.name for line in lines(home, name)}


def place(home, key):
    """Return where somebody's past scores lie."""
    return [row[0] for row in home.served._reader.rows("select slot from served where key = :key", {"key": key})]


def past(home, slot):
    """Return all past scores of a place."""
    files = [day.folder / history.FILE for day in home.days.all() if day.own]
    assert len(files) == 3
    return {int.from_bytes(file.read_bytes()[2 * slot : 2 * slot + 2], "little") for file in files}


def test_who_was_forgotten_does_not_come_back(home, tmp_path):
    """The same files, archive, stream and reading again bring nothing of them."""
    everyway(home, tmp_path)
    asked, numbers = keys(home)
    with home.reader() as engine:
        jobs.forget(engine, home, asked)
    before = rows(home)

    again(home, tmp_path)

    assert set() == held(home, {*WORDS, *numbers} - {NAME}, tmp_path / "exports")
    assert before <= rows(home)


def rows(home):
    """Return how many acts the lake holds."""
    with home.reader() as engine:
        engine.scan("kept", home.lake.files("interactions"), KEPT["interactions"])
        return engine.rows("select count(*) from kept")[0][0]


def again(home, tmp_path):
    """Let them come in once more, by files that differ in one line."""
    for table, (header, lines) in WAYS.items():
        path = tmp_path / "given" / f"{table}.csv"
        text = "\n".join([header, *lines, lines[-1].replace("{day}", "{before}")])
        path.write_text(text.format(day=DAY, before=DAY - timedelta(days=3)) + "\n", encoding="utf-8")
        found = files.sources([path], table, columns={}, verbs={}, unit=None, now=NOW)
        if table == "undone":
            continue
        with home.reader() as engine:
            jobs.collect(engine, home.lake, files.batch(table, found), table=table, network="x", covers=VERBS.values())
    listen(home)
    read(home)
    archives.take(home, "mastodon-archive", [zipped(tmp_path, of_mastodon())], claim=None, now=NOW)


def told(home, asked):
    """Return all that is told somebody that is held of them, by file."""
    with home.reader() as engine:
        accounts = answers.account_ids(asked, engine, home.lake, home.people)
        held = answers.held(asked, accounts, home, engine)
        pieces = list(answers.bundle(asked.name, answers.parts(asked, accounts, home, engine), at=NOW))
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as packed:
        assert packed.testzip() is None
        files = {name.removesuffix(".jsonl"): packed.read(name).decode().splitlines() for name in packed.namelist()}
    files.pop("README.txt")
    assert {one.name: one.rows for one in held.holdings} == {name: len(lines) for name, lines in files.items()}
    return files


def test_what_is_held_is_told(home, tmp_path):
    """Every table by every way: their name, handles, ids and posts; not who acted on them."""
    everyway(home, tmp_path)
    asked, _ = keys(home)
    session = home.sessions.begin(at=NOW)[1]
    home.sessions.sign_in(session, asked.key, at=NOW)
    home.wishes.add("erase", key=asked.key, at=NOW)

    files = told(home, asked)

    text = "\n".join(line for lines in files.values() for line in lines)
    assert not [word for word in (NAME, HANDLE, ID, POST, "toy-secret", "toy-post", TOOT, MASTODON) if word not in text]
    stored = ("person", "claims", "sessions", "wishes", "groups", "group_log", "readings", "reading_counts")
    assert {f"store/{name}" for name in (*stored, "judgements", "names", "portraits")} <= files.keys()
    assert {"lake/undone/x", "lake/presence/x", "lake/handles/x", "lake/tallies/x", "lake/profiles/x"} <= files.keys()
    assert {"repost", "reply"} == {
        json.loads(line)["verb"]
        for name in ("actor", "target")
        for line in files[f"lake/interactions/x as {name}"]
        if json.loads(line)["at"].startswith(f"{DAY}") and json.loads(line)["verb"] != "like"
    }
    received = [json.loads(line) for line in files["lake/interactions/x as target"]]
    assert 5 == len(received)
    assert {"at", "network", "post", "verb", "interaction"} == set(received[0])
    assert {"b"} == {json.loads(line)["target_id"] for line in files["lake/interactions/x as actor"]}
    assert 3 * 5 == sum(name.startswith("published/") for name in files)


def test_nothing_is_told_of_who_was_forgotten(home, tmp_path):
    """What is told is what is erased."""
    everyway(home, tmp_path)
    asked, _ = keys(home)
    assert told(home, asked)
    with home.reader() as engine:
        jobs.forget(engine, home, asked)

        left = answers.held(asked, {("x", ID): asked.accounts[0][1]}, home, engine)

    assert {"store/opt_outs": 1} == {one.name: one.rows for one in left.holdings}


def test_a_wish_to_be_erased_is_granted(home, tmp_path):
    """Their sessions end, others' tokens for their accounts go, and the ticket says when it was done."""
    everyway(home, tmp_path)
    asked, numbers = keys(home)
    mine = home.sessions.sign_in(home.sessions.begin(at=NOW)[1], asked.key, at=NOW)
    others = home.sessions.begin(at=NOW)[1]
    home.sessions.ask(others, "x", ID, HANDLE, at=NOW)
    tickets = [home.wishes.add(kind, key=asked.key, at=NOW) for kind in ("opt-out", "erase")]
    tickets.append(home.wishes.add("erase", account=("x", ID), at=NOW))

    with home.lake.writing():
        waiting = jobs.grant(home.reader, home, now=lambda: NOW, patience=0.3)
    assert [False, True] == sorted({one.done for one in waiting})
    assert "another process" in next(one.said for one in waiting if not one.done)
    granted = jobs.grant(home.reader, home, now=lambda: NOW)

    assert granted
    assert all(one.done for one in granted)
    assert set() == held(home, {*WORDS, *numbers}, tmp_path / "exports")
    assert home.sessions.find(mine, at=NOW) is None
    assert all(home.wishes.find(ticket).over for ticket in tickets)
    assert [] == jobs.grant(home.reader, home, now=lambda: NOW)
