"""The stream against the network's own servers: what people do on them stands in the lake, exactly."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from bluesky_local import Bluesky, network
from renown.connectors.bluesky.follow import FEEDS
from renown.engines.duckdb import DuckDB
from renown.records import KEPT, VERBS

pytestmark = [pytest.mark.whole, pytest.mark.timeout(900)]

LIKE, REPOST, POST = "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.feed.post"
FOLLOW, LIST, ITEM = "app.bsky.graph.follow", "app.bsky.graph.list", "app.bsky.graph.listitem"
LONGEST = 60
"""Seconds until the lake must have what happened."""
SCENARIO = {
    "accounts": ["ada", "bob", "cyd", "dan", "eve"],
    "posts": [{"id": post, "by": "ada", "days_ago": 1, "text": post} for post in ("first", "second")],
}
Act = tuple[str, str, str, str | None]


@pytest.fixture(scope="module")
def bluesky(tmp_path_factory) -> Iterator[Bluesky]:
    """Start the network once."""
    with network(SCENARIO, tmp_path_factory.mktemp("bluesky")) as up:
        yield up


@dataclass
class Sky:
    """What people do, and what of it is to stand in the end."""

    up: Bluesky
    standing: dict[str, list[Act]] = field(default_factory=dict)
    """AT-URI of a record to its acts: verb, actor, target, post."""

    def react(self, name: str, collection: str, post: dict[str, str]) -> dict[str, str]:
        """Like or repost somebody's post."""
        verb, target = collection.rpartition(".")[2], self.up.name(post["uri"].split("/")[2])
        made = self.up.makes(name, collection, subject=post)
        self.standing[made["uri"]] = [(verb, name, target, post["uri"])]
        return made

    def follow(self, name: str, target: str) -> dict[str, str]:
        """Follow somebody."""
        made = self.up.makes(name, FOLLOW, subject=self.up.did(target))
        self.standing[made["uri"]] = [("follow", name, target, None)]
        return made

    def enlist(self, name: str, target: str) -> dict[str, str]:
        """Put somebody on a new list of one's own."""
        made = self.up.makes(name, LIST, name="a list", purpose="app.bsky.graph.defs#curatelist")
        item = self.up.makes(name, ITEM, subject=self.up.did(target), list=made["uri"])
        self.standing[item["uri"]] = [("list", name, target, None)]
        return item

    def post(self, name: str, *, reply=None, quote=None, mention=None) -> dict[str, str]:
        """Reply to a post, quote one and mention somebody, all in one post or each alone."""
        record, acts = {"text": "@somebody and words"}, []
        if reply:
            record["reply"] = {"parent": reply, "root": reply}
            acts.append(("reply", name, self.up.name(reply["uri"].split("/")[2]), reply["uri"]))
        if quote:
            record["embed"] = {"$type": "app.bsky.embed.record", "record": quote}
            acts.append(("quote", name, self.up.name(quote["uri"].split("/")[2]), quote["uri"]))
        if mention:
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": self.up.did(mention)}
            record["facets"] = [{"features": [feature], "index": {"byteStart": 0, "byteEnd": 9}}]
            acts.append(("mention", name, mention, None))
        made = self.up.makes(name, POST, **record)
        self.standing[made["uri"]] = acts
        return made

    def undo(self, record: dict[str, str]) -> None:
        """Take a record back, with all its acts."""
        self.up.unmakes(record)
        del self.standing[record["uri"]]

    def acts(self) -> list[Act]:
        """Return the acts that are to stand."""
        return sorted((act for acts in self.standing.values() for act in acts), key=repr)


@pytest.fixture
def held(home, bluesky) -> Callable[[str], list[tuple]]:
    """Return a function that asks the lake, with names for accounts."""

    def ask(sql: str) -> list[tuple]:
        with DuckDB() as engine:
            for table in ("interactions", "undone", "presence", "handles", "accounts"):
                engine.scan(table, home.lake.files(table), KEPT[table])
            names = {did: handle.removesuffix(".test") for handle, did in bluesky.dids.items()}
            return [tuple(names.get(value, value) for value in row) for row in engine.rows(sql)]

    return ask


