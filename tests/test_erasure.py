"""Erasure and export: search every file and every table of a home for a person, before and after."""

import contextlib
import io
import json
import shutil
import sqlite3
import zipfile
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import duckdb
import psycopg
import pytest

import postgresql_server
from conftest import DAY, NOW, new_home, write_csv
from proofs import DATABASES
from renown import answers, exports, ingest, privacy, runs, scoring
from renown.cli import import_archives
from renown.connectors.base import Account, ReadLimits
from renown.connectors.http import Client, RequestBudget
from renown.connectors.http.urls import Server
from renown.engines.duckdb import DuckDB
from renown.errors import RenownError
from renown.home import open_home
from renown.ingest import stream_writer
from renown.progress import NullProgress
from renown.records import LAKE_COLUMNS, day_number
from renown.runs import group_scores, privacy_requests, profiles
from renown.store import IdentityChoice, IssuedStatement, Picture, PublishedTables, Recomputation, StoredIdentity
from renown.store.serving import history
from test_archives import mastodon_files, pack_zip
from test_fetch import Toy

NAME, HANDLE, ID, POST, INTERACTION = "Secretname", "secrethandle", "secretid", "secretpost", "secretact"
TOOT, MASTODON = "https://example.social/users/Ada/statuses/1", "ada@example.social"
TITLE = "secrettitle"
DISPLAY_NAME, PIXELS, PICTURE_URL = "secretdisplayname", "secretpixels", "https://secretpicture.example/ada.png"
WORDS = [NAME, HANDLE, ID, POST, TITLE, "toy-secret", "toy-post", TOOT, MASTODON, DISPLAY_NAME, PIXELS, PICTURE_URL]
FILES = {
    "interactions": (
        "actor,target,at,verb,post,id",
        [
            f"{ID},b,{{day}},repost,p,{INTERACTION}",
            "c,b,{day},repost,p,2",
            f"b,{ID},{{day}},reply,{POST},3",
            "d,e,{day},like,r,4",
        ]
        + [f"{fan},{ID},{{day}},like,{POST},5{fan}" for fan in "fgh"]
        + [f"{fan},b,{{day}},like,q,6{fan}" for fan in "fgh"],
    ),
    "profiles": ("account,at,handle,followers", [f"{ID},{{day}},{HANDLE},5", "b,{day},bee,7"]),
    "tallies": ("account,at,verb,count,post", [f"{ID},{{day}},view,9,{POST}", "b,{day},view,3,p"]),
    "undone": ("id,at", [f"{INTERACTION},{{day}}", "other,{day}"]),
    "posts": (
        "account,post,title,url,tags",
        [f"{ID},{POST},{TITLE},https://x.example/{TITLE},{TITLE}", "b,p,other,,{before}"],
    ),
    "presence": ("account,at,present", [f"{ID},{{before}},false", f"{ID},{{day}},true"]),
}
"""Table to the header and the lines of a file to import."""


@pytest.fixture(scope="module", params=DATABASES)
def restore(request, tmp_path_factory):
    """Return a function that opens the filled home as it was when it was filled, which takes seconds."""
    root, snapshot = tmp_path_factory.mktemp("erasure"), tmp_path_factory.mktemp("snapshot") / "erasure"
    store = postgresql_server.fresh(request.getfixturevalue("postgresql")) if request.param == "postgresql" else ""
    environment = {"RENOWN_STORE": store} if store else {}
    home = open_home(new_home(root / "home"), environment)
    fill(home)
    # Copied before the store is closed, so that SQLite's write-ahead log is still there.
    shutil.copytree(root, snapshot)
    home.people._database.dispose()
    if store:
        copy_database(store, f"{store}_snapshot")

    def open_copy():
        # At the same path, since the store contains absolute paths of exports.
        shutil.rmtree(root)
        shutil.copytree(snapshot, root)
        if store:
            copy_database(f"{store}_snapshot", store)
        return open_home(root / "home", environment)

    return open_copy


