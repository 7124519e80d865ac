"""The demo's community behind a server, with somebody crowded and strangers whose words are hostile."""

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
import pytest

from renown import assembly, jobs
from renown.assembly import Home
from renown.connectors import demo
from renown.jobs.progress import Silent
from renown.records import SAID, VERBS, day_number
from renown.steps import Step
from renown.store import Person, PublishedDay

LAST = date(2026, 11, 23)
NOW = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
GROUP, TITLED = jobs.demo.CLUB, "titled"
_SECONDS = 86_400
_DAYS_KEPT, _SCORED = 90, 3

CROWDED, ACTORS = "grand", 5_000
"""Who has the history and the actors by which pages are weighed, and how many actors."""
HOSTILE = {
    "<script>alert(1)</script>": "evil\u202egpj.exe",
    '"><img src=x onerror=alert(1)>': "' onmouseover='alert(1)",
    "W" * 100: "w" * 100,
    "{{7*7}} ${7*7} مرحبا": "\u202e\u2066<b>bold",
}
"""People's names to the handles of their accounts."""
POSTS = ("javascript:alert(1)", '"><script>alert(1)</script>', "https://x.example/" + "p" * 300, "\u202elrt")
NEW = "newbie"
"""Somebody who came on the last day."""


def crowded(folder: Path) -> Home:
    """
    Return the demo's community with hostile strangers, and somebody whom thousands react to.

    Its last three days are scored, for each costs a second; the eighty-seven before hold made-up scores of the
    claimed: pages read of them what is kept ready and no more.
    """
    home = _simulated(folder, last=LAST, now=NOW)
    _strangers(home)
    for ago in range(_DAYS_KEPT - 1, _SCORED - 1, -1):
        _made_up(home, LAST - timedelta(days=ago))
    _race(home)
    _published(home, last=LAST, now=NOW)
    return home


def small(folder: Path, *, now: datetime) -> Home:
    """Return a demo of sixty people and forty days, published up to yesterday."""
    last = now.date() - timedelta(days=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "MEMBERS", 60)
        patch.setattr(demo, "DAYS", 40)
        home = _simulated(folder, last=last, now=now)
    _published(home, last=last, now=now)
    return home


def _simulated(folder: Path, *, last: date, now: datetime) -> Home:
    home = assembly.open_demo(folder, {})
    jobs.demo.simulate(home.reader, home.lake, home.people, last=last, seed=1, now=now, progress=Silent())
    return home


def _published(home: Home, *, last: date, now: datetime) -> None:
    parts = (home.engine, home.lake, home.days, home.people, home.groups, home.method)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs.demo, "SCORED_DAYS", _SCORED)
        jobs.demo.publish(*parts, last=last, now=now, progress=Silent())
    jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, home.days.find())


def _race(home: Home) -> None:
    """Let those with hostile names race, in a group with a title to match."""
    before = NOW - timedelta(days=40)
    home.groups.create(TITLED, goal=50, title="<i>\"titled\"</i> & 'all'", at=before)
    for name in (CROWDED, *HOSTILE):
        home.groups.join(TITLED, _person(home, name), at=before)


def _strangers(home: Home) -> None:
    """Claim accounts by hostile names, and let everybody react to each other and thousands to one."""
    draw = random.Random(7)
    claimed = [CROWDED, *HOSTILE, NEW]
    ids = {name: str(number) for number, name in enumerate(claimed, 1)}
    last = day_number(LAST)
    for name, account_id in ids.items():
        home.people.add(name, [("x", account_id)], at=NOW)
    acts = [
        (verb, str(1000 + actor), ids[CROWDED], f"post/{draw.randrange(300)}", draw.randrange(_DAYS_KEPT))
        for actor in range(ACTORS)
        for verb in ("like", "reply", "repost")
    ]
    mutual = [name for name in claimed if name != NEW]
    acts += [
        ("reply", ids[actor], ids[target], post, ago)
        for actor in mutual
        for target in mutual
        if actor != target
        for ago, post in enumerate(POSTS)
    ]
    acts.append(("like", "1000", ids[NEW], "post/1", 0))
    interactions = [
        (f"a{n}", VERBS[verb], actor, target, post, (last - ago) * _SECONDS + 60)
        for n, (verb, actor, target, post, ago) in enumerate(acts)
    ]
    profiles = [
        (account_id, HOSTILE.get(name, name), 900, 10, 10, None, False, 0, (last - 100 * (name != NEW)) * _SECONDS)
        for name, account_id in ids.items()
    ]
    given: dict[str, list[tuple[Any, ...]]] = {"interactions": [*interactions], "profiles": [*profiles]}
    for table, rows in given.items():
        with home.reader() as session:
            session.table("strangers", rows, SAID[table])
            said = Step("batch", "select * from strangers", SAID[table], stored=False)
            covers = sorted({row[1] for row in interactions})
            jobs.collect(session, home.lake, said, table=table, network="x", covers=covers)


def _made_up(home: Home, day: date) -> None:
    """Publish a day on which the claimed had scores that nothing was counted for."""
    who = [person for person in home.people.all() if person.name != NEW]
    drawn = random.Random(day.toordinal())
    rows = [
        (one.key, one.name, round(30 + (one.person_id * 7) % 20 + drawn.random(), 6), 100, 1, 1, 10, 90) for one in who
    ]
    method = home.method
    with home.days.staging(day, method.version) as folder:
        for table in ("scores", "points", "strengths", "actors"):
            (folder / table).mkdir()
        with duckdb.connect() as connection:
            connection.execute(
                "create table s (person bigint, name text, score double, strength bigint,"
                " accounts bigint, networks bigint, people bigint, days bigint)"
            )
            connection.executemany("insert into s values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute(f"copy s to '{folder}/scores/part.parquet'")
        said = PublishedDay(
            *(day, method.version, method.digest, method.text, "0" * 64, "duckdb", folder, len(rows), {}, NOW)
        )
        home.days.publish(said)


def _person(home: Home, name: str) -> Person:
    found = home.people.by_name(name)
    assert found is not None, name
    return found


def signed_in(folder: Path, who: str) -> str:
    """Sign somebody in; return the secret of their session."""
    home, now = assembly.open_home(folder, {}), datetime.now(UTC)
    _, begun = home.sessions.begin(at=now)
    return home.sessions.sign_in(begun, _person(home, who).key, at=now)


@contextlib.contextmanager
def served(home: Path, *more: str, **told: str) -> Iterator[str]:
    """Serve a home by `renown serve`, with more options or settings, on a free port; yield where its start page is."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENOWN")}
    # Browsers ask for a page's parts at once, and tests for many pages: a visitor's allowance is tested elsewhere.
    environment = kept | {"RENOWN_PER_SECOND": "100000", "RENOWN_PER_DAY": "100000000"} | told
    command = [sys.executable, "-m", "renown", "--home", str(home), "serve", "--port", str(port), *more]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(server, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    msg = f"`renown serve` did not answer on port {port} within 60 s; what it printed says why"
    raise RuntimeError(msg)
