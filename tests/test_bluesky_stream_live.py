"""The event stream against Bluesky's own servers: the lake has exactly what people did there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from bluesky_local import Bluesky, start_network
from renown.connectors.bluesky.subscribe import FEEDS
from renown.engines.duckdb import DuckDB
from renown.records import LAKE_COLUMNS, VERBS

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

LIKE, REPOST, POST = "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.feed.post"
FOLLOW, LIST, ITEM = "app.bsky.graph.follow", "app.bsky.graph.list", "app.bsky.graph.listitem"
TIMEOUT = 60
"""Seconds until the lake must have a change."""
SCENARIO = {
    "accounts": ["ada", "bob", "cyd", "dan", "eve"],
    "posts": [{"id": post, "by": "ada", "days_ago": 1, "text": post} for post in ("first", "second")],
}
Act = tuple[str, str, str, str | None]


@pytest.fixture(scope="module")
def bluesky(tmp_path_factory) -> Iterator[Bluesky]:
    """Start the network once."""
    with start_network(SCENARIO, tmp_path_factory.mktemp("bluesky")) as running:
        yield running


@dataclass
class Activity:
    """What people do, and which acts are current in the end."""

    bluesky: Bluesky
    current: dict[str, list[Act]] = field(default_factory=dict)
    """AT-URI of a record to its acts: verb, actor, target, post."""

    def react(self, name: str, collection: str, post: dict[str, str]) -> dict[str, str]:
        """Like or repost a post."""
        verb, target = collection.rpartition(".")[2], self.bluesky.name(post["uri"].split("/")[2])
        created = self.bluesky.create(name, collection, subject=post)
        self.current[created["uri"]] = [(verb, name, target, post["uri"])]
        return created

    def follow(self, name: str, target: str) -> dict[str, str]:
        """Follow an account."""
        created = self.bluesky.create(name, FOLLOW, subject=self.bluesky.did(target))
        self.current[created["uri"]] = [("follow", name, target, None)]
        return created

    def add_to_list(self, name: str, target: str) -> dict[str, str]:
        """Add an account to a new list."""
        created = self.bluesky.create(name, LIST, name="a list", purpose="app.bsky.graph.defs#curatelist")
        item = self.bluesky.create(name, ITEM, subject=self.bluesky.did(target), list=created["uri"])
        self.current[item["uri"]] = [("list", name, target, None)]
        return item

    def post(self, name: str, *, reply=None, quote=None, mention=None) -> dict[str, str]:
        """Reply to a post, quote one and mention an account, in one post."""
        record, acts = {"text": "@somebody and words"}, []
        if reply:
            record["reply"] = {"parent": reply, "root": reply}
            acts.append(("reply", name, self.bluesky.name(reply["uri"].split("/")[2]), reply["uri"]))
        if quote:
            record["embed"] = {"$type": "app.bsky.embed.record", "record": quote}
            acts.append(("quote", name, self.bluesky.name(quote["uri"].split("/")[2]), quote["uri"]))
        if mention:
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": self.bluesky.did(mention)}
            record["facets"] = [{"features": [feature], "index": {"byteStart": 0, "byteEnd": 9}}]
            acts.append(("mention", name, mention, None))
        created = self.bluesky.create(name, POST, **record)
        self.current[created["uri"]] = acts
        return created

    def undo(self, record: dict[str, str]) -> None:
        """Delete a record and with it all its acts."""
        self.bluesky.delete(record)
        del self.current[record["uri"]]

    def acts(self) -> list[Act]:
        """Return the current acts."""
        return sorted((act for acts in self.current.values() for act in acts), key=repr)


@pytest.fixture
def query_lake(home, bluesky) -> Callable[[str], list[tuple]]:
    """Return a function that queries the lake, with names for DIDs."""

    def query(sql: str) -> list[tuple]:
        with DuckDB() as engine:
            for table in ("interactions", "undone", "presence", "handles", "accounts"):
                engine.scan(table, home.lake.files(table), LAKE_COLUMNS[table])
            names = {did: handle.removesuffix(".test") for handle, did in bluesky.dids.items()}
            return [tuple(names.get(value, value) for value in row) for row in engine.query(sql)]

    return query


CURRENT = """
select i.verb, a.account_id, t.account_id, i.post from interactions i
join accounts a on a.account = i.actor join accounts t on t.account = i.target
anti join undone u on u.interaction = i.interaction"""
PRESENCE = """
select account_id, present from presence join accounts using (account) order by day_no, second, present"""
HANDLES = "select account_id, arg_max(handle, seen) from handles join accounts using (account) group by account_id"


def with_verb_names(rows: list[tuple]) -> list[Act]:
    """Return acts with names of verbs instead of numbers."""
    verb_names = {number: verb for verb, number in VERBS.items()}
    return sorted(((verb_names[verb], *rest) for verb, *rest in rows), key=repr)


@pytest.fixture
def start_stream(home, bluesky) -> Iterator[Callable[[], subprocess.Popen]]:
    """Return a function that starts the program; it ends with the test."""
    arguments = ["stream", "bluesky", "--source", "firehose", "--url", bluesky.firehose, "--for", "300"]
    arguments += ["--batch-events", "20", "--batch-seconds", "0.2"]
    command = [
        sys.executable,
        "-c",
        "from renown.cli import main; main()",
        "--home",
        str(home.settings.home),
        *arguments,
    ]
    started = []

    def start() -> subprocess.Popen:
        started.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=30)


def wait_until(condition: Callable[[], bool], message: str) -> None:
    """Wait until the lake has a change."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, message
        time.sleep(0.1)