STANDING = """
select i.verb, a.account_id, t.account_id, i.post from interactions i
join accounts a on a.account = i.actor join accounts t on t.account = i.target
anti join undone u on u.interaction = i.interaction"""
PRESENCE = """
select account_id, present from presence join accounts using (account) order by day_no, second, present"""
HANDLES = "select account_id, arg_max(handle, seen) from handles join accounts using (account) group by account_id"


def verbs(rows: list[tuple]) -> list[Act]:
    """Return acts with words for verbs."""
    words = {number: verb for verb, number in VERBS.items()}
    return sorted(((words[verb], *rest) for verb, *rest in rows), key=repr)


@pytest.fixture
def follower(home, bluesky) -> Iterator[Callable[[], subprocess.Popen]]:
    """Return a function that starts the program; what it started ends with the test."""
    words = ["stream", "bluesky", "--source", "firehose", "--url", bluesky.firehose, "--for", "300"]
    words += ["--batch-events", "20", "--batch-seconds", "0.2"]
    command = [sys.executable, "-c", "from renown.cli import main; main()", "--home", str(home.settings.home), *words]
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


def until(true: Callable[[], bool], said: str) -> None:
    """Wait until the lake has it."""
    ends = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < ends, said
        time.sleep(0.1)


def test_what_stands_on_the_network_stands_in_the_lake(home, bluesky, follower, held):
    """Everything people do, through a kill in the middle, while the program is away and after it is back."""
    source, sky = FEEDS["firehose"].source(bluesky.firehose), Sky(bluesky)
    listed = {"repo": bluesky.did("ada"), "collection": POST}
    kept = bluesky.web.get(f"{bluesky.pds}/xrpc/com.atproto.repo.listRecords", params=listed).json()["records"]
    first, second = ({"uri": record["uri"], "cid": record["cid"]} for record in reversed(kept))
    process = follower()
    # It begins with now: whatever happens before it listens is not heard, so somebody talks to nobody until it does.
    until(lambda: bool(sky.post("eve")) and home.lake.cursor("interactions", source) is not None, "it does not listen")

    liked, reposted = sky.react("bob", LIKE, first), sky.react("cyd", REPOST, first)
    followed = sky.follow("bob", "ada")
    sky.enlist("cyd", "ada")
    everything = sky.post("dan", reply=first, quote=second, mention="bob")
    answer = sky.post("bob", reply=second)
    until(lambda: len(held(STANDING)) > 0, "nothing reached the lake")
    sky.react("ada", LIKE, answer)
    process.send_signal(signal.SIGKILL)
    process.wait(30)

    sky.undo(liked)
    sky.undo(everything)
    sky.react("bob", LIKE, second)
    bluesky.does("cyd", "com.atproto.identity.updateHandle", handle="sid.test")
    for name in ("eve", "dan"):
        bluesky.does(name, "com.atproto.server.deactivateAccount")
    process = follower()
    sky.undo(followed)
    sky.undo(reposted)
    sky.react("cyd", REPOST, first)
    bluesky.does("eve", "com.atproto.server.activateAccount")
    sky.post("cyd", quote=first)
    sky.post("bob", mention="cyd")
    sky.follow("eve", "ada")

    until(lambda: verbs(held(STANDING)) == sky.acts(), f"{sky.acts()} should stand")
    process.send_signal(signal.SIGTERM)
    said, wrong = process.communicate(timeout=30)
    assert (0, "") == (process.returncode, wrong)
    assert "gap" not in said
    assert sky.acts() == verbs(held(STANDING))
    assert 8 == len(sky.acts())
    told = held("select count(*), count(distinct (interaction, verb, actor, target)) from interactions")
    assert [(14, 14)] == told, "acts and those taken back, none twice"
    assert {("dan", False), ("eve", False), ("eve", True)} == set(held(PRESENCE))
    assert ("cyd", "sid.test") in held(HANDLES)