def copy_database(source, target):
    """Replace a PostgreSQL database by a copy of another one, to which nobody is connected."""
    server, _, name = source.rpartition("/")
    copy = target.rpartition("/")[2]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"drop database if exists {copy} with (force)")
        connection.execute(f"create database {copy} template {name}")


@pytest.fixture
def home(restore):
    """Return a home that a person entered by every way, on each database."""
    opened_home = restore()
    yield opened_home
    opened_home.people._database.dispose()


def exports_of(home):
    """Return the folder with the exports of a home."""
    return home.settings.home.parent / "exports"


def fill(home):
    """Import a person by every way, score, serve and export them, and leave the files of killed runs."""
    import_files(home)
    import_stream(home)
    fetch_network(home)
    import_archive(home, claim=NAME)
    home.people.add(NAME, [("x", ID), ("toy", "toy-secret")], at=NOW)
    save_identity(home)
    home.people.trust.remove_seed(home.people.by_name(NAME).key, reason=f"{NAME} sells likes", at=NOW)
    home.people.trust.request_review(home.people.by_name(NAME).key, f"{NAME} asks", at=NOW)
    home.people.add("bob", [("x", "b")], at=NOW)
    home.judgements.add(2**40, 2**41, judge=NAME, at=NOW)
    home.groups.create("club", goal=70, at=NOW)
    for name in (NAME, "bob"):
        home.groups.join("club", home.people.by_name(name), at=NOW - timedelta(days=40))
    for offset in range(3):
        with home.engine() as engine:
            day = DAY + timedelta(days=offset)
            published = scoring.score(engine, home.lake, home.days, home.people, home.method, day=day, now=NOW)
        group_scores.publish_group_scores(home.days, home.groups, day, now=NOW)
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, published)
    past = [
        Recomputation(person_id=home.people.by_name(name).person_id, scores=[(day_number(DAY) - 1, 41.5)], inputs="")
        for name in (NAME, "bob")
    ]
    home.days.recomputed.save(past, method=home.method.version, at=NOW)
    export(home, exports_of(home))
    home.sessions.request_verification(home.sessions.create(at=NOW)[1], "x", ID, HANDLE, at=NOW)
    home.privacy_requests.add("erase", account=("x", ID), at=NOW)
    leave_killed_files(home)


def save_identity(home):
    """Store their display name and picture, and what they choose to show; return whether it was stored."""
    choice = IdentityChoice(network="x", account_id=ID, shows_picture=False)
    home.identities.choose(home.people.by_name(NAME).key, choice)
    picture = Picture(content=PIXELS.encode(), source_url=PICTURE_URL)
    identity = StoredIdentity(network="x", account_id=ID, display_name=DISPLAY_NAME, picture=picture)
    return home.identities.save(identity, at=NOW)


def import_files(home, *, again=False):
    """Import the files; again, with a further line, so that they are not skipped as duplicates."""
    folder = home.settings.home.parent / "imports"
    folder.mkdir(exist_ok=True)
    for table, (header, lines) in FILES.items():
        path = folder / f"{table}.csv"
        further = [lines[-1].replace("{day}", "{before}")] if again else []
        text = "\n".join([header, *lines, *further]).format(day=DAY, before=DAY - timedelta(days=3))
        path.write_text(text + "\n", encoding="utf-8")
        if not again or table != "undone":
            options = runs.ImportOptions(table=table, network="x", partial=table == "interactions")
            limits = home.session_limits
            runs.import_files(home.reader, home.lake, [path], options, limits=limits, now=NOW, progress=NullProgress())


def import_stream(home):
    """Write a batch of a stream to the lake."""
    with home.reader() as engine:
        batch = stream_writer.StreamBatch(events=3, cursor=9)
        second = 1_706_700_000
        batch.rows["interactions"] = [
            ("heard1", 1, ID, "b", "p", second, None),
            ("heard2", 1, "b", ID, POST, second, None),
            ("heard3", 1, "k", "b", "p", second, None),
        ]
        batch.rows["presence"] = [(ID, True, second)]
        batch.rows["profiles"] = [(ID, HANDLE, *[None] * 6, second, None)]
        ingest.StreamWriter(engine, home.lake, network="x", source="stream", covers=[1]).write(batch)