def test_lake_agrees_with_the_network(home, bluesky, start_stream, query_lake):
    """All kinds of activity, through a kill, while the program is down, and after its restart."""
    source, activity = FEEDS["firehose"].source_name(bluesky.firehose), Activity(bluesky)
    params = {"repo": bluesky.did("ada"), "collection": POST}
    records = bluesky.web.get(f"{bluesky.pds}/xrpc/com.atproto.repo.listRecords", params=params).json()["records"]
    first, second = ({"uri": record["uri"], "cid": record["cid"]} for record in reversed(records))
    process = start_stream()
    # It starts now and misses events before it listens, so post without an act until it does.
    wait_until(
        lambda: bool(activity.post("eve")) and home.lake.cursor("interactions", source) is not None,
        "it does not listen",
    )

    liked, reposted = activity.react("bob", LIKE, first), activity.react("cyd", REPOST, first)
    followed = activity.follow("bob", "ada")
    activity.add_to_list("cyd", "ada")
    combined = activity.post("dan", reply=first, quote=second, mention="bob")
    reply = activity.post("bob", reply=second)
    wait_until(lambda: len(query_lake(CURRENT)) > 0, "nothing reached the lake")
    activity.react("ada", LIKE, reply)
    process.send_signal(signal.SIGKILL)
    process.wait(30)

    activity.undo(liked)
    activity.undo(combined)
    activity.react("bob", LIKE, second)
    bluesky.call("cyd", "com.atproto.identity.updateHandle", handle="sid.test")
    for name in ("eve", "dan"):
        bluesky.call(name, "com.atproto.server.deactivateAccount")
    process = start_stream()
    activity.undo(followed)
    activity.undo(reposted)
    activity.react("cyd", REPOST, first)
    bluesky.call("eve", "com.atproto.server.activateAccount")
    activity.post("cyd", quote=first)
    activity.post("bob", mention="cyd")
    activity.follow("eve", "ada")

    wait_until(lambda: with_verb_names(query_lake(CURRENT)) == activity.acts(), f"{activity.acts()} expected")
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=30)
    assert (0, "") == (process.returncode, errors)
    assert "gap" not in output
    assert activity.acts() == with_verb_names(query_lake(CURRENT))
    assert 8 == len(activity.acts())
    rows = query_lake("select count(*), count(distinct (interaction, verb, actor, target)) from interactions")
    assert [(14, 14)] == rows, "current and undone acts, none twice"
    assert {("dan", False), ("eve", False), ("eve", True)} == set(query_lake(PRESENCE))
    assert ("cyd", "sid.test") in query_lake(HANDLES)
