"""Create homes for browser tests (the demo, a popular person, hostile names), and serve them."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from renown import answers, demo, ingest
from renown.home import Home, open_demo, open_home
from renown.home.app_state import build_app_state
from renown.ingest.identities import clean_display_name
from renown.progress import NullProgress
from renown.records import BATCH_COLUMNS, VERBS, day_number
from renown.runs import profiles as runs_profiles
from renown.steps import Step, quote_literal
from renown.store import Person, PublishedDay, Recomputation, StoredIdentity
from renown.web.statements import issue_statement

LAST = date(2026, 11, 23)
"""Last published day."""
NOW = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
GROUP = demo.GROUP_NAME
HOSTILE_GROUP = "titled"
"""Group with a hostile title and members with hostile names."""
_DAY_SECONDS = 86_400
_HISTORY_DAYS = 90
"""Published days, of which only the last ones are really scored."""
SMALL_SIZE = demo.DemoSize(
    members=900, days=24, published_days=2, public_figures=3, professionals=2, everyday_claims=12, paid_accounts=40
)
"""Size of the demo in tests: large enough for every kind of member."""

POPULAR, ACTORS = "grand", 5_000
"""Person with a full history and many actors, by whom the weight of a page is measured; number of actors."""
HOSTILE_NAMES = {
    "<script>alert(1)</script>": "evil\u202egpj.exe",
    '"><img src=x onerror=alert(1)>': "' onmouseover='alert(1)",
    "W" * 100: "w" * 100,
    "{{7*7}} ${7*7} مرحبا": "\u202e\u2066<b>bold",
}
"""Names of people to handles of their accounts."""
_HOSTILE_POSTS = ("javascript:alert(1)", '"><script>alert(1)</script>', "https://x.example/" + "p" * 300, "\u202elrt")
NEWCOMER = "newbie"
"""Person whose first reaction came on the last day."""
WAITING, FRESH = "waiting", "fresh"
"""People without a published score: the first score of one is being computed, that of the other is there."""


def create_popular_demo(folder: Path) -> Home:
    """
    Create the demo with hostile names and a popular person.

    Only its last two days are scored, since each takes seconds; the 88 days before contain invented scores of claimed
    people: of old days, pages read nothing else.
    """
    home = open_demo(folder, {})
    _import(home, SMALL_SIZE, last=LAST, now=NOW)
    _import_claimed_people(home)
    _publish_invented_days(home)
    _create_hostile_group(home)
    _save_hostile_identities(home)
    _publish(home, SMALL_SIZE, last=LAST, now=NOW)
    return home


def create_small_demo(folder: Path, *, now: datetime) -> Home:
    """Create a small demo, published up to yesterday."""
    home = open_demo(folder, {})
    create_demo(home, SMALL_SIZE, last=now.date() - timedelta(days=1), now=now)
    return home


def create_demo(home: Home, size: demo.DemoSize, *, last: date, now: datetime) -> None:
    """Simulate, import and publish a demo of a size."""
    _import(home, size, last=last, now=now)
    _publish(home, size, last=last, now=now)


def _import(home: Home, size: demo.DemoSize, *, last: date, now: datetime) -> None:
    demo.import_demo(home.run_resources, home.claims, last=last, seed=1, now=now, progress=NullProgress(), size=size)
    with home.reader() as engine:
        demo.list_landmarks(home.settings.home, engine, home.lake, last=last)


def _publish(home: Home, size: demo.DemoSize, *, last: date, now: datetime) -> None:
    demo.publish_demo(home.run_resources, last=last, now=now, progress=NullProgress(), size=size)
    runs_profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, home.days.find())


def _create_hostile_group(home: Home) -> None:
    """Create a group with a hostile title, joined by everybody with a hostile name."""
    created_at = NOW - timedelta(days=40)
    home.groups.create(HOSTILE_GROUP, goal=50, title="<i>\"titled\"</i> & 'all'", at=created_at)
    for name in (POPULAR, *HOSTILE_NAMES):
        home.groups.join(HOSTILE_GROUP, _find_person(home, name), at=created_at)


def _save_hostile_identities(home: Home) -> None:
    """Give everybody with a hostile name that of another as display name, and a picture."""
    picture = home.identities.list_of(_find_person(home, "ada").key)[0].picture
    for name, display_name in zip(HOSTILE_NAMES, reversed(HOSTILE_NAMES), strict=True):
        [(network, account_id)] = _find_person(home, name).accounts
        identity = StoredIdentity(
            network=network, account_id=account_id, display_name=clean_display_name(display_name), picture=picture
        )
        home.identities.save(identity, at=NOW)


def _import_claimed_people(home: Home) -> None:
    """Claim accounts by hostile names; import reactions between them, and of thousands to the popular person."""
    rng = random.Random(7)
    names = [POPULAR, *HOSTILE_NAMES, NEWCOMER]
    ids = {name: str(number) for number, name in enumerate(names, 1)}
    last = day_number(LAST)
    for name, account_id in ids.items():
        home.people.add(name, [("x", account_id)], at=NOW)
    reactions = [
        (verb, str(1000 + actor), ids[POPULAR], f"post/{rng.randrange(300)}", rng.randrange(_HISTORY_DAYS))
        for actor in range(ACTORS)
        for verb in ("like", "reply", "repost")
    ]
    friends = [name for name in names if name != NEWCOMER]
    reactions += [
        ("reply", ids[actor], ids[target], post, days_ago)
        for actor in friends
        for target in friends
        if actor != target
        for days_ago, post in enumerate(_HOSTILE_POSTS)
    ]
    reactions.append(("like", "1000", ids[NEWCOMER], "post/1", 0))
    interactions = [
        (f"a{n}", VERBS[verb], actor, target, post, (last - days_ago) * _DAY_SECONDS + 60, None)
        for n, (verb, actor, target, post, days_ago) in enumerate(reactions)
    ]
    seen_at = {name: (last if name == NEWCOMER else last - 100) * _DAY_SECONDS for name in names}
    profiles = [
        (account_id, HOSTILE_NAMES.get(name, name), 900, 10, 10, None, False, 0, seen_at[name], None)
        for name, account_id in ids.items()
    ]
    tables: dict[str, list[tuple[Any, ...]]] = {"interactions": [*interactions], "profiles": [*profiles]}
    for table, rows in tables.items():
        with home.reader() as session:
            session.create_table("strangers", rows, BATCH_COLUMNS[table])
            batch = Step(name="batch", sql="select * from strangers", columns=BATCH_COLUMNS[table], stored=False)
            covers = sorted({row[1] for row in interactions})
            ingest.import_batch(session, home.lake, batch, table=table, network="x", covers=covers)


_EMPTY_TABLES = {
    "points": "0::bigint as person, '' as network, 0::bigint as account, '' as signal, 0::bigint as received,"
    " 0.0::double as value, 0::bigint as weight, 0.0::double as points, 0::bigint as self_reported",
    "strengths": "0::bigint as person, 0::bigint as account, '' as network, 0::bigint as strength,"
    " 0::bigint as weights, 0::bigint as people, 0::bigint as days",
    "actors": "0::bigint as actor",
}
"""Published table without rows to its columns."""


def _publish_invented_days(home: Home) -> None:
    """Publish the days before those that are scored, with invented scores of the claimed people, without points."""
    people = [person for person in home.people.all() if person.name != NEWCOMER]
    with duckdb.connect() as connection:
        connection.execute(
            "create table s (person bigint, name text, score double, strength bigint,"
            " accounts bigint, networks bigint, people bigint, days bigint, verified_score double)"
        )
        for days_ago in range(_HISTORY_DAYS - 1, SMALL_SIZE.published_days - 1, -1):
            day = LAST - timedelta(days=days_ago)
            rng = random.Random(day.toordinal())
            scores = [round(30 + (person.person_id * 7) % 20 + rng.random(), 6) for person in people]
            rows = [
                (person.key, person.name, score, 100, 1, 1, 10, 90, score)
                for person, score in zip(people, scores, strict=True)
            ]
            values = ", ".join(f"({', '.join(map(quote_literal, row))})" for row in rows)
            connection.execute(f"delete from s; insert into s values {values}")
            _publish_invented_day(home, day, connection, len(rows))


def _publish_invented_day(home: Home, day: date, connection: duckdb.DuckDBPyConnection, people: int) -> None:
    """Publish the scores in table `s` of a connection."""
    method = home.method
    with home.days.staging_folder(day, method.version) as folder:
        for table in ("scores", "points", "strengths", "actors"):
            (folder / table).mkdir()
        connection.execute(f"copy s to '{folder}/scores/part.parquet'")
        for table, columns in _EMPTY_TABLES.items():
            connection.execute(f"copy (select {columns} where false) to '{folder}/{table}/part.parquet'")
        published_day = PublishedDay(
            day=day,
            method=method.version,
            method_digest=method.digest,
            method_text=method.text,
            inputs="0" * 64,
            engine="duckdb",
            folder=folder,
            people=people,
            lake={},
            published_at=NOW,
        )
        home.days.publish(published_day)


def _find_person(home: Home, name: str) -> Person:
    person = home.people.by_name(name)
    assert person is not None, name
    return person


def add_first_scores(folder: Path) -> None:
    """Add people who just claimed an account to a home that is served: what waits is not computed."""
    home, now = open_home(folder, {}), datetime.now(UTC)
    today = day_number(now.date())
    waiting, fresh = (home.people.add(name, [("x", name)], at=now) for name in (WAITING, FRESH))
    body = home.profiles.find(_find_person(home, "ada").key)
    assert body is not None
    profile = answers.deserialize_profile(body[1])
    scores = [(today - age, 30.0 + age % 7) for age in range(1, _HISTORY_DAYS)][::-1]
    scores.append((today, profile.explanation.receipt.score))
    recomputation = Recomputation(person_id=fresh.person_id, scores=scores, inputs="")
    home.days.recomputed.save([recomputation], method=home.method.version, at=now)
    home.first_scores.request(fresh.key, at=now)
    fresh_job = home.first_scores.claim_next("test", at=now)
    assert fresh_job is not None
    home.first_scores.save_profile(fresh_job, body[1], departures=home.days.count_departures())
    home.first_scores.update(fresh_job, at=now, stage="done")
    home.first_scores.request(waiting.key, at=now)
    job = home.first_scores.claim_next("test", at=now + timedelta(days=1))
    assert job is not None
    home.first_scores.update(job, at=now + timedelta(days=1), posts=41, people=1_234)


def add_personal_pages(folder: Path, name: str) -> list[str]:
    """Add what has a page with a secret or id in its path to a home that is served; return the paths."""
    home, now = open_home(folder, {}), datetime.now(UTC)
    person = _find_person(home, name)
    statement = issue_statement(build_app_state(home), person, list(answers.STATEMENT_PARTS), 90)
    subscription = home.subscriptions.add(person.key, channel="mail", address="ada@example.org", at=now)
    ticket = home.privacy_requests.add("erase", account=("x", "nobody"), at=now)
    return [
        f"/statements/{statement.statement_id}",
        f"/verify?statement={statement.token}",
        f"/subscriptions/{subscription.secret}",
        f"/me/requests/{ticket}",
        f"/me/groups/{GROUP}?invitation={home.groups.invite(GROUP, at=now)}",
        "/me/data",
    ]


def sign_in(folder: Path, name: str) -> str:
    """Sign a person in; return the secret of the session."""
    home, now = open_home(folder, {}), datetime.now(UTC)
    _, secret = home.sessions.create(at=now)
    return home.sessions.sign_in(secret, _find_person(home, name).key, at=now)


@contextlib.contextmanager
def serve_home(home: Path, *options: str, **environment: str) -> Iterator[str]:
    """Serve a home by `renown serve` on a free port, with more options or variables; yield the site's URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RENOWN")}
    # Browsers request all files of a page at once; rate limits are tested elsewhere.
    limits = {"RENOWN_PER_SECOND": "100000", "RENOWN_PER_DAY": "100000000"}
    command = [sys.executable, "-m", "renown", "--home", str(home), "serve", "--port", str(port), *options]
    server = subprocess.Popen(command, env=inherited | limits | environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for_server(server, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _wait_for_server(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"`renown serve` did not accept connections on port {port} within 60 s; see its output")