def fetch_network(home):
    """Fetch their account from a network."""
    toy = Toy()
    toy.account_id, toy.post = "toy-secret", "toy-post"
    ingest.fetch_network(
        home.reader,
        home.lake,
        home.sync_states,
        [(toy.connector, Account("toy-secret", "ada"))],
        lambda *_: Client(Server("https://toy.example"), RequestBudget(1, 1), clock=lambda: 0.0, sleep=print, seed=1),
        now=lambda: NOW - timedelta(days=29),
        limits=ReadLimits(),
    )


def import_archive(home, *, claim):
    """Import their Mastodon archive."""
    path = pack_zip(home.settings.home.parent, mastodon_files())
    import_archives.import_archives(home, "mastodon-archive", [path], handle=None, claim=claim, now=NOW)


def export(home, folder):
    """Export a day in each format, once as older versions did, and once to a file that is then moved away."""
    folder.mkdir()
    for name in ("scores.csv", "points.parquet", "ledger.jsonl", "moved.csv"):
        days = exports.DayRange(DAY - timedelta(days=40), DAY + timedelta(days=2))
        wanted = exports.TableExport(name.partition(".")[0].replace("moved", "scores"), days)
        destination = exports.parse_destination(str(folder / name))
        exports.export_to_files(home.export_sources, wanted, destination, progress=NullProgress())
    home.days.exports.add(folder / "older.csv")
    with PublishedTables(home.days.find()) as published:
        write_csv(published, "points", folder / "older.csv")
    (folder / "moved.csv").rename(folder.parent / "moved-away.csv")


def leave_killed_files(home):
    """Leave what killed runs leave: spilled tables, staged batches and days, an old copy of the served scores."""
    spilled = home.settings.home / "spill" / "duckdb-killed"
    spilled.mkdir(parents=True)
    (spilled / "held").touch()
    (spilled / "table.tmp").write_text(ID)
    staged_day = home.settings.home / "published" / f"{DAY}" / home.method.version / "killed"
    staged_day.mkdir()
    (staged_day / "scores").write_text(NAME)
    staged_batch = home.lake.root / "_staging" / "killed"
    staged_batch.mkdir()
    (staged_batch / "batch").write_text(ID)
    if (served := home.settings.home / "served").exists():
        (served / "killed.sqlite").write_text(NAME)


def resolve_keys(home):
    """Return the person, and the keys of their accounts and interactions as text."""
    with home.reader() as engine:
        subject = scoring.resolve_subject(NAME, engine, home.lake, home.people)
        engine.scan("stored", home.lake.files("interactions"), LAKE_COLUMNS["interactions"])
        actors = ", ".join(str(key) for _, key in subject.accounts)
        rows = engine.query(f"select interaction from stored where actor in ({actors}) and interaction is not null")
    assert 3 == len(subject.accounts)
    assert 2 == len(rows)
    return subject, {str(key) for _, key in subject.accounts} | {str(row[0]) for row in rows}


def find_words(home, words):
    """Return which of these words any file, column or table of a home, or any export, contains."""
    folders = [home.settings.home, exports_of(home)]
    paths = [path for folder in folders for path in folder.glob("**/*") if path.is_file()]
    raw = {word: word.encode() for word in words}
    raw |= {f"raw {word}": int(word).to_bytes(8, "little") for word in words if word.isdecimal()}
    # Before SQLite is opened to read its values: closing it deletes its other files.
    in_bytes = {word for word, pattern in raw.items() if any(pattern in path.read_bytes() for path in paths)}
    texts = list(read_values(home, [path for path in paths if path.exists()]))
    return in_bytes | {word for word in words if any(word in text for text in texts)}


def read_values(home, paths):
    """Yield all values of all tables as text: of decompressed Parquet, of SQLite and of PostgreSQL."""
    with duckdb.connect() as connection:
        for path in paths:
            if path.suffix == ".parquet" and path.stat().st_size:
                rows = connection.execute(f"select * from read_parquet('{path}', hive_partitioning=false)").fetchall()
                yield repr(rows)
    for path in paths:
        if path.suffix == ".sqlite" and path.read_bytes()[:6] == b"SQLite":
            with contextlib.closing(sqlite3.connect(path)) as connection:
                names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
                yield from (repr(connection.execute(f"select * from {name}").fetchall()) for name in names)
    if home.settings.store.url:
        with psycopg.connect(home.settings.store.url, autocommit=True) as connection:
            select = "select schemaname || '.' || tablename from pg_tables where schemaname = current_schema()"
            names = [row[0] for row in connection.execute(select)]
            assert len(names) > 8
            for name in [*names, "pg_stats"]:
                yield repr(connection.execute(f"select * from {name}").fetchall())
            yield from read_pages(connection)


def read_pages(connection):
    """Yield the server's own files of our tables and their indexes."""
    connection.execute("checkpoint")
    [folder] = connection.execute("show data_directory").fetchone()
    file_paths = """select pg_relation_filepath(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where relkind in ('r', 'i', 't') and n.nspname in (current_schema(), 'pg_toast') and c.oid > 16384"""
    for (path,) in connection.execute(file_paths).fetchall():
        yield (Path(folder) / path).read_bytes().decode("latin-1")


def test_erasure_leaves_nothing_anywhere(home):
    """Every word, id and key is found before by the same search that finds none of them after."""
    subject, numbers = resolve_keys(home)
    if home.settings.store.url:
        with psycopg.connect(home.settings.store.url, autocommit=True) as connection:
            connection.execute("analyze")
    words = {*WORDS, *numbers}
    assert words <= find_words(home, words)
    [slot] = slots_of(home, subject.key)
    assert {NAME, "bob"} == {
        opening.member for entry in home.groups.log.read_entries("club") for opening in entry.openings
    }
    assert f"x:{HANDLE}" in {line.name for line in profile_lines(home, "bob")}

    secret = home.sessions.sign_in(home.sessions.create(at=NOW)[1], subject.key, at=NOW)

    with home.reader() as engine:
        assert 30 < privacy.erase_people(engine, home.personal_data, [subject])

    assert home.sessions.find(secret, at=NOW) is None

    assert set() == find_words(home, words)
    assert [exports_of(home) / "moved.csv"] == home.days.exports.find_missing()
    assert {0} == history_scores(home, slot)
    assert home.groups.log.verify("club").faults == ()
    assert "forgotten" in {line.kind for line in profile_lines(home, "bob")}
    assert not list((home.settings.home / "spill").glob("*killed"))
    assert home.served_scores.by_name("bob")
    assert "bob" in (exports_of(home) / "scores.csv").read_text(encoding="utf-8")


def test_people_are_erased_together(home, monkeypatch):
    """Nothing is left of any of them, and each table of the lake is written again once."""
    subject, numbers = resolve_keys(home)
    with home.reader() as engine:
        others = [scoring.resolve_subject(name, engine, home.lake, home.people) for name in ("bob", "x:c")]
        written = []
        write = DuckDB.write_partitioned
        monkeypatch.setattr(
            DuckDB, "write_partitioned", lambda *args, **options: (written.append(args[2]), write(*args, **options))[1]
        )
        privacy.erase_people(engine, home.personal_data, [subject, *others])

    assert len(written) == len(set(written)) > 3
    keys = {str(key) for other in others for _, key in other.accounts}
    assert set() == find_words(home, {*WORDS, *numbers, *keys})
    assert [] == home.people.all()
    assert home.groups.log.verify("club").faults == ()


def profile_lines(home, name):
    """Return the receipt lines of the actors in a person's profile."""
    profile = answers.load_profile(home.profiles, home.people.by_name(name).key)
    return [line for signal in profile.explanation.signals for line in signal.actors]


def slots_of(home, key):
    """Return the slots of a person in the files of past scores."""
    return home.served_scores._reader.read_person(key, ("slot",)) or ()


def history_scores(home, slot):
    """Return all past scores in a slot."""
    paths = [day.folder / history.HISTORY_FILE for day in home.days.all() if day.is_default]
    assert len(paths) == 3
    return {int.from_bytes(path.read_bytes()[2 * slot : 2 * slot + 2], "little") for path in paths}


def test_erased_person_is_not_imported_again(home):
    """The same files, archive, stream and network bring back nothing of them, but the rows of others."""
    subject, numbers = resolve_keys(home)
    with home.reader() as engine:
        privacy.erase_people(engine, home.personal_data, [subject])
    before = count_interactions(home)

    import_files(home, again=True)
    import_stream(home)
    fetch_network(home)
    import_archive(home, claim=None)

    assert set() == find_words(home, {*WORDS, *numbers} - {NAME})
    assert before <= count_interactions(home)


def count_interactions(home):
    """Return the number of interactions in the lake."""
    with home.reader() as engine:
        engine.scan("stored", home.lake.files("interactions"), LAKE_COLUMNS["interactions"])
        return engine.query("select count(*) from stored")[0][0]


def export_personal_data(home, subject):
    """Return the lines of each file of a person's export."""
    with home.reader() as engine:
        accounts = scoring.load_account_ids(subject, engine, home.lake, home.people)
        personal_data = privacy.collect_personal_data(subject, accounts, home.personal_data, engine)
        parts = privacy.iter_export_parts(subject, accounts, home.personal_data, engine)
        chunks = list(privacy.write_export(subject.name, parts, at=NOW))
    with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as archive:
        assert archive.testzip() is None
        lines = {name.removesuffix(".jsonl"): archive.read(name).decode().splitlines() for name in archive.namelist()}
    lines.pop("README.txt")
    assert {table.name: table.rows for table in personal_data.tables} == {
        name: len(rows) for name, rows in lines.items()
    }
    return lines


def test_export_contains_all_personal_data(home):
    """Every table by every way, with their name, handles, ids and posts, but not who acted on them."""
    subject, _ = resolve_keys(home)
    session = home.sessions.create(at=NOW)[1]
    home.sessions.sign_in(session, subject.key, at=NOW)
    home.privacy_requests.add("erase", key=subject.key, at=NOW)
    home.people.trust.remove_seed(subject.key, reason="sells likes", at=NOW)
    home.people.trust.request_review(subject.key, "my fans are real", at=NOW)
    statement = {"statement_id": "s1", "token": "t", "issued_at": NOW, "expires_at": NOW, "revoked_at": None}
    home.statements.add(IssuedStatement(key=subject.key, **statement))
    subscription = home.subscriptions.add(subject.key, channel="webhook", address="https://toy.example/", at=NOW)
    home.deliveries.queue(subscription, "move/1", {"title": "rose"}, at=NOW, due_at=NOW)

    home.api_keys.create("laptop", per_second=1, per_day=1, at=NOW, owner=home.people.by_key(subject.key))
    tables = export_personal_data(home, subject)

    text = "\n".join(line for lines in tables.values() for line in lines)
    words = {*WORDS} - {PIXELS} | {b64encode(PIXELS.encode()).decode()}
    assert not [word for word in words if word not in text]
    stored = ("person", "claims", "sessions", "privacy_requests", "groups", "group_log", "sync_states", "sync_counts")
    stored += ("judgements", "account_names", "profiles", "recomputed_scores", "identities", "identity_choices")
    stored += (
        "seed_removals",
        "review_requests",
        "statements",
        "subscriptions",
        "deliveries",
        "person_changes",
        "api_keys",
    )
    assert {f"store/{name}" for name in stored} <= tables.keys()
    assert {"lake/undone/x", "lake/presence/x", "lake/handles/x", "lake/tallies/x", "lake/profiles/x"} <= tables.keys()
    assert {"repost", "reply"} == {
        json.loads(line)["verb"]
        for name in ("actor", "target")
        for line in tables[f"lake/interactions/x as {name}"]
        if json.loads(line)["at"].startswith(f"{DAY}") and json.loads(line)["verb"] != "like"
    }
    received = [json.loads(line) for line in tables["lake/interactions/x as target"]]
    assert 5 == len(received)
    assert {"at", "network", "post", "verb", "interaction", "unverified"} == set(received[0])
    assert {"b"} == {json.loads(line)["target_id"] for line in tables["lake/interactions/x as actor"]}
    assert 3 * 4 == sum(name.startswith("published/") for name in tables)
    assert {"ledger/3/entries as actor", "ledger/3/entries as target"} <= tables.keys()


def test_after_erasure_only_the_opt_out_is_exported(home):
    """The export covers exactly what is erased."""
    subject, _ = resolve_keys(home)
    assert export_personal_data(home, subject)
    with home.reader() as engine:
        privacy.erase_people(engine, home.personal_data, [subject])

        account_key = subject.accounts[0][1]
        personal_data = privacy.collect_personal_data(subject, {("x", ID): account_key}, home.personal_data, engine)

    assert {"store/opt_outs": 1} == {table.name: table.rows for table in personal_data.tables}


def test_request_that_fails_stops_no_other(home, monkeypatch):
    """Those of one kind are processed together, and each by itself if that fails; the home has one of an account."""
    subject, _ = resolve_keys(home)
    keys = [subject.key, home.people.by_name("bob").key]
    for key in keys:
        home.privacy_requests.add("erase", key=key, at=NOW)
    erase, erased = privacy_requests.erase_people, []

    def erase_unless_damaged(engine, stores, subjects):
        erased.append([other.name for other in subjects])
        if subject.key in {other.key for other in subjects}:
            raise RenownError("damaged")
        return erase(engine, stores, subjects)

    monkeypatch.setattr(privacy_requests, "erase_people", erase_unless_damaged)
    results = runs.process_requests(home.reader, home.personal_data, home.settings.home, now=lambda: NOW)

    assert [(False, "damaged"), (True, ""), (True, "")] == sorted((row.done, row.message) for row in results)
    assert home.people.by_key(keys[0]) is not None
    assert home.people.by_key(keys[1]) is None
    assert [3, 1, 1, 1] == list(map(len, erased))


def test_requests_beyond_one_batch_are_processed(home, monkeypatch):
    """In the same run, in further batches."""
    monkeypatch.setattr(privacy_requests, "MAX_BATCH", 2)
    for number in range(5):
        home.privacy_requests.add("opt-out", account=("x", f"unknown{number}"), at=NOW)

    results = runs.process_requests(home.reader, home.personal_data, home.settings.home, now=lambda: NOW)

    assert {True} == {result.done for result in results}
    assert all(home.people.opt_outs.has("x", f"unknown{number}") for number in range(5))


@pytest.mark.proof
def test_erasure_request_is_processed_once_the_lake_is_free(home):
    """It ends the person's sessions and others' verifications of their accounts, and finishes all of their requests."""
    subject, numbers = resolve_keys(home)
    secret = home.sessions.sign_in(home.sessions.create(at=NOW)[1], subject.key, at=NOW)
    others = home.sessions.create(at=NOW)[1]
    home.sessions.request_verification(others, "x", ID, HANDLE, at=NOW)
    tickets = [home.privacy_requests.add(kind, key=subject.key, at=NOW) for kind in ("opt-out", "erase")]
    tickets.append(home.privacy_requests.add("erase", account=("x", ID), at=NOW))

    def process(**options):
        return runs.process_requests(home.reader, home.personal_data, home.settings.home, now=lambda: NOW, **options)

    with home.lake.write_batch():
        blocked = process(lock_timeout=0.3)
    assert [False, True] == sorted({result.done for result in blocked})
    assert "another process" in next(result.message for result in blocked if not result.done)
    results = process()

    assert results
    assert all(result.done for result in results)
    assert set() == find_words(home, {*WORDS, *numbers})
    assert home.sessions.find(secret, at=NOW) is None
    assert all(home.privacy_requests.find(ticket).is_finished for ticket in tickets)
    assert [] == process()
